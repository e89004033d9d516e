"""The place of a resource: what AWS has once, whatever the template calls it, such as the listener of a port.

Two resources of one place are one to its callers, however much their bodies and logical IDs differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.targets import FindTarget
from cdkguard.model import Change, Stack
from cdkguard.template.values import ABSENT, Deferred, as_mapping, canonical_text, scalar_text

# Type -> {"places": [[property, ...], ...]} or {"name": property}; see tools/places/overlay.yaml.
PlaceTable = Mapping[str, Mapping[str, Json]]
LoadPlaces = Callable[[], PlaceTable]
Names = Mapping[tuple[Stack, str], str]  # The new logical ID of a resource (stack, old logical ID) that was renamed.
_UNKNOWN = "a value that only the deployment knows"  # The first member of such a one, spelled.
_MAX_DEPTH = 16  # Of resources that belong to each other; a circle of references ends here.


class Place(NamedTuple):
    """Where a resource stands; of one type, equal places are the same one."""

    values: tuple[Json, ...]
    is_name: bool  # Whether it is the resource's own name: under another one it may still be the same resource.


class Places:
    """The places of the resources that one side of a comparison has alone."""

    def __init__(self, table: PlaceTable, changes: Sequence[Change], names: Names, find_target: FindTarget) -> None:
        self.table, self.names, self.find_target = table, names, find_target
        self._found: dict[int, tuple[Change, Place | None]] = {}  # By id; storing the change keeps its id its own.
        self._bodies = {(change.stack, str(change.logical_id)): _find_body(change) for change in changes}

    def find(self, change: Change) -> Place | None:
        """The place of a resource; None where its type has none, or a part of it is not written."""
        if id(change) not in self._found:
            self._found[id(change)] = change, self._find(change.stack, change.resource_type, _find_body(change), 0)
        return self._found[id(change)][1]

    def forget(self) -> None:
        """Forget the places that were found: their references may have other names now."""
        self._found = {}

    def _find(self, stack: Stack, resource_type: Json, body: Json, depth: int) -> Place | None:
        row = self.table.get(str(resource_type))
        if row is None:
            return None
        properties = as_mapping(as_mapping(body).get("Properties"))
        read = partial(self._read, stack, properties, depth)
        places = [[row["name"]]] if "name" in row else row["places"]
        found = (tuple(map(read, place)) for place in places)
        values = next((values for values in found if ABSENT not in values), None)
        return None if values is None else Place(values, "name" in row)

    def _read(self, stack: Stack, properties: Mapping[str, Json], depth: int, written: str) -> Json:
        """The value of one part of a place; ABSENT where it is missing and may not be, None where it may."""
        missing = None if written.endswith("?") else ABSENT
        for path in written.removesuffix("?").split("|"):
            value: Json = properties
            for key in path.split("."):
                value = as_mapping(value).get(key, ABSENT)
            if value is not ABSENT:
                return self._spell(stack, value, depth)
        return missing

    def _spell(self, stack: Stack, value: Json, depth: int) -> Json:
        """A value that is equal on both sides wherever the deployment gives it the same meaning."""
        spell = partial(self._spell, stack, depth=depth)
        if isinstance(value, Deferred):
            if value.kind == "text":
                return tuple(map(spell, value.parts))
            if target := self.find_target(stack, value):
                return self._spell_reference(*target, depth)
            return _UNKNOWN, value.target, value.attribute, canonical_text(value.raw)
        if isinstance(value, dict):
            return tuple((key, spell(value[key])) for key in sorted(value))
        if isinstance(value, list):
            return tuple(sorted(map(spell, value), key=repr))
        return scalar_text(value)

    def _spell_reference(self, stack: Stack, target: str, depth: int) -> Json:
        """A resource by its place, else by its logical ID on the new side; which attribute is read does not matter."""
        body = self._bodies.get((stack, target))
        if body is not None and depth < _MAX_DEPTH:
            place = self._find(stack, as_mapping(body).get("Type"), body, depth + 1)
            if place is not None:
                return ("place", as_mapping(body).get("Type"), place.values)
        return "resource", self.names.get((stack, target), target)

    def has_no_parent(self, resource_type: str) -> bool:
        """Whether a place of the type, if there is one, is the resource's own name."""
        return "places" not in self.table.get(resource_type, ())

    def is_once(self, resource_type: str) -> bool:
        """Whether AWS has one resource of the type at a place, and not several."""
        return bool(self.table[resource_type].get("once", True))


def match_places(
    removed: Sequence[Change], added: Sequence[Change], before: Places, after: Places
) -> Iterator[tuple[Change, Change]]:
    """Pairs (removal, creation) of one type and place: those of one stack first, then those of different ones."""
    sides = [[(change, before.find(change)) for change in removed], [(change, after.find(change)) for change in added]]
    for in_one_stack in (True, False):
        groups: dict[Json, tuple[list[Change], list[Change]]] = {}
        for side, found in enumerate(sides):
            for change, place in found:
                if place is not None:
                    key = (change.stack if in_one_stack else None, change.resource_type, place.values)
                    groups.setdefault(key, ([], []))[side].append(change)

        pairs = [
            pair
            for (_stack, kind, _values), (olds, news) in groups.items()
            if len(olds) == len(news) == 1 or after.is_once(kind)
            for pair in zip(olds, news, strict=False)
        ]
        yield from pairs
        used = {id(change) for pair in pairs for change in pair}
        sides = [[entry for entry in side if id(entry[0]) not in used] for side in sides]


def are_apart(one: Place | None, other: Place | None) -> bool:
    """Whether two resources of one type stand at different places, so that neither follows the other."""
    if one is None or other is None or one.is_name or one.values == other.values:
        return False
    return _is_known(one.values) and _is_known(other.values)


def _is_known(value: Json) -> bool:
    return not isinstance(value, tuple) or value[:1] != (_UNKNOWN,) and all(map(_is_known, value))


def _find_body(change: Change) -> Json:
    return change.after if change.before is None else change.before
