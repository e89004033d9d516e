"""Values on which an undecided Fn::If leaves a choice, each with the conditions under which it holds."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.access.patterns import ALWAYS, Assumptions
from cdkguard.template.values import ABSENT, Deferred


def each_branch(value: Json, guard: Assumptions = ALWAYS) -> Iterator[tuple[Assumptions, Json]]:
    """The value itself, or for an undecided Fn::If what either branch says; NoValue is ABSENT."""
    if isinstance(value, dict) and len(value) == 1:
        if value.get("Ref") == "AWS::NoValue":
            yield guard, ABSENT
            return
        parts = value.get("Fn::If")
        if isinstance(parts, list) and len(parts) == 3:
            for truth in (True, False):
                if (str(parts[0]), not truth) not in guard:
                    yield from each_branch(parts[1 if truth else 2], guard | {(str(parts[0]), truth)})
            return
    yield guard, value


_MOST_BRANCHES = 64


def expand_branches(value: Json, guard: Assumptions = ALWAYS) -> list[tuple[Assumptions, Json]]:
    """The value in every branch of the Fn::Ifs anywhere in it; unknown where there are too many."""
    if not has_branches(value):
        return [(guard, value)]
    found: list[tuple[Assumptions, Json]] = []
    for inner, one in each_branch(value, guard):
        if isinstance(one, dict | list):
            is_list = isinstance(one, list)
            partial: list[tuple[Assumptions, Json]] = [(inner, [] if is_list else {})]
            for key, part in enumerate(one) if isinstance(one, list) else one.items():
                partial = [(g, _add_value(done, key, v)) for p, done in partial for g, v in expand_branches(part, p)]
                if len(partial) > _MOST_BRANCHES:
                    return [(guard, Deferred("unknown", repr(value)))]
            found += partial
        else:
            found.append((inner, one))
    return found


def _add_value(done: Json, key: Json, value: Json) -> Json:
    if value is ABSENT:
        return done
    if isinstance(done, list):
        return [*done, *value] if isinstance(value, list) else [*done, value]
    return {**done, key: value}


def has_branches(value: Json) -> bool:
    """Whether an Fn::If is undecided in it."""
    if isinstance(value, dict):
        return "Fn::If" in value or any(map(has_branches, value.values()))
    return isinstance(value, list) and any(map(has_branches, value))
