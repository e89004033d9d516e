"""How much a change takes: the question of `--fail-on data`, `replace` and `any`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.model import IMPACTS, REMOVE_IMPACTS, REPLACE_IMPACTS, Change

_LEAVE_OR_STOP = ("STACK_REMOVED", "STACK_RENAMED", "STACK_MOVED", "STACK_REFUSED")


def is_data_at_stake(change: Change) -> bool:
    """Whether the change takes data away from those who use it: deleted, replaced, left behind, or a part of it gone."""
    if find_lost_data_parts(change):
        return True
    return change.stateful and change.impact in IMPACTS and change.impact not in ("WILL_CREATE", "WILL_UPDATE")


def takes_something(change: Change) -> bool:
    """Whether something goes, is replaced perhaps, is left behind, or whether CloudFormation refuses it."""
    return is_data_at_stake(change) or change.impact in (*REMOVE_IMPACTS, *REPLACE_IMPACTS, *_LEAVE_OR_STOP)


# The word of `--fail-on` -> whether one change makes the exit status 1.
LIMITS: dict[str, Callable[[Change], bool]] = {
    "data": is_data_at_stake,
    "replace": takes_something,
    "any": lambda change: not change.noise,
}


def find_reason(changes: Iterable[Change], fail_on: str | None) -> str:
    """Why the exit status is 1, in words; "" where it is not. Without a word, or with `never`, nothing fails."""
    limit = LIMITS.get(fail_on or "")
    if limit is None or not any(map(limit, changes)):
        return ""
    return {"data": "data is at stake", "replace": "something goes or is replaced", "any": "something changes"}[
        str(fail_on)
    ]
