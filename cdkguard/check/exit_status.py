"""The exit status of a report, the same for every way in."""

from __future__ import annotations

from cdkguard.errors import ExitCode
from cdkguard.model import Report


def status_of(report: Report) -> int:
    """4 after a rule that crashed, 3 where something could not be read, 1 for findings at or above `fail_on`, else 0."""
    if any(p.kind == "rule" for p in report.errors):
        return int(ExitCode.BUG)
    if report.errors:
        return int(ExitCode.INPUT)
    return int(ExitCode.FINDINGS if report.fails() else ExitCode.OK)
