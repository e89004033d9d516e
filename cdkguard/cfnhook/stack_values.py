"""What a template takes from other stacks, exports and outputs of nested stacks, as parameters: so that values of it can be tried."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.inputs.shapes import mapping_or_empty

_OUTPUT = re.compile(r"\$\{\s*(\w+\.Outputs\.[\w.]+)\s*\}")


def name_stack_values(bodies: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """The templates with a parameter in place of each such value; the same value has the same name in all of them."""
    names: dict[str, str] = {}
    return [_name_in(body, names) for body in bodies]


def _name_in(body: Mapping[str, Json], names: dict[str, str]) -> Mapping[str, Json]:
    resources = body.get("Resources")
    replaced = _replace(resources, names)
    if replaced is resources:
        return body
    own = {name: {"Type": "String"} for name in names.values()}
    return {**body, "Parameters": {**mapping_or_empty(body.get("Parameters")), **own}, "Resources": replaced}


def _replace(value: Json, names: dict[str, str]) -> Json:
    """The value with references in place of what other stacks give; itself where there is nothing of that."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        items = [_replace(item, names) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if not isinstance(value, dict):
        return value
    match value:
        case {"Fn::ImportValue": name, **rest} if not rest:
            return {"Ref": _name_of(f"import {json.dumps(name)}", names)}
        case {"Fn::GetAtt": target, **rest} if not rest and (output := _output_of(target)):
            return {"Ref": _name_of(output, names)}
        case {"Fn::Sub": str(text), **rest} if not rest:
            named = _OUTPUT.sub(lambda found: f"${{{_name_of(found[1], names)}}}", text)
            return value if named == text else {"Fn::Sub": named}
        case {"Fn::Sub": [str(text), *more], **rest} if not rest:
            named = _OUTPUT.sub(lambda found: f"${{{_name_of(found[1], names)}}}", text)
            others = _replace(more, names)
            return value if named == text and others is more else {"Fn::Sub": [named, *others]}
    entries = {key: _replace(item, names) for key, item in value.items()}
    return entries if any(entries[key] is not item for key, item in value.items()) else value


def _output_of(target: Json) -> str:
    """`Nested.Outputs.Name`, or "" where the attribute is no output of a nested stack."""
    if isinstance(target, list) and all(isinstance(part, str) for part in target):
        target = ".".join(target)
    return target if isinstance(target, str) and ".Outputs." in target else ""


def _name_of(value: str, names: dict[str, str]) -> str:
    return names.setdefault(value, f"CdkguardStackValue{len(names)}")
