"""The parts of a policy statement, actions, resources and principals, as sets: all, these, or all but these."""

from __future__ import annotations

from cdkguard._typing import NamedTuple
from cdkguard.access.patterns import EVERYTHING, Pattern, UnknownPart, contains, overlaps, render_pattern
from cdkguard.logic import Tri, all_of, any_of


class NameSet(NamedTuple):
    """What a statement says of its principals, actions or resources: these, or (`negated`) all others."""

    patterns: tuple[Pattern, ...]
    negated: bool = False

    def text(self) -> str:
        words = ", ".join(render_pattern(p) for p in self.patterns[:3]) + (", ..." if len(self.patterns) > 3 else "")
        return f"everything but {words}" if self.negated else words


ALL = NameSet((EVERYTHING,))


def is_subset(narrow: NameSet, wide: NameSet) -> Tri:
    """Whether all that `narrow` names is named by `wide`."""
    if narrow.negated:
        if wide.negated:
            return all_of(any_of(contains(p, q) for p in narrow.patterns) for q in wide.patterns)
        return EVERYTHING in wide.patterns
    if wide.negated:
        return all_of(are_disjoint(p, q) for p in narrow.patterns for q in wide.patterns)
    return all_of(any_of(contains(w, p) for w in wide.patterns) for p in narrow.patterns)


def are_disjoint(one: Pattern, other: Pattern) -> Tri:
    if not overlaps(one, other):
        return True
    soft = any(isinstance(s, UnknownPart) and s.may_be_anything for s in (*one, *other))
    return None if soft and one != other else False


def may_intersect(one: NameSet, other: NameSet) -> bool:
    """Whether both may name the same thing."""
    if one.negated and other.negated:
        return True
    if one.negated or other.negated:
        return is_subset(other, NameSet(one.patterns)) is not True if one.negated else may_intersect(other, one)
    return any(overlaps(p, q) for p in one.patterns for q in other.patterns)
