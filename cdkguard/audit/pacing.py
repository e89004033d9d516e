"""Pace and count of the calls to one place: CloudFormation refuses more than so many a second, and does not say how many."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any


class Pace:
    """At most `rate` calls a second, whichever thread makes them. A pause is not made up for by a burst."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap, self._clock, self._sleep = 1 / rate, clock, sleep
        self._next = clock()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next call may be made."""
        with self._lock:
            now = self._clock()
            mine = max(now, self._next)
            self._next = mine + self._gap
        if mine > now:
            self._sleep(mine - now)


class PacedClient:
    """A client whose calls keep the pace, and are counted: by method, and as "refused" where AWS asked to come again."""

    def __init__(self, client: Any, pace: Pace, counts: Counter[str]) -> None:
        self._client, self._pace, self._counts = client, pace, counts
        self._lock = threading.Lock()

    @property
    def meta(self) -> Any:
        """The client's own, by which `call_aws` knows the service."""
        return self._client.meta

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self._pace.wait()
            refused = 0
            try:
                answer = getattr(self._client, method)(**arguments)
                refused = _retries_of(answer)
                return answer
            except Exception as problem:
                refused = _retries_of(getattr(problem, "response", None))
                raise
            finally:
                with self._lock:
                    self._counts[method] += 1
                    self._counts["refused"] += refused

        return call


def _retries_of(answer: Any) -> int:
    """How often botocore made the call again."""
    metadata = answer.get("ResponseMetadata") if isinstance(answer, dict) else None
    return int((metadata or {}).get("RetryAttempts") or 0)
