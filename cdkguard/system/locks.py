"""A file that one process at a time holds."""

from __future__ import annotations

import os
from contextlib import suppress


class Lock:
    """A file that is held until `let_go`, or until nobody knows this lock any more, or the process ends, however it ends."""

    def __init__(self, path: str, handle: int) -> None:
        self._path, self._handle = path, handle

    def let_go(self) -> None:
        """Let others hold the file, which is removed."""
        with suppress(OSError):
            os.unlink(self._path)
        self.close()

    def close(self) -> None:
        """Let others hold the file."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def __del__(self) -> None:
        self.close()


def hold(path: str) -> Lock | None:
    """Hold the file, which is made where it is not there; None where another process, or another lock, holds it.

    Where the system or the file system has no such locks (Windows, some network drives) it is held by whoever asks. Raises
    OSError where the file cannot be made.
    """
    lock = Lock(path, os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666))
    try:
        import fcntl
    except ImportError:
        return lock
    try:
        fcntl.flock(lock._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError:
        return lock
    return lock
