"""The Condition of a policy statement, read into tests.

A Condition block is a list of tests, all of which a request must pass. Each test compares the values of one context key
with values of the policy, by one condition operator, and any of these values is enough:

    {"StringLike": {"aws:SourceArn": ["arn:aws:s3:::a", "arn:aws:s3:::b*"]}}

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from __future__ import annotations

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.patterns import Pattern, Speller, make_pattern, render_pattern, spell_plainly
from cdkguard.aws import policies
from cdkguard.template.values import ABSENT

# The operators that compare texts, so that one may imply another.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_TEXT_OPERATORS = ("stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike")
_WITH_WILDCARDS = ("stringlike", "arnequals", "arnlike")
# "Any value is" is not true where "all values are not" is.
_NEGATED_QUALIFIERS = {"": "", "foranyvalue": "forallvalues", "forallvalues": "foranyvalue"}
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
    # In lower case, without qualifier, Not and IfExists: stringequals, arnlike, ipaddress.
    operator: str = "stringequals"

    @property
    def by_parts(self) -> bool:
        """Whether each part of an ARN is compared by itself, so that a `*` never reaches over a colon."""
        return self.operator.startswith("arn")

    @property
    def may_lack(self) -> bool:
        """Whether requests that lack the key pass, but for a negative test, which they pass as well."""
        return self.if_exists or self.qualifier == "forallvalues"

    def negate(self) -> ConditionTest | None:
        """The test of the requests that do not pass this one; None where there is no such test."""
        if self.family == "null" and len(self.patterns) == 1:
            other = {"true": "false", "false": "true"}.get(render_pattern(self.patterns[0]))
            return None if other is None else self._replace(patterns=(make_pattern(other),))
        if self.family not in ("string", "ip", "bool"):
            return None
        return self._replace(negative=not self.negative, if_exists=False, qualifier=_NEGATED_QUALIFIERS[self.qualifier])

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
        operator=operator,
    )
