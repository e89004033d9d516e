"""Passes over an `any` of many alternatives where none of them can hold: the resource has another type, or no such property.

A rule about many types names the properties of all of them, of which one resource has few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cdkguard._typing import Json
from cdkguard.language.operators import OPERATORS
from cdkguard.language.subject import Decide, Subject
from cdkguard.language.vocabulary import QUANTIFIERS
from cdkguard.logic import Tri
from cdkguard.template.functions import is_intrinsic

_PROPERTIES, _TYPE = ["f", "Properties"], [["f", "Type"]]

# (types, properties): an alternative is false of a resource that has none of these.
_Need = tuple[frozenset[str], frozenset[str]]
_NONE: frozenset[str] = frozenset()


def bind_wide_any(nodes: Sequence[Json], decide: Decide, value_of: Callable[[Json], Json], universal: bool) -> Decide:
    """`decide`, which asks every alternative, only where one of them can hold; `value_of` is the value of an operand."""
    needs = [need for node in nodes if (need := _find_need(node, value_of, universal)) is not None]
    if len(needs) < len(nodes):
        return decide
    types, names = (_NONE.union(*sets) for sets in zip(*needs, strict=True))

    def decide_some(subject: Subject) -> Tri:
        if subject.evidence is None and _has_none(subject, types, names):
            return False
        return decide(subject)

    return decide_some


def _has_none(subject: Subject, types: frozenset[str], names: frozenset[str]) -> bool:
    """Whether the resource certainly has none of the types and none of the properties."""
    body = subject.root
    if type(body) is not dict:
        return False
    if types:
        found = subject.scope.resolve(body.get("Type"))
        if type(found) is not str or found in types:
            return False
    if names:
        properties = body.get("Properties")
        if type(properties) is not dict or not names.isdisjoint(properties):
            return False
        return "Fn::Transform" not in properties and not is_intrinsic(properties)
    return True


def _find_need(node: Json, value_of: Callable[[Json], Json], universal: bool) -> _Need | None:
    """What a resource must have so that the requirement is not false; None where that cannot be told."""
    if "all" in node:
        return next((need for part in node["all"] if (need := _find_need(part, value_of, universal))), None)
    steps = node.get("steps", [])
    if steps == _TYPE:
        return _find_types(node, value_of)
    if len(steps) < 2 or steps[0] != _PROPERTIES or steps[1][0] != "f":
        return None

    is_false = "some" in node
    if not any(name in node for name in QUANTIFIERS) and not (universal and any(step[0] != "f" for step in steps)):
        is_false = any(_is_false_of_absent(k, value_of(operand)) for k, operand in node.items() if k in OPERATORS)
    return (_NONE, frozenset({steps[1][1]})) if is_false else None


def _find_types(node: Json, value_of: Callable[[Json], Json]) -> _Need | None:
    """The types that the test of a resource's type names."""
    types = [value_of(node["equals"])] if "equals" in node else value_of(node.get("in", []))
    return (frozenset(types), _NONE) if types and all(isinstance(name, str) for name in types) else None


def _is_false_of_absent(name: str, operand: Json) -> bool:
    """Whether the operator is false of a property that is not there."""
    absent = OPERATORS[name].absent
    if absent is None:
        return name in ("exists", "literal") and operand is True
    return absent(operand) is False
