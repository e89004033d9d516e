"""References to resources and parameters inside a template value."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.template.functions import FUNCTIONS
from cdkguard.template.values import Deferred

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
        for key, inner in value.items():
            function = FUNCTIONS.get(key) if len(value) == 1 else None
            if function is not None:
                yield from function.links(inner)
            yield from find_references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_references(inner)
