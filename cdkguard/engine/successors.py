"""Resources that take the place of removed ones, as updates of them: so are their protections compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.diff.differences import find_differences
from cdkguard.model import Change, PropertyChange, Stack
from cdkguard.template.paths import render_path
from cdkguard.template.values import Deferred

Names = Mapping[tuple[Stack, str], str]  # The new logical ID of a resource (stack, old logical ID) that was renamed.
_REFERENCES = ("resource", "parameter", "import")


def find_updates(changes: Sequence[Change]) -> list[Change]:
    """The creation of each resource that takes the place of another one, with what that one was as its `before`."""
    successors = [change for change in changes if change.predecessor is not None]
    names = {
        (change.stack, str(change.partner_id)): str(change.logical_id)
        for change in successors
        if change.has_detail("renamed")
    }
    return [_make_update(change, change.predecessor, names) for change in successors if change.predecessor is not None]


def _make_update(change: Change, predecessor: Change, names: Names) -> Change:
    """The creation as an update; both bodies spell what another stack gives alike, since nobody knows it apart."""
    before, after = predecessor.before, change.after
    if change.stack is predecessor.stack:
        before = _rename_references(before, change.stack, names)
    else:
        before, after = _hide_references(before), _hide_references(after)
    properties = tuple(
        PropertyChange(render_path(path), one, other) for path, one, other in find_differences(before, after)
    )
    return change._replace(
        before=before, after=after, old_stack=predecessor.old_stack or predecessor.stack, properties=properties
    )


def _rename_references(value: Json, stack: Stack, names: Names) -> Json:
    """The value with the new logical IDs of the resources that it refers to."""

    def rename(found: Deferred) -> Deferred:
        name = names.get((stack, str(found.target))) if found.kind == "resource" else None
        return found if name is None else Deferred("resource", found.raw, name, found.attribute)

    return _map_deferred(value, rename)


def _hide_references(value: Json) -> Json:
    """The value with one mark for each reference: what is a resource in one stack is a parameter in another one."""

    def hide(found: Deferred) -> Deferred:
        return Deferred("unknown", "a value of the stack") if found.kind in _REFERENCES else found

    return _map_deferred(value, hide)


def _map_deferred(value: Json, change: Callable[[Deferred], Deferred]) -> Json:
    if isinstance(value, Deferred):
        if value.kind == "text":
            parts = tuple(_map_deferred(part, change) for part in value.parts)
            return Deferred("text", value.raw, parts=parts)
        return change(value)
    if isinstance(value, dict):
        return {key: _map_deferred(inner, change) for key, inner in value.items()}
    return [_map_deferred(inner, change) for inner in value] if isinstance(value, list) else value
