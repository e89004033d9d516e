"""Which requests one set of policy statements allows and an earlier one did not.

IAM allows a request if a statement allows it and none denies it. So a set of statements allows more than before where
- a new Allow matches requests that no earlier Allow matches, unless a Deny of today denies all of them, or
- an earlier Deny matches requests that no Deny of today matches.

Statements are compared as sets, whatever they are called and however they are cut: `is_covered` asks whether other
statements together match all that one matches, and takes that one apart where no single other does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.access import action_names
from cdkguard.access.conditions import all_imply
from cdkguard.access.patterns import make_pattern, render_pattern
from cdkguard.access.sets import ALL, NameSet, is_subset
from cdkguard.access.statements import Statement
from cdkguard.logic import Tri, all_of, any_of

_MOST_PAIRS = 250_000  # of a principal, action and resource with a pattern of the other side
_MOST_NAMED = 20  # statements that are named where none is compared
_MOST_VALUES = 32  # values of a condition that are looked at one by one
_MOST_SPLITS = 6  # times that a statement is taken apart


class NewGrant(NamedTuple):
    """Requests that the new statements allow and the old ones did not."""

    # The new Allow, or the old Deny, with one principal, one action and one resource.
    statement: Statement
    # principal | action | resource | condition | not-action | deny-removed | unknown (as the statement is).
    kind: str
    # False where it depends on a value that only the deployment knows.
    certain: bool
    # The statement of the other side that came closest to covering it.
    nearest: Statement | None


def find_new_grants(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[NewGrant]:
    """What `after` allows and `before` did not, and what `before` denied and `after` does not."""
    known_before, known_after = {s.meaning() for s in before}, {s.meaning() for s in after}
    new_allows = [s for s in after if s.allow and s.meaning() not in known_before]
    gone_denies = [s for s in before if not s.allow and s.meaning() not in known_after]
    if _count_pairs(new_allows, before) + _count_pairs(gone_denies, after) > _MOST_PAIRS:
        yield from _grant_uncompared(new_allows, gone_denies)
        return

    allows = [s for s in before if s.allow]
    denies = [s for s in after if not s.allow and s.unknown is None]
    for statement in new_allows:
        yield from _find_in_allow(statement, allows, denies)

    any_unknown = any(s.unknown is not None for s in after)
    for statement in gone_denies:
        for one in split_statement(statement):
            if (verdict := is_covered(one, denies)) is not True:
                yield NewGrant(one, "deny-removed", verdict is False and not any_unknown, _find_nearest(one, denies))


def _find_in_allow(new: Statement, allows: Sequence[Statement], denies: Sequence[Statement]) -> Iterator[NewGrant]:
    """What a new Allow adds to the Allows of before, but for what a Deny of today takes away."""
    if new.unknown is not None:
        yield NewGrant(new, "unknown", False, next(iter(allows), None))
        return
    for one in split_statement(new):
        if is_covered(one, denies) is not True and (verdict := is_covered(one, allows)) is not True:
            nearest = _find_nearest(one, allows)
            yield NewGrant(one, _find_kind(one, nearest), verdict is False, nearest)


def _count_pairs(statements: Sequence[Statement], others: Sequence[Statement]) -> int:
    ones = sum(len(s.principal.patterns) * len(s.action.patterns) * len(s.resource.patterns) for s in statements)
    return ones * sum(len(o.principal.patterns) + len(o.action.patterns) + len(o.resource.patterns) for o in others)


def _grant_uncompared(new_allows: Sequence[Statement], gone_denies: Sequence[Statement]) -> Iterator[NewGrant]:
    """Of documents far beyond the size of a policy, call each difference a possible widening."""
    for statements, kind in ((new_allows, "action"), (gone_denies, "deny-removed")):
        for statement in statements[:_MOST_NAMED]:
            one = next(split_statement(statement), None)
            if one is not None:
                yield NewGrant(one, kind, False, None)


# -- covering


def is_covered(one: Statement, wides: Sequence[Statement], splits: int = _MOST_SPLITS) -> Tri:
    """Whether `wides` together match every request that `one` matches; None where that depends on an unknown part."""
    verdict = any_of(_is_covered_by(one, wide) for wide in wides)
    if verdict is True or splits == 0:
        return verdict
    for parts in (_split_by_condition_value(one), _split_by_assumption(one, wides), _split_by_action(one)):
        if parts and all_of(is_covered(part, wides, splits - 1) for part in parts) is True:
            return True
    return verdict


def _is_covered_by(one: Statement, wide: Statement) -> Tri:
    """Whether a single statement matches every request that `one` matches."""
    if not wide.assumptions <= one.assumptions:
        return False
    if wide.unknown is not None:
        return None
    verdict: Tri = True
    for check in _element_checks(one, wide):
        if (found := check()) is False:
            return False
        verdict = verdict and found
    return verdict


_ELEMENTS = ("action", "resource", "principal", "condition")


def _element_checks(one: Statement, wide: Statement) -> tuple[Callable[[], Tri], ...]:
    """For each of _ELEMENTS, whether `wide` covers it; functions, since most statements fail at the first."""
    return (
        lambda: is_subset(one.action, wide.action),
        lambda: is_subset(one.resource, wide.resource),
        lambda: is_subset(one.principal, wide.principal),
        lambda: all_imply(one.conditions, wide.conditions),
    )


def _find_uncovered_elements(one: Statement, wide: Statement) -> list[str]:
    return [name for name, check in zip(_ELEMENTS, _element_checks(one, wide), strict=True) if check() is not True]


def _find_nearest(one: Statement, wides: Sequence[Statement]) -> Statement | None:
    """The statement that leaves the fewest elements uncovered, rather one at the same place of the template."""
    return min(
        (wide for wide in wides if wide.unknown is None),
        key=lambda wide: (len(_find_uncovered_elements(one, wide)), wide.element[:2] != one.element[:2]),
        default=None,
    )


def _find_kind(one: Statement, nearest: Statement | None) -> str:
    """The kind of widening: which element of the nearest statement keeps it from covering `one`."""
    if one.action.negated or one.resource.negated or one.principal.negated:
        return "not-action"
    if nearest is None:
        return "action" if one.principal == ALL else "principal"
    # Where all elements are covered, the nearest one stands under other assumptions.
    uncovered = _find_uncovered_elements(one, nearest) or ["condition"]
    return next(kind for kind in ("principal", "action", "resource", "condition") if kind in uncovered)


# -- taking a statement apart


def split_statement(statement: Statement) -> Iterator[Statement]:
    """The statement as statements of one principal, one action and one resource each."""
    for principal in _split_names(statement.principal):
        for action in _split_names(statement.action):
            for resource in _split_names(statement.resource):
                yield statement._replace(principal=principal, action=action, resource=resource)


def _split_names(names: NameSet) -> list[NameSet]:
    return [names] if names.negated else [NameSet((p,)) for p in names.patterns]


def _split_by_condition_value(one: Statement) -> list[Statement]:
    """One statement per value of the first condition that lists several; none where there are too many."""
    for index, test in enumerate(one.conditions):
        if len(test.patterns) > 1 and not test.negative and not test.qualifier:
            if len(test.patterns) > _MOST_VALUES:
                return []
            first, last = one.conditions[:index], one.conditions[index + 1 :]
            return [
                one._replace(conditions=(*first, test._replace(patterns=(value,)), *last)) for value in test.patterns
            ]
    return []


def _split_by_assumption(one: Statement, wides: Sequence[Statement]) -> list[Statement]:
    """The statement with a CloudFormation condition true, and with it false, where only the others depend on it."""
    assumed = {name for name, _ in one.assumptions}
    names = sorted({name for wide in wides for name, _ in wide.assumptions} - assumed)
    return [one._replace(assumptions=one.assumptions | {(names[0], truth)}) for truth in (True, False)] if names else []


def _split_by_action(one: Statement) -> list[Statement]:
    """One statement per action that a wildcard stands for, as far as that is known."""
    if one.action.negated or len(one.action.patterns) != 1:
        return []
    (action,) = one.action.patterns
    if all(isinstance(symbol, str) for symbol in action):
        return []
    names = action_names.expand_wildcard(render_pattern(action))
    return [one._replace(action=NameSet((make_pattern(name, ignore_case=True),))) for name in names]
