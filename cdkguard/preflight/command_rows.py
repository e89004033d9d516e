"""The rows that commands answer: the unit tests, and those that a team adds."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard.config.preflight import OwnRow, ShellCommand
from cdkguard.outputs.preflight.record import Evidence, Row, make_row
from cdkguard.preflight.commands import Ended, run_command
from cdkguard.preflight.project_tests import FoundCommand, find_test_commands
from cdkguard.preflight.subject import Subject, show_file

NOTHING_RUNS = "nothing is run where a path names what exists already"
_NO_TESTS = 5  # the exit status of pytest where it has collected no test


def judge_unit_tests(subject: Subject, row: str, title: str) -> Row:
    """Done where the test command of the configuration ends with status 0, or each one that the project plainly has."""
    if subject.config.runs_no_code:
        return make_row(
            row, title, "unknown", (Evidence(NOTHING_RUNS),), ("run it in the app's folder, without a path",)
        )
    commands = [FoundCommand(c, f"`preflight: test` in {subject.file}") for c in subject.settings.test]
    commands = commands or list(find_test_commands(subject.directory))
    if not commands:
        text = "no command is configured, and neither package.json nor the settings of pytest name one"
        advice = f"write `preflight: {{test: COMMAND}}` into {subject.file}"
        return make_row(row, title, "unknown", (Evidence(text),), (advice,))
    for found in commands:
        _note(subject, found.command)
    return _answer(row, title, [(found, run_command(found.command)) for found in commands])


def _answer(row: str, title: str, ended: Sequence[tuple[FoundCommand, Ended]]) -> Row:
    evidence = tuple(
        Evidence(f"`{found.command.run}`: {done.words} ({found.origin})", show_file(found.command.directory))
        for found, done in ended
    )
    empty = [done for found, done in ended if done.status == _NO_TESTS and "pytest" in found.command.run]
    bad = [done for _found, done in ended if done.status != 0 and done not in empty]
    if bad:
        return make_row(row, title, "failed", evidence, ("mend the tests, or what they test",), output=bad[0].tail)
    if empty:
        return make_row(
            row, title, "unknown", evidence, ("no test ran: name the command that runs them",), output=empty[0].tail
        )
    last = tuple(line for _found, done in ended for line in done.tail[-1:])
    return make_row(row, title, "done", evidence, output=last)


def judge_own_row(subject: Subject, own: OwnRow) -> Row:
    """A team's own row: done where its command ends with status 0."""
    if subject.config.runs_no_code:
        return make_row(
            own.id, own.title, "unknown", (Evidence(NOTHING_RUNS),), ("run it in the app's folder, without a path",)
        )
    _note(subject, own.command)
    done = run_command(own.command)
    evidence = (Evidence(f"`{own.command.run}`: {done.words}", show_file(own.command.directory)),)
    if done.status == 0:
        return make_row(own.id, own.title, "done", evidence, output=done.tail[-1:])
    advice = own.advice or "see what it says, mend that, and run it again"
    return make_row(own.id, own.title, "failed", evidence, (advice,), output=done.tail)


def _note(subject: Subject, command: ShellCommand) -> None:
    if subject.progress is not None:
        subject.progress.write(f"cdkguard preflight: running {command.run}\n")
        subject.progress.flush()
