"""`cdkguard agents hook`: a host's payload on standard input, an answer in the host's own way; its statuses are 0 and 2."""

from __future__ import annotations

import os

from cdkguard.agents.payload_input import read_payload

DENIED = 2  # the status that every host takes for "do not run this", with the reason on standard error


def answer_payload() -> int:
    """Read a payload and answer it; returns the exit status. Nothing is judged yet, so nothing is let through."""
    try:
        read_payload()
        reason = "cdkguard cannot judge commands yet"
    except OSError as problem:
        reason = f"cdkguard: standard input cannot be read: {problem.strerror}"
    os.write(2, f"{reason}\n".encode())
    return DENIED
