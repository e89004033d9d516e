"""Remembers what a session was told after its edits, so that nothing is handed back twice: not every host says so itself."""

from __future__ import annotations

import hashlib
import os
import time

from cdkguard.system.cache import cache_folder, make_cache_folder

SECONDS = 24 * 3600.0  # after which a session counts as another one


def is_news(session: str, reason: str) -> bool:
    """Whether the session has not been told this yet; notes that it is now. False where that cannot be noted."""
    folder = cache_folder("agents-told")
    if folder is None:
        return False
    name = hashlib.sha256(f"{session}\0{reason}".encode("utf-8", "surrogatepass")).hexdigest()
    try:
        make_cache_folder(folder)
        _remove_old(folder)
        os.close(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:  # it is there, or cannot be made
        return False
    return True


def _remove_old(folder: str) -> None:
    with os.scandir(folder) as entries:
        old = [entry.path for entry in entries if time.time() - entry.stat().st_mtime > SECONDS]
    for path in old:
        os.unlink(path)
