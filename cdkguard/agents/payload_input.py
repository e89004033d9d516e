"""Reads a host's payload from standard input, within limits of time and size, since some hosts never close it."""

from __future__ import annotations

import os
import select
import sys
import time

from cdkguard.errors import InputError

SECONDS = 2.0
LONGEST = 1 << 20  # bytes


def read_payload(number: int = 0) -> bytes:
    """What stands on standard input: all of it, or what came within the limits. Raises InputError where nothing did."""
    text, _ = read_with_end(number)
    if not text.strip():
        raise InputError("nothing came on standard input")
    return text


def read_with_end(number: int = 0, seconds: float = SECONDS, longest: int = LONGEST) -> tuple[bytes, bool]:
    """(what came, whether that was all of it). Raises InputError where standard input cannot be read."""
    pieces: list[bytes] = []
    size = 0
    end = time.monotonic() + seconds
    try:
        while size <= longest:
            if sys.platform != "win32":  # Windows can wait for sockets only
                left = end - time.monotonic()
                if left <= 0 or not select.select([number], [], [], left)[0]:
                    return b"".join(pieces), False
            piece = os.read(number, 1 << 16)
            if not piece:
                return b"".join(pieces), True
            pieces.append(piece)
            size += len(piece)
    except (OSError, ValueError) as problem:
        raise InputError(f"standard input cannot be read: {problem}") from problem
    return b"".join(pieces), False
