"""The child process that judges: a request on standard input, events and one answer on standard output, a JSON line each.

A process for each request keeps the server's own state and output out of reach of an app, and ends what it has started
when the client gives up: by SIGTERM, or when the server is gone and standard input with it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading

from cdkguard._typing import Any, Json, TextIO, cast
from cdkguard.errors import ExitCode, stop_of
from cdkguard.system.interrupts import exit_on_termination


class _Events:
    """A terminal to those who draw progress on it; each new line becomes an event."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.last = out, ""

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        pass

    def write(self, text: str) -> None:
        line = text.removeprefix("\r\x1b[K").strip()
        if line and line != self.last:
            self.last = line
            self.send({"progress": line[:200]})

    def send(self, event: Json) -> None:
        self.out.write(json.dumps(event) + "\n")
        self.out.flush()


def run() -> None:
    """Answer one request, and end the process."""
    gc.disable()  # As in every short run, see __main__.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Whatever an app or a library prints is no event.
    events = _Events(cast(Any, out))
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):  # The server is gone, or has given up.
        return
    request = json.loads(line)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    with exit_on_termination():
        events.send(_answer(request, cast(Any, events)))


def _end_with_the_server() -> None:
    while os.read(0, 1):  # It ends when the server closes it, in whatever way.
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _answer(values: dict[str, Json], progress: TextIO) -> dict[str, Json]:
    """{"answer": ...} or {"error": one sentence, "details": ..., "exitStatus": ...}."""
    from cdkguard.servers.jobs import JOBS
    from cdkguard.servers.requests import read_request

    try:
        request = read_request(values)
        return {"answer": JOBS[request.job](request, progress)}
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > 128:  # interrupts.Terminated
            raise
        return _error("something that it called wanted to end it, so nothing was judged", "", ExitCode.INPUT)
    except Exception as problem:
        stop = stop_of(problem)
        if stop is not None:
            sentence, _, details = str(stop).partition("\n")
            return _error(sentence, details, stop.exit_code)
        import traceback

        traceback.print_exc()
        return _error("that is a bug in cdkguard, so nothing was judged; please report it", "", ExitCode.BUG)


def _error(sentence: str, details: str, status: ExitCode) -> dict[str, Json]:
    return {"error": sentence, "details": details, "exitStatus": int(status)}
