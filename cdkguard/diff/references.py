"""References to resources and parameters inside a template value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import late

_VARIABLE = late(r"\$\{([A-Za-z0-9]+)(?:\.([^}]*))?\}")  # ${Name} or ${Name.Attribute}

Reference = tuple[str, str | None]  # A logical ID or a parameter's name, and the attribute of an Fn::GetAtt.


def find_references(value: Json) -> Iterator[Reference]:
    """Every Ref and Fn::GetAtt in a value, comparable or as the template writes it."""
    if isinstance(value, Deferred):
        if value.kind in ("resource", "parameter"):
            yield str(value.target), value.attribute
        elif value.parts:
            for part in value.parts:
                yield from find_references(part)
        elif value.kind != "pseudo":
            yield from find_references(value.raw)
    elif isinstance(value, dict):
        if len(value) == 1:
            yield from _find_in_call(value)
        for inner in value.values():
            yield from find_references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_references(inner)


def find_variables(operand: Json) -> Iterator[Reference]:
    """The variables in the text of an Fn::Sub whose operand this is: what stands in `${}`."""
    text = operand[0] if isinstance(operand, list) and operand else operand
    for variable in _VARIABLE.finditer(text) if isinstance(text, str) else ():
        yield variable.group(1), variable.group(2) or None


def _find_in_call(value: Mapping[str, Json]) -> Iterator[Reference]:
    ((function, operand),) = value.items()
    if function == "Ref" and isinstance(operand, str):
        yield operand, None
    elif function == "Fn::GetAtt":
        parts = operand.split(".", 1) if isinstance(operand, str) else operand
        if isinstance(parts, list) and len(parts) == 2 and isinstance(parts[0], str):
            yield parts[0], str(parts[1])
    elif function == "Fn::Sub":
        yield from find_variables(operand)
