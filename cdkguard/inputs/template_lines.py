"""Finds the lines on which a template's resources and their properties begin, in JSON and in YAML."""

from __future__ import annotations

import json
import re
from bisect import bisect
from collections.abc import Callable, Iterator

from cdkguard._typing import Any
from cdkguard.inputs.laid_out_json import find_laid_out
from cdkguard.text.regexes import lazy_pattern

_MOST = 1_000_000  # characters of one resource that are read
# The line of the section Resources where it holds nothing else.
_NAME = "Resources"
_SECTION = lazy_pattern(r"""([ \t]*)["']?Resources["']?[ \t]*:[ \t]*\{?[ \t]*(?:#.*)?\r?$""", re.MULTILINE)
# The first line that is no comment.
_FIRST = lazy_pattern(r"^([ \t]*)[^\s#]", re.MULTILINE)
# The section, and a key whose value is no scalar, wherever they stand.
_RESOURCES = lazy_pattern(r"""^\s*["']?Resources["']?\s*:""", re.MULTILINE)
_KEY = lazy_pattern(r"""(?:^|[{,\s])["']?([\w:.-]*\w)["']?\s*:\s*(?:[\[{&#\r\n]|$)""", re.MULTILINE)


class ResourceLines:
    """(logical ID, property path) -> the line on which that begins, from 1; None where the resource is not found.

    The text is searched when a line is first asked for.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._laid_out = find_laid_out(text)
        self._positions: dict[str, int] = {}  # logical id -> where its key begins in the text
        self._in_block: list[int] = []  # the positions of keys that have lines of their own, in order
        self._done: list[Callable[[str], None]] = []
        self._counted = (0, 1)  # the position that was asked for last, and its line
        self._read: tuple[int, Any] = (-1, None)  # the position of the resource that was read last, and its nodes

    def __call__(self, logical_id: str, path: str = "") -> int | None:
        """The line on which the property begins, or its nearest ancestor that is written; without a path, the resource."""
        at = self._find_position(logical_id)
        if at is None:
            return self._find_in_loops(logical_id, path)
        line = self._line_at(at)
        if not path:
            return line
        from cdkguard.inputs.property_lines import follow, split_property_path

        steps = split_property_path(path)
        below = self._laid_out.count_lines(at, steps) if self._laid_out is not None else None
        return line + (follow(self._read_resource(at), [logical_id, *steps]) if below is None else below)

    def _find_position(self, logical_id: str) -> int | None:
        if logical_id in self._positions:
            return self._positions[logical_id]
        if self._laid_out is not None and (found := self._laid_out.find_key(logical_id)) is not None:
            self._positions[logical_id] = found
            return found

        for find_positions in (self._find_in_block, self._find_anywhere):
            if logical_id not in self._positions and find_positions not in self._done:
                self._done.append(find_positions)
                find_positions(self._text)
        return self._positions.get(logical_id)

    def _line_at(self, position: int) -> int:
        counted, line = self._counted
        if counted > position:
            counted, line = 0, 1
        self._counted = position, line + self._text.count("\n", counted, position)
        return self._counted[1]

    def _read_resource(self, at: int) -> Any:
        """The nodes of the resource whose key stands at a position."""
        if self._read[0] != at:
            from cdkguard.inputs.property_lines import read_first_member

            self._read = at, read_first_member(self._text[at : min(self._find_end(at), at + _MOST)])
        return self._read[1]

    def _find_end(self, at: int) -> int:
        """Where the resource ends at the latest whose key stands at a position."""
        if self._laid_out is not None:
            return self._laid_out.find_end(at)
        after = bisect(self._in_block, at)
        return self._in_block[after] if after < len(self._in_block) else len(self._text)

    def _find_in_loops(self, logical_id: str, path: str) -> int | None:
        """The line of what a loop makes; None where no loop, or more than one, makes a resource of that ID."""
        loops = [key for key in self._positions if key.startswith("Fn::ForEach::")]
        if not loops:
            return None
        from cdkguard.inputs.property_lines import find_made_by_loop, follow, split_property_path

        found: set[int] = set()
        for key in loops:
            at = self._positions[key]
            nodes = self._read_resource(at)
            made = find_made_by_loop(nodes.members[key], logical_id) if key in nodes.members else None
            if made is not None:
                found.add(self._line_at(at) + follow(made, split_property_path(path)))
        return found.pop() if len(found) == 1 else None

    def _find_in_block(self, text: str) -> None:
        """The keys of the section's first level, where each resource has lines of its own, as in most files."""
        sections = list(_find_sections(text))
        if not sections:
            return
        section = min(sections, key=lambda found: len(found.group(1)))  # Metadata can have a key Resources, too
        first = _FIRST.search(text, section.end())
        if first is None or len(first.group(1)) <= len(section.group(1)):
            return

        # Both begin with the end of the line before, which is found several times as fast as `^`.
        end = re.compile(rf"\n[ \t]{{0,{len(section.group(1))}}}[^\s#]").search(text, first.start() - 1)
        keys = re.compile(
            rf"""\n{first.group(1)}(?:("(?:[^"\\]|\\.)*")|'([^']*)'|([^\s"'#{{}}\[\]][^\n]*?))[ \t]*:(?=[\s{{\[]|$)""",
            re.MULTILINE,
        )
        for found in keys.finditer(text, first.start() - 1, end.start() + 1 if end else len(text)):
            quoted, single, bare = found.groups()
            at = found.end() - len(found.group().lstrip())
            self._positions.setdefault(_unquote(quoted) if quoted else single or bare or "", at)
        self._in_block = sorted(self._positions.values())

    def _find_anywhere(self, text: str) -> None:
        """Keys behind the section's name, however they are laid out: on one line, or without a shape."""
        start = _RESOURCES.search(text) or re.search(r"""["']Resources["']\s*:""", text)
        if start is None:
            return
        for found in _KEY.finditer(text, start.end()):
            at = found.start(1)
            self._positions.setdefault(found.group(1), at - 1 if text[at - 1] in "\"'" else at)


def _find_sections(text: str) -> Iterator[re.Match[str]]:
    """Each line that holds nothing but the name of the section."""
    at = text.find(_NAME)
    while at >= 0:
        found = _SECTION.match(text, text.rfind("\n", 0, at) + 1)
        if found is not None:
            yield found
        line_end = text.find("\n", at)
        at = text.find(_NAME, line_end) if line_end >= 0 else -1


def _unquote(key: str) -> str:
    try:
        return str(json.loads(key))
    except ValueError:  # YAML has escapes that JSON has not
        return key[1:-1]
