"""The operators that compare a value: equality, membership, texts, numbers, sizes, and how the value is written.

Each operator is a function of (value, operand, context); where the operand is true or false, false asks for the opposite
of what the docstring says. A `..._known_parts` function answers for a value of which only
the deployment knows a part: a text that begins with "arn:" does so whatever is filled in behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from cdkguard._typing import Json
from cdkguard.language.subject import OperatorContext
from cdkguard.logic import Tri
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred, as_mapping, scalar_text
from cdkguard.text.regexes import MAX_TEXT, compile_pattern

Decide = Callable[[Json, Json, OperatorContext], Tri]
DecideDeferred = Callable[[Deferred, Json, OperatorContext], Tri]


# -- equality and membership


def are_equal(value: Json, operand: Json) -> bool:
    """Equality as CloudFormation has it: "true" is true and "30" is 30, but "5.10" is not "5.1"."""
    if type(value) is str and type(operand) is str:
        return value == operand
    if isinstance(value, (dict, list)) or isinstance(operand, (dict, list)):
        return bool(value == operand)
    if isinstance(value, bool) or isinstance(operand, bool):
        return (scalar_text(value) or "").lower() == (scalar_text(operand) or "").lower()
    if isinstance(value, int | float) and isinstance(operand, int | float):
        return value == operand
    return scalar_text(value) == scalar_text(operand)


def equals(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the value, with its references resolved, equals the operand."""
    return are_equal(context.scope.resolve_deep(value) if isinstance(value, dict | list) else value, operand)


def is_in(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the value equals a member of the operand, a list or a named set."""
    # A named set is a frozenset and holds texts alone, so that one look is enough.
    if type(value) is str and (value in operand or type(operand) is frozenset):
        return value in operand
    return any(are_equal(value, one) for one in operand)


def contains(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a map has the key, a list the member, or a text the part that the operand is."""
    if isinstance(value, dict):
        return operand in value

    if isinstance(value, list):
        members = [context.scope.resolve(member) for member in value]
        if any(not isinstance(m, Deferred) and m is not ABSENT and are_equal(m, operand) for m in members):
            return True
        return None if any(isinstance(m, Deferred) for m in members) else False

    text = scalar_text(value)
    return text is not None and str(operand) in text


# -- texts


def compare_text(check: Callable[[str, str], bool]) -> Decide:
    """An operator that compares the value's text with one operand, or with any of a list of them."""

    def decide(value: Json, operand: Json, context: OperatorContext) -> Tri:
        text = scalar_text(value)
        if text is None:
            return False
        return any(check(text, str(one)) for one in (operand if isinstance(operand, list) else [operand]))

    return decide


starts_with = compare_text(str.startswith)
ends_with = compare_text(str.endswith)


def matches(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the pattern is found anywhere in the text; unknown where none is found and the text was cut."""
    text = scalar_text(value)
    if text is None:
        return False
    if compile_pattern(operand).search(text[:MAX_TEXT]):
        return True
    return None if len(text) > MAX_TEXT else False


# -- numbers and sizes


def number_of(value: Json) -> float | None:
    """A number, also one that is written as text; None of anything else, and of true and false."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def compare_number(compare: Callable[[float, float], bool]) -> Decide:
    """An operator that compares two numbers; unknown where one of them is no number."""

    def decide(value: Json, operand: Json, context: OperatorContext) -> Tri:
        left, right = number_of(value), number_of(operand)
        return None if left is None or right is None else compare(left, right)

    return decide


def _size_of(value: Json, context: OperatorContext) -> int | None:
    """The length of a value without the members that are AWS::NoValue; None for a number, true and false."""
    if isinstance(value, list | dict):
        members = value if isinstance(value, list) else value.values()
        return sum(context.scope.resolve(member) is not ABSENT for member in members)
    return len(value) if isinstance(value, str) else None


def is_empty(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a list, map or text holds nothing, after AWS::NoValue is taken away."""
    return (_size_of(value, context) == 0) is operand


def has_length(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a list, map or text has at least as many members or characters as the operand says."""
    size = _size_of(value, context)
    return size is not None and size >= operand


# -- how the value is written


def exists(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the property is there, whatever its value."""
    return (value is not ABSENT) is operand


def is_literal(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the template holds the value itself (a parameter's Default counts), and no reference."""
    if isinstance(value, Deferred):
        if value.kind == "unknown":  # of a map, each of the values is written out
            return operand if value.choices() else None
        return not operand
    return (value is not ABSENT and scalar_text(value) is not None and value != "") is operand


def is_deferred(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether only the deployment knows the value; the operand may name the kinds of `Deferred` that count."""
    if operand is True or operand is False:
        return isinstance(value, Deferred) is operand
    kinds = operand if isinstance(operand, list) else [operand]
    return isinstance(value, Deferred) and value.kind in kinds


def is_no_echo_parameter(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the value is a Ref to a NoEcho parameter, with or without a Default.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    """
    name = context.raw.get("Ref") if isinstance(context.raw, dict) else None
    return (isinstance(name, str) and has_no_echo(context.scope, name)) is operand


def has_no_echo(scope: Scope, name: str) -> bool:
    """Whether the template has a parameter of this name with NoEcho."""
    declared = as_mapping(as_mapping(scope.template.get("Parameters")).get(name))
    return are_equal(declared.get("NoEcho", False), True)


def is_template_unread(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the resource deploys a template that is not among those of the run; in a loop's ids * stands for a part."""
    unread = context.scope.stack.unread
    is_unread = context.logical_id in unread or any("*" in p and fnmatchcase(context.logical_id, p) for p in unread)
    return is_unread is operand


# -- values of which a part is known


def never_known(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """None of every value: no known part decides."""
    return None


def equals_known_parts(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """False where the known parts of a text are not in the operand in their order."""
    return is_in_known_parts(value, [operand], context)


def is_in_known_parts(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """False where the known parts of a text stand in none of those wanted."""
    if value.kind == "text" and not any(_can_become(value, scalar_text(one)) for one in operand):
        return False
    return None


def _can_become(value: Deferred, text: str | None) -> bool:
    """Whether a text with unknown parts can become `text` when the deployment fills them in."""
    if text is None:
        return False

    at = 0
    for part in value.parts:
        if isinstance(part, str):
            at = text.find(part, at)
            if at < 0:
                return False
            at += len(part)

    first, last = value.parts[0], value.parts[-1]
    starts = not isinstance(first, str) or text.startswith(first)
    return starts and (not isinstance(last, str) or text.endswith(last))


def starts_with_known_parts(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """Decides by the known text in front of the first unknown part."""
    if value.kind == "dynamic":
        return starts_with(value.raw, operand, context)
    if value.kind != "text":
        return None
    head = value.parts[0] if isinstance(value.parts[0], str) else ""
    wanted = _as_texts(operand)
    if any(head.startswith(one) for one in wanted):
        return True
    return None if any(one.startswith(head) for one in wanted) else False


def ends_with_known_parts(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """Decides by the known text behind the last unknown part."""
    if value.kind == "dynamic":
        return ends_with(value.raw, operand, context)
    if value.kind != "text":
        return None
    tail = value.parts[-1] if isinstance(value.parts[-1], str) else ""
    wanted = _as_texts(operand)
    if any(tail.endswith(one) for one in wanted):
        return True
    return None if any(one.endswith(tail) for one in wanted) else False


def _as_texts(operand: Json) -> list[str]:
    return [str(one) for one in (operand if isinstance(operand, list) else [operand])]


def in_any_known_part(decide: Decide) -> DecideDeferred:
    """True where the operator holds of one known part of a text: `contains` and `matches` look for a part."""

    def decide_deferred(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
        if value.kind == "dynamic":
            return decide(value.raw, operand, context)
        if value.kind != "text":
            return None
        answers = [decide(part, operand, context) for part in value.parts if isinstance(part, str)]
        return True if True in answers and operand is not False else None

    return decide_deferred


def is_empty_known_parts(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """A reference, a text with a reference in it and an import are never empty."""
    return not operand if value.kind in ("resource", "text", "dynamic", "import") else None


def known_texts(value: Deferred) -> Iterable[str]:
    """The texts that the template itself holds of a value that only the deployment knows."""
    return [p for p in value.parts if isinstance(p, str)] or [value.raw if isinstance(value.raw, str) else ""]
