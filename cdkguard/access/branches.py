"""The branches of an Fn::If that the template alone does not decide, each with the assumptions under which it counts.

A policy inside `Fn::If: [IsProd, A, B]` is A under the assumption that IsProd is true, and B that it is false. What the
new version allows under some assumptions, the old one must have allowed under the same.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.template.values import ABSENT, Deferred

Assumptions = frozenset[tuple[str, bool]]  # name of a CloudFormation condition -> whether it holds
ALWAYS: Assumptions = frozenset()  # a part of the template that counts whatever the conditions are

_MOST_BRANCHES = 64  # of one value; beyond, the value is unknown


def each_branch(value: Json, assumptions: Assumptions = ALWAYS) -> Iterator[tuple[Assumptions, Json]]:
    """(assumptions, value) of each branch of an Fn::If, or the value itself; AWS::NoValue is ABSENT.

    Looks at the value alone, not at what is inside of it: see `expand_branches`.
    """
    if isinstance(value, dict) and len(value) == 1:
        if value.get("Ref") == "AWS::NoValue":
            yield assumptions, ABSENT
            return

        parts = value.get("Fn::If")
        if isinstance(parts, list) and len(parts) == 3:
            for truth in (True, False):
                if (str(parts[0]), not truth) not in assumptions:
                    yield from each_branch(parts[1 if truth else 2], assumptions | {(str(parts[0]), truth)})
            return
    yield assumptions, value


def each_element(value: Json, assumptions: Assumptions = ALWAYS) -> Iterator[tuple[int, Assumptions, Json]]:
    """(index, assumptions, element) of a list, in every branch of it and of its elements; one value is a list of one."""
    for inner, many in each_branch(value, assumptions):
        if many is None or many is ABSENT:
            continue
        for index, one in enumerate(many if isinstance(many, list) else [many]):
            for innermost, element in each_branch(one, inner):
                if isinstance(element, list):
                    yield from ((index, innermost, e) for e in element)
                elif element is not None and element is not ABSENT:
                    yield index, innermost, element


def expand_branches(value: Json, assumptions: Assumptions = ALWAYS) -> list[tuple[Assumptions, Json]]:
    """(assumptions, value) for each way to decide the Fn::Ifs anywhere in a value; unknown where there are too many."""
    if not has_branches(value):
        return [(assumptions, value)]

    found: list[tuple[Assumptions, Json]] = []
    for inner, one in each_branch(value, assumptions):
        if not isinstance(one, dict | list):
            found.append((inner, one))
            continue

        is_list = isinstance(one, list)
        partial: list[tuple[Assumptions, Json]] = [(inner, [] if is_list else {})]
        for key, part in enumerate(one) if isinstance(one, list) else one.items():
            partial = [(g, _add_value(done, key, v)) for p, done in partial for g, v in expand_branches(part, p)]
            if len(partial) > _MOST_BRANCHES:
                return [(assumptions, Deferred("unknown", repr(value)))]
        found += partial
    return found


def _add_value(done: Json, key: Json, value: Json) -> Json:
    """A copy of a list or mapping with one more value; a list inside of a list is spliced in, as in a policy."""
    if value is ABSENT:
        return done
    if isinstance(done, list):
        return [*done, *value] if isinstance(value, list) else [*done, value]
    return {**done, key: value}


def has_branches(value: Json) -> bool:
    """Whether an Fn::If is undecided anywhere in a value."""
    if isinstance(value, dict):
        return "Fn::If" in value or any(map(has_branches, value.values()))
    return isinstance(value, list) and any(map(has_branches, value))
