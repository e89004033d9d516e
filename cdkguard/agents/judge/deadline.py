"""A limit of time that ends the judgement with its own clean-up, before the hook has to kill it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from cdkguard.system.interrupts import in_main_thread


class TimeLimitError(BaseException):
    """The time is over. No `except Exception` on the way stops it."""


@contextmanager
def limit_time(seconds: float) -> Iterator[None]:
    """A block that raises TimeLimitError when the seconds are over; where the system has no timer, the hook's holds."""
    if not hasattr(signal, "setitimer") or not in_main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _raise_time_limit)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _raise_time_limit(_number: int, _frame: object) -> None:
    raise TimeLimitError
