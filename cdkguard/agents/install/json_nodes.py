"""Reads JSON with comments to values that know their place in the text, so that an edit leaves all else as it is.

Comments (`//`, `/* */`) and a comma behind the last element are taken, as VS Code, Zed and OpenCode take them.
"""

from __future__ import annotations

import json
import re

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple

if TYPE_CHECKING:
    from typing import NoReturn

DEEPEST = 100
_BLANK = re.compile(r"(?:[ \t\r\n\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SCALAR = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')


class NotJson(ValueError):
    """The text is not JSON, with or without comments; the message says in which line."""


class Node(NamedTuple):
    """A value in the text, from `start` to `end`."""

    start: int
    end: int
    value: Json  # of an object or array: None, see `children`
    kind: str  # "object", "array", "scalar"
    children: tuple[Child, ...] = ()

    def find(self, key: str) -> Child | None:
        """The object's member of that key; of several the last one, which parsers take."""
        return next((child for child in reversed(self.children) if child.key == key), None)

    def plain(self) -> Json:
        """The value without its places."""
        if self.kind == "object":
            return {child.key: child.node.plain() for child in self.children}
        return [child.node.plain() for child in self.children] if self.kind == "array" else self.value


class Child(NamedTuple):
    """A member of an object, or an element of an array."""

    start: int  # of its key, or of the element
    key: str  # empty for an element
    node: Node
    comma: int  # the place of the comma behind it; -1 where there is none


def read_nodes(text: str) -> Node:
    """The value that the text holds. Raises NotJson."""
    reader = _Reader(text)
    node = reader.read(reader.skip(0), 0)
    if reader.skip(node.end) != len(text):
        reader.fail(reader.skip(node.end), "more text behind the value")
    return node


def skip_blank(text: str, at: int) -> int:
    """The place behind white space and comments."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text

    def skip(self, at: int) -> int:
        return skip_blank(self.text, at)

    def fail(self, at: int, why: str) -> NoReturn:
        raise NotJson(f"line {self.text.count(chr(10), 0, at) + 1}: {why}")

    def read(self, at: int, depth: int) -> Node:
        if depth > DEEPEST:
            self.fail(at, "nested too deeply")
        first = self.text[at : at + 1]
        if first == "{":
            return self._container(at, "object", "}", depth)
        if first == "[":
            return self._container(at, "array", "]", depth)
        found = _SCALAR.match(self.text, at)
        if not found:
            self.fail(at, "a value is expected" if first else "the text ends too early")
        try:
            return Node(at, found.end(), json.loads(found[0]), "scalar")
        except ValueError as problem:
            raise NotJson(f"line {self.text.count(chr(10), 0, at) + 1}: {problem}") from problem

    def _container(self, start: int, kind: str, closing: str, depth: int) -> Node:
        children: list[Child] = []
        at = self.skip(start + 1)
        while self.text[at : at + 1] != closing:
            first, key = at, ""
            if kind == "object":
                name = self.read(at, depth + 1)
                if not isinstance(name.value, str):
                    self.fail(at, "a key in quotes is expected")
                key, at = name.value, self.skip(name.end)
                if self.text[at : at + 1] != ":":
                    self.fail(at, f'":" is expected behind the key "{key[:40]}"')
                at = self.skip(at + 1)
            node = self.read(at, depth + 1)
            at = self.skip(node.end)
            has_comma = self.text[at : at + 1] == ","
            children.append(Child(first, key, node, at if has_comma else -1))
            if has_comma:
                at = self.skip(at + 1)
            elif self.text[at : at + 1] != closing:
                self.fail(at, f'"," or "{closing}" is expected' if at < len(self.text) else "the text ends too early")
        return Node(start, at + 1, None, kind, tuple(children))
