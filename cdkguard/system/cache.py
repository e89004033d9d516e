"""The user's cache folder, and whether nobody else can have written to it."""

from __future__ import annotations

import os


def cache_folder(name: str) -> str | None:
    """The path of a folder of the user's cache.

    None where the user has no home folder, or where somebody else could have put files into the cache.
    """
    root = os.environ.get("CDKGUARD_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    if not root:
        home = os.path.expanduser("~")
        if home == "~" or not os.path.isdir(home):
            return None
        root = os.path.join(home, ".cache")
    folder = os.path.join(root, "cdkguard", name)
    return folder if _is_ours(os.path.dirname(folder)) and _is_ours(folder) else None


def _is_ours(folder: str) -> bool:
    """Whether the folder is the user's and nobody else may write to it; true where it does not exist yet."""
    if not os.path.exists(folder) or not hasattr(os, "geteuid"):
        return True
    status = os.stat(folder)
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def make_cache_folder(folder: str) -> None:
    """Make a `cache_folder` that nobody else may read, because its files are made from the user's own."""
    for part in (os.path.dirname(folder), folder):
        os.makedirs(part, mode=0o700, exist_ok=True)
