"""Expands the loops of a template (Fn::ForEach) as the transform AWS::LanguageExtensions does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json
from cdkguard.template.scope import Scope
from cdkguard.template.values import Branch, scalar_text

PREFIX = "Fn::ForEach::"
LOOPS = "AWS::LanguageExtensions"  # the transform that knows them
MAX_EXPANDED = 200_000  # values that the loops of one template make; 64 characters of text count as one


class NotExpandable(ValueError):
    """A loop whose collection is not known before deployment, or that is malformed."""


def find_transforms(template: Mapping[str, Json]) -> list[str]:
    """The names of the macros that CloudFormation runs over the whole template; one without a name as it is written."""
    found = []
    for section in ("Transform", "Fn::Transform"):
        declared = template.get(section)
        for one in declared if isinstance(declared, list) else [declared]:
            if one is not None and one != "":
                found.append(str(one.get("Name", one) if isinstance(one, dict) else one))
    return found


def uses_loops(template: Mapping[str, Json]) -> bool:
    """Whether the template declares the transform that expands loops."""
    return LOOPS in find_transforms(template)


def expand(value: Json, scope: Scope) -> Json:
    """The value with the members that each loop stands for in its place; raises NotExpandable."""
    return _expand(value, scope, {}, [MAX_EXPANDED])


def _expand(value: Json, scope: Scope, names: dict[str, str], left: list[int]) -> Json:
    if names:  # outside of loops there are no more values than the template has
        left[0] -= 1
        if left[0] < 0:
            raise NotExpandable(f"loops make more than {MAX_EXPANDED} values")
    if isinstance(value, str):
        return _fill_names(value, names, left)
    if isinstance(value, list):
        return [_expand(item, scope, names, left) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in names:
        return names[value["Ref"]]

    out: dict[str, Json] = {}
    for key, item in value.items():
        if key.startswith(PREFIX):
            out.update(_expand_loop(key, item, scope, names, left))
        else:
            out[_fill_names(key, names, left)] = _expand(item, scope, names, left)
    return out


def _expand_loop(key: str, loop: Json, scope: Scope, names: dict[str, str], left: list[int]) -> dict[str, Json]:
    if not (isinstance(loop, list) and len(loop) == 3 and isinstance(loop[0], str) and isinstance(loop[2], dict)):
        raise NotExpandable(f"'{key}' is not [identifier, collection, {{key: value}}]")
    out: dict[str, Json] = {}
    for text in _resolve_collection(key, loop[1], scope):
        out.update(_expand(loop[2], scope, {**names, loop[0]: text}, left))
    return out


def _resolve_collection(key: str, written: Json, scope: Scope) -> list[str]:
    try:
        collection = scope.resolve(written)
        texts = [scalar_text(scope.resolve(item)) for item in collection] if isinstance(collection, list) else [None]
    except Branch as branch:
        raise NotExpandable(f"the collection of '{key}' hangs on the condition {branch.condition}") from branch
    if None in texts:
        raise NotExpandable(f"the collection of '{key}' is not known before deployment")
    return [text for text in texts if text is not None]


def _fill_names(text: str, names: dict[str, str], left: list[int]) -> str:
    for name, value in names.items():
        if name in text:
            plain, clean = "${" + name + "}", "&{" + name + "}"
            left[0] -= (text.count(plain) + text.count(clean)) * len(value) // 64
            if left[0] < 0:
                raise NotExpandable(f"loops make more than {MAX_EXPANDED} values")
            text = text.replace(plain, value)
            text = text.replace(clean, "".join(c for c in value if c.isalnum()))
    return text
