"""The resource that a value comes from, through the parameters, outputs and exports that stacks hand to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cdkguard._typing import Json
from cdkguard.model import Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Branch, Deferred, as_mapping

Target = tuple[Stack, str]  # The stack that holds a resource, and its logical ID.
FindTarget = Callable[[Stack, Deferred], Target | None]
_MAX_STEPS = 16  # From stack to stack; a circle ends here.
_OUTPUTS = "Outputs."  # How the attribute in an Fn::GetAtt of a nested stack begins.


class Targets:
    """The targets of the values of one side."""

    def __init__(self, stacks: Sequence[Stack], scopes: StackScopes) -> None:
        self.scopes = scopes
        self._nested = {(s.parent, s.parent_logical_id): s for s in stacks if s.parent is not None}
        self._stacks = stacks

    def find(self, stack: Stack, value: Deferred) -> Target | None:
        """The resource whose Ref or attribute a value of the stack is; None where that is not known."""
        for _step in range(_MAX_STEPS):
            if value.kind == "resource":
                nested = self._nested.get((stack, value.target))
                attribute = value.attribute or ""
                if nested is None or not attribute.startswith(_OUTPUTS):
                    return stack, str(value.target)
                found = self._read_output(nested, attribute[len(_OUTPUTS) :])
            elif value.kind == "parameter" and stack.parent is not None:
                found = self._read_passed(stack, str(value.target))
            elif value.kind == "import":
                found = self._read_export(value.raw)
            else:
                return None
            if found is None:
                return None
            stack, value = found
        return None

    def _read_output(self, stack: Stack, name: str) -> tuple[Stack, Deferred] | None:
        return self._resolve(stack, as_mapping(as_mapping(stack.template.get("Outputs")).get(name)).get("Value"))

    def _read_passed(self, stack: Stack, name: str) -> tuple[Stack, Deferred] | None:
        assert stack.parent is not None
        resource = as_mapping(self.scopes.resources(stack.parent).get(str(stack.parent_logical_id)))
        passed = as_mapping(as_mapping(resource.get("Properties")).get("Parameters"))
        return self._resolve(stack.parent, passed.get(name))

    def _read_export(self, raw: Json) -> tuple[Stack, Deferred] | None:
        name = as_mapping(raw).get("Fn::ImportValue")
        for stack in self._stacks if isinstance(name, str) else ():
            for output in as_mapping(stack.template.get("Outputs")).values():
                if as_mapping(as_mapping(output).get("Export")).get("Name") == name:
                    return self._resolve(stack, output.get("Value"))
        return None

    def _resolve(self, stack: Stack, value: Json) -> tuple[Stack, Deferred] | None:
        try:
            found = self.scopes.of(stack).resolve(value)
        except Branch:
            return None
        return (stack, found) if isinstance(found, Deferred) else None
