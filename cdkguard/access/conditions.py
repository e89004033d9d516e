"""The Condition of a policy statement: which of two lets more requests through.

A Condition block is a list of tests, all of which a request must pass. Each test compares the values of one context key
with values of the policy, by one condition operator, and any of these values is enough:

    {"StringLike": {"aws:SourceArn": ["arn:aws:s3:::a", "arn:aws:s3:::b*"]}}

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from __future__ import annotations

import re

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.containment import are_disjoint, contains
from cdkguard.access.patterns import Pattern, Speller, make_pattern, render_pattern, spell_plainly
from cdkguard.aws import addresses, policies
from cdkguard.logic import Tri, all_of, any_of
from cdkguard.template.values import ABSENT

# The operators that compare texts, so that one may imply another.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_TEXT_OPERATORS = ("stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike")
_WITH_WILDCARDS = ("stringlike", "arnequals", "arnlike")
_WITHOUT_CASE = ("stringequalsignorecase", "bool", "null")


class ConditionTest(NamedTuple):
    """One operator and one context key of a Condition, with the values of which any is enough."""

    # string | ip | bool | null | opaque (not readable) | another operator in lower case, such as numericlessthan.
    family: str
    # In lower case: keys are not case-sensitive.
    key: str
    # The values of the policy.
    patterns: tuple[Pattern, ...]
    # `StringNotEquals`: passes requests that have none of the values, and those that lack the key.
    negative: bool = False
    # `StringEqualsIfExists`: passes requests that lack the key.
    if_exists: bool = False
    # forallvalues | foranyvalue, for keys of many values. ForAllValues passes requests that lack the key.
    qualifier: str = ""
    ignore_case: bool = False
    # `ArnLike`: compares each part of an ARN by itself, so that a `*` never reaches over a colon.
    by_parts: bool = False

    def render(self) -> str:
        """The test for people: its first three values."""
        words = ", ".join(render_pattern(p) for p in self.patterns[:3])
        return f"{self.key} {'is not' if self.negative else 'is'} {words}"


def read_condition(condition: Json, spell: Speller = spell_plainly) -> tuple[ConditionTest, ...]:
    """The tests of a Condition, in an order that does not depend on how they are written."""
    if condition is None or condition is ABSENT:
        return ()
    if not isinstance(condition, dict):
        return (ConditionTest("opaque", "?", (make_pattern(condition, spell, wildcards=False),)),)

    found = []
    for operator, block in condition.items():
        if not isinstance(block, dict):
            unread = make_pattern(block, spell, wildcards=False)
            found.append(ConditionTest("opaque", str(operator).lower(), (unread,)))
            continue
        found += [_read_test(str(operator).lower(), str(key), value, spell) for key, value in block.items()]
    return tuple(sorted(found, key=_sort_key))


def _sort_key(test: ConditionTest) -> tuple[str, ...]:
    return (test.key, test.family, test.qualifier, *sorted(render_pattern(p) for p in test.patterns))


def _read_test(operator: str, key: str, value: Json, spell: Speller) -> ConditionTest:
    """Take an operator such as `foranyvalue:stringnotequalsifexists` apart."""
    qualifier, _, operator = operator.rpartition(":")
    if_exists = operator.endswith("ifexists")
    operator = operator.removesuffix("ifexists")
    negative = "not" in operator
    operator = operator.replace("not", "")

    wildcards, ignore_case = operator in _WITH_WILDCARDS, operator in _WITHOUT_CASE
    found = {make_pattern(v, spell, wildcards, ignore_case) for v in policies.as_list(value)}
    return ConditionTest(
        family="string" if operator in _TEXT_OPERATORS else "ip" if operator == "ipaddress" else operator,
        key=key.lower(),
        patterns=tuple(sorted(found, key=render_pattern)),
        negative=negative,
        if_exists=if_exists,
        qualifier=qualifier,
        ignore_case=operator == "stringequalsignorecase",
        by_parts=operator.startswith("arn"),
    )


# -- implication


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
