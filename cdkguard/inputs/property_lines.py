"""Finds the line of a property inside the text of one resource, JSON or YAML, or that of its nearest ancestor there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cdkguard._typing import Any
from cdkguard.text.yaml_nodes import fast_loader

_LOOP = "Fn::ForEach::"
_HOLE = re.compile(r"\\[$&]\\\{\w+\\\}")  # `${Name}` and `&{Name}` in a text with its special characters escaped
_MAX_LOOPS = 8  # in one another

Step = str | int


class Node:
    """A value of a template: the line on which it or its key begins, from 0, and what is inside."""

    __slots__ = ("line", "members", "elements")

    def __init__(self, line: int) -> None:
        self.line = line
        self.members: dict[str, Node] = {}
        self.elements: list[Node] = []


def read_first_member(text: str) -> Node:
    """A mapping with the member with which the text begins, as far as it can be read.

    What follows a part of a template is no YAML any more.
    """
    import yaml

    reader = _Reader()
    try:
        for event in yaml.parse(text.replace("\t", " "), Loader=fast_loader()):
            reader.read(event)
            if reader.has_first_member():
                break
    except yaml.YAMLError:
        pass
    return reader.root


class _Reader:
    """Makes nodes of the events of a parser, without recursion."""

    def __init__(self) -> None:
        self.root = Node(0)
        # The collections around: (its node, whether it is a mapping, the node for the value of the key that was read).
        self._around: list[tuple[Node, bool, list[Node]]] = []

    def has_first_member(self) -> bool:
        return len(self._around) == 1 and bool(self.root.members) and not self._around[0][2]

    def read(self, event: Any) -> None:
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._around.pop()
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            node = self._place(event)
            if event.tag and event.tag.startswith("!") and event.tag != "!":
                node = Node(node.line)  # the short form of a function: what is inside stands on no property path
            self._around.append((node, kind == "MappingStartEvent", []))
        elif kind in ("ScalarEvent", "AliasEvent"):
            self._place(event)

    def _place(self, event: Any) -> Node:
        """The node of a value, put into the collection around; of a key, the node that its value will have."""
        line = event.start_mark.line
        if not self._around:
            return self.root
        node, is_mapping, pending = self._around[-1]
        if not is_mapping:
            node.elements.append(Node(line))
            return node.elements[-1]
        if pending:
            return pending.pop()
        made = Node(line)
        node.members.setdefault(str(getattr(event, "value", "")), made)
        pending.append(made)
        return made


def follow(node: Node, steps: Iterable[Step]) -> int:
    """The line at the end of the steps, or where they leave what is written."""
    for step in steps:
        inner: Node | None
        if isinstance(step, str):
            inner = node.members.get(step)
        elif node.elements:
            inner = node.elements[step] if step < len(node.elements) else None
        else:
            inner = node if step == 0 else None  # one object where a list belongs is a list of one
        if inner is None:
            break
        node = inner
    return node.line


def find_made_by_loop(loop: Node, logical_id: str, deep: int = 0) -> Node | None:
    """The resource in a loop that makes one of this logical ID; None where there is none, or more than one."""
    if len(loop.elements) != 3 or deep > _MAX_LOOPS:
        return None
    found: list[Node] = []
    for key, node in loop.elements[2].members.items():
        if key.startswith(_LOOP):
            inner = find_made_by_loop(node, logical_id, deep + 1)
            found += [inner] if inner is not None else []
        elif re.fullmatch(_HOLE.sub(".+", re.escape(key)), logical_id):
            found.append(node)
    return found[0] if len(found) == 1 else None


def split_property_path(path: str) -> Sequence[Step]:
    """`Properties.Replicas[1]` as ["Properties", "Replicas", 1]."""
    return [int(index) if index else name for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)]
