"""Source maps: a place in compiled JavaScript -> the place in the TypeScript that it was made of.

https://tc39.es/ecma426/
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.inputs.code_files import CodeFiles
from cdkguard.inputs.shapes import list_or_empty, mapping_or_empty
from cdkguard.inputs.stack_frames import Frame

_BIGGEST = 16 * 1024 * 1024  # bytes of a map; that of an app with all of aws-cdk-lib in it is bigger
_OF_LIBRARY = "aws:cdk:enable-path-metadata"  # a text of aws-cdk-lib that no app needs
_MARK = "# sourceMappingURL="
_DIGITS = {ord(c): n for n, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}


class _Map(NamedTuple):
    """A source map: its sources as paths, and its mappings, a text for each compiled line."""

    sources: Sequence[str]
    lines: Sequence[str]


class SourceMaps:
    """The source maps of compiled files, each read once."""

    def __init__(self, code: CodeFiles) -> None:
        self.code = code
        self._maps: dict[str, _Map | None] = {}
        self._bundles: dict[str, bool] = {}
        self._places: dict[Frame, Frame | None] = {}

    def original(self, frame: Frame) -> Frame | None:
        """The frame in the code that was compiled; the frame itself where its file has no map for it.

        None in a bundle without a map that holds aws-cdk-lib as well: its frames are the library's, mostly.
        """
        if frame not in self._places:
            self._places[frame] = self._look_up(frame)
        return self._places[frame]

    def _look_up(self, frame: Frame) -> Frame | None:
        if frame.file not in self._maps:
            self._maps[frame.file] = _read_map(frame.file, self.code.lines(frame.file))
        found = self._maps[frame.file]
        place = found and _find_place(found.lines, frame.line, frame.column)
        if not found or not place or not 0 <= place[0] < len(found.sources):
            return None if self._holds_library(frame.file) else frame
        source, line, column = place
        return frame._replace(file=found.sources[source], line=line, column=column if frame.column else None)

    def _holds_library(self, file: str) -> bool:
        if file not in self._bundles:
            self._bundles[file] = any(_OF_LIBRARY in line for line in self.code.lines(file))
        return self._bundles[file] or self.code.is_too_big(file)


def _read_map(file: str, lines: Sequence[str]) -> _Map | None:
    """The map that the last lines of a compiled file name; None without one that can be read."""
    mark = next((line for line in reversed(lines[-5:]) if _MARK in line), None)
    if mark is None:
        return None
    name = mark.partition(_MARK)[2].strip()
    try:
        text = _read_text(file, name)
        value = mapping_or_empty(json.loads(text)) if text else {}
    except (OSError, ValueError, RecursionError):
        return None
    mappings, root = value.get("mappings"), value.get("sourceRoot")
    if not isinstance(mappings, str):
        return None
    folder = os.path.dirname(file if name.startswith("data:") else os.path.join(os.path.dirname(file), name))
    sources = [_path_of(source, root, folder) for source in list_or_empty(value.get("sources"))]
    return _Map(sources, mappings.split(";"))


def _read_text(file: str, name: str) -> str | None:
    if name.startswith("data:"):
        import base64

        return base64.b64decode(name.partition("base64,")[2]).decode()
    path = os.path.join(os.path.dirname(file), name)
    if not os.path.isfile(path) or os.path.getsize(path) > _BIGGEST:
        return None
    with open(path, encoding="utf-8") as handle:
        return handle.read(_BIGGEST)


def _path_of(source: Json, root: Json, folder: str) -> str:
    name = posixpath.join(root, str(source)) if isinstance(root, str) else str(source)
    return os.path.normpath(os.path.join(folder, name.removeprefix("file://")))


def _find_place(lines: Sequence[str], line: int, column: int | None) -> tuple[int, int, int] | None:
    """(source, line, column) of a compiled place: that of the last mapping of its line at or before the column.

    Lines and columns are from 1. Without a column it is the line's first mapping.
    """
    if not 0 < line <= len(lines):
        return None
    source = original_line = original_column = 0
    found = None
    for number, text in enumerate(lines[:line], 1):
        compiled_column = 0
        for segment in text.split(",") if text else ():
            fields = list(_read_numbers(segment))
            if len(fields) < 4:
                compiled_column += fields[0] if fields else 0
                continue
            compiled_column += fields[0]
            source, original_line = source + fields[1], original_line + fields[2]
            original_column += fields[3]
            if number == line and (found is None or (column is not None and compiled_column < column)):
                found = source, original_line + 1, original_column + 1
    return found


def _read_numbers(segment: str) -> Iterator[int]:
    """The numbers of a segment in base 64 VLQ: five bits a digit, the lowest first; the lowest bit of all is the sign."""
    value = shift = 0
    for character in segment:
        digit = _DIGITS.get(ord(character))
        if digit is None:
            return
        value |= (digit & 31) << shift
        if digit & 32:
            shift += 5
            continue
        yield -(value >> 1) if value & 1 else value >> 1
        value = shift = 0
