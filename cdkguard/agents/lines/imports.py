"""Modules of the repository that a Python script imports, one level deep: what of them runs, and what the script calls."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.shell.state import State
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_FROM = lazy_pattern(r"^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]+)", re.MULTILINE)
_IMPORT = lazy_pattern(r"(?:^|;)[ \t]*import[ \t]+([\w., \t]+)", re.MULTILINE)
_FROM_INLINE = lazy_pattern(r";[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+([^\n#;]+)")
_BLOCK = lazy_pattern(r"(?:async\s+)?(?:def|class)\s+(\w+)")
_RUNS = lazy_pattern(r"\b(?:exec|execfile|run_path|run_module|import_module|compile|__import__)\s*\(")
_LITERAL = lazy_pattern(r"""['"]([\w./-]{1,200})['"]""")
_REQUIRE = lazy_pattern(r"""(?:\brequire|\bimport)\s*\(?\s*['"](\.{1,2}/[\w./-]{1,200})['"]""")
MOST = 20  # modules of one script


def find_imported(session: Session, code: str, language: str, path: str, state: State) -> Iterator[tuple[str, str]]:
    """(path, code) of what the script's imports run, and of the files that it runs itself."""
    if language == "javascript":
        yield from _find_required(session, code, path, state)
    if language != "python":
        return
    yield from _find_run(session, code, state)
    folder = os.path.dirname(path)
    imports = [*_FROM.findall(code), *_FROM_INLINE.findall(code)]
    imports += [(each, "") for names in _IMPORT.findall(code) for each in names.split(",")]
    for module, names in imports[: 2 * MOST]:
        for name, called in _split(module, names, code):
            if found := _read(session, name, folder, state):
                where, text = found
                yield where, _select_code(text, called)


def _split(module: str, names: str, code: str) -> Iterator[tuple[str, set[str]]]:
    """(module, the names of it that the code calls)."""
    if not names:
        words = module.split() or [""]  # `scripts.down as down`
        local = words[-1].rpartition(".")[2]
        yield words[0], set(re.findall(rf"\b{re.escape(local)}\.(\w+)\s*\(", code))
        return
    called: set[str] = set()
    for each in names.strip("() \t\n").split(","):
        parts = each.split()
        if not parts or not parts[0].isidentifier():
            continue
        local = parts[-1]
        inside = set(re.findall(rf"\b{re.escape(local)}\.(\w+)\s*\(", code))
        yield f"{module}.{parts[0]}" if module.strip(".") else f"{module}{parts[0]}", inside
        if re.search(rf"\b{re.escape(local)}\b\s*\(", code):
            called.add(parts[0])
    if module.strip("."):
        yield module, called


def _read(session: Session, module: str, folder: str, state: State) -> tuple[str, str] | None:
    dots = len(module) - len(module.lstrip("."))
    name = module[dots:].replace(".", "/")
    if not name:
        return None
    bases = [os.path.join(folder, *[".."] * (dots - 1))] if dots else [folder, "", "src"]
    for base in dict.fromkeys(bases):
        for path in (f"{name}.py", f"{name}/__init__.py"):
            where = os.path.join(base, path)
            if session.repository.is_file(where, state.directory):
                text = session.repository.read(where, state.directory)
                return (where, text) if text else None
    return None


def _select_code(text: str, called: set[str]) -> str:
    """What an import runs, outside of functions and classes, and the functions that are called, with those that they call."""
    blocks: dict[str, list[str]] = {"": []}
    current = ""
    for line in text.split("\n"):
        if line[:1] not in (" ", "\t", "", ")", "#"):
            found = _BLOCK.match(line)
            current = found[1] if found else ""
            if line.startswith("if __name__"):
                current = " "  # does not run where it is imported
        blocks.setdefault(current, []).append(line)
    chosen, waiting = {""}, [*called, *_names_in(blocks[""], blocks)]
    while waiting:
        name = waiting.pop()
        if name in blocks and name not in chosen:
            chosen.add(name)
            waiting += _names_in(blocks[name], blocks)
    return "\n".join(line for name, lines in blocks.items() if name in chosen for line in lines)


def _names_in(lines: list[str], blocks: dict[str, list[str]]) -> list[str]:
    words = set(re.findall(r"(\w+)\s*\(", "\n".join(line for line in lines if not _BLOCK.match(line))))
    return [name for name in blocks if name in words]


def _find_run(session: Session, code: str, state: State) -> Iterator[tuple[str, str]]:
    """`exec(open('x.py').read())`, `runpy.run_path('x.py')`, `import_module('scripts.x')`."""
    if not _RUNS.search(code):
        return
    for name in list(dict.fromkeys(_LITERAL.findall(code)))[:MOST]:
        for path in (name, f"{name.replace('.', '/')}.py") if "/" not in name else (name,):
            if path.endswith(".py") and session.repository.is_file(path, state.directory):
                yield path, session.repository.read(path, state.directory) or ""


def _find_required(session: Session, code: str, path: str, state: State) -> Iterator[tuple[str, str]]:
    """The files that code in a line requires: `node -e "require('./scripts/down')"`."""
    if path:
        return
    for name in list(dict.fromkeys(_REQUIRE.findall(code)))[:MOST]:
        for where in (name, *(f"{name}{end}" for end in (".js", ".cjs", ".mjs", ".ts", "/index.js", "/index.ts"))):
            if not where.endswith(".json") and session.repository.is_file(where, state.directory):
                yield where, session.repository.read(where, state.directory) or ""
                break
