"""A command of the configuration: run by the shell in the user's own work tree, in a process group that never outlives it."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from cdkguard._typing import Any, NamedTuple
from cdkguard.config.preflight import ShellCommand
from cdkguard.system import processes
from cdkguard.system.interrupts import exit_on_termination, hold_signals
from cdkguard.text import credentials

TAIL = 12  # lines of the output that a row shows
_LINE = 400  # characters of one of them
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Ended(NamedTuple):
    """A command that has ended, or was ended."""

    status: int | None  # the exit status; negative: the signal; None: it took too long
    seconds: float
    tail: tuple[str, ...]  # the end of standard output and standard error, without colours and credentials
    problem: str = ""  # why there is no status

    @property
    def words(self) -> str:
        """`exit status 1 after 2.1 s`."""
        if self.status is None:
            return self.problem
        ended = f"ended by signal {-self.status}" if self.status < 0 else f"exit status {self.status}"
        return f"{ended} after {self.seconds:.1f} s"


def run_command(command: ShellCommand, more: Mapping[str, str] = {}) -> Ended:
    """Run a command to its end; whatever happens, no process of its group is left. `more` are environment variables.

    Raises OSError where no process can be started, or the folder is not there.
    """
    began = time.monotonic()
    tail: deque[str] = deque(maxlen=TAIL)
    process: subprocess.Popen[str] | None = None
    with exit_on_termination():
        try:
            with hold_signals():
                process = subprocess.Popen(
                    command.run, shell=True, cwd=command.directory or ".", env={**os.environ, "CI": "true", **more},
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                    text=True, encoding="utf-8", errors="replace",
                )  # fmt: skip
            reader = threading.Thread(target=_keep_tail, args=(process.stdout, tail), daemon=True)
            reader.start()
            status: int | None = process.wait(command.timeout)
            problem = ""
        except subprocess.TimeoutExpired:
            status, problem = None, f"stopped after {command.timeout:g} s, its `timeout`"
        finally:
            if process is not None:
                with hold_signals():
                    processes.end_group(process)
    if process is not None:
        reader.join(2)
    return Ended(status, time.monotonic() - began, _clean(tail), problem)


def _keep_tail(output: Any, tail: deque[str]) -> None:
    with suppress(OSError, ValueError), output:
        while True:
            line = output.readline(1 << 16)  # a line without an end must not fill the memory
            if not line:
                return
            if line.strip():
                tail.append(line.rstrip("\n"))


def _clean(tail: deque[str]) -> tuple[str, ...]:
    text = credentials.hide_credentials("\n".join(_COLOUR.sub("", line)[:_LINE].rstrip() for line in list(tail)))
    return tuple(text.split("\n")) if text else ()
