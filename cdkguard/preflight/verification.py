"""Whether staging was verified: by a command, by addresses that answer, or by a person's record."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.errors import BaselineError
from cdkguard.outputs.preflight.record import Evidence
from cdkguard.preflight.commands import run_command
from cdkguard.preflight.records import judge_records
from cdkguard.preflight.subject import Subject, show_file
from cdkguard.preflight.templates import digest_templates
from cdkguard.preflight.urls import ask_url

if TYPE_CHECKING:
    from cdkguard.outputs.preflight.record import State


class Verification(NamedTuple):
    """What the verification says, with its evidence."""

    state: State
    evidence: tuple[Evidence, ...]
    advice: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


def verify_staging(subject: Subject) -> Verification:
    """Run the command and ask the addresses of the configuration; without any, look for a record."""
    settings = subject.settings
    if settings.verify is None and not settings.urls:
        return _judge_record(subject)
    if subject.config.runs_no_code:
        text = "verified by what the configuration names, and nothing is run or asked where a path names what exists already"
        return Verification("unknown", (Evidence(text),), ("run it in the app's folder, without a path",))
    evidence, output, is_good = [], tuple[str, ...](), True
    if settings.verify is not None:
        done = run_command(settings.verify)
        evidence.append(Evidence(f"`{settings.verify.run}`: {done.words}", show_file(settings.verify.directory)))
        is_good, output = done.status == 0, () if done.status == 0 else done.tail
    for check in settings.urls:
        answered, words = ask_url(check)
        evidence.append(Evidence(f"{check.url}: {words}"))
        is_good = is_good and answered
    advice = () if is_good else (f"mend {subject.staging} before anything else is deployed",)
    return Verification("done" if is_good else "failed", tuple(evidence), advice, output)


def _judge_record(subject: Subject) -> Verification:
    name = subject.staging
    advice = (
        f"try {name}, then `cdkguard preflight record {name} --by WHO --expires DATE`, and land the file on the main branch; "
        f"or write `preflight: {{verify: COMMAND}}` into {subject.file}",
    )
    try:
        judged = judge_records(subject.config, name, digest_templates(subject.staging_stacks), subject.today)
    except BaselineError as problem:
        return Verification("unknown", (Evidence(f"no record can be read: {problem}"),), advice)
    if judged.counts is not None:
        record = judged.counts
        note = f": {record.note}" if record.note else ""
        text = f"verified by {record.by} at {record.commit[:10]}, until {record.expires}{note}"
        return Verification("done", (Evidence(text, record.origin),))
    reasons = judged.reasons or (f"nobody has said that {name} works: no command, no address, no record",)
    return Verification("unknown", tuple(map(Evidence, reasons)), advice)
