"""One thing that a service refuses of an update, and the values by which it is found."""

from __future__ import annotations

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.differences import IF
from cdkguard.template.values import ABSENT, Deferred, as_mapping


class Refusal(NamedTuple):
    """One thing that the service refuses, in words that complete "the resource cannot ..."."""

    text: str
    certain: bool = True  # False where a value decides that only the deployment knows.


def read_property(body: Json, *path: str) -> Json:
    """The value at a path below `Properties`; ABSENT where there is none."""
    value = as_mapping(body).get("Properties", ABSENT)
    for name in path:
        if isinstance(value, Deferred) or (isinstance(value, dict) and IF in value):
            return value
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def are_known(*values: Json) -> bool:
    """Whether nothing in the values is known to the deployment only, or chosen by a condition that is."""
    for value in values:
        if isinstance(value, Deferred) or (isinstance(value, dict) and IF in value):
            return False
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if not are_known(*inner):
            return False
    return True
