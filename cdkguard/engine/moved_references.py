"""References that lead to renamed or moved resources, spelled as references to the resource itself.

Under another name, or in another stack, a resource has another export, another parameter of a nested stack or another
output, and whatever may use it seems to get rights on something else. Here both sides of a stack name it alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.comparable import make_comparable
from cdkguard.diff.compared_scope import ComparedScope
from cdkguard.diff.sides import Sides, resolve_resource
from cdkguard.diff.stack_pairs import find_stack_path
from cdkguard.model import REMOVE_IMPACTS, Change, Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import ABSENT, Deferred, as_mapping, import_name

Place = tuple[Stack, str]  # A stack, and the logical ID of a resource in it.

_MAX_DEPTH = 16  # Parameters, outputs and exports that lead to each other.
_OUTPUTS = "Outputs."
_CONTAINERS = (dict, list, Deferred)  # What a reference may be in.


class Spelled(NamedTuple):
    """One side of a stack, with its references spelled."""

    resources: dict[str, Json]
    elsewhere: dict[str, Json]  # Name -> body of the resources of other stacks that are referred to.
    renamed: dict[str, str]  # Name -> logical ID in the stack after.


class MovedReferences:
    """Which resource is which on both sides of the app, by the renames and moves among its changes."""

    def __init__(
        self, changes: Sequence[Change], stacks: tuple[Sequence[Stack], Sequence[Stack]], sides: Sides
    ) -> None:
        self.successors = find_successors(changes)
        self._arrivals: dict[Stack, list[tuple[Place, str]]] = {}  # Stack after -> what becomes a resource of it.
        for place, (home, new_id) in self.successors.items():
            self._arrivals.setdefault(home, []).append((place, new_id))
        self._pairs = {c.old_stack: c.stack for c in changes if c.old_stack is not None}
        self._before = _AppSide(stacks[0], sides.before)
        self._after = _AppSide(stacks[1], sides.after)

    def spell_before(self, old: Stack | None, new: Stack, resources: Mapping[str, Json]) -> Spelled:
        """The baseline's side, with the resources that move into the stack."""
        speller = _Speller(self._before, self._find_successor, old, new)
        found = {name: speller.spell(old, body) for name, body in resources.items()} if old is not None else {}
        for (stack, logical_id), new_id in self._arrivals.get(new, ()):
            if stack is not old and _share_environment(stack, new):
                name = _name_place(stack, logical_id)
                found[name] = speller.spell(stack, self._before.find_body(stack, logical_id))
                speller.renamed[name] = new_id
        return Spelled(found, speller.elsewhere, speller.renamed)

    def spell_after(self, new: Stack, resources: Mapping[str, Json]) -> Spelled:
        """The new side."""
        speller = _Speller(self._after, lambda stack, logical_id: (stack, logical_id), new, new)
        return Spelled({k: speller.spell(new, body) for k, body in resources.items()}, speller.elsewhere, {})

    def _find_successor(self, stack: Stack, logical_id: str) -> Place:
        return self.successors.get((stack, logical_id)) or (self._pairs.get(stack, stack), logical_id)


def find_successors(changes: Sequence[Change]) -> dict[Place, Place]:
    """Each resource that is renamed or moved -> what it becomes."""
    removed = {
        (find_stack_path(change.stack), change.logical_id): change
        for change in changes
        if change.impact in REMOVE_IMPACTS and change.partner_id
    }
    found = {}
    for change in changes:
        if change.impact == "WILL_CREATE" and change.partner_id:
            old = removed.get((change.partner_stack or find_stack_path(change.stack), change.partner_id))
            if old is not None and old.old_stack is not None and old.partner_id == change.logical_id:
                found[old.old_stack, str(old.logical_id)] = (change.stack, str(change.logical_id))
    return found


class _AppSide:
    """The stacks of one side, and where their values come from."""

    def __init__(self, stacks: Sequence[Stack], scopes: StackScopes) -> None:
        self.stacks, self.scopes = stacks, scopes
        self._nested = {(s.parent, s.parent_logical_id): s for s in stacks if s.parent is not None}
        self._exports: dict[tuple[str | None, str | None, str], tuple[Stack, Json]] | None = None

    def find_body(self, stack: Stack, logical_id: str) -> Json:
        """The resolved resource; None where its template does not have it."""
        return resolve_resource(self.scopes.resources(stack).get(logical_id), self._compare(stack)).body

    def find_source(self, stack: Stack, value: Deferred) -> tuple[Stack, Json] | None:
        """The value that an import, a parameter or an output stands for, and the stack that holds it."""
        if value.kind == "import":
            name = (import_name(value) or "").removeprefix("import ")
            return self._find_exports().get((stack.account, stack.region, name))
        if value.kind == "parameter" and stack.parent is not None:
            parent = as_mapping(self.scopes.resources(stack.parent).get(stack.parent_logical_id or ""))
            passed = as_mapping(as_mapping(parent.get("Properties")).get("Parameters"))
            return self._resolve(stack.parent, passed.get(value.target or "", ABSENT))
        nested = self._nested.get((stack, value.target)) if value.kind == "resource" else None
        if nested is not None and value.attribute and value.attribute.startswith(_OUTPUTS):
            output = as_mapping(nested.template.get("Outputs")).get(value.attribute[len(_OUTPUTS) :])
            return self._resolve(nested, as_mapping(output).get("Value", ABSENT))
        return None

    def _find_exports(self) -> dict[tuple[str | None, str | None, str], tuple[Stack, Json]]:
        if self._exports is None:
            self._exports = {}
            for stack in self.stacks:
                for output in as_mapping(stack.template.get("Outputs")).values():
                    found = self._resolve(stack, as_mapping(as_mapping(output).get("Export")).get("Name", ABSENT))
                    value = self._resolve(stack, as_mapping(output).get("Value", ABSENT))
                    if found is not None and isinstance(found[1], str) and value is not None:
                        self._exports[stack.account, stack.region, found[1]] = value
        return self._exports

    def _resolve(self, stack: Stack, value: Json) -> tuple[Stack, Json] | None:
        return None if value is ABSENT else (stack, make_comparable(self._compare(stack), value))

    def _compare(self, stack: Stack) -> ComparedScope:
        return ComparedScope(self.scopes.of(stack))


class _Speller:
    """Spells the references of one side of a stack; `home` is the stack on this side, `new` on the side after."""

    def __init__(
        self, side: _AppSide, find_successor: Callable[[Stack, str], Place], home: Stack | None, new: Stack
    ) -> None:
        self.side, self.find_successor, self.home, self.new = side, find_successor, home, new
        self.elsewhere: dict[str, Json] = {}
        self.renamed: dict[str, str] = {}

    def spell(self, stack: Stack, value: Json, depth: int = 0) -> Json:
        """The value of a stack, with references that lead to other stacks as references to names in `elsewhere`."""
        kind = type(value)
        if kind is dict:
            return {k: self.spell(stack, v, depth) if type(v) in _CONTAINERS else v for k, v in value.items()}
        if kind is list:
            return [self.spell(stack, item, depth) for item in value]
        return self._spell_unknown(stack, value, depth) if kind is Deferred else value

    def _spell_unknown(self, stack: Stack, value: Deferred, depth: int) -> Json:
        if value.kind == "text":
            return Deferred("text", value.raw, parts=tuple(self.spell(stack, part, depth) for part in value.parts))
        source = self.side.find_source(stack, value) if depth < _MAX_DEPTH else None
        if source is not None:
            found = self.spell(*source, depth + 1)
            return found if isinstance(found, str | Deferred) else value
        return self._name_resource(stack, value, value.target) if value.kind == "resource" and value.target else value

    def _name_resource(self, stack: Stack, value: Deferred, logical_id: str) -> Deferred:
        place = self.find_successor(stack, logical_id)
        is_here = place[0] is self.new
        if (stack is self.home and is_here) or not all(_share_environment(s, self.new) for s in (stack, place[0])):
            return value

        name = _name_place(stack, logical_id) if is_here else _name_place(*place)
        self.elsewhere[name] = self.side.find_body(stack, logical_id)
        if is_here:
            self.renamed[name] = place[1]
        return Deferred("resource", value.raw, name, value.attribute)


def _name_place(stack: Stack, logical_id: str) -> str:
    return f"{find_stack_path(stack)}/{logical_id}"


def _share_environment(one: Stack, other: Stack) -> bool:
    return (one.account, one.region) == (other.account, other.region)
