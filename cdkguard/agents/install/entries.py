"""Entries of a JSON file: hooks, members, lists of words and patterns, put into its text and taken out again."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.agents.install import json_edit
from cdkguard.agents.install.calls import is_call, with_launcher
from cdkguard.agents.install.json_nodes import read_nodes

if TYPE_CHECKING:
    from typing import TypeAlias


class Hook(NamedTuple):
    """The call of our hook, an element of a list: `value` holds the command, in which LAUNCHER stands first."""

    path: json_edit.Path
    value: Json
    is_after_edit: bool = False


class Member(NamedTuple):
    """A member of an object that is ours by its key, such as an MCP server."""

    path: json_edit.Path
    key: str
    value: Json


class Words(NamedTuple):
    """Words at the end of a list, such as permissions; a list of the team's own may have some of them already."""

    path: json_edit.Path
    words: tuple[Json, ...]


class Patterns(NamedTuple):
    """Patterns with what they lead to, at the end of an object in which the last match wins."""

    path: json_edit.Path
    values: tuple[tuple[str, str], ...]


if TYPE_CHECKING:
    Entry: TypeAlias = Hook | Member | Words | Patterns


def put_entry(entry: Entry, text: str, launcher: str, after_edit: bool | None) -> str:
    """The text with the entry in it; where `after_edit` is None, a hook after edits stays as it is, there or not."""
    match entry:
        case Hook():
            return _put_hook(entry, text, launcher, after_edit)
        case Member():
            value = with_launcher(entry.value, launcher)
            node = json_edit.find_node(read_nodes(text), entry.path)
            found = node.find(entry.key) if node is not None else None
            return text if found is not None and found.node.plain() == value else json_edit.put_member(text, entry.path, entry.key, value)  # fmt: skip
        case Words():
            present = _elements(text, entry.path)
            if all(word in present for word in entry.words):
                return text
            return json_edit.put_elements(text, entry.path, entry.words)
        case Patterns():
            for pattern, value in entry.values:
                node = json_edit.find_node(read_nodes(text), entry.path)
                if node is None or node.kind != "object" or node.find(pattern) is None:  # the team's own word stays
                    text = json_edit.put_member(text, entry.path, pattern, value)
            return text


def take_entry(entry: Entry, text: str) -> str:
    """The text without the entry, as far as it is as we put it there."""
    match entry:
        case Hook():
            return _take_elements(*_take_shared(text, entry))
        case Member():
            node = json_edit.find_node(read_nodes(text), entry.path)
            return json_edit.take_member(text, entry.path, entry.key) if node and node.find(entry.key) else text
        case Words():
            present = _elements(text, entry.path)
            count = len(entry.words)
            starts = [at for at in range(len(present) - count + 1) if present[at : at + count] == list(entry.words)]
            return _take_elements(text, entry.path, list(range(starts[-1], starts[-1] + count))) if starts else text
        case Patterns():
            for pattern, value in reversed(entry.values):
                node = json_edit.find_node(read_nodes(text), entry.path)
                found = node.find(pattern) if node else None
                if found and found.node.plain() == value:
                    text = json_edit.take_member(text, entry.path, pattern)
            return text


def _put_hook(entry: Hook, text: str, launcher: str, after_edit: bool | None) -> str:
    was = text
    text, path, ours = _take_shared(text, entry)
    is_there = bool(ours) or text != was
    if entry.is_after_edit and (after_edit is False or after_edit is None and not is_there):
        return _take_elements(text, path, ours)
    value = with_launcher(entry.value, launcher)
    if not ours:
        return json_edit.put_element(text, path, value)
    first, *others = ours
    text = _take_elements(text, path, others)
    return text if _elements(text, path)[first] == value else json_edit.replace_element(text, path, first, value)


def _take_shared(text: str, entry: Hook) -> tuple[str, json_edit.Path, list[int]]:
    """(the text without our calls in groups that have other hooks, too; the path; the places of what is ours alone)."""
    ours, path = [], entry.path
    for at, group in enumerate(_elements(text, path)):
        if not isinstance(group, dict) or group.get("trigger") != entry.value.get("trigger"):  # Kiro: one list for all
            continue
        inner = group.get("hooks")
        calls = [place for place, hook in enumerate(inner) if is_call(hook)] if isinstance(inner, list) else []
        if isinstance(inner, list) and 0 < len(calls) < len(inner):
            text = _take_elements(text, (*path, at, "hooks"), calls)
        elif is_call(group):
            ours.append(at)
    return text, path, ours


def _elements(text: str, path: json_edit.Path) -> list[Json]:
    node = json_edit.find_node(read_nodes(text), path)
    if node is not None and node.kind != "array":
        raise json_edit.Occupied(f"{json_edit.name_of(path)} is no array")
    return [child.node.plain() for child in node.children] if node is not None else []


def _take_elements(text: str, path: json_edit.Path, places: Sequence[int]) -> str:
    for at in reversed(places):
        text = json_edit.take_element(text, path, at)
    return text
