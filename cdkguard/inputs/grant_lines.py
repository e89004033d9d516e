"""The line of the user's code that granted a statement, where it is certain: CDK gathers grants and notes the first alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.inputs.granting_calls import GrantingCall
from cdkguard.model import Source
from cdkguard.system import files

MAX_FILES, MAX_BYTES = 1_000, 8_000_000  # of source code that are read
_FRAME = re.compile(r"((?:/|[A-Za-z]:[\\/])[^()]*?(\.py|\.[cm]?[jt]sx?)):\d+")
_LIBRARY = re.compile(
    r"[\\/](?:node_modules|site-packages|dist-packages|jsii-kernel-[^\\/]*|lib(?:64)?[\\/]python3\.\d+)[\\/]"
)
_NO_SOURCE = frozenset({"node_modules", "site-packages", "cdk.out", "test", "tests", "__tests__", "__pycache__"})
_MARK = re.compile(r"PolicyStatement|[Aa]dd_?[Tt]o_?[Pp]rincipal|\.grant\(|[\"']?Action[\"']?\s*:")

Placed = tuple[str, GrantingCall]  # with the path of its file


class GrantLines:
    """Finds the one call that can have made a statement: no other call of the app can, and no other policy has it."""

    def __init__(self, entries: Mapping[str, Sequence[Json]], base: str, template: Mapping[str, Json]) -> None:
        self._entries, self._base, self._template = entries, base, template
        self._calls: list[Placed] | None = None

    def __call__(self, statement: Mapping[str, Json], guilty: Sequence[Json]) -> Source | None:
        """The line of the call; None where it is not certain."""
        actions, resources = _as_texts(statement.get("Action")), _as_texts(statement.get("Resource"))
        wanted = _as_texts(list(guilty)) or actions
        if not wanted or "Resource" not in statement:  # the trust in a role is no grant
            return None
        if self._calls is None:
            self._calls = list(self._read_calls())
        fitting = [placed for placed in self._calls if _may_be(placed[1], wanted, actions, resources)]
        if len(fitting) != 1 or fitting[0][1].actions is None:
            return None
        path, call = fitting[0]
        holders = [one for one in self._list_statements() if _may_be(call, wanted, *one)]
        return Source(files.relative(path, self._base), call.line) if len(holders) == 1 else None

    def _list_statements(self) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
        """(actions, resources) of each statement in the template, as far as they are texts."""
        pending = [self._template.get("Resources")]
        while pending:
            value = pending.pop()
            if isinstance(value, dict):
                if "Action" in value and "Resource" in value:
                    yield _as_texts(value["Action"]), _as_texts(value["Resource"])
                pending.extend(value.values())
            elif isinstance(value, list):
                pending.extend(value)

    def _read_calls(self) -> Iterator[Placed]:
        """The granting calls of the app's code; one that may be any where a file could not be read."""
        unknown = "", GrantingCall(0, None, None)
        left = MAX_BYTES
        try:
            found = self._find_files()
        except OSError:  # The folder of a baseline's app is gone by now.
            found = []
        if not found or len(found) > MAX_FILES:
            yield unknown
            return
        for path in found:
            try:
                text = files.read_bytes(path, left).decode("utf-8")
                left -= len(text)
                if _MARK.search(text):
                    yield from ((path, call) for call in _find_calls(path)(text))
            except (OSError, ValueError, SyntaxError, RecursionError):
                yield unknown
            if left <= 0:
                yield unknown
                return

    def _find_files(self) -> list[str]:
        """The source files of the app: those in the folder that holds every file which makes a construct."""
        traced = {path for path in self._list_traced() if files.relative(path, self._base) != path}
        if not traced:
            return []
        is_python = all(path.endswith(".py") for path in traced)
        folder = os.path.commonpath([os.path.dirname(path) for path in traced])
        if not files.is_folder(folder):  # Of a revision that was synthesized before: its checkout is gone.
            return []
        found = []
        for around, folders, names in files.walk(folder):
            folders[:] = [n for n in folders if n[0] != "." and n not in _NO_SOURCE and not _is_environment(around, n)]
            for name in names:
                if _is_source(name, names, is_python):
                    found.append(os.path.join(around, name))
            if len(found) > MAX_FILES:
                break
        return found

    def _list_traced(self) -> Iterator[str]:
        for entries in self._entries.values():
            for entry in entries:
                for trace in (entry.get("trace"), entry.get("data")) if isinstance(entry, dict) else ():
                    for frame in trace if isinstance(trace, list) else ():
                        match = _FRAME.search(frame) if isinstance(frame, str) else None
                        if match and not _LIBRARY.search(match.group(1)):
                            yield match.group(1)


def _may_be(call: GrantingCall, wanted: frozenset[str], actions: frozenset[str], resources: frozenset[str]) -> bool:
    """Whether the call can have made a statement with these actions and resources, or a part of it that has a wanted one."""
    if call.actions is not None and not (call.actions & wanted and call.actions <= actions):
        return False
    return call.resources is None or call.resources <= resources


def _as_texts(value: Json) -> frozenset[str]:
    return frozenset(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))


def _is_environment(around: str, name: str) -> bool:
    return files.is_file(os.path.join(around, name, "pyvenv.cfg"))


def _is_source(name: str, beside: Sequence[str], is_python: bool) -> bool:
    stem, ending = os.path.splitext(name)
    if is_python or ending == ".py":
        return is_python and ending == ".py"
    if ending in (".js", ".mjs", ".cjs"):
        return not any(f"{stem}{other}" in beside for other in (".ts", ".tsx", ".mts", ".cts"))
    return ending in (".ts", ".tsx", ".mts", ".cts", ".jsx") and not stem.endswith(".d")


def _find_calls(path: str) -> Callable[[str], Iterator[GrantingCall]]:
    if path.endswith(".py"):
        from cdkguard.inputs.granting_calls import find_calls_in_python

        return find_calls_in_python
    from cdkguard.inputs.granting_calls_typescript import find_calls_in_typescript

    return find_calls_in_typescript
