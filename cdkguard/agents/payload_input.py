"""Reads a host's payload from standard input within limits of time and size: some hosts never close it."""

from __future__ import annotations

import os
import sys
import time

SECONDS = 2.0  # until what has come is taken for all
LONGEST = 8 << 20  # bytes; of what is longer nothing is judged
_PAUSE = 0.2  # seconds without a byte behind a closing brace, after which the payload counts as complete
_PIECE = 1 << 16


def read_payload(number: int = 0, seconds: float = SECONDS, longest: int = LONGEST) -> tuple[bytes, bool]:
    """(what stands on standard input, whether that is all): not all of what is longer than `longest`, or comes too late.

    Raises OSError where it cannot be read.
    """
    if sys.platform == "win32":
        return _read_beside(number, seconds, longest)
    import select

    pieces: list[bytes] = []
    size, end = 0, time.monotonic() + seconds
    while size <= longest:
        left = end - time.monotonic()
        is_complete = bool(pieces) and pieces[-1].rstrip().endswith(b"}")
        if left <= 0 or not select.select([number], [], [], min(left, _PAUSE) if is_complete else left)[0]:
            break
        piece = os.read(number, _PIECE)
        if not piece:
            return b"".join(pieces), True
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces), False


def _read_beside(number: int, seconds: float, longest: int) -> tuple[bytes, bool]:
    """The same by a thread, as Windows can wait for sockets only. An error of reading ends it with what has come."""
    import threading

    pieces: list[bytes] = []
    ends: list[bool] = []

    def read() -> None:
        while sum(map(len, pieces)) <= longest:
            piece = os.read(number, _PIECE)
            if not piece:
                ends.append(True)
                return
            pieces.append(piece)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(seconds)
    return b"".join(pieces), bool(ends)
