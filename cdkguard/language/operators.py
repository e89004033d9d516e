"""The operators of the rule language, one record each: the loader, binding, the schema and the documentation read them.

An operator answers True, False or None (not known before deployment) of one value, which is a value as the template has
it after one step of resolution, ABSENT (the property is not there), or Deferred (only the deployment knows it).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cdkguard._typing import Json, NamedTuple
from cdkguard.language import aws_operators as aws
from cdkguard.language import comparisons
from cdkguard.language.comparisons import Decide, DecideDeferred, in_any_known_part, never_known
from cdkguard.language.subject import OperatorContext
from cdkguard.language.vocabulary import (
    ACCOUNT_CLASSES,
    ANYTHING,
    BOOLEAN,
    DEFERRED_KINDS,
    LIST,
    NUMBER,
    PATTERN,
    TESTS,
)
from cdkguard.logic import Tri, negate
from cdkguard.template.values import ABSENT, Deferred
from cdkguard.text.regexes import lazy_pattern

# The values of `Operator.looks_at`.
VALUE = "value"  # The value, and the resource that it belongs to.
RAW = "raw"  # Also the value as the template writes it.
FACTS = "facts"  # Also the value's property path, and the accounts and names of the run.


# The functions for `Operator.absent`: operand -> the answer for a property that is not there.
def never(_operand: Json) -> bool:
    """False of every operand."""
    return False


def always(_operand: Json) -> bool:
    """True of every operand."""
    return True


def is_turned_round(operand: Json) -> bool:
    """`cidr_open: false` holds of a range that is not there, `cidr_open: true` does not."""
    return operand is False


class Operator(NamedTuple):
    """One operator: how it decides, what a rule file gives it, and what it looks at."""

    name: str
    # Decides a value from (value, operand, context).
    decide: Decide
    # The kind of operand that a rule file gives; see vocabulary.py.
    operand: str = ANYTHING
    # Answers for ABSENT, from the operand. None: `decide` takes ABSENT as a value.
    absent: Callable[[Json], bool] | None = is_turned_round
    # Answers for a Deferred, from what is known of it. None: `decide` takes a Deferred as a value.
    deferred: DecideDeferred | None = never_known
    # VALUE, RAW or FACTS: which fields of the context it reads.
    looks_at: str = VALUE
    # Prepares the operand once for all values; None where there is nothing to prepare.
    bind: Callable[[Json], Decide] | None = None
    # Of a text without this mark the answer is that of ABSENT, and nothing else is looked at.
    mark: re.Pattern[str] | None = None


def _negated(decide: Decide | DecideDeferred) -> Decide:
    return lambda value, operand, context: negate(decide(value, operand, context))


# The tests of statements are imported when a rule first needs them: most templates are judged without.
def _bind_has_statement(operand: Json) -> Decide:
    from cdkguard.language.statement_tests import bind_has_statement

    return bind_has_statement(operand)


def _has_statement(value: Json, operand: Json, context: OperatorContext) -> Tri:
    return _bind_has_statement(operand)(value, operand, context)


def _names_principal(value: Json, operand: Json, context: OperatorContext) -> Tri:
    from cdkguard.language.statement_tests import names_principal

    return names_principal(value, operand, context)


_greater_than = comparisons.compare_number(lambda value, operand: value > operand)
_at_least = comparisons.compare_number(lambda value, operand: value >= operand)
_less_than = comparisons.compare_number(lambda value, operand: value < operand)
_at_most = comparisons.compare_number(lambda value, operand: value <= operand)
_equals, _equals_known = comparisons.equals, comparisons.equals_known_parts
_is_in, _is_in_known = comparisons.is_in, comparisons.is_in_known_parts
_contains, _matches = comparisons.contains, comparisons.matches
_TWELVE_DIGITS, _ARN = lazy_pattern(r"\d{12}"), lazy_pattern("arn:")

OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("equals", _equals, absent=never, deferred=_equals_known),
        Operator("not_equals", _negated(_equals), absent=always, deferred=_negated(_equals_known)),
        Operator("in", _is_in, LIST, absent=never, deferred=_is_in_known),
        Operator("not_in", _negated(_is_in), LIST, absent=always, deferred=_negated(_is_in_known)),
        Operator("exists", comparisons.exists, BOOLEAN, absent=None, deferred=None),
        Operator("empty", comparisons.is_empty, BOOLEAN, absent=bool, deferred=comparisons.is_empty_known_parts),
        Operator("contains", _contains, absent=never, deferred=in_any_known_part(_contains)),
        Operator("not_contains", _negated(_contains), absent=always),
        Operator("starts_with", comparisons.starts_with, deferred=comparisons.starts_with_known_parts),
        Operator("ends_with", comparisons.ends_with, deferred=comparisons.ends_with_known_parts),
        Operator("matches", _matches, PATTERN, deferred=in_any_known_part(_matches)),
        Operator("not_matches", _negated(_matches), PATTERN, absent=always),
        Operator("greater_than", _greater_than, NUMBER),
        Operator("at_least", _at_least, NUMBER),
        Operator("less_than", _less_than, NUMBER),
        Operator("at_most", _at_most, NUMBER),
        Operator("length_at_least", comparisons.has_length, NUMBER),
        Operator("literal", comparisons.is_literal, BOOLEAN, absent=None, deferred=None),
        Operator("deferred", comparisons.is_deferred, DEFERRED_KINDS, absent=None, deferred=None),
        Operator("no_echo_parameter", comparisons.is_no_echo_parameter, BOOLEAN, deferred=None, looks_at=RAW),
        Operator("template_unread", comparisons.is_template_unread, BOOLEAN, absent=None, deferred=None),
        Operator("cidr_open", aws.cidr_open, deferred=aws.cidr_open_known_parts),
        Operator("cidr_public", aws.cidr_public, BOOLEAN),
        Operator("cidr_prefix_below", aws.cidr_prefix_below, NUMBER, deferred=aws.cidr_prefix_below_known_parts),
        Operator("ports_include", aws.ports_include, LIST),
        Operator("ports_within", aws.ports_within, LIST),
        Operator("ports_all", aws.ports_all, BOOLEAN),
        Operator("ports_range", aws.ports_range, BOOLEAN),
        Operator("protocol_all", aws.protocol_all, BOOLEAN),
        Operator("has_statement", _has_statement, TESTS, deferred=None, bind=_bind_has_statement),
        Operator("names_account", aws.names_account, ACCOUNT_CLASSES, looks_at=FACTS, mark=_TWELVE_DIGITS),
        Operator("names_own_resource", aws.names_own_resource, BOOLEAN, looks_at=FACTS, mark=_ARN),
        Operator("names_principal", _names_principal, TESTS, deferred=None, looks_at=FACTS),
        Operator("names_partition", aws.names_partition, BOOLEAN, looks_at=FACTS, mark=_ARN),
        Operator("secret_shape", aws.secret_shape, BOOLEAN, deferred=aws.secret_shape_known_parts),
        Operator("secret_named", aws.secret_named, BOOLEAN),
        Operator("secret_inside", aws.secret_inside, BOOLEAN, deferred=None, looks_at=RAW),
        Operator("secret_revealed", aws.secret_revealed, BOOLEAN, deferred=None, looks_at=RAW),
    )
}


def evaluate_operator(name: str, value: Json, operand: Json, context: OperatorContext) -> Tri:
    """The answer of one operator for one value, ABSENT and Deferred included."""
    operator = OPERATORS[name]
    if isinstance(value, Deferred) and value.choices() and operator.deferred is not None:
        return evaluate_choices(operator.decide, value, operand, context)
    if value is ABSENT and operator.absent is not None:
        return operator.absent(operand)
    if isinstance(value, Deferred) and operator.deferred is not None:
        return evaluate_deferred(operator.deferred, value, operand, context)
    return operator.decide(value, operand, context)


def evaluate_choices(decide: Decide, value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """The answer for one of several known values: that of all of them, where they agree."""
    answers = {decide(one, operand, context) for one in value.choices()}
    return answers.pop() if len(answers) == 1 else None


def evaluate_deferred(decide: DecideDeferred, value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """The answer for a Deferred; an attribute that is an ARN counts as a text that begins with `arn:`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    if value.kind == "resource" and str(value.attribute).endswith("Arn"):
        value = Deferred("text", value.raw, parts=("arn:", value))
    return decide(value, operand, context)
