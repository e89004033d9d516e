"""Where units run: in processes of this machine, or on a Dask cluster. Both are executors of `concurrent.futures`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from cdkguard.config.settings import Config

AT_ONCE = 64  # Units that run at once on one machine: each has a place of its own, and waits for AWS most of its time.


class Engine(NamedTuple):
    """Where units run; `words` name it for the result, `count_slots` says how many units may run at once, now.

    `is_suspect` says of a unit's failure whether it was lost with a worker that others were running on, see `Schedule`.
    """

    executor: Executor
    words: str
    count_slots: Callable[[], int]
    is_suspect: Callable[[Exception], bool] = lambda problem: False  # WorkerPool runs such units again, alone, itself.


@contextmanager
def open_local(processes: int | None, places: int, at_once: int = AT_ONCE) -> Iterator[Engine]:
    """Processes of this machine (None: one for each core) that end with the block."""
    from cdkguard.audit.worker_pool import WorkerPool

    count = min(processes or _count_cores(), max(1, places))
    threads = max(1, min(at_once, places) // count)
    pool = WorkerPool(count, threads)
    try:
        yield Engine(pool, f"local, {count} process{'es' if count > 1 else ''}", lambda: pool.slots)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def open_threads(places: int) -> Iterator[Engine]:
    """Threads of this process, for whoever embeds an audit: a crash of one unit is a crash of all."""
    slots = max(1, min(AT_ONCE, places))
    with ThreadPoolExecutor(slots, "cdkguard-unit") as pool:
        yield Engine(pool, f"{slots} threads", lambda: slots)


@contextmanager
def open_dask(address: str, config: Config, fingerprint: str) -> Iterator[Engine]:
    """The workers of a Dask scheduler; raises ConfigError where one of them has other rules, InputError without any."""
    from cdkguard.audit.dask_cluster import is_killed_worker, open_cluster

    with open_cluster(address, config, fingerprint) as (executor, words, count_slots):
        yield Engine(executor, words, count_slots, is_killed_worker)


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
