"""Folders for the time of a run, removed whatever ends it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def temporary_folder() -> Iterator[str]:
    """A temporary folder, which is removed after the block, whatever ends it."""
    from tempfile import mkdtemp

    from cdkguard.system.interrupts import exit_on_termination, hold_signals

    folder = None

    def remove() -> None:
        if folder is not None and os.path.lexists(folder):
            with hold_signals():
                remove_folder(folder)

    with exit_on_termination():
        # A signal may cut a removal short in the lines before it holds signals back; then the other one removes the folder.
        try:
            try:
                with hold_signals():
                    folder = mkdtemp(prefix="cdkguard-")
                yield folder
            finally:
                remove()
        finally:
            remove()


def remove_folder(folder: str) -> None:
    """Remove the folder with all that is in it, as far as the system allows."""
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        # A program that was just ending wrote into it, or made folders that nobody may write to.
        with suppress(OSError):
            _make_writable(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _make_writable(folder: str) -> None:
    os.chmod(folder, stat.S_IRWXU)
    for directory, folders, _names in os.walk(folder):
        for name in folders:
            inner = os.path.join(directory, name)
            if not os.path.islink(inner):  # a link may lead to the user's own files
                os.chmod(inner, stat.S_IRWXU)
