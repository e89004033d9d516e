"""The resource that a value comes from, through the parameters, outputs and exports that stacks hand to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cdkguard._typing import Json
from cdkguard.diff.stack_pairs import may_share_environment
from cdkguard.model import Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Branch, Deferred, as_mapping

Target = tuple[Stack, str]  # The stack that holds a resource, and its logical ID.
FindTarget = Callable[[Stack, Deferred], Target | None]
Origin = tuple[Stack, Deferred]  # The stack that holds a resource, and the Ref or attribute of it.
FindOrigin = Callable[[Stack, Deferred], Origin | None]
_MAX_STEPS = 16  # From stack to stack; a circle ends here.
_OUTPUTS = "Outputs."  # How the attribute in an Fn::GetAtt of a nested stack begins.


class Targets:
    """The targets of the values of one side."""

    def __init__(self, stacks: Sequence[Stack], scopes: StackScopes) -> None:
        self.scopes = scopes
        self._nested = {(s.parent, s.parent_logical_id): s for s in stacks if s.parent is not None}
        self._stacks = stacks
        self._exports: dict[str, list[tuple[Stack, Json]]] | None = None  # Name -> values, read when one is asked for.

    def find(self, stack: Stack, value: Deferred) -> Target | None:
        """The resource whose Ref or attribute a value of the stack is; None where that is not known."""
        return as_find_target(self.find_origin)(stack, value)

    def find_origin(self, stack: Stack, value: Deferred) -> Origin | None:
        """The Ref or attribute, in the stack of its resource, that a value of the stack is; None where that is not known."""
        for _step in range(_MAX_STEPS):
            if value.kind == "resource":
                nested = self._nested.get((stack, value.target))
                attribute = value.attribute or ""
                if nested is None or not attribute.startswith(_OUTPUTS):
                    return stack, value
                found = self._read_output(nested, attribute[len(_OUTPUTS) :])
            elif value.kind == "parameter" and stack.parent is not None:
                found = self._read_passed(stack, str(value.target))
            elif value.kind == "import":
                found = self._read_export(stack, value.raw)
            else:
                return None
            if found is None:
                return None
            stack, value = found
        return None

    def _read_output(self, stack: Stack, name: str) -> Origin | None:
        return self._resolve(stack, as_mapping(as_mapping(stack.template.get("Outputs")).get(name)).get("Value"))

    def _read_passed(self, stack: Stack, name: str) -> Origin | None:
        assert stack.parent is not None
        resource = as_mapping(self.scopes.resources(stack.parent).get(str(stack.parent_logical_id)))
        passed = as_mapping(as_mapping(resource.get("Properties")).get("Parameters"))
        return self._resolve(stack.parent, passed.get(name))

    def _read_export(self, consumer: Stack, raw: Json) -> Origin | None:
        """The value of an export: of the stack in the consumer's environment, where several have one of the name."""
        name = as_mapping(raw).get("Fn::ImportValue")
        if self._exports is None:
            self._exports = self._read_exports()
        found = self._exports.get(name, ()) if isinstance(name, str) else ()
        near = (entry for entry in found if may_share_environment(entry[0].root, consumer.root))
        entry = next(near, None)
        return entry and self._resolve(*entry)

    def _read_exports(self) -> dict[str, list[tuple[Stack, Json]]]:
        exports: dict[str, list[tuple[Stack, Json]]] = {}
        for stack in self._stacks:
            for output in map(as_mapping, as_mapping(stack.template.get("Outputs")).values()):
                name = as_mapping(output.get("Export")).get("Name")
                if isinstance(name, str):
                    exports.setdefault(name, []).append((stack, output.get("Value")))
        return exports

    def _resolve(self, stack: Stack, value: Json) -> Origin | None:
        try:
            found = self.scopes.of(stack).resolve(value)
        except Branch:
            return None
        return (stack, found) if isinstance(found, Deferred) else None


def as_find_target(find_origin: FindOrigin) -> FindTarget:
    """The function that finds the resource alone, of one that finds the attribute as well."""

    def find_target(stack: Stack, value: Deferred) -> Target | None:
        origin = find_origin(stack, value)
        return origin and (origin[0], str(origin[1].target))

    return find_target
