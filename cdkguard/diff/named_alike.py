"""Whether two values are one but for the names of resources that were renamed or moved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.comparable import as_json
from cdkguard.diff.renames import find_code_names
from cdkguard.diff.stack_pairs import ResourceKey
from cdkguard.diff.targets import FindOrigin
from cdkguard.model import Change, PropertyChange, Stack
from cdkguard.template.functions import FUNCTIONS
from cdkguard.template.values import ABSENT, Deferred, as_mapping
from cdkguard.text.regexes import lazy_pattern

_LINKS = ("resource", "parameter", "import")
_IMPORT = "Fn::ImportValue"
_OWN_NAME = "\0own name"
_INDEX = lazy_pattern(r"\[[0-9]+\]")
# CDK names the parameters of a nested stack after the resources that they pass.
_PASSED = "Properties.Parameters."
_NOT_COMPARED = ("Metadata", "DependsOn")


class Side(NamedTuple):
    """The stack whose values are read, and who says which resource they come from."""

    stack: Stack
    find: FindOrigin


def find_links(value: Json, stack: Stack) -> Iterator[Deferred]:
    """Each Ref, Fn::GetAtt and Fn::ImportValue in a comparable value of the stack."""
    if isinstance(value, Deferred):
        if value.kind in _LINKS:
            yield value
        else:
            yield from find_links(list(value.parts) if value.kind == "text" else value.raw, stack)
    elif isinstance(value, dict):
        yield from _read_call(value, stack)
        for inner in value.values():
            yield from find_links(inner, stack)
    elif isinstance(value, list):
        for inner in value:
            yield from find_links(inner, stack)


def _read_call(value: Mapping[str, Json], stack: Stack) -> Iterator[Deferred]:
    """The links of a function call that stands inside a value which is not known."""
    if len(value) != 1:
        return
    name, operand = next(iter(value.items()))
    if name == _IMPORT:
        yield Deferred("import", value)
    elif (function := FUNCTIONS.get(name)) is not None:
        parameters = as_mapping(stack.template.get("Parameters"))
        for target, attribute in function.links(operand):
            yield Deferred("parameter" if target in parameters else "resource", value, target, attribute)


class Alike:
    """Compares values in which the new name of a resource counts as its old one.

    `nodes` says of each resource which one it stands for: of what takes the place of another one, that one.
    """

    def __init__(self, nodes: Mapping[ResourceKey, ResourceKey]) -> None:
        self.nodes = nodes
        self._numbers: dict[Stack, int] = {}

    def mark_followers(
        self, change: Change, are_candidates: Sequence[bool], before: Side, after: Side
    ) -> tuple[PropertyChange, ...]:
        """The properties of an update, each with the answer whether it only follows.

        The elements of one list, and the parameters of a nested stack, are looked at together: a new name may stand
        elsewhere among them. A group without a candidate is not looked at.
        """
        groups: dict[str, list[int]] = {}
        for index, changed in enumerate(change.properties):
            groups.setdefault(_find_group(changed.path), []).append(index)

        following: set[int] = set()
        for indices in groups.values():
            if any(are_candidates[index] for index in indices):
                members = [change.properties[index] for index in indices]
                olds = sorted(self._spell(p.before, before) for p in members if p.before is not ABSENT)
                news = sorted(self._spell(p.after, after) for p in members if p.after is not ABSENT)
                following.update(indices if olds == news else ())
        return tuple(
            changed._replace(only_follows=True) if index in following and not changed.because else changed
            for index, changed in enumerate(change.properties)
        )

    def are_alike(self, removal: Change, creation: Change, before: Side, after: Side) -> bool:
        """Whether a resource that goes, and the one that takes its place, have the same values."""
        return self._spell_body(removal, removal.before, before) == self._spell_body(creation, creation.after, after)

    def _spell_body(self, change: Change, body: Json, side: Side) -> str:
        names = {str(change.logical_id), *find_code_names(change.construct_path or str(change.logical_id))}
        values = {key: value for key, value in as_mapping(body).items() if key not in _NOT_COMPARED}
        return self._spell(values, side, frozenset(names))

    def _spell(self, value: Json, side: Side, own_names: frozenset[str] = frozenset()) -> str:
        if isinstance(value, str) and (side.stack, value) in self.nodes:  # Of DependsOn.
            value = Deferred("resource", value, value)
        return json.dumps(self._rename(value, side, own_names), sort_keys=True, default=repr)

    def _rename(self, value: Json, side: Side, own_names: frozenset[str]) -> Json:
        if isinstance(value, str):
            return _OWN_NAME if value in own_names else value
        if isinstance(value, list):
            return [self._rename(inner, side, own_names) for inner in value]
        if isinstance(value, dict):
            link = next(_read_call(value, side.stack), None)
            if link is not None and next(iter(value)) in ("Ref", "Fn::GetAtt", _IMPORT):
                return self._name_origin(link, side)
            return {key: self._rename(inner, side, own_names) for key, inner in value.items()}
        if not isinstance(value, Deferred):
            return value
        if value.kind in _LINKS:
            return self._name_origin(value, side)
        if value.kind == "text":
            return {"Fn::Join": [self._rename(part, side, own_names) for part in value.parts]}
        return self._rename(value.raw, side, own_names) if value.kind == "unknown" else as_json(value)

    def _name_origin(self, link: Deferred, side: Side) -> Json:
        """A link as a text that is the same for both halves of a rename."""
        origin = side.find(side.stack, link)
        if origin is None:
            return as_json(link)
        key = origin[0], str(origin[1].target)
        stack, name = self.nodes.get(key, key)
        return f"\0{self._numbers.setdefault(stack, len(self._numbers))}/{name}.{origin[1].attribute}"


def _find_group(path: str) -> str:
    return _PASSED if path.startswith(_PASSED) else _INDEX.sub("[]", path)
