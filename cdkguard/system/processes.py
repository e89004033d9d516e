"""Programs that are run for their output, each in a process group of its own, which never outlives the call."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.system.interrupts import exit_on_termination, hold_signals

PATIENCE = 2.0  # seconds that a program has to end after a signal


class Completed(NamedTuple):
    """A program that has ended, with its output."""

    status: int  # the exit status; negative: the signal that ended it
    out: str
    err: str

    @property
    def status_words(self) -> str:
        """The status as messages write it."""
        return f"it was ended by signal {-self.status}" if self.status < 0 else f"exit status {self.status}"


def run(
    command: Sequence[str],
    directory: str | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
    **options: Any,
) -> Completed:
    """Run a program to its end.

    Raises OSError where it cannot be started, subprocess.TimeoutExpired after `timeout` seconds. `options` are
    subprocess.Popen's. Ctrl-C at the terminal reaches us alone, and we end the program with SIGTERM, after which git
    removes its lock files.
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
            return Completed(process.returncode, out, err or "")
        finally:
            if process is not None and process.returncode is None:
                with hold_signals():
                    end_group(process)
                    for pipe in (process.stdout, process.stderr):
                        if pipe is not None:
                            pipe.close()


def end_group(process: subprocess.Popen[str], interrupts: bool = False) -> None:
    """End what is left of the process's group: by SIGTERM, after which git cleans up, then by SIGKILL.

    `interrupts`: by SIGINT first, as Ctrl-C at a terminal would, after which programs in Python clean up.
    """
    first = [signal.SIGINT] if interrupts and hasattr(os, "killpg") else []
    for number in (*first, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        try:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        except (ProcessLookupError, PermissionError):
            break  # all processes of the group have ended
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            continue
