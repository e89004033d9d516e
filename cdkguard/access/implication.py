"""Which of two tests of a condition lets more requests through.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re

from cdkguard.access.conditions import ConditionTest
from cdkguard.access.containment import are_disjoint, contains
from cdkguard.access.patterns import Pattern, render_pattern
from cdkguard.aws import addresses
from cdkguard.logic import Tri, all_of, any_of


def implies(narrow: ConditionTest, wide: ConditionTest) -> Tri:
    """Whether a request that passes `narrow` passes `wide`; None where that depends on an unknown part."""
    if narrow == wide:
        return True
    if narrow.key != wide.key:
        return None if "opaque" in (narrow.family, wide.family) else False

    # `Null: false` asks for the key; a positive test passes only requests that have it.
    if wide.family == "null" and narrow.family not in ("null", "opaque"):
        asks_for_key = not narrow.negative and not narrow.if_exists and narrow.qualifier != "forallvalues"
        return asks_for_key and [render_pattern(p) for p in wide.patterns] == ["false"]

    passes_without_key = narrow.if_exists and not wide.if_exists and not wide.negative
    if narrow.qualifier != wide.qualifier or passes_without_key:
        return False
    return _values_imply(narrow, wide)


def _values_imply(narrow: ConditionTest, wide: ConditionTest) -> Tri:
    """Whether the values of one test imply those of another of the same key and qualifier."""
    if narrow.family != wide.family:
        return _number_implies(narrow, wide)

    if narrow.negative and not wide.negative:
        return False
    if not narrow.negative and wide.negative:
        return all_of(_are_different(p, q, wide.family) for p in narrow.patterns for q in wide.patterns)
    if narrow.ignore_case and not wide.ignore_case and not wide.negative:
        return False
    if narrow.family.startswith(("numeric", "date")) and narrow.family != "numericequals":
        return _number_implies(narrow, wide)

    # Of two positive tests, the one with fewer values lets less through; of two negative ones, the one with more.
    inner, outer = (wide, narrow) if narrow.negative else (narrow, wide)
    return all_of(
        any_of(_is_allowed_value(p, q, inner.family, outer.ignore_case) for q in outer.patterns) for p in inner.patterns
    )


def _is_allowed_value(value: Pattern, allowed: Pattern, family: str, ignore_case: bool) -> Tri:
    """Whether every text or address that `value` matches is one that `allowed` matches."""
    if family == "ip":
        inside = addresses.covers_range(render_pattern(allowed), render_pattern(value))
        return (None if value != allowed else True) if inside is None else inside
    if ignore_case:
        value = tuple(s.lower() if isinstance(s, str) else s for s in value)
    return contains(allowed, value)


def _are_different(one: Pattern, other: Pattern, family: str) -> Tri:
    """Whether no text or address is matched by both."""
    if family == "ip":
        pairs = [(one, other), (other, one)]
        found = [addresses.covers_range(render_pattern(a), render_pattern(b)) for a, b in pairs]
        return None if None in found else not any(found)
    return are_disjoint(one, other)


def _number_implies(narrow: ConditionTest, wide: ConditionTest) -> Tri:
    """Whether a limit implies another: `NumericLessThan 5` implies `NumericLessThan 10`; the same for dates."""
    if narrow.family[:4] != wide.family[:4] or narrow.negative or wide.negative:
        return False
    direction = _direction_of(wide.family)
    if direction == "equals" or _direction_of(narrow.family) not in (direction, "equals"):
        return False

    values = [_read_number(render_pattern(p)) for p in narrow.patterns]
    limits = [_read_number(render_pattern(p)) for p in wide.patterns]
    if len(limits) != 1 or not values:
        return False
    limit = limits[0]
    comparable = [v for v in values if v is not None and limit is not None and _have_one_form(v, limit)]
    if limit is None or len(comparable) < len(values):
        return None

    excludes_limit = wide.family.endswith("than") and not narrow.family.endswith("than")
    return all(
        (value < limit if direction == "less" else value > limit) or (value == limit and not excludes_limit)
        for value in comparable
    )


def _direction_of(family: str) -> str:
    """less | greater | equals, of an operator such as numericlessthanequals."""
    comparison = family.removeprefix("numeric").removeprefix("date")
    return next((word for word in ("less", "greater") if comparison.startswith(word)), "equals")


def _read_number(text: str) -> tuple[str, float] | None:
    """("", number) or (date, 0), which compare with others of their form; a date may be in seconds since 1970, too."""
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return "", float(text)
    return (text, 0.0) if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text) else None


def _have_one_form(one: tuple[str, float], other: tuple[str, float]) -> bool:
    return bool(one[0]) == bool(other[0])
