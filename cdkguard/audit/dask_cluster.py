"""The workers of a Dask cluster, each of which must have the same cdkguard and the same rules.

Dask runs what it is sent, pickled: whoever reaches a scheduler can run code there. Only a trusted cluster, over TLS.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, NamedTuple

from cdkguard.config.settings import Config
from cdkguard.errors import ConfigError, InputError

CONNECTS_IN = 30  # Seconds.
ASKED_EVERY = 5.0  # Seconds: so often we look how many workers there are.
WAITS_FOR_WORKERS = 600.0  # Seconds that a cluster may be without any, as one is that starts them when there is work.


class WorkerFacts(NamedTuple):
    """What a worker has: two with the same facts judge alike."""

    fingerprint: str  # Of cdkguard and its rules; an error in words where they cannot be loaded.
    python: str


@contextmanager
def open_cluster(address: str, config: Config, fingerprint: str) -> Iterator[tuple[Executor, str, Callable[[], int]]]:
    """(executor, the cluster in words, how many units may run at once now) of a scheduler.

    Raises ConfigError where a worker has other rules, InputError where the scheduler does not answer or has no workers.
    """
    distributed = _import_distributed()
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # What it logs, we say in one line.
    try:
        client = distributed.Client(address, timeout=CONNECTS_IN, name="cdkguard-audit")
    except (OSError, TimeoutError, ValueError, TypeError) as problem:  # TypeError: tls:// without certificates.
        raise InputError(f"the Dask scheduler {address} does not answer: {_first_line(problem)}") from problem
    try:
        _shake_hands(client, address, config, fingerprint)
        workers = len(client.nthreads())
        words = f"dask, {workers} worker{'s' if workers > 1 else ''}"
        yield client.get_executor(pure=False, retries=0), words, _Slots(client, address)
    finally:
        client.close(timeout=5)


def _import_distributed() -> Any:
    try:
        import distributed
    except ImportError as problem:
        raise ConfigError("--engine dask needs Dask: pip install 'cdkguard[dask]'") from problem
    return distributed


def is_killed_worker(problem: Exception) -> bool:
    """Whether Dask has given a unit up because the workers that had it were lost, four in turn. It counts the loss of a worker
    for all units that were running there, whichever of them ended it.

    https://distributed.dask.org/en/stable/killed.html
    """
    return bool(isinstance(problem, _import_distributed().KilledWorker))


def describe_worker(config: Config) -> WorkerFacts:
    """What this process has. Runs on every worker."""
    from cdkguard.api.judge import Judge
    from cdkguard.audit.units import describe_judging
    from cdkguard.errors import CdkguardError

    try:
        rules = describe_judging(Judge(config))
    except CdkguardError as problem:
        rules = f"cannot load its rules: {problem}"
    return WorkerFacts(rules, ".".join(map(str, sys.version_info[:2])))


def _shake_hands(client: Any, address: str, config: Config, fingerprint: str) -> None:
    """Ask every worker what it has. One that joins later is asked by its first unit, see `judging.bind_judge`."""
    try:
        answers = client.run(describe_worker, config, on_error="return")
    except Exception as problem:
        raise InputError(f"the Dask workers of {address} do not answer: {_first_line(problem)}") from problem
    if not answers:
        raise InputError(f"the Dask scheduler {address} has no workers")
    ours = WorkerFacts(fingerprint, ".".join(map(str, sys.version_info[:2])))
    for worker, facts in sorted(answers.items()):
        if isinstance(facts, Exception):
            what = _first_line(facts)
        elif tuple(facts) != tuple(ours):
            what = f"{facts[0]} on Python {facts[1]}"
        else:
            continue
        raise ConfigError(
            f"the Dask worker {worker} has {what}; here is {ours.fingerprint} on Python {ours.python}: "
            "install the same cdkguard, rule packs and Python there"
        )


class _Slots:
    """How many units may run at once: one for each thread of the workers that are there now."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._slots, self._asked = 1, float("-inf")
        self._had_workers = time.monotonic()

    def __call__(self) -> int:
        now = time.monotonic()
        if self._client.status != "running":
            raise InputError(f"the Dask scheduler {self._address} is gone: start it, and run again with --resume")
        if now - self._asked >= ASKED_EVERY:
            self._asked = now
            self._slots = max(1, self._count_threads(now))
        return self._slots

    def _count_threads(self, now: float) -> int:
        try:
            threads = int(sum(self._client.nthreads().values()))
        except (OSError, TimeoutError) as problem:
            text = (
                f"the Dask scheduler {self._address} does not answer ({_first_line(problem)}): run again with --resume"
            )
            raise InputError(text) from problem
        if threads:
            self._had_workers = now
        elif now - self._had_workers >= WAITS_FOR_WORKERS:
            text = f"the Dask cluster {self._address} has had no workers for {WAITS_FOR_WORKERS / 60:.0f} minutes"
            raise InputError(f"{text}: start some, and run again with --resume")
        return threads


def _first_line(problem: object) -> str:
    lines = str(problem).strip().splitlines()
    return lines[0][:300] if lines else type(problem).__name__
