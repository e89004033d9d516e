"""Conditions of a policy statement: which of two binds more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.patterns import Pattern, Speller, contains, make_pattern, render_pattern, spell_plainly
from cdkguard.access.sets import are_disjoint
from cdkguard.aws import addresses, policies
from cdkguard.logic import Tri, all_of, any_of
from cdkguard.template.values import ABSENT


class ConditionTest(NamedTuple):
    """One operator and key of a Condition with the values, any of which satisfies it."""

    family: str  # string | ip | bool | null | an operator of its own
    key: str
    patterns: tuple[Pattern, ...]
    negative: bool = False
    if_exists: bool = False
    qualifier: str = ""  # forallvalues | foranyvalue
    ignore_case: bool = False

    def text(self) -> str:
        words = ", ".join(render_pattern(p) for p in self.patterns[:3])
        return f"{self.key} {'is not' if self.negative else 'is'} {words}"


_STRING = ("stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike")


def read_condition(condition: Json, spell: Speller = spell_plainly) -> tuple[ConditionTest, ...]:
    """A Condition, all of whose clauses must hold."""
    if condition is None or condition is ABSENT:
        return ()
    if not isinstance(condition, dict):
        return (ConditionTest("opaque", "?", (make_pattern(condition, spell, wild=False),)),)
    found = []
    for operator, block in condition.items():
        if not isinstance(block, dict):
            found.append(ConditionTest("opaque", str(operator).lower(), (make_pattern(block, spell, wild=False),)))
            continue
        found += [_read_test(str(operator).lower(), str(key), value, spell) for key, value in block.items()]
    return tuple(sorted(found, key=_sort_key))


def _sort_key(clause: ConditionTest) -> tuple[str, ...]:
    """An order that does not hang on the template's."""
    return (clause.key, clause.family, clause.qualifier, *sorted(render_pattern(p) for p in clause.patterns))


def _read_test(operator: str, key: str, value: Json, spell: Speller) -> ConditionTest:
    qualifier, _, operator = operator.rpartition(":")
    if_exists = operator.endswith("ifexists")
    operator = operator.removesuffix("ifexists")
    negative = "not" in operator
    operator = operator.replace("not", "")
    family = "string" if operator in _STRING else "ip" if operator == "ipaddress" else operator
    like = operator in ("stringlike", "arnequals", "arnlike")
    fold = operator in ("stringequalsignorecase", "bool", "null")
    found = {make_pattern(v, spell, wild=like, fold=fold) for v in policies.texts(value)}
    return ConditionTest(
        family,
        key.lower(),
        tuple(sorted(found, key=render_pattern)),
        negative,
        if_exists,
        qualifier,
        operator == "stringequalsignorecase",
    )


def implies(narrow: ConditionTest, wide: ConditionTest) -> Tri:
    """Whether a request that satisfies `narrow` satisfies `wide`."""
    if narrow == wide:
        return True
    if narrow.key != wide.key:
        return None if "opaque" in (narrow.family, wide.family) else False
    positive = not narrow.negative and not narrow.if_exists and narrow.qualifier != "forallvalues"
    if wide.family == "null" and narrow.family not in ("null", "opaque"):
        return positive and [render_pattern(p) for p in wide.patterns] == ["false"]
    if narrow.qualifier != wide.qualifier:
        return False
    if narrow.if_exists and not wide.if_exists and not wide.negative:
        return False
    if narrow.family != wide.family:
        return _number_implies(narrow, wide)
    if narrow.negative and not wide.negative:
        return False
    if not narrow.negative and wide.negative:
        return all_of(_are_different(p, q, wide.family) for p in narrow.patterns for q in wide.patterns)
    if narrow.ignore_case and not wide.ignore_case and not wide.negative:
        return False
    inner, outer = (wide, narrow) if narrow.negative else (narrow, wide)
    if narrow.family.startswith(("numeric", "date")) and narrow.family != "numericequals":
        return _number_implies(narrow, wide)
    fold = outer.ignore_case
    return all_of(any_of(_is_allowed_value(p, q, inner.family, fold) for q in outer.patterns) for p in inner.patterns)


def _is_allowed_value(value: Pattern, allowed: Pattern, family: str, fold: bool) -> Tri:
    if family == "ip":
        inside = addresses.covers(render_pattern(allowed), render_pattern(value))
        return (None if value != allowed else True) if inside is None else inside
    if fold:
        value = tuple(s.lower() if isinstance(s, str) else s for s in value)
    return contains(allowed, value)


def _are_different(one: Pattern, other: Pattern, family: str) -> Tri:
    if family == "ip":
        found = [addresses.covers(render_pattern(a), render_pattern(b)) for a, b in ((one, other), (other, one))]
        return None if None in found else not any(found)
    return are_disjoint(one, other)


def _number_implies(narrow: ConditionTest, wide: ConditionTest) -> Tri:
    """`NumericLessThan 5` implies `NumericLessThan 10`; dates compare as text of one form."""
    kinds = {f.removeprefix("numeric").removeprefix("date") for f in (narrow.family, wide.family)}
    if narrow.family[:4] != wide.family[:4] or narrow.negative or wide.negative:
        return False
    side = {"less": "less", "greater": "greater"}
    way = {next((s for s in side if k.startswith(s)), "equals") for k in kinds}
    if way not in ({"less"}, {"greater"}, {"less", "equals"}, {"greater", "equals"}) or wide.family.endswith(
        ("numericequals", "dateequals")
    ):
        return False
    found = []
    for clause in (narrow, wide):
        numbers = [_number(render_pattern(p)) for p in clause.patterns]
        if len(numbers) != 1 and clause is wide or not numbers:
            return False
        found.append(numbers)
    if any(n is None for numbers in found for n in numbers):
        return None
    limit = found[1][0]
    strict = wide.family.endswith("than") and not narrow.family.endswith("than")
    less = "less" in way
    return all(
        n is not None and limit is not None and (n < limit if less else n > limit) or (n == limit and not strict)
        for n in found[0]
    )


def _number(text: str) -> tuple[str, float] | None:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return "", float(text)
    return (text, 0.0) if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text) else None


def all_imply(narrow: Sequence[ConditionTest], wide: Sequence[ConditionTest]) -> Tri:
    """Whether a request that satisfies all of `narrow` satisfies all of `wide`."""
    return all_of(any_of(implies(n, w) for n in narrow) for w in wide)
