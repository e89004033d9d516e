"""Which unit runs when: places side by side, one unit of a place at a time.

The limit of an audit is how many calls AWS takes for one place, so what counts is to call many places at once. Ordered so,
the same calls take a twentieth of the time that they take place after place.
"""

from __future__ import annotations

import pickle
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, NamedTuple

from cdkguard.audit.nouns import Place, StackEntry
from cdkguard.audit.units import Unit, UnitResult
from cdkguard.errors import BaselineError, InputError

LISTERS = 16  # Places that are listed at once; a page of a listing takes about a second.
LOOKS_EVERY = 5.0  # Seconds, so that a cluster that is gone, or has no workers, is noticed.
AHEAD = 8  # Places that are listed before a worker is free for them: their stacks wait in memory.


class NamedUnit(NamedTuple):
    """A unit that is to run, with its id in the result."""

    id: str
    place: Place
    packed: bytes
    size: int  # Number of stacks.

    @property
    def stacks(self) -> tuple[StackEntry, ...]:
        """Its stacks. They lie packed in memory: those of all listed places wait here, and are a tenth as large."""
        found: tuple[StackEntry, ...] = pickle.loads(zlib.decompress(self.packed))
        return found


def pack_unit(unit_id: str, place: Place, stacks: tuple[StackEntry, ...]) -> NamedUnit:
    """A unit of these stacks."""
    return NamedUnit(unit_id, place, zlib.compress(pickle.dumps(stacks), 1), len(stacks))


class Listed(NamedTuple):
    """A place was listed: the units that are to run, and those that a former run has finished."""

    place: Place
    units: tuple[NamedUnit, ...]
    done: tuple[NamedUnit, ...] = ()


class Unlisted(NamedTuple):
    """A place was not listed."""

    place: Place
    problem: BaselineError


class Finished(NamedTuple):
    """A unit came back; `failure` says why it is lost, where it is."""

    unit: NamedUnit
    result: UnitResult | None
    failure: Exception | None = None


Event = Listed | Unlisted | Finished


class Schedule:
    """One audit's way through its places."""

    def __init__(
        self,
        executor: Executor,
        count_slots: Callable[[], int],
        list_place: Callable[[Place], Listed],
        make_unit: Callable[[NamedUnit], Unit],
        judge: Callable[[Unit], UnitResult],
        is_suspect: Callable[[Exception], bool] = lambda problem: False,
    ) -> None:
        """`count_slots` says how many units may run at once, now; `make_unit` may raise BaselineError.

        `is_suspect` says whether a unit was lost with a worker that others were running on: it runs again, with no other
        one beside it, when all others are done. If it is lost again, then it is the one that ends its workers.
        """
        self._executor, self._count_slots = executor, count_slots
        self._list_place, self._make_unit, self._judge, self._is_suspect = list_place, make_unit, judge, is_suspect
        self._ready: deque[deque[NamedUnit]] = deque()  # Of each place that has units and runs none.
        self._running: dict[Future[UnitResult], tuple[NamedUnit, deque[NamedUnit]]] = {}
        self._listing: dict[Future[Listed], Place] = {}
        self._suspects: deque[NamedUnit] = deque()
        self._alone: NamedUnit | None = None  # The suspect that runs.

    def run(self, places: Sequence[Place]) -> Iterator[Event]:
        """List the places and run their units; what happens, as it happens."""
        waiting = deque(places)
        try:
            while waiting or self._listing or self._ready or self._running or self._suspects:
                if not (waiting or self._listing or self._ready or self._running):
                    self._alone = self._suspects.popleft()
                    self._ready.append(deque([self._alone]))
                slots = max(1, self._count_slots())
                yield from self._start_units(slots)
                self._start_listing(waiting, slots)
                futures: list[Future[Any]] = [*self._running, *self._listing]
                done, _pending = wait(futures, LOOKS_EVERY, FIRST_COMPLETED)
                for future in done:
                    if future in self._running:
                        yield from self._end_unit(future)
                    else:
                        yield from self._end_listing(future)
        finally:
            for future in self._running:
                future.cancel()

    def _start_listing(self, waiting: deque[Place], slots: int) -> None:
        while waiting and len(self._listing) < LISTERS:
            if len(self._listing) + len(self._ready) + len(self._running) >= slots + AHEAD:
                break
            place = waiting.popleft()
            self._listing[_call_in_thread(self._list_place, place)] = place

    def _end_listing(self, future: Future[Listed]) -> Iterator[Event]:
        place = self._listing.pop(future)
        try:
            listed = future.result()
        except BaselineError as problem:
            yield Unlisted(place, problem)
            return
        if listed.units:
            self._ready.append(deque(listed.units))
        yield listed

    def _start_units(self, slots: int) -> Iterator[Event]:
        while self._ready and len(self._running) < slots:
            left = self._ready.popleft()
            unit = left.popleft()
            try:
                future = self._executor.submit(self._judge, self._make_unit(unit))
            except BaselineError as problem:
                yield Finished(unit, None, problem)
                if left:
                    self._ready.append(left)
                continue
            self._running[future] = (unit, left)

    def _end_unit(self, future: Future[UnitResult]) -> Iterator[Event]:
        unit, left = self._running.pop(future)
        if left:
            self._ready.append(left)
        if future.cancelled():  # Not by us: whoever runs it is gone, and with it all others.
            self._count_slots()
            raise InputError("whoever runs the units of work has given one up: run again with --resume")
        problem = future.exception()
        if problem is not None and not isinstance(problem, Exception):
            raise problem
        if problem is not None and unit is not self._alone and self._is_suspect(problem):
            self._suspects.append(unit)
            return
        yield Finished(unit, None if problem else future.result(), problem)


def _call_in_thread(function: Callable[[Place], Listed], place: Place) -> Future[Listed]:
    """A call in a thread that nobody waits for when the program ends: it may hang for minutes where AWS does not answer."""
    future: Future[Listed] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = function(place)
        except BaseException as problem:
            future.set_exception(problem)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="cdkguard-list", daemon=True).start()
    return future
