"""Expands the loops of a template (Fn::ForEach) as the transform AWS::LanguageExtensions does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json
from cdkguard.template.functions import find_possible_values
from cdkguard.template.scope import Scope
from cdkguard.template.values import Branch, Deferred, as_mapping, scalar_text

PREFIX = "Fn::ForEach::"
LOOPS = "AWS::LanguageExtensions"  # the transform that knows them
MAX_EXPANDED = 200_000  # values that the loops of one template make; 64 characters of text count as one


class NotExpandable(ValueError):
    """A loop whose collection is not known before deployment, or that is malformed."""


class TooManyValues(NotExpandable):
    """Loops that together make more than is looked at."""


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


class _Expansion:
    """One expansion: of a template's resources."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.left = MAX_EXPANDED
        # Why a loop, or a part of one, was left out.
        self.problems: list[str] = []

    def spend(self, values: int) -> None:
        """Counts values that loops make; raises TooManyValues."""
        self.left -= values
        if self.left < 0:
            raise TooManyValues(f"loops make more than {MAX_EXPANDED} values")


def expand(resources: Json, scope: Scope) -> tuple[Json, list[str]]:
    """(the resources with those that each loop stands for in its place, why a loop was left out); raises TooManyValues."""
    expansion = _Expansion(scope)
    return _expand(resources, expansion, {}, True), expansion.problems


def _expand(value: Json, expansion: _Expansion, names: dict[str, str], holds_resources: bool = False) -> Json:
    if names:  # outside of loops there are no more values than the template has
        expansion.spend(1)
    if isinstance(value, str):
        return _fill_names(value, names, expansion)
    if isinstance(value, list):
        return [_expand(item, expansion, names) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in names:
        return names[value["Ref"]]

    out: dict[str, Json] = {}
    for key, item in value.items():
        if key.startswith(PREFIX):
            out.update(_expand_loop(key, item, expansion, names, holds_resources))
        else:
            out[_fill_names(key, names, expansion)] = _expand(item, expansion, names)
    return out


def _expand_loop(
    key: str, loop: Json, expansion: _Expansion, names: dict[str, str], holds_resources: bool
) -> dict[str, Json]:
    """The members that one loop makes. One that is not known does not take the others with it."""
    out: dict[str, Json] = {}
    try:
        if not (isinstance(loop, list) and len(loop) == 3 and isinstance(loop[0], str) and isinstance(loop[2], dict)):
            raise NotExpandable(f"'{key}' is not [identifier, collection, {{key: value}}]")
        texts, is_whole = _resolve_collection(key, _expand(loop[1], expansion, names), expansion.scope)
        for text in texts:
            out.update(_expand(loop[2], expansion, {**names, loop[0]: text}, holds_resources))
        if not is_whole:
            raise NotExpandable(f"the collection of '{key}' is not known before deployment")
    except TooManyValues:
        raise
    except NotExpandable as problem:
        expansion.problems.append(str(problem))
        if not holds_resources:
            out["Fn::Transform"] = {"Name": key}  # as beside a macro, there may be any other member
    return out


def _resolve_collection(key: str, written: Json, scope: Scope) -> tuple[list[str], bool]:
    """(the texts of a collection, whether these are all of them).

    Where the deployment chooses one of several known collections, what each of them makes may exist.
    """
    try:
        collection = scope.resolve(written)
        if isinstance(collection, Deferred):
            collection = _list_possible(written, scope)
        texts = [scalar_text(scope.resolve(item)) for item in collection] if isinstance(collection, list) else [None]
    except Branch as branch:
        raise NotExpandable(f"the collection of '{key}' hangs on the condition {branch.condition}") from branch
    return list(dict.fromkeys(text for text in texts if text is not None)), None not in texts


def _list_possible(written: Json, scope: Scope) -> list[Json]:
    """The members of all collections that the deployment may choose from; one None where they are not known."""
    ((name, operand),) = as_mapping(written).items() if len(as_mapping(written)) == 1 else (("", None),)
    if name == "Ref" and isinstance(operand, str):
        return [*(scope.allowed_values(operand) or (None,))]
    if name == "Fn::FindInMap" and isinstance(operand, list) and len(operand) in (3, 4):
        found = find_possible_values(scope, [scope.resolve(part) for part in operand[:3]], operand[3:])
        if found and all(isinstance(values, list) for values in found):
            return [item for values in found for item in values]
    return [None]


def _fill_names(text: str, names: dict[str, str], expansion: _Expansion) -> str:
    for name, value in names.items():
        if name in text:
            plain, clean = "${" + name + "}", "&{" + name + "}"
            expansion.spend((text.count(plain) + text.count(clean)) * len(value) // 64)
            text = text.replace(plain, value)
            text = text.replace(clean, "".join(c for c in value if c.isalnum()))
    return text
