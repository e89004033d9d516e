"""Names as people know them: construct paths in place of logical IDs, exports and parameters of nested stacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cdkguard._typing import Json
from cdkguard.diff.targets import Origin, Targets
from cdkguard.model import Change, PropertyChange, Stack
from cdkguard.outputs.diff.common import name_of_change
from cdkguard.outputs.short_names import shorten_name
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Deferred

_LINKS = ("resource", "parameter", "import")


def name_shortly(change: Change) -> str:
    """Construct path, else logical ID, else the stack, without the part that says nothing."""
    return shorten_path(name_of_change(change))


def shorten_path(path: str) -> str:
    """A construct path without the last part, where that only says that the construct is a resource."""
    return shorten_name(path, "").removesuffix("/Default")


def find_stage(stack: Stack) -> str:
    """The construct path of the Stage that the stack is in; "" where it is in none."""
    return (stack.root.construct_path or "").rpartition("/")[0]


def name_below_stage(path: str, stack: Stack) -> str:
    """A construct path of the stack, from its Stage on."""
    return path.removeprefix(f"{find_stage(stack)}/")


def name_stack(stack: Stack) -> str:
    """The construct path of a stack, else its name."""
    return stack.construct_path or stack.name


class ValueNames:
    """Puts the name of a resource into each value that refers to it, through the stacks of some changes."""

    def __init__(self, changes: Iterable[Change]) -> None:
        before: dict[Stack, None] = {}
        after: dict[Stack, None] = {}
        for change in changes:
            if change.old_stack is not None:
                before.update(dict.fromkeys(_with_parents(change.old_stack)))
            if change.stack is not change.old_stack:
                after.update(dict.fromkeys(_with_parents(change.stack)))
        scopes = StackScopes()
        self._before, self._after = Targets(list(before), scopes), Targets(list(after), scopes)

    def name_sides(self, change: Change, changed: PropertyChange) -> tuple[Json, Json]:
        """Both sides of a changed value, with names for what they refer to."""
        old = change.old_stack or change.stack

        def find_before(link: Deferred) -> Origin | None:
            return self._before.find_origin(old, link)

        def find_after(link: Deferred) -> Origin | None:
            return self._after.find_origin(change.stack, link)

        return _name_links(changed.before, old, find_before), _name_links(changed.after, change.stack, find_after)


def _with_parents(stack: Stack) -> Iterator[Stack]:
    inner: Stack | None = stack
    while inner is not None:
        yield inner
        inner = inner.parent


def _name_links(value: Json, stack: Stack, find: Callable[[Deferred], Origin | None]) -> Json:
    if isinstance(value, Deferred):
        if value.kind == "text":
            return Deferred("text", value.raw, parts=tuple(_name_links(part, stack, find) for part in value.parts))
        origin = find(value) if value.kind in _LINKS else None
        return value if origin is None else _name_origin(origin, stack)
    if isinstance(value, dict):
        return {key: _name_links(inner, stack, find) for key, inner in value.items()}
    return [_name_links(inner, stack, find) for inner in value] if isinstance(value, list) else value


def _name_origin(origin: Origin, reader: Stack) -> Deferred:
    """The link by the path of its resource: below the reader's own stack, or below the Stage."""
    stack, link = origin
    path = shorten_path(stack.construct_paths.get(str(link.target)) or str(link.target))
    if stack is reader:
        path = path.removeprefix(f"{name_stack(stack)}/")
    elif str(link.target) in stack.construct_paths:
        path = name_below_stage(path, stack)
    else:
        path = f"{name_below_stage(name_stack(stack), stack)}/{path}"
    return Deferred("resource", link.raw, path, link.attribute)
