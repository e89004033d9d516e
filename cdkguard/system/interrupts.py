"""Ctrl-C and SIGTERM: what must not be left half done is finished first, and what was made for the run is removed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cdkguard._typing import Any

# Those that end a program and that it may answer; SIGHUP comes when its terminal is closed.
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_SILENT = tuple(number for number in _ENDING if number != signal.SIGINT)  # without us, nothing would be cleaned up


def _in_main_thread() -> bool:
    threading = sys.modules.get("threading")  # importing it costs a tenth of a start-up; who has threads has done so
    return threading is None or threading.current_thread() is threading.main_thread()


class Terminated(SystemExit):
    """A signal ended the run; its status is the shell's for that signal."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


@contextmanager
def exit_on_termination() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind like Ctrl-C, so that children are stopped and temporary folders removed."""
    if not _in_main_thread():
        yield
        return
    before: dict[int, Any] = {}
    try:
        for number in _SILENT:
            if signal.getsignal(number) == signal.SIG_DFL:  # whoever has an answer of his own, or ignores it, keeps it
                before[number] = signal.SIG_DFL
                signal.signal(number, _leave)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: object) -> None:
    raise Terminated(number)


class hold_signals:
    """A block that signals do not cut in two: those that come take effect at its end."""

    def __enter__(self) -> None:
        self._came: tuple[int, Any] | None = None
        self._before: dict[int, Any] = {}
        if not _in_main_thread():  # only the main thread is interrupted
            return
        try:
            for number in _ENDING:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._before[number] = handler
                    signal.signal(number, self._note)
        except BaseException:
            self._restore()
            raise

    def __exit__(self, *_error: object) -> None:
        self._restore()
        if self._came is not None:
            number, frame = self._came
            self._before[number](number, frame)

    def _note(self, number: int, frame: object) -> None:
        self._came = (number, frame)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
