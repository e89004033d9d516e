"""What refers to what: the uses of each resource, parameter and output, also from one nested stack to another."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.differences import Path
from cdkguard.diff.references import Reference, find_references
from cdkguard.model import Stack
from cdkguard.template.functions import FUNCTIONS, is_intrinsic
from cdkguard.template.paths import render_path
from cdkguard.template.stack_scopes import StackScopes

if TYPE_CHECKING:
    from typing import Literal

    NodeKind = Literal["resource", "parameter", "output"]

# How the attribute in an Fn::GetAtt of a nested stack begins.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
_OUTPUTS = "Outputs."


class Node(NamedTuple):
    """Something that refers, or is referred to."""

    stack: Stack
    kind: NodeKind
    name: str  # The logical ID, or the name of the parameter or output.


class Use(NamedTuple):
    """One reference to a node."""

    user: Node
    path: Path  # Below the user's `Properties`; an output has the path ().
    attribute: str | None  # What an Fn::GetAtt reads of a resource; None for a Ref.


def find_uses(stacks: Sequence[Stack], scopes: StackScopes) -> dict[Node, list[Use]]:
    """The uses of each node that something refers to, in an order that does not depend on that of the templates."""
    finder = _UseFinder(stacks, scopes)
    for stack in stacks:
        finder.add_resources(stack)
        finder.add_outputs(stack)
    for uses in finder.uses.values():
        uses.sort(key=lambda use: (use.user.kind, use.user.name, render_path(use.path), use.attribute or ""))
    return finder.uses


def find_reads(value: Json, names: Container[str]) -> set[Reference]:
    """Each way in which a value of a template reads one of the names: the quick question before `find_uses`."""
    found: set[Reference] = set()
    level = [value]
    while level:
        value = level.pop()
        if isinstance(value, dict):
            if len(value) == 1:
                name, operand = next(iter(value.items()))
                if name in FUNCTIONS:
                    found.update(link for link in FUNCTIONS[name].links(operand) if link[0] in names)
            level.extend(value.values())
        elif isinstance(value, list):
            level.extend(value)
    return found


class _UseFinder:
    def __init__(self, stacks: Sequence[Stack], scopes: StackScopes) -> None:
        self.scopes = scopes
        self.nested = {(s.parent, s.parent_logical_id): s for s in stacks if s.parent is not None}
        self.uses: dict[Node, list[Use]] = {}

    def add_resources(self, stack: Stack) -> None:
        for logical_id, body in self.scopes.resources(stack).items():
            nested = self.nested.get((stack, logical_id))
            for path, reference in find_property_references(body.get("Properties"), ()):
                user = Node(stack, "resource", logical_id)
                if nested is not None and len(path) > 1 and path[0] == "Parameters":
                    user = Node(nested, "parameter", str(path[1]))
                self._add(stack, reference, user, path)

    def add_outputs(self, stack: Stack) -> None:
        outputs = stack.template.get("Outputs")
        for name, output in (outputs if isinstance(outputs, dict) else {}).items():
            for reference in find_references(output.get("Value") if isinstance(output, dict) else None):
                self._add(stack, reference, Node(stack, "output", name), ())

    def _add(self, stack: Stack, reference: Reference, user: Node, path: Path) -> None:
        node = self._find_node(stack, reference)
        if node is not None:
            self.uses.setdefault(node, []).append(Use(user, path, reference[1]))

    def _find_node(self, stack: Stack, reference: Reference) -> Node | None:
        """The node that a reference in the stack's template leads to; None for a name that nothing has."""
        name, attribute = reference
        if name in (stack.template.get("Parameters") or {}):
            return Node(stack, "parameter", name)
        if name not in self.scopes.resources(stack):
            return None
        nested = self.nested.get((stack, name))
        if nested is not None and attribute and attribute.startswith(_OUTPUTS):
            return Node(nested, "output", attribute[len(_OUTPUTS) :])
        return Node(stack, "resource", name)


def find_property_references(value: Json, path: Path) -> Iterator[tuple[Path, Reference]]:
    """Each reference in a resource's properties, with the path of the property that it is a value of."""
    if isinstance(value, dict):
        if is_intrinsic(value) and FUNCTIONS[next(iter(value))].is_made_of_its_operand:
            for reference in find_references(value):
                yield path, reference
            return
        for key, inner in value.items():
            yield from find_property_references(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from find_property_references(inner, (*path, index))
