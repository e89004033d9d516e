"""The folder of the user's cache, and whether it can be trusted."""

from __future__ import annotations

import os


def cache_folder(name: str) -> str | None:
    """A folder of the user's cache; None where there is no home for one."""
    root = os.environ.get("CDKGUARD_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    if not root:
        home = os.path.expanduser("~")
        if home == "~" or not os.path.isdir(home):
            return None
        root = os.path.join(home, ".cache")
    folder = os.path.join(root, "cdkguard", name)
    return folder if _is_ours(os.path.dirname(folder)) and _is_ours(folder) else None


def _is_ours(folder: str) -> bool:
    """Whether nobody else can have put anything into the folder, as where it is not there yet."""
    if not os.path.exists(folder) or not hasattr(os, "geteuid"):
        return True
    said = os.stat(folder)
    return said.st_uid == os.geteuid() and not said.st_mode & 0o022


def make_cache_folder(folder: str) -> None:
    """Make a `cache_folder`, which nobody else may read: what is kept there is made of the user's files."""
    for part in (os.path.dirname(folder), folder):
        os.makedirs(part, mode=0o700, exist_ok=True)
