"""The user's code files, read for what a frame's line is: a call of a base class's constructor, or compiled code."""

from __future__ import annotations

import os

from cdkguard.text.regexes import lazy_pattern

_CODE = (".py", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_BIGGEST = 4 * 1024 * 1024  # bytes of a file that is read
_MOST = 200  # files that are kept
# `super().__init__(`, `super(Main, self).__init__(`, `cdk.Stack.__init__(self`; in TypeScript `super(`, also compiled.
_PYTHON_CALL = lazy_pattern(r"\s*(?:super\s*\([^()]*\)\s*\.\s*__init__\s*\(|[\w.]+\.__init__\s*\(\s*(?:self\b|$))")
_SCRIPT_CALL = lazy_pattern(r"\s*(?:var _this = |return )?(?:super|_super(?:\.call)?)\s*\(")


class CodeFiles:
    """Code files as lists of lines, each read once.

    An assembly can name any file, so that only regular files with the ending of code are read, and nothing of them is kept
    but what their lines are.
    """

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def lines(self, file: str) -> list[str]:
        """The lines of a code file; none where it cannot be read, which is common: an assembly of another machine."""
        if file not in self._lines:
            if len(self._lines) >= _MOST:
                self._lines.clear()
            self._lines[file] = _read_lines(file)
        return self._lines[file]

    def line(self, file: str, number: int) -> str:
        """One line, empty where the file has none of that number."""
        lines = self.lines(file)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def is_too_big(self, file: str) -> bool:
        """Whether the file is one that is not read for its size."""
        try:
            return os.path.getsize(file) > _BIGGEST
        except (OSError, ValueError):  # not there, and no name of a file
            return False

    def calls_base_constructor(self, file: str, number: int) -> bool:
        """Whether the line calls the constructor of the class that its own class extends."""
        pattern = _PYTHON_CALL if file.endswith(".py") else _SCRIPT_CALL
        return pattern.match(self.line(file, number)) is not None


def _read_lines(file: str) -> list[str]:
    try:
        if not file.endswith(_CODE) or not os.path.isfile(file) or os.path.getsize(file) > _BIGGEST:
            return []
        with open(file, encoding="utf-8", errors="replace") as handle:
            return handle.read(_BIGGEST).splitlines()
    except (OSError, ValueError):  # ValueError: no file can have such a name
        return []
