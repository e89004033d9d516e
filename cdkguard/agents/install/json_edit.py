"""Puts entries into the text of a JSON file and takes them out again: what stood there keeps its bytes.

Taking out undoes putting in, to the byte. Two cases look alike afterwards and are told apart by white space: an entry
directly behind its bracket was put into a container that was there, empty; one behind a line break or a space came
with its container, which goes with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from cdkguard._typing import Json
from cdkguard.agents.install.json_nodes import Child, Node, read_nodes, skip_blank

LONGEST = 60  # characters of an entry that is written in one line into a container of one line
Path = tuple[str | int, ...]  # the keys and indexes from the root to an object or array


class Occupied(ValueError):
    """Something of another kind stands where an entry belongs."""


def new_text(value: Json) -> str:
    """The text of a file of ours."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def find_node(root: Node, path: Path) -> Node | None:
    """The object or array at a path; None where there is none. Raises Occupied where a value of another kind is in the way."""
    node = root
    for at, key in enumerate(path):
        if isinstance(key, int):
            node = node.children[key].node
            continue
        if node.kind != "object":
            raise Occupied(f"{name_of(path[:at])} is no object")
        found = node.find(key)
        if found is None:
            return None
        node = found.node
    return node


def name_of(path: Path) -> str:
    """The place as messages name it."""
    return ".".join(map(str, path)) or "the whole file"


def put_member(text: str, path: Path, key: str, value: Json) -> str:
    """The text with a member at the end of the object at a path, or with another value where it is there."""
    node = find_node(read_nodes(text), path)
    if node is not None:
        if node.kind != "object":
            raise Occupied(f"{name_of(path)} is no object")
        found = node.find(key)
        if found is not None:
            return _replace(text, found, value)
    return _put(text, path, key, value)


def put_elements(text: str, path: Path, values: Sequence[Json]) -> str:
    """The text with elements at the end of the array at a path."""
    node = find_node(read_nodes(text), path)
    if node is None:
        return _put(text, path[:-1], str(path[-1]), list(values), made=1)
    if node.kind != "array":
        raise Occupied(f"{name_of(path)} is no array")
    for value in values:
        text = _put(text, path, None, value)
    return text


def put_element(text: str, path: Path, value: Json) -> str:
    """The text with an element at the end of the array at a path."""
    return put_elements(text, path, [value])


def replace_element(text: str, path: Path, index: int, value: Json) -> str:
    """The text with another value in the place of an element."""
    return _replace(text, _children(text, path)[index], value)


def take_element(text: str, path: Path, index: int) -> str:
    """The text without an element of the array at a path."""
    return _take(text, path, index)


def take_member(text: str, path: Path, key: str) -> str:
    """The text without a member of the object at a path."""
    children = _children(text, path)
    return _take(text, path, next(at for at, child in reversed(list(enumerate(children))) if child.key == key))


def _children(text: str, path: Path) -> Sequence[Child]:
    node = find_node(read_nodes(text), path)
    assert node is not None, path
    return node.children


# -- putting in


def _put(text: str, path: Path, key: str | None, value: Json, made: int = 0) -> str:
    """Put an entry into the deepest container of the path that exists; the missing ones come with it.

    `made` is the number of containers in the entry that come with it, too, from the outside in.
    """
    root = read_nodes(text)
    depth = len(path)
    while (node := find_node(root, path[:depth])) is None:
        depth -= 1
    for name in reversed(path[depth:]):  # from the inside out
        value, key = {key: value}, str(name)
    made += len(path) - depth

    unit, newline = _indent_unit(text, root), "\r\n" if "\r\n" in text else "\n"
    if not node.children:
        at = node.start + 1
        entry = _entry(key, value, made, unit, unit * depth, newline, is_flat=False)
        return text[:at] + entry + text[at:]

    last = node.children[-1]
    is_flat = "\n" not in text[node.start : node.end]
    indent = _line_indent(text, last.start)
    entry = _entry(key, value, made, unit, indent, newline, is_flat)
    if is_flat and len(entry) > LONGEST and "\n" in text.strip():
        entry = _entry(key, value, made, unit, indent, newline, is_flat=False)
    between = " " if is_flat else newline + indent
    if last.comma >= 0:
        at = _end_of_line_comment(text, last.comma + 1)
        return text[:at] + between + entry + "," + text[at:]
    at = _end_of_line_comment(text, last.node.end)
    return text[: last.node.end] + "," + text[last.node.end : at] + between + entry + text[at:]


def _entry(key: str | None, value: Json, made: int, unit: str, indent: str, newline: str, is_flat: bool) -> str:
    """The text of an entry; `indent` is that of its first line."""
    if is_flat:
        shown = _flat(value, made)
    else:
        lines = json.dumps(value, indent=unit, ensure_ascii=False).split("\n")
        shown = (newline + indent).join(lines)
    return shown if key is None else f"{json.dumps(key, ensure_ascii=False)}: {shown}"


def _flat(value: Json, made: int) -> str:
    """The value in one line, with a space behind the brackets of the outer `made` containers."""
    if made and isinstance(value, dict):
        ((key, inner),) = value.items()
        return f"{{ {json.dumps(key, ensure_ascii=False)}: {_flat(inner, made - 1)} }}"
    if made and isinstance(value, list):
        return f"[ {', '.join(_flat(item, made - 1) for item in value)} ]"
    return json.dumps(value, ensure_ascii=False)


def _replace(text: str, child: Child, value: Json) -> str:
    node = child.node
    if "\n" not in text[node.start : node.end] and "\n" not in json.dumps(value):
        is_short = node.kind == "scalar" or not isinstance(value, dict | list)
        if is_short or "\n" not in text:
            return text[: node.start] + json.dumps(value, ensure_ascii=False) + text[node.end :]
    newline = "\r\n" if "\r\n" in text else "\n"
    unit = _indent_unit(text, read_nodes(text))
    entry = _entry(None, value, 0, unit, _line_indent(text, child.start), newline, is_flat=False)
    return text[: node.start] + entry + text[node.end :]


def _indent_unit(text: str, root: Node) -> str:
    """The white space by which the file indents; two spaces where it does not say."""
    if root.children:
        before = text[root.start + 1 : root.children[0].start]
        indent = before.rpartition("\n")[2] if "\n" in before else ""
        if indent and not indent.strip(" \t"):
            return indent
    return "  "


def _line_indent(text: str, at: int) -> str:
    """The white space at the beginning of the line."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _end_of_line_comment(text: str, at: int) -> int:
    """The place behind comments that stand in the rest of the line, else the place itself."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    rest = text[at:end].strip()
    if not rest.startswith(("//", "/*")):
        return at
    behind = skip_blank(text, at)
    return len(text[:end].rstrip()) if behind >= end else at


# -- taking out


def _take(text: str, path: Path, index: int) -> str:
    node = find_node(read_nodes(text), path)
    assert node is not None, path
    child = node.children[index]
    if len(node.children) == 1 and path and _came_with_container(text, node, child):
        *above, name = path
        return (
            take_element(text, tuple(above), name) if isinstance(name, int) else take_member(text, tuple(above), name)
        )
    if len(node.children) == 1:
        end = child.comma + 1 if child.comma >= 0 else child.node.end
        start = child.start
        if not path and _came_with_container(text, node, child):  # the file's only entry
            start, end = node.start + 1, node.end - 1
        return text[:start] + text[end:]

    start = len(text[: child.start].rstrip())
    if index < len(node.children) - 1 or child.comma >= 0:
        if index == 0 and index < len(node.children) - 1:  # the next one takes its place
            return text[: child.start] + text[node.children[1].start :]
        return text[:start] + text[child.comma + 1 :]
    before = node.children[index - 1]
    return text[: before.comma] + text[before.comma + 1 : start] + text[child.node.end :]


def _came_with_container(text: str, node: Node, child: Child) -> bool:
    """Whether nothing but white space and the entry is in the container, and the entry is not directly behind the bracket."""
    end = child.comma + 1 if child.comma >= 0 else child.node.end
    before, behind = text[node.start + 1 : child.start], text[end : node.end - 1]
    return before != "" and not before.strip() and not behind.strip()
