"""The standard streams of the process: UTF-8 in any locale, and an error where output is lost."""

from __future__ import annotations

import io
import os
import sys

from cdkguard.errors import InputError


def open_streams() -> None:
    """Make standard output and error usable, whatever the process was started with."""
    # A file that is opened later would take the number of a stream that is closed, and be written to. Where standard
    # output is closed, reading its stand-in is what fails at the first write.
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)

    out = sys.stdout
    buffer = out.buffer if isinstance(out, io.TextIOWrapper) else open(1, "wb", closefd=False)  # noqa: SIM115
    sys.stdout = _Output(
        buffer, encoding="utf-8", errors="backslashreplace", line_buffering=sys.__stdout__ is not None and out.isatty()
    )

    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    elif sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


class _Output(io.TextIOWrapper):
    """Standard output. Raises InputError where something that was written to it is lost."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as problem:
            raise self._lost(problem) from problem

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as problem:
            raise self._lost(problem) from problem

    def _lost(self, problem: OSError) -> Exception:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # else Python tries the rest again at its end
        if isinstance(problem, BrokenPipeError):
            return problem
        return InputError(f"standard output cannot be written: {problem.strerror}; a report that nobody has is no pass")
