"""The process of an app or of its build command: its output, its timeout, and how it failed."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from cdkguard._typing import TextIO
from cdkguard.errors import SynthError
from cdkguard.system import processes
from cdkguard.system.interrupts import exit_on_termination, hold_signals

TAIL = 20  # lines of the app's output that an error repeats
_NOT_FOUND = re.compile(
    r"^\S*(?:sh|env): (?:line )?(?:\d+: )?(.+?): (?:command not found|not found|No such file or directory)$"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BANNER = re.compile(r"^(?:b')?!!.*!!|^!{20,}|^b'!+")  # jsii's warning about the age of Node


class AppProcess:
    """A shell command in a process group of its own, which never outlives the call of `run`."""

    def __init__(
        self,
        command: str,
        directory: str,
        environment: Mapping[str, str],
        deadline: float | None,
        progress: TextIO | None,
        advise: Callable[[Sequence[str]], str] | None = None,
    ) -> None:
        self.command, self.deadline = command, deadline
        self.advise = advise  # the end of the output of a command that failed -> what to do, in words, or nothing
        self.directory, self.environment = directory, environment
        self.tail: deque[str] = deque(maxlen=TAIL)
        self.progress = progress if progress is not None and progress.isatty() else None
        self._lock = threading.Lock()
        self._drawn = False
        self._is_ended = False  # Whether the app was ended while it ran.
        self._is_shown = True  # Whether standard error has taken every line of the app's output.
        self.process: subprocess.Popen[str] | None = None
        self.reader: threading.Thread | None = None

    def run(self, what: str) -> None:
        """Run the command to its end; raises SynthError unless it succeeds.

        `what` names the command in messages. Whatever happens, no process of it is left.
        """
        began = time.monotonic()
        with exit_on_termination():
            try:
                with hold_signals():
                    self._start(what)
                status = self._wait(what, began)
            finally:
                with hold_signals():
                    self._stop()
                    self._erase()
        if status != 0:
            words, output = self._failure_words(what, status)
            advice = self.advise([_COLOUR.sub("", line) for line in self.tail]) if self.advise else ""
            words += f"\n{advice}" if advice else ""
            raise SynthError(words + output, shown=output if self._is_shown else "")

    def _start(self, what: str) -> None:
        try:
            self.process = subprocess.Popen(
                self.command, shell=True, cwd=self.directory, env=dict(self.environment), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, text=True, encoding="utf-8",
                errors="replace",
            )  # fmt: skip
        except OSError as problem:
            raise SynthError(f"{what} cannot be started: {problem.strerror}: {self.command}") from problem
        reader = threading.Thread(target=self._forward, args=(self.process.stdout,), daemon=True)
        try:
            reader.start()
        except RuntimeError as problem:  # no more threads
            raise SynthError(f"{what} cannot be watched: {problem}: {self.command}") from problem
        self.reader = reader

    def _wait(self, what: str, began: float) -> int:
        assert self.process is not None and self.reader is not None
        while True:
            try:
                status = self.process.wait(0.1)
                self.reader.join(2)
                return status
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                self._draw(now - began)
                if self.deadline is not None and now > self.deadline:
                    raise SynthError(
                        f"{what} was stopped after {now - began:.0f} s (--timeout): {self.command}"
                    ) from None

    def _failure_words(self, what: str, status: int) -> tuple[str, str]:
        """Why the command failed, and the end of its output, as a message repeats it."""
        lines = [plain for line in self.tail if (plain := _COLOUR.sub("", line)).strip()]
        unknown = next((found for line in reversed(lines) if (found := _NOT_FOUND.match(line))), None)
        if status == 127:  # of the shell, or of env in a script's first line: "env: 'node': No such file or directory"
            name = unknown.group(1).strip("'\"‘’") if unknown else self.command.split()[0]
            return (
                f"{what} cannot be run: a command is not found (is {name} installed and on the PATH?): {self.command}",
                "\n" + _indent(lines[-3:]),
            )
        ended = f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"
        return f"{what} {ended}: {self.command}", "\n" + _indent(lines) if lines else ""

    def _forward(self, output: TextIO) -> None:
        """Copy the app's output to our standard error, because standard output is the report's."""
        # Where it cannot be read it is closed, because the app would wait for a reader for ever.
        with suppress(OSError), output:
            for line in output:
                if not _BANNER.match(line):
                    self.tail.append(line.rstrip("\n"))
                    self._show(line)

    def _show(self, line: str) -> None:
        if self._is_ended:  # Python says at length where Ctrl-C met it.
            return
        # Where standard error is closed the app's output is still read, so that the app can go on.
        with self._lock:
            try:
                self._clear()
                sys.stderr.write(line)
                sys.stderr.flush()
            except OSError:
                self._is_shown = False

    def _draw(self, seconds: float) -> None:
        if self.progress is not None and seconds > 0.3:
            with self._lock:
                name = self.command if len(self.command) <= 50 else self.command[:49] + "…"
                self.progress.write(f"\r\x1b[Ksynthesizing: {name} {seconds:.0f} s")
                self.progress.flush()
                self._drawn = True

    def _clear(self) -> None:
        if self._drawn and self.progress is not None:
            self.progress.write("\r\x1b[K")
            self.progress.flush()
            self._drawn = False

    def _erase(self) -> None:
        with self._lock:
            self._clear()

    def _stop(self) -> None:
        if self.process is not None:
            self._is_ended = self.process.poll() is None
            processes.end_group(self.process, interrupts=True)
        if self.reader is not None:
            self.reader.join(1)


def _indent(lines: list[str]) -> str:
    return "\n".join(f"  | {line}" for line in lines)
