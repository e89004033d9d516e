"""Finds the line of a property inside the text of one resource, JSON or YAML, or that of its nearest ancestor there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cdkguard.inputs.json_nodes import read_json_member
from cdkguard.inputs.value_nodes import Node
from cdkguard.text.regexes import lazy_pattern

_LOOP = "Fn::ForEach::"
_HOLE = lazy_pattern(r"\\[$&]\\\{\w+\\\}")  # `${Name}` and `&{Name}` in a text with its special characters escaped
_STEP = lazy_pattern(r"([^.\[\]]+)|\[(\d+)\]")
_MAX_LOOPS = 8  # in one another

Step = str | int


def read_first_member(text: str) -> Node:
    """A mapping with the member with which the text begins, as far as it can be read."""
    found = read_json_member(text)
    if found is not None:
        return found
    from cdkguard.inputs.yaml_nodes import read_yaml_member

    return read_yaml_member(text)


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
    return [int(index) if index else name for name, index in _STEP.findall(path)]
