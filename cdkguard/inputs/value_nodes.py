"""Values of a template with the lines on which they begin."""

from __future__ import annotations


class Node:
    """A value of a template: the line on which it or its key begins, from 0, and what is inside."""

    __slots__ = ("line", "members", "elements")

    def __init__(self, line: int) -> None:
        self.line = line
        self.members: dict[str, Node] = {}
        self.elements: list[Node] = []
