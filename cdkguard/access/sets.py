"""Sets of names: what a statement's Action, Resource or Principal names, or with NotAction and the like, all but that.

IAM decides each request by itself; here, a statement stands for the set of requests that it matches. Is each action of
one statement an action of another? That is `is_subset`. May one action be in both? That is `may_intersect`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
"""

from __future__ import annotations

from collections.abc import Iterable

from cdkguard._typing import NamedTuple
from cdkguard.access.containment import are_disjoint, contains, overlaps
from cdkguard.access.patterns import EVERYTHING, Pattern, render_pattern
from cdkguard.logic import Tri, all_of, any_of


class NameSet(NamedTuple):
    """The names that match one of the patterns, or (`negated`) all names that match none of them."""

    patterns: tuple[Pattern, ...]
    negated: bool = False

    def render(self) -> str:
        """The set for people: the first three patterns."""
        words = ", ".join(render_pattern(p) for p in self.patterns[:3]) + (", ..." if len(self.patterns) > 3 else "")
        return f"everything but {words}" if self.negated else words


ALL = NameSet((EVERYTHING,))


def sort_patterns(found: Iterable[Pattern]) -> tuple[Pattern, ...]:
    """Each pattern once, in an order that does not depend on how they are written."""
    return tuple(sorted(dict.fromkeys(found), key=render_pattern))


def is_subset(narrow: NameSet, wide: NameSet) -> Tri:
    """Whether every name of `narrow` is one of `wide`; None where that depends on an unknown part.

    A name counts as covered if one pattern covers it: patterns that only together cover it are called not enough.
    """
    if narrow.negated and wide.negated:
        return all_of(any_of(contains(p, q) for p in narrow.patterns) for q in wide.patterns)
    if narrow.negated:
        return EVERYTHING in wide.patterns  # A list of patterns never covers all names but some.
    if wide.negated:
        return all_of(are_disjoint(p, q) for p in narrow.patterns for q in wide.patterns)
    return all_of(any_of(contains(w, p) for w in wide.patterns) for p in narrow.patterns)


def may_intersect(one: NameSet, other: NameSet) -> bool:
    """Whether some name may be in both sets."""
    if one.negated and other.negated:
        return True
    if one.negated:
        return is_subset(other, NameSet(one.patterns)) is not True
    if other.negated:
        return may_intersect(other, one)
    return any(overlaps(p, q) for p in one.patterns for q in other.patterns)
