"""Paths as an agent may write them, made comparable: links, `..`, `~`, other cases and invisible characters seen through."""

from __future__ import annotations

import os
import re
import unicodedata

from cdkguard.text import escape

_PATCHED = re.compile(
    r"^(?:\*\*\* (?:Add|Update|Delete) File: |\*\*\* Move to: |(?:\+\+\+|---) (?:[ab]/)?|rename (?:from|to) )(.+?)\s*$",
    re.MULTILINE,
)
PATCH = "*** Begin Patch"


def spellings_of(path: str, directory: str) -> tuple[str, ...]:
    """The path as it is written and as it leads through links, both absolute and comparable."""
    absolute = absolute_path(path, directory)
    return tuple(dict.fromkeys((comparable(absolute), comparable(os.path.realpath(absolute)))))


def absolute_path(path: str, directory: str) -> str:
    """The file that a path of a host names: relative to the folder, below `~`, or a `file:` URI."""
    if path.startswith("file://"):
        from urllib.parse import unquote

        path = unquote(path.removeprefix("file://"))
    path = os.path.expandvars(os.path.expanduser(path.strip().strip("\"'")))
    if os.sep == "/":
        path = path.replace("\\", "/")
    return os.path.normpath(os.path.join(directory or os.getcwd(), path))


def comparable(path: str) -> str:
    """One spelling for all that a file system may take for the same name, with forward slashes."""
    visible = "".join(character for character in unicodedata.normalize("NFKC", path) if escape.is_visible(character))
    parts = visible.casefold().replace("\\", "/").split("/")
    # Windows takes a name with dots and spaces behind it, or with a stream of it, for the name.
    return "/".join(part if part in ("", ".", "..") else part.split("::", 1)[0].rstrip(". ") or part for part in parts)


def paths_in_patch(text: str) -> tuple[str, ...]:
    """The files that a patch names."""
    return tuple(dict.fromkeys(path for path in _PATCHED.findall(text) if path != "/dev/null"))


def added_lines(text: str) -> str:
    """What is new in a text to write: of a patch its added lines, else all of it."""
    if PATCH not in text:
        return text
    return "\n".join(line[1:] for line in text.splitlines() if line.startswith("+") and not line.startswith("+++"))
