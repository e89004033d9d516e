"""The files of a folder that git knows or would add: nothing that .gitignore names, nothing installed, nothing built."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard.baselines.worktree import run_git
from cdkguard.errors import BaselineError
from cdkguard.system import files

_SKIPPED = frozenset((
    "node_modules", "cdk.out", ".venv", "venv", ".git", "dist", "build", "coverage", "vendor", "__pycache__", ".tox", "bower_components",
    "site-packages", ".next", ".nuxt", ".terraform", ".mypy_cache", ".aws-sam", ".serverless",
))  # fmt: skip
_TEST_FOLDERS = frozenset(
    ("test", "tests", "__tests__", "__mocks__", "spec", "e2e", "testing", "fixtures", "cypress", "playwright")
)
_TEST_TOOLS = ("playwright.", "jest.", "vitest.", "cypress.", "wdio.", "karma.")  # of their settings
_MOST = 20_000  # files of a folder


def list_files(folder: str) -> list[str]:
    """The files below the folder, relative to it; raises OSError where it cannot be listed."""
    try:
        text = run_git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", no=(128,))
    except BaselineError:
        text = None  # no git, or a folder in no repository: it is walked
    found = list(_walk(folder)) if text is None else sorted(set(filter(None, text.split("\0"))))
    return [path for path in found if not _SKIPPED & set(path.split("/")[:-1])]


def _walk(folder: str) -> Iterator[str]:
    for directory, folders, names in files.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            yield os.path.relpath(os.path.join(directory, name), folder).replace(os.sep, "/")


def is_too_much(found: list[str]) -> bool:
    """Whether there are more files than are looked at."""
    return len(found) > _MOST


def is_test(path: str) -> bool:
    """Whether a path is one of tests, by its folders or its name."""
    *folders, name = path.lower().split("/")
    stem = name.partition(".")[0]
    if _TEST_FOLDERS & set(folders):
        return True
    if ".config." in name and name.startswith(_TEST_TOOLS):
        return True
    return (
        ".test." in name or ".spec." in name or stem.startswith("test_") or stem.endswith("_test") or stem == "conftest"
    )
