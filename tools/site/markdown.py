"""Links and headings of Markdown, as GitHub reads them; code is left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_CODE = re.compile(r"(`+)(?:.*?)\1(?!`)")
_TARGET = re.compile(r"(?<=\]\()[^()\s]+(?=\))|(?<=\bsrc=\")[^\"]+(?=\")|(?<=\bhref=\")[^\"]+(?=\")")
_HEADING = re.compile(r"(#{1,6}) +(.*?) *#*$")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[`*]|<[^>]+>|&lt;|&gt;|&amp;")


def lines_of(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is code of a block."""
    fence = ""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if fence:
            yield line, True
            if found and found[1].startswith(fence) and not line[found.end() :].strip():
                fence = ""
        else:
            fence = found[1] if found else ""
            yield line, bool(fence)


def rewrite_links(text: str, change: Callable[[str], str]) -> str:
    """The text with each target of a link or an image changed."""
    done = []
    for line, is_code in lines_of(text):
        if not is_code:
            at, parts = 0, []
            for code in _CODE.finditer(line):
                parts += [_TARGET.sub(lambda found: change(found[0]), line[at : code.start()]), code[0]]
                at = code.end()
            line = "".join(parts) + _TARGET.sub(lambda found: change(found[0]), line[at:])
        done.append(line)
    return "".join(done)


def links_of(text: str) -> list[str]:
    """The targets of all links and images."""
    found: list[str] = []

    def note(target: str) -> str:
        found.append(target)
        return target

    rewrite_links(text, note)
    return found


def headings_of(text: str) -> list[tuple[int, str, str]]:
    """(level, text, the anchor that GitHub gives it) of each heading."""
    found: list[tuple[int, str, str]] = []
    seen: dict[str, int] = {}
    for line, is_code in lines_of(text):
        heading = None if is_code else _HEADING.match(line.rstrip("\n"))
        if heading is None:
            continue
        plain = _MARKUP.sub(lambda one: one[1] or "", heading[2])
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = seen.get(slug, 0)
        seen[slug] = number + 1
        found.append((len(heading[1]), plain, f"{slug}-{number}" if number else slug))
    return found
