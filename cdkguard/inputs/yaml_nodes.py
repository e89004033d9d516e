"""Reads the nodes of a resource that is written as YAML."""

from __future__ import annotations

import yaml

from cdkguard._typing import Any
from cdkguard.inputs.value_nodes import Node
from cdkguard.text.yaml_nodes import fast_loader


def read_yaml_member(text: str) -> Node:
    """A mapping with the member with which the text begins, as far as it can be read.

    What follows a part of a template is no YAML any more.
    """
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
