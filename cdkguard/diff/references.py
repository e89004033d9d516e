"""References to resources and parameters inside a template value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.template.values import Deferred

_HOLE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}")  # ${Name} or ${Name.Attribute}


def find_references(value: Json) -> Iterator[tuple[str, str | None]]:
    """(logical id or parameter, attribute) of every Ref and GetAtt in a value, settled or raw."""
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
            yield from _called(value)
        for inner in value.values():
            yield from find_references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_references(inner)


def _called(value: Mapping[str, Json]) -> Iterator[tuple[str, str | None]]:
    ((function, operand),) = value.items()
    if function == "Ref" and isinstance(operand, str):
        yield operand, None
    elif function == "Fn::GetAtt":
        parts = operand.split(".", 1) if isinstance(operand, str) else operand
        if isinstance(parts, list) and len(parts) == 2 and isinstance(parts[0], str):
            yield parts[0], str(parts[1])
    elif function == "Fn::Sub":
        text = operand[0] if isinstance(operand, list) and operand else operand
        for hole in _HOLE.finditer(text) if isinstance(text, str) else ():
            name, _, attribute = hole.group(0)[2:-1].partition(".")
            yield name, attribute or None
