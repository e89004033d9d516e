"""Finds places in JSON with a line for each member, as CDK writes it, by its indentation: most of the text is not read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from cdkguard._typing import NamedTuple
from cdkguard.text.regexes import lazy_pattern

_TEXT = r'"(?:[^"\\\n]|\\[^\n])*"'
_OPENING = lazy_pattern(r'\s*\{\n([ \t]+)"')  # the template's first member
_INDENT = lazy_pattern(r"\n[ \t]+")
# What stands on a line behind its indentation: the beginning of an object or a list, or a whole value; both may have a key.
_BEGINNING = lazy_pattern(rf"(?:{_TEXT}: )?[{{\[]")
_WHOLE = lazy_pattern(rf"(?:{_TEXT}: )?(?:{_TEXT}|-?\d[\d.eE+-]*|true|false|null|\{{\}}|\[\]),?")
_CLOSINGS = ("}", "},", "]", "],")


class LaidOutJson(NamedTuple):
    """The section Resources of such JSON."""

    text: str
    begin: int
    end: int
    before_key: str  # The line break and the indentation before each logical ID.

    def find_key(self, logical_id: str) -> int | None:
        """Where the key of a resource begins; None where it is not found by its indentation."""
        found = self.text.find(f'{self.before_key}"{logical_id}":', self.begin, self.end)
        return found + len(self.before_key) if found >= 0 else None

    def find_end(self, at: int) -> int:
        """Where the resource ends at the latest whose key begins at a position."""
        end = self.text.find(self.before_key + "}", at)
        return end if end >= 0 else len(self.text)

    def count_lines(self, at: int, steps: Sequence[str | int]) -> int | None:
        """How many lines below the key at a position the steps end, or leave what is written.

        None where a line on the way holds more than one member: then the text has to be read.
        """
        text, place, indent = self.text, at, self.before_key
        if not _is_bracket_a_line(text[at : self.find_end(at) + 1]):
            return None
        for step in steps:
            end_of_line = text.find("\n", place)
            line = text[place:end_of_line]
            if _WHOLE.fullmatch(line):
                if step == 0:
                    continue  # one value where a list belongs is a list of one
                break
            if not _BEGINNING.fullmatch(line):
                return None

            inner = _INDENT.match(text, end_of_line)
            end = _find_next(text, indent, end_of_line)
            if inner is None or len(inner[0]) <= len(indent) or _line_at(text, end) not in _CLOSINGS:
                return None
            if isinstance(step, str) is not (line[-1] == "{"):
                if step == 0:
                    continue
                break

            found = _find_inside(text, inner[0], end_of_line, end, step)
            if found is None:
                return None
            if found < 0:
                break
            place, indent = found, inner[0]
        return text.count("\n", at, place)


def find_laid_out(text: str) -> LaidOutJson | None:
    """The section Resources where the text is such JSON; None where it is not."""
    opening = _OPENING.match(text)
    if opening is None or '" :' in text:
        return None
    head = f'\n{opening[1]}"Resources": {{'
    begin = text.find(head + "\n")
    first = _INDENT.match(text, begin + len(head)) if begin >= 0 else None
    if first is None or len(first[0]) <= len(opening[1]) + 1:
        return None
    end = text.find(f"\n{opening[1]}}}", first.end())
    return LaidOutJson(text, first.start(), end if end >= 0 else len(text), first[0])


def _is_bracket_a_line(text: str) -> bool:
    """Whether each bracket ends a line or belongs to an empty value; false, too, where a text holds brackets."""
    count = text.count
    begun = count("{\n") + count("[\n") + count("{}") + count("[]")
    ended = count("}\n") + count("},\n") + count("]\n") + count("],\n")
    return begun == count("{") + count("[") and ended == count("}") + count("]")


def _find_inside(text: str, indent: str, begin: int, end: int, step: str | int) -> int | None:
    """Where a member or an element begins; -1 where there is none, None where a line holds more than one."""
    if isinstance(step, str):
        found = text.find(f'{indent}"{step}":', begin, end)
        if found >= 0:
            return found + len(indent)

    number, is_open = 0, False
    at = _find_next(text, indent, begin)
    while at < end:
        line = _line_at(text, at)
        if (line in _CLOSINGS) is not is_open:
            return None
        if not is_open:
            is_open = _BEGINNING.fullmatch(line) is not None
            if not is_open and not _WHOLE.fullmatch(line) or "\\" in line.partition('":')[0]:
                return None
            if number == step:
                return at
            number += 1
        else:
            is_open = False
        at = _find_next(text, indent, at)
    return None if is_open else -1


def _line_at(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[at:end] if end >= 0 else text[at:]


def _find_next(text: str, indent: str, at: int) -> int:
    """Where the next line with this indentation begins behind it; the text's end where there is none."""
    found = _line_start(indent).search(text, at)
    return found.end() if found is not None else len(text)


@lru_cache(maxsize=256)
def _line_start(indent: str) -> re.Pattern[str]:
    return re.compile(rf"{indent}(?=[^ \t])")
