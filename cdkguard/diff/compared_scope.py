"""A template's scope as one side of a comparison."""

from __future__ import annotations

import json

from cdkguard._typing import Json, NamedTuple
from cdkguard.template.scope import Scope
from cdkguard.text.sha256 import digest

_LONG = 48  # Values up to which a condition, or a part of a mapping, is spelled out; a longer one is its hash.


class ComparedScope:
    """A Scope, and what the comparison has worked out about it.

    `other` is the scope of the other side; without one, the template is compared with nothing.
    """

    __slots__ = ("scope", "conditions", "depth", "_other_mappings", "_rows")

    def __init__(self, scope: Scope, other: Scope | None = None) -> None:
        self.scope = scope
        # Name -> the condition spelled out. Conditions refer to conditions, so each is spelled out once.
        self.conditions: dict[str, Json] = {}
        # How many conditions are being spelled out, one inside the other.
        self.depth = 0
        self._other_mappings = (other or scope).template.get("Mappings")
        # The keys of a look-up -> what the mapping holds there.
        self._rows: dict[tuple[Json, ...], Json] = {}

    def find_mapping_rows(self, operand: Json) -> Json:
        """What an Fn::FindInMap may find where only the deployment knows one of its keys, such as the region.

        Rows that only one side of the comparison has are left out: where the other template lacks the row, it cannot be
        deployed.
        """
        keys = operand if isinstance(operand, list) else []
        key = tuple(k if isinstance(k, str | int) else None for k in keys[:3])
        if key not in self._rows:
            rows = _select(self.scope.template.get("Mappings"), self._other_mappings, list(key))
            self._rows[key] = hash_if_long(rows)
        return self._rows[key]


class ScopePair(NamedTuple):
    """The scopes of one stack on both sides of a comparison."""

    before: ComparedScope
    after: ComparedScope


def pair_scopes(before: Scope, after: Scope) -> ScopePair:
    """Both scopes, each beside the other."""
    return ScopePair(ComparedScope(before, after), ComparedScope(after, before))


def hash_if_long(value: Json) -> Json:
    """The value, or its hash where it holds more than a few dozen values."""
    return hash_json(value) if _is_long(value) else value


def hash_json(value: Json) -> str:
    """64 hex digits that stand for a JSON value."""
    return digest(json.dumps(value, sort_keys=True, default=repr).encode("utf-8", "surrogatepass"))


def _is_long(value: Json) -> bool:
    level, size = [value], 0
    while level and size <= _LONG:
        size += len(level)
        containers = [one for one in level if isinstance(one, dict | list)]
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
    return size > _LONG


def _select(mapping: Json, other: Json, keys: list[Json]) -> Json:
    """What a mapping holds at the keys; None stands for every key that the other side has as well."""
    if not keys or not isinstance(mapping, dict) or not isinstance(other, dict):
        return mapping
    names = [name for name in mapping if name in other] if keys[0] is None else [str(keys[0])]
    rows = {name: _select(mapping.get(name), other.get(name), keys[1:]) for name in names}
    return rows if keys[0] is None else rows[names[0]]
