"""Files of the main branch's tip, written to a temporary folder: what an agent has changed since does not count."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cdkguard.baselines.worktree import run_git
from cdkguard.errors import BaselineError

_MOST = 2_000  # files; more than any configuration with its rule packs and snapshot has


class CommittedFiles:
    """The files of a commit, copied below `folder` when they are asked for."""

    def __init__(self, root: str, commit: str, folder: str) -> None:
        self.root, self.commit, self.folder = root, commit, folder
        self._copied: set[str] = set()

    def copy(self, paths: Iterable[str]) -> list[str]:
        """Copy the files and folders that the commit has among the paths, which are relative to its root; their names."""
        wanted = [path for path in dict.fromkeys(map(os.path.normpath, paths)) if not path.startswith(("..", os.sep))]
        if not wanted:
            return []
        listed = run_git(self.root, "ls-tree", "-r", "-z", "--name-only", self.commit, "--", *wanted) or ""
        names = [name for name in listed.split("\0") if name]
        if len(names) > _MOST:
            raise BaselineError(f"the configuration names {len(names)} files of {self.commit[:12]}: more than {_MOST}")
        for name in names:
            self._copy(name)
        return names

    def _copy(self, name: str) -> None:
        if name in self._copied:
            return
        text = run_git(self.root, "cat-file", "blob", f"{self.commit}:{name}") or ""
        target = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write((text + "\n").encode("utf-8", "surrogateescape"))
        self._copied.add(name)
