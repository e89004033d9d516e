"""Values that go the wrong way: a retention that becomes shorter, a policy that becomes weaker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cdkguard.intrinsics import ABSENT, Deferred, Scope, scalar_text
from cdkguard.model import Outcome
from cdkguard.paths import bind, show
from cdkguard.settle import same

Json = Any


class Weakened(NamedTuple):
    """One protection that the change takes away; `rule` is the id of the rule that was content before."""

    path: str
    before: Json
    after: Json
    outcome: Outcome = Outcome.FAIL
    rule: str = ""
    severity: str = ""
    text: str = ""


def weaker(entry: Mapping[str, Json], before: Json, after: Json, scope: Scope) -> Iterator[Weakened]:
    """The values at the entry's path that went the wrong way."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    walk = bind(entry["steps"])
    olds, news = (dict(_shown_paths(walk(scope, body))) for body in (before, after))
    default = entry.get("default", ABSENT)
    for path in {**olds, **news}:
        old, new = olds.get(path, ABSENT), news.get(path, ABSENT)
        old, new = (default if value is ABSENT else value for value in (old, new))
        if same(old, new):
            continue
        verdict = DIRECTIONS[entry["by"]](old, new, entry)
        if verdict is not False:
            yield Weakened(path, old, new, Outcome.FAIL if verdict else Outcome.UNKNOWN)


def _shown_paths(found: Any) -> Iterator[tuple[str, Json]]:
    for path, value in found:
        yield show(path), value


def _number(value: Json) -> float | None:
    text = scalar_text(value)
    try:
        return float(text) if text is not None and not isinstance(value, bool) else None
    except ValueError:
        return None


def _by_number(old: Json, new: Json, sign: int) -> bool | None:
    if old is ABSENT:
        return False  # nothing was set, so nothing is weakened
    if new is ABSENT:
        return True
    one, other = _number(old), _number(new)
    return None if one is None or other is None else (other - one) * sign > 0


def _by_order(old: Json, new: Json, entry: Mapping[str, Json]) -> bool | None:
    order = [scalar_text(v) for v in entry["order"]]
    ranks = [order.index(t) if (t := scalar_text(v)) in order else None for v in (old, new)]
    if old is ABSENT:
        return False
    if new is ABSENT:
        return True
    if ranks[0] is None or ranks[1] is None:
        return None if any(isinstance(v, Deferred | dict) for v in (old, new)) else False
    return ranks[1] < ranks[0]


def _unknown_value(value: Json) -> bool:
    return isinstance(value, Deferred) and value.kind != "resource"


# What `by` may say: (before, after, entry) -> weaker, None where that is not known. `order` is from weak to strong.
DIRECTIONS: Mapping[str, Any] = {
    "lower": lambda old, new, entry: _by_number(old, new, -1),
    "higher": lambda old, new, entry: _by_number(old, new, 1),
    "absent": lambda old, new, entry: old is not ABSENT and new is ABSENT,
    "changed": lambda old, new, entry: old is not ABSENT,
    "order": _by_order,
}
