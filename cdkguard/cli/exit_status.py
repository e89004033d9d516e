"""The exit status of a difference."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard.errors import ExitCode
from cdkguard.model import Change


def status_of_change(changes: Sequence[Change], fail_on: str) -> int:
    """1 where a change takes what `fail_on` names, which standard error then says; else 0."""
    from cdkguard.cli.output import write_error
    from cdkguard.diff.at_stake import find_reason

    reason = find_reason(changes, fail_on)
    if not reason:
        return int(ExitCode.OK)
    write_error(f"cdkguard: exit status 1: {reason} (--fail-on {fail_on})")
    return int(ExitCode.FINDINGS)
