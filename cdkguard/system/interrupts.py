"""Ctrl-C and SIGTERM: a step that must not be cut in two is finished first, and the run's own files are removed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cdkguard._typing import Any

# The signals that end a program unless it handles them; SIGHUP comes when its terminal is closed.
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
# Those for which Python has no handler of its own, so that a program would end without any clean-up.
_UNHANDLED = tuple(number for number in _ENDING if number != signal.SIGINT)


def in_main_thread() -> bool:
    """Whether Python delivers signals to this thread."""
    # Importing `threading` costs a tenth of a start-up; a program that has threads has imported it.
    threading = sys.modules.get("threading")
    return threading is None or threading.current_thread() is threading.main_thread()


class Terminated(SystemExit):
    """A signal ended the run; its status is the shell's for that signal."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


@contextmanager
def exit_on_termination() -> Iterator[None]:
    """A block in which SIGTERM and SIGHUP raise Terminated, as Ctrl-C raises KeyboardInterrupt.

    The `finally` blocks inside then stop children and remove temporary folders. A signal that the calling program handles
    or ignores is left alone, and so are all signals in other threads, which Python does not interrupt.
    """
    if not in_main_thread():
        yield
        return
    before: dict[int, Any] = {}
    try:
        for number in _UNHANDLED:
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.SIG_DFL
                signal.signal(number, _raise_terminated)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise_terminated(number: int, _frame: object) -> None:
    raise Terminated(number)


class hold_signals:
    """A block that signals do not interrupt: one that comes takes effect at the end of the block."""

    def __enter__(self) -> None:
        self._came: tuple[int, Any] | None = None
        self._before: dict[int, Any] = {}
        if not in_main_thread():  # Python runs signal handlers in the main thread only
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
