"""Finds the lines on which a template's resources begin, in JSON and in YAML."""

from __future__ import annotations

import json
import re
from bisect import bisect
from collections.abc import Callable

from cdkguard.text.regexes import lazy_pattern

# The section Resources where its line holds nothing else.
_SECTION = lazy_pattern(r"""^([ \t]*)["']?Resources["']?[ \t]*:[ \t]*\{?[ \t]*(?:#.*)?\r?$""", re.MULTILINE)
# The first line that is no comment.
_FIRST = lazy_pattern(r"^([ \t]*)[^\s#]", re.MULTILINE)
# The section, and a key whose value is no scalar, wherever they stand.
_RESOURCES = lazy_pattern(r"""^\s*["']?Resources["']?\s*:""", re.MULTILINE)
_KEY = lazy_pattern(r"""(?:^|[{,\s])["']?([\w:.-]*\w)["']?\s*:\s*(?:[\[{&#\r\n]|$)""", re.MULTILINE)


class ResourceLines:
    """Logical id -> the line on which its resource begins, from 1; None where it is not found.

    The text is searched when a line is first asked for.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._positions: dict[str, int] = {}  # logical id -> where its key begins in the text
        self._done: list[Callable[[str], None]] = []
        self._breaks: list[int] = []

    def __call__(self, logical_id: str) -> int | None:
        """The line on which the resource begins, counted from 1; None where the text does not show it."""
        for find_positions in (self._find_in_block, self._find_anywhere):
            if logical_id not in self._positions and find_positions not in self._done:
                self._done.append(find_positions)
                find_positions(self._text)

        at = self._positions.get(logical_id)
        if at is not None and not self._breaks:
            self._breaks = [found.start() for found in re.finditer("\n", self._text)] or [len(self._text)]
        return None if at is None else bisect(self._breaks, at) + 1

    def _find_in_block(self, text: str) -> None:
        """The keys of the section's first level, where each resource has lines of its own, as in most files."""
        sections = list(_SECTION.finditer(text))
        if not sections:
            return
        section = min(sections, key=lambda found: len(found.group(1)))  # Metadata can have a key Resources, too
        first = _FIRST.search(text, section.end())
        if first is None or len(first.group(1)) <= len(section.group(1)):
            return

        end = re.compile(rf"^[ \t]{{0,{len(section.group(1))}}}[^\s#]", re.MULTILINE).search(text, first.start())
        keys = re.compile(
            rf"""^{first.group(1)}(?:("(?:[^"\\]|\\.)*")|'([^']*)'|([^\s"'#{{}}\[\]][^\n]*?))[ \t]*:(?=[\s{{\[]|$)""",
            re.MULTILINE,
        )
        for found in keys.finditer(text, first.start(), end.start() if end else len(text)):
            quoted, single, bare = found.groups()
            self._positions.setdefault(_unquote(quoted) if quoted else single or bare or "", found.start())

    def _find_anywhere(self, text: str) -> None:
        """Keys behind the section's name, however they are laid out: on one line, or without a shape."""
        start = _RESOURCES.search(text) or re.search(r"""["']Resources["']\s*:""", text)
        if start is None:
            return
        for found in _KEY.finditer(text, start.end()):
            self._positions.setdefault(found.group(1), found.start(1))


def _unquote(key: str) -> str:
    try:
        return str(json.loads(key))
    except ValueError:  # YAML has escapes that JSON has not
        return key[1:-1]
