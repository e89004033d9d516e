"""All that the code below a folder says about environment variables, file by file."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable

from cdkguard._typing import NamedTuple
from cdkguard.preflight.env import code_files, javascript_parser, other_reads, pydantic_reads, python_reads
from cdkguard.preflight.env.reads import FileReads, Read, Unclear, resolve_helpers
from cdkguard.system import files

_LARGEST = 2_000_000  # bytes of a file that is read; what is larger is made by a program
_PACKAGES = ("node_modules", ".venv/lib", "venv/lib")
_MOST_OF_PACKAGES = 1_000_000_000  # bytes of installed packages that are looked through
_WORDS_IN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ENV_PY = re.compile(r"\benvirons?\b|\bgetenvb?\b|dotenv|\bdecouple\b|BaseSettings|\bstarlette\.config\b")
# Files whose words do not show that a variable is used.
_NO_USE = (".md", ".mdx", ".rst", ".txt", ".lock", ".svg", ".png", ".jpg", ".map", ".snap", ".csv")
_NO_USE_NAMES = ("package-lock.json", "pnpm-lock.yaml", "bun.lockb", "cdkguard.yaml")


class CodeReads(NamedTuple):
    """The reads of all files, and what hides some of them."""

    reads: tuple[Read, ...]
    unclear: tuple[Unclear, ...]
    files: int  # code files that were looked at
    unparsed: tuple[str, ...] = ()  # files that only tree-sitter can read, which is not installed


def collect_reads(folder: str, found: Iterable[str], with_tests: bool = False) -> CodeReads:
    """The variables that these files below the folder read; raises OSError where one cannot be read."""
    parts: list[FileReads] = []
    classes: list[pydantic_reads.SettingsClass] = []
    waiting: list[tuple[str, str, str]] = []  # code that does not name the environment, but may call a helper
    unparsed: list[str] = []
    number = 0
    for path in found:
        ending = os.path.splitext(path)[1]
        if ending not in (".py", *other_reads.ENDINGS, *javascript_parser.ENDINGS) or path.endswith(
            (".d.ts", ".min.js")
        ):
            continue
        if not with_tests and code_files.is_test(path):
            continue
        text = _read(os.path.join(folder, path))
        number += 1
        if ending == ".py":
            if _may_read(text):
                parts.append(python_reads.read_python(path, text))
            else:
                waiting.append((path, text, ending))
            classes += pydantic_reads.list_classes(path, text) if "Settings" in text else ()
        elif ending in other_reads.ENDINGS:
            parts.append(other_reads.read_other(path, text, ending))
        else:
            _read_javascript(path, text, ending, parts, waiting, unparsed)
    if any(part.helpers for part in parts):
        _read_callers(parts, waiting)
    whole = resolve_helpers(parts)
    reads = (*whole.reads, *pydantic_reads.read_settings(classes))
    return CodeReads(tuple(dict.fromkeys(reads)), tuple(whole.unclear), number, tuple(unparsed))


def _may_read(text: str) -> bool:
    return _ENV_PY.search(text) is not None


def _read_javascript(
    path: str,
    text: str,
    ending: str,
    parts: list[FileReads],
    waiting: list[tuple[str, str, str]],
    unparsed: list[str],
) -> None:
    from cdkguard.preflight.env import javascript_reads

    if not javascript_reads.may_read(text):
        waiting.append((path, text, ending))
        return
    try:
        parts.append(javascript_reads.read_javascript(path, text, ending))
    except javascript_parser.NoParser:
        if javascript_reads.mentions_environment(text):
            unparsed.append(path)


def _read_callers(parts: list[FileReads], waiting: Iterable[tuple[str, str, str]]) -> None:
    """Read the files that name no environment and call one of the helpers."""
    from cdkguard.preflight.env import javascript_reads

    names = {helper.function for part in parts for helper in part.helpers}
    for path, text, ending in waiting:
        if names.isdisjoint(_WORDS_IN.findall(text)):
            continue
        if ending == ".py":
            parts.append(FileReads(calls=python_reads.read_python(path, text).calls))
        else:
            parts.append(javascript_reads.read_javascript(path, text, ending))


def _read(path: str) -> str:
    if os.path.isdir(path) or os.path.islink(path) and not os.path.exists(path):  # git lists links and submodules, too
        return ""
    return files.read_bytes(path, _LARGEST).decode("utf-8", "replace")


def find_in_packages(folder: str, names: Collection[str]) -> set[str]:
    """Those of the names that an installed package holds: a library reads variables of its own."""
    left, mentioned, size = set(names), set[str](), 0
    for place in _PACKAGES:
        for directory, folders, found in os.walk(os.path.join(folder, place)):
            folders[:] = [name for name in folders if name not in ("test", "tests", "docs", "__pycache__", ".cache")]
            for name in found:
                if not left or size > _MOST_OF_PACKAGES:
                    return mentioned
                if name.endswith((".js", ".mjs", ".cjs", ".py")):
                    content = _read_package_file(os.path.join(directory, name))
                    size += len(content)
                    mentioned |= {one for one in left if one.encode() in content}
                    left -= mentioned
    return mentioned


def _read_package_file(path: str) -> bytes:
    try:
        return files.read_bytes(path, _LARGEST)
    except OSError:
        return b""


def find_mentioned(folder: str, found: Iterable[str], names: Collection[str]) -> set[str]:
    """Those of the names that some file below the folder holds as a word: documents and `.env` files do not count."""
    left, mentioned = set(names), set[str]()
    for path in found:
        name = path.rpartition("/")[2]
        if not left or name.startswith(".env") or name in _NO_USE_NAMES or path.lower().endswith(_NO_USE):
            continue
        here = left & set(_WORDS_IN.findall(_read(os.path.join(folder, path))))
        mentioned |= here
        left -= here
    return mentioned
