"""Where an app lay at another revision, whose folder has been moved since."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard.baselines import worktree
from cdkguard.inputs.folders import is_app_folder
from cdkguard.system import files

_SETTINGS = "cdk.json"


def list_gone_apps(repo: worktree.Repository, tree: str) -> list[str]:
    """The folders of the work tree `tree` with an app, of which the user's tree has none any more; "" is the root."""
    listed = worktree.run_git(tree, "ls-files", "-z", "--", _SETTINGS, f"*/{_SETTINGS}") or ""
    found = (os.path.dirname(file) for file in listed.split("\0") if file)
    return [f for f in found if is_app_folder(os.path.join(tree, f)) and not _exists(repo.root, f, _SETTINGS)]


def find_former_folder(repo: worktree.Repository, tree: str, gone: list[str]) -> str | None:
    """The one of the folders `gone` in which the user's app lay; None where that is not clear.

    It is the one of which the app of now has most files unchanged, cdk.json and one more at least by its name.
    """
    counts = {folder: _count_kept(repo, tree, folder) for folder in gone}
    most = max(counts.values(), default=0)
    best = [folder for folder, count in counts.items() if count == most > 0]
    return best[0] if len(best) == 1 else None


def _count_kept(repo: worktree.Repository, tree: str, folder: str) -> int:
    """The number of files of the former folder that the app of now has with the same content; 0 where it is another app."""
    named = [file for file in _files_of(tree, folder) if _exists(repo.root, repo.prefix, file)]
    if _SETTINGS not in named or len(named) < 2:
        return 0
    return sum(_read(tree, folder, file) == _read(repo.root, repo.prefix, file) != b"" for file in named)


def _files_of(tree: str, folder: str) -> Iterator[str]:
    """The paths of the folder's files, relative to it."""
    listed = worktree.run_git(os.path.join(tree, folder), "ls-files", "-z") or ""
    return (file for file in listed.split("\0") if file)


def _exists(*parts: str) -> bool:
    return files.is_file(os.path.join(*parts))


def _read(*parts: str) -> bytes:
    """The file's content; nothing for a link to a folder or a file that cannot be read, which then counts as changed."""
    try:
        return files.read_bytes(os.path.join(*parts))
    except OSError:
        return b""
