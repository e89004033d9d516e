"""Which requests one set of policy statements allows and an earlier one did not.

IAM allows a request if a statement allows it and none denies it. So a set of statements allows more than before where
- a new Allow matches requests that no earlier Allow matches, unless a Deny of today denies all of them, or
- an earlier Deny matches requests that no Deny of today matches.

`coverage.py` says whether statements match what another one matches.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.access.coverage import ELEMENTS, element_checks, is_covered, split_statement
from cdkguard.access.denies import list_parts_left
from cdkguard.access.principals import is_account
from cdkguard.access.sets import ALL
from cdkguard.access.statements import Statement

_MOST_PAIRS = 250_000  # of a principal, action and resource with a pattern of the other side
_MOST_NAMED = 20  # statements that are named where none is compared


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
    # Before, an Allow for the own account as a whole let policies of IAM allow the same.
    was_delegated: bool = False


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
    for whole in split_statement(new):
        if (of_whole := is_covered(whole, allows)) is True or is_covered(whole, denies) is True:
            continue
        for one in list_parts_left(whole, denies):
            if (verdict := of_whole if one is whole else is_covered(one, allows)) is not True:
                nearest = _find_nearest(one, allows)
                yield NewGrant(one, _find_kind(one, nearest), verdict is False, nearest, _was_delegated(one, allows))


def _was_delegated(one: Statement, allows: Sequence[Statement]) -> bool:
    if one.principal == ALL or not any(is_account(p) for wide in allows for p in wide.principal.patterns):
        return False
    return is_covered(one, [wide._replace(account=()) for wide in allows]) is True


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


# -- the nearest statement


def _find_uncovered_elements(one: Statement, wide: Statement) -> list[str]:
    return [name for name, check in zip(ELEMENTS, element_checks(one, wide), strict=True) if check() is not True]


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
