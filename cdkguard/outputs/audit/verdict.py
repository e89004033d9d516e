"""Whether an audit passes: the same words and statuses as those of a report."""

from __future__ import annotations

from cdkguard.errors import ExitCode
from cdkguard.model import severity_rank
from cdkguard.outputs.audit.summary import Counts, RunRecord
from cdkguard.outputs.summary import WORST_FIRST

NEWS = ("new", "reopened", "first-read")  # What nobody knows to be old.


def decides(severity: str, outcome: str, change: str, fail_on: str, gate: str, is_compared: bool) -> bool:
    """Whether such a finding, failed or undecided, makes the audit fail: it is open, counts, and is at or above `fail_on`.

    For the gate "new" a finding of which nobody knows whether it is new counts, as in a report.
    """
    if fail_on == "never" or outcome == "suppressed":
        return False
    if gate == "new" and is_compared and change not in NEWS:
        return False
    return severity_rank(severity) >= severity_rank(fail_on)


def status_of(run: RunRecord) -> int:
    """4 after a rule that crashed, 3 where something was not read, or nothing was there to read; 1 for findings that decide,
    else 0: as `check.exit_status` has it of a report."""
    if run.counts.crashed:
        return int(ExitCode.BUG)
    if run.counts.unread or not run.counts.stacks:
        return int(ExitCode.INPUT)
    return int(ExitCode.FINDINGS if run.counts.deciding else ExitCode.OK)


def status_word(run: RunRecord) -> str:
    """`failed` where the exit status is not 0, else `passed`."""
    return "failed" if status_of(run) else "passed"


def summarize_decision(run: RunRecord) -> str:
    """`3 not read, 2 critical, 6 high, 1 undecided (4 suppressed) · fail-on high, new ones alone: 2`."""
    counts, header = run.counts, run.header
    parts = [] if counts.stacks or counts.unread else ["no stack was found"]
    parts += [f"{amount(counts.unread)} not read"] if counts.unread else []
    parts += [f"{several(counts.crashed, 'time')} a rule crashed"] if counts.crashed else []
    parts += [count_severities(counts)]
    text = ", ".join(part for part in parts if part) or "nothing found"
    text += f" ({amount(counts.suppressed)} suppressed)" if counts.suppressed else ""
    said = "fail-on never, so findings do not count" if header.fail_on == "never" else f"fail-on {header.fail_on}"
    if header.gate == "new" and run.last is not None and header.fail_on != "never":
        said += f", new ones alone: {amount(counts.deciding)}"
    return f"{text} · {said}"


def count_severities(counts: Counts) -> str:
    """`2 critical, 6 high, 1 undecided`, or nothing."""
    found = {word: getattr(counts, word) for word in WORST_FIRST} | {"undecided": counts.unknown}
    return ", ".join(f"{amount(number)} {word}" for word, number in found.items() if number)


def count_news(counts: Counts) -> int:
    """The open findings that the last audit does not have, and that no change of rules explains."""
    return counts.new + counts.reopened + counts.first_read


def amount(number: int) -> str:
    """`700,000`: a number that people can read."""
    return f"{number:,}"


def several(number: int, noun: str) -> str:
    """`1 stack`, `100,000 stacks`."""
    return f"{amount(number)} {noun}" if number == 1 else f"{amount(number)} {noun}s"
