"""Programs that are run for their answer, each in a process group of its own that never outlives the call."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.system.interrupts import exit_on_termination, hold_signals

PATIENCE = 2.0  # seconds that a program has to end by itself


class Answer(NamedTuple):
    """How a program ended (negative: by that signal), and what it said."""

    status: int
    out: str
    err: str

    @property
    def ended(self) -> str:
        """In words."""
        return f"it was ended by signal {-self.status}" if self.status < 0 else f"exit status {self.status}"


def run(
    command: Sequence[str],
    directory: str | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
    **options: Any,
) -> Answer:
    """The program's answer; raises OSError where it cannot be started, subprocess.TimeoutExpired after `timeout` seconds.

    `options` are subprocess.Popen's. Ctrl-C at the terminal ends the program through us, so that git can clean up.
    """
    process: subprocess.Popen[str] | None = None
    with exit_on_termination():
        try:
            with hold_signals():
                process = subprocess.Popen(
                    command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    start_new_session=True, text=True, encoding="utf-8", **options,
                )  # fmt: skip
            out, err = process.communicate(timeout=timeout)
            return Answer(process.returncode, out, err or "")
        finally:
            if process is not None and process.returncode is None:
                with hold_signals():
                    end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End what is left of the process's group, kindly first: git puts away what it has begun."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        try:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        except (ProcessLookupError, PermissionError):
            break  # all of it has ended
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            continue
