"""A work tree in which an app's folder is checked out first, and the rest of the commit where something asks for it.

An assembly that comes from the cache needs the app's configuration alone, and a repository may hold many thousand files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard.baselines.worktree import run_git

_LONGEST = 20_000  # characters of the names that one call of git is given; Windows takes 32,767
_SUBMODULES = ".gitmodules"


class PartOfTree:
    """The files of a folder of the commit, with those that lie directly in the folders around it.

    `tree` is a work tree into which nothing is checked out yet; `folder` is the path below it, "" is the whole tree.
    """

    def __init__(self, tree: str, folder: str) -> None:
        self._tree, self._folder = tree, folder
        self._is_whole = False
        files = self._choose() if folder else None
        if files:
            run_git(tree, "checkout-index", "--quiet", "-u", "--", *files)
        else:
            self.complete()

    def complete(self) -> None:
        """Check out the other files of the commit."""
        if not self._is_whole:
            run_git(self._tree, "reset", "--hard", "--quiet")
            self._is_whole = True

    def holds(self, path: str) -> bool:
        """Whether a file of the commit would be there, if the commit has it at that path."""
        root, real = os.path.realpath(self._tree) + os.sep, os.path.realpath(path)
        inside = real.removeprefix(root).replace(os.sep, "/")
        return self._is_whole or real.startswith(root) and self._is_chosen(inside)

    def _choose(self) -> list[str] | None:
        """The files of this part; None where they cannot be told, or do without the others."""
        found = []
        for kind, path in self._list():
            if path == _SUBMODULES or self._is_chosen(path):
                if not kind.startswith("H 100") or path == _SUBMODULES:
                    return None  # A link, a submodule, or a file that the user's sparse checkout leaves out.
                found.append(path)
        return found if sum(map(len, found)) + len(found) <= _LONGEST else None

    def _list(self) -> Iterator[tuple[str, str]]:
        """(`H` and the mode, path) of each file of the commit."""
        run_git(self._tree, "read-tree", "HEAD")
        listed = run_git(self._tree, "ls-files", "-t", "-s", "-z") or ""
        for line in filter(None, listed.split("\0")):
            kind, _, path = line.partition("\t")
            yield kind, path

    def _is_chosen(self, path: str) -> bool:
        around = path.rpartition("/")[0]
        is_inside = path.startswith(f"{self._folder}/")
        return is_inside or not around or f"{self._folder}/".startswith(f"{around}/")
