"""The intrinsic functions of conditions, in three-valued logic: Condition, Fn::And, Fn::Or, Fn::Not, Fn::Equals.

A function of this module takes the scope, its operand, the whole call, the list to which it adds the atoms that are
neither known nor assumed, and the number of conditions around it that refer to one another.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.logic import Tri, all_of, any_of, negate
from cdkguard.template.values import Atom, Branch, Deferred, as_mapping, canonical_text, scalar_text

if TYPE_CHECKING:
    from cdkguard.template.scope import Scope

MAX_NESTED = 64  # conditions that refer to conditions


def evaluate_call(scope: Scope, _operand: Json, call: Json) -> Json:
    """The value of a condition function that stands among values."""
    holds = scope.evaluate_expression(call, [], 0)
    return Deferred("unknown", call) if holds is None else holds


def reference_holds(scope: Scope, operand: Json, call: Json, unknown: list[Atom], level: int) -> Tri:
    """{"Condition": NAME}."""
    if isinstance(operand, str):
        return scope.referred_condition(operand, unknown, level)
    return malformed_holds(scope, call, unknown)


def not_holds(scope: Scope, operand: Json, call: Json, unknown: list[Atom], level: int) -> Tri:
    """{"Fn::Not": [condition]}."""
    parts = operand if isinstance(operand, list) else [operand]
    if len(parts) == 1:
        return negate(scope.evaluate_expression(parts[0], unknown, level))
    return malformed_holds(scope, call, unknown)


def and_holds(scope: Scope, operand: Json, call: Json, unknown: list[Atom], level: int) -> Tri:
    """{"Fn::And": [condition, ...]}."""
    parts = operand if isinstance(operand, list) else [operand]
    if not parts:
        return malformed_holds(scope, call, unknown)
    return all_of([scope.evaluate_expression(part, unknown, level) for part in parts])


def or_holds(scope: Scope, operand: Json, call: Json, unknown: list[Atom], level: int) -> Tri:
    """{"Fn::Or": [condition, ...]}."""
    parts = operand if isinstance(operand, list) else [operand]
    if not parts:
        return malformed_holds(scope, call, unknown)
    return any_of([scope.evaluate_expression(part, unknown, level) for part in parts])


def equals_holds(scope: Scope, operand: Json, call: Json, unknown: list[Atom], _level: int) -> Tri:
    """{"Fn::Equals": [value, value]}."""
    if not (isinstance(operand, list) and len(operand) == 2):
        return malformed_holds(scope, call, unknown)
    left, right = operand
    try:
        values = [scope.resolve(left), scope.resolve(right)]
    except Branch:  # CloudFormation refuses Fn::If in a condition
        return scope.truth_of(Atom(_equality_key(scope, left, right) or _malformed_key(left)), unknown)

    texts = [scalar_text(v) for v in values]
    if None not in texts:
        return texts[0] == texts[1]
    for value, text in zip(values, reversed(texts), strict=True):
        if isinstance(value, Deferred) and value.kind == "parameter" and text is not None:
            if text in scope.excluded.get(value.target or "", ()):
                return False
            return scope.truth_of(Atom(f"{value.target}={text}", value.target, text), unknown)

    key = _equality_key(scope, left, right)
    return True if key == "" else scope.truth_of(Atom(key), unknown)


def find_parameters(template: Mapping[str, Json], name: str) -> set[str]:
    """The parameters on which a condition depends, by itself or by the conditions that it names."""
    conditions, declared = as_mapping(template.get("Conditions")), as_mapping(template.get("Parameters"))
    found, seen, pending = set[str](), {name}, [conditions.get(name)]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, str):  # the operand of Ref or Condition, or a text of Fn::Sub
            found.update(p for p in declared if p == value or f"${{{p}}}" in value)
            if value in conditions and value not in seen:
                seen.add(value)
                pending.append(conditions[value])
    return found


def malformed_holds(scope: Scope, expression: Json, unknown: list[Atom]) -> Tri:
    """An expression that CloudFormation does not know: it may be true or false."""
    return scope.truth_of(Atom(_malformed_key(expression)), unknown)


def _malformed_key(expression: Json) -> str:
    return "malformed:" + canonical_text(expression)


def _equality_key(scope: Scope, left: Json, right: Json) -> str:
    """The key of an undecided comparison's atom; empty where both sides are written alike."""
    known = scope.shared.equalities.get(id(left))
    if known is None or known[1][0] is not right:
        texts = sorted((canonical_text(left), canonical_text(right)))
        key = "" if texts[0] == texts[1] else "equals:" + "|".join(texts)
        known = scope.shared.equalities.store(left, (right, key))
    found: str = known[1][1]
    return found
