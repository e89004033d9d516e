"""The checklist as one function: a configuration in, each row done, failed or not known."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from cdkguard import __version__
from cdkguard._typing import TextIO
from cdkguard.check.report import NO_BASELINE
from cdkguard.config.settings import Config
from cdkguard.errors import MACHINE, CdkguardError, ConfigError, ExitCode, stop_of
from cdkguard.outputs.preflight.record import Evidence, Preflight, Row, make_row
from cdkguard.preflight import command_rows, rule_rows
from cdkguard.preflight.choice import choose_rows
from cdkguard.preflight.subject import Subject, open_subject
from cdkguard.text.credentials import hide_credentials

Judge = Callable[[Subject, str, str], Row]


def _judge_env_example(subject: Subject, row: str, title: str) -> Row:
    from cdkguard.preflight import env_example

    return env_example.judge_env_example(subject, row, title)


def _judge_staging(subject: Subject, row: str, title: str) -> Row:
    from cdkguard.preflight import staging

    return staging.judge_staging(subject, row, title)


def _judge_safety_nets(subject: Subject, row: str, title: str) -> Row:
    from cdkguard.preflight import safety_nets

    return safety_nets.judge_safety_nets(subject, row, title)


# By the row's id; the rows that are not here are those of commands. A test holds the table to config.preflight.ROWS.
JUDGES: dict[str, Judge] = {
    "data-retained": rule_rows.judge_rules,
    "no-hard-coded": rule_rows.judge_rules,
    "no-open-ingress": rule_rows.judge_rules,
    rule_rows.DELETION: rule_rows.judge_rules,
    "env-example": _judge_env_example,
    "unit-tests": command_rows.judge_unit_tests,
    "staging": _judge_staging,
    "safety-nets": _judge_safety_nets,
    rule_rows.OTHER: rule_rows.judge_rules,
}
_BY_RULES = frozenset(name for name, judge in JUDGES.items() if judge is rule_rows.judge_rules) | {"safety-nets"}
_BY_APP = _BY_RULES | {"env-example", "staging"}  # those that look at the templates


def run_preflight(
    config: Config,
    rows: Sequence[str] | None = None,
    without: Sequence[str] = (),
    today: str | None = None,
    progress: TextIO | None = None,
) -> Preflight:
    """Answer the rows of the checklist: those that are named, else those of the configuration.

    The app is synthesized and judged once. What a row needs and nobody can read makes that row not known; a mistake in the
    configuration raises ConfigError. `today` (ISO) decides what has expired.
    """
    began = time.perf_counter()
    first = Subject(config, today)
    settings = first.settings
    choice = choose_rows(settings, first.file, first.asked, rows, without)
    with open_subject(
        config, bool(_BY_APP & set(choice.ids)), bool(_BY_RULES & set(choice.ids)), today, progress
    ) as subject:
        choice = choose_rows(settings, subject.file, subject.targets, rows, without)
        answered = tuple(_answer(subject, name, settings.titles[name]) for name in choice.ids)
        notices = _list_notices(subject)
    found = Preflight(
        answered,
        subject.targets,
        int(ExitCode.OK),
        choice.left_out,
        subject.staging,
        subject.report.against if subject.report is not None else "",
        tuple(map(hide_credentials, notices)),
        __version__,
        time.perf_counter() - began,
    )
    return found._replace(exit_status=_find_status(subject, found))


def _answer(subject: Subject, name: str, title: str) -> Row:
    """One row; what could not be read while it was asked is the reason why it is not known."""
    began = time.perf_counter()
    try:
        row = _judge(subject, name, _add_environments(subject, name, title))
    except ConfigError:
        raise
    except (CdkguardError, *MACHINE) as problem:
        stop = stop_of(problem)
        reason = stop.unshown if stop is not None else str(problem)
        row = make_row(name, title, "unknown", (Evidence(f"it could not be asked: {reason}"),), (), unread=True)
    evidence = tuple(seen._replace(text=hide_credentials(seen.text)) for seen in row.evidence)
    return row._replace(evidence=evidence, seconds=time.perf_counter() - began)


def _judge(subject: Subject, name: str, title: str) -> Row:
    if name in JUDGES:
        return JUDGES[name](subject, name, title)
    own = next(row for row in subject.settings.commands if row.id == name)
    return command_rows.judge_own_row(subject, own)


def _add_environments(subject: Subject, name: str, title: str) -> str:
    """`data is retained on prod`."""
    return f"{title} on {' and '.join(subject.targets)}" if name == "data-retained" else title


def _list_notices(subject: Subject) -> list[str]:
    """What people should know beside the rows: guesses about environments, what was not judged."""
    notices = [rule_rows.count_other_findings(subject)]
    if subject.report is not None:
        notices += [
            p.message
            for p in subject.report.problems
            if not p.fatal and p.kind in ("notice", "suppression", "approval") and p != NO_BASELINE
        ]
    if subject.config.stacks:
        notices.append(f"only the stacks {', '.join(subject.config.stacks)} are looked at")
    return [notice for notice in dict.fromkeys(notices) if notice]


def _find_status(subject: Subject, found: Preflight) -> int:
    """As of `check`: 4 after a rule that crashed, 3 where something could not be read, 1 for a row that is not done."""
    if subject.report is not None and any(p.kind == "rule" for p in subject.report.errors):
        return int(ExitCode.BUG)
    if any(row.unread for row in found.rows):
        return int(ExitCode.INPUT)
    return int(ExitCode.OK if found.is_done else ExitCode.FINDINGS)
