"""Reads the source line that a finding points at: the user's own code alone, without its secrets."""

from __future__ import annotations

import os
from collections.abc import Collection

from cdkguard._typing import TYPE_CHECKING
from cdkguard.config.find import is_below, repository_root
from cdkguard.text import credentials

if TYPE_CHECKING:
    from cdkguard.model import Report, Source
    from cdkguard.outputs.render import Excerpt

# Only files with these endings are read: a cloud assembly can name any file, and may be somebody else's.
_CODE = (
    ".py", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".java", ".kt", ".scala", ".groovy", ".cs", ".fs",
    ".vb", ".go",
)  # fmt: skip
_WIDEST_LINE = 1000  # Characters, far more than an output shows.
_BIGGEST_FILE = 4 * 1024 * 1024  # Bytes.


def make_excerpt(directory: str, report: Report) -> Excerpt:
    """A function that reads source lines from the repositories of the app's folder and of the current folder."""
    roots = {repository_root(directory), repository_root(".")}
    with_secret = {finding.source[:2] for finding in report.findings if finding.source and finding.hides_secret}

    def excerpt(source: Source) -> list[tuple[int, str]]:
        try:
            lines = _read_line(os.path.realpath(source.file), source.line, roots)
            return [
                (number, credentials.hide_secrets_in_code(line, source[:2] in with_secret)) for number, line in lines
            ]
        except (OSError, ValueError):  # ValueError: no file can have such a name.
            return []

    return excerpt


def _read_line(path: str, line: int, roots: Collection[str]) -> list[tuple[int, str]]:
    """(number, text) of one line; nothing where the file is not source code below one of the folders."""
    if not path.endswith(_CODE) or not any(is_below(path, root) for root in roots):
        return []
    if not os.path.isfile(path) or os.path.getsize(path) > _BIGGEST_FILE:
        return []
    with open(path, encoding="utf-8", errors="replace") as handle:
        return [(number, text[:_WIDEST_LINE].rstrip("\n")) for number, text in enumerate(handle, 1) if number == line]
