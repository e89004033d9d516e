"""The loop of a watch: look, wait until changes rest, check, tell, for ever."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Sequence

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.errors import CdkguardError, stop_of
from cdkguard.model import Report
from cdkguard.outputs.watch_round import Round
from cdkguard.system.interrupts import hold_signals
from cdkguard.watch.compare import compare_reports
from cdkguard.watch.pace import OwnWrites, Pace
from cdkguard.watch.sources import NOTHING, Look

if TYPE_CHECKING:
    from typing import NoReturn

BETWEEN_LOOKS = 0.25  # seconds
_SHARE = 20  # A look takes at most this part of the time.


class World(NamedTuple):
    """What the loop does to the world; a test gives its own."""

    find_places: Callable[[], Sequence[str]]  # Raises ConfigError.
    look: Callable[[Sequence[str], Look], Look]
    check: Callable[[Collection[str]], Report]  # The files that changed -> the report; raises CdkguardError.
    tell_changed: Callable[[Sequence[str]], None]  # before a check that changes have started
    tell_round: Callable[[Round], None]
    tell_failure: Callable[[CdkguardError, float, str], None]  # the error, the seconds, what is watched
    tell_own_writes: Callable[[Sequence[str]], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]


def watch(world: World) -> NoReturn:
    """Check at once, then after each change. Only an exception ends it, such as that of Ctrl-C."""
    _Watch(world).run_for_ever()


class _Watch:
    def __init__(self, world: World) -> None:
        self._world = world
        self._places = tuple(world.find_places())
        self._checked = world.look(self._places, NOTHING)  # The files as the last check has found them.
        self._report: Report | None = None  # of the last round that judged
        self._own: frozenset[str] = frozenset()
        self._writes = OwnWrites()

    def run_for_ever(self) -> NoReturn:
        self._run_round(())
        pace = Pace()
        while True:
            began = self._world.clock()
            now = self._world.look(self._places, self._checked)
            changed = now.versions_since(self._checked)
            if pace.is_due(changed, self._world.clock()):
                self._checked = now
                self._world.tell_changed(sorted(changed))
                self._run_round(tuple(changed))
                continue
            self._world.sleep(max(BETWEEN_LOOKS, _SHARE * (self._world.clock() - began)))

    def _run_round(self, changed: Sequence[str]) -> None:
        world, began = self._world, self._world.clock()
        try:
            report = world.check(changed)
            self._find_places_anew()
        except Exception as problem:
            stop = stop_of(problem)
            if stop is None:  # a defect of ours
                raise
            world.tell_failure(stop, world.clock() - began, self._describe_watched())
        else:
            found = compare_reports(self._report, report)
            if not report.errors:  # Else what was not read would be missing in the next comparison.
                self._report = report
            world.tell_round(found._replace(seconds=world.clock() - began, watched=self._describe_watched()))
        self._leave_out_own_writes()
        # `__main__` has switched the collector off, and each round leaves some MB that refer to each other. Held, because
        # Python would only print a KeyboardInterrupt that comes in a callback of the collector.
        with hold_signals():
            gc.collect()

    def _find_places_anew(self) -> None:
        """A configuration that changed may name other packs, an installation other packages of the repository."""
        places = tuple(self._world.find_places())
        if places != self._places:
            added = frozenset(self._world.look(places, self._checked).files) - frozenset(self._checked.files)
            self._places = places
            self._checked = self._checked.with_files_of(self._world.look(places, self._checked), added)

    def _leave_out_own_writes(self) -> None:
        """What changed during the round starts another one, except what changes in each round."""
        now = self._world.look(self._places, self._checked)
        own = self._writes.note_run(now.versions_since(self._checked))
        if own - self._own:
            self._world.tell_own_writes(sorted(own - self._own))
        self._own = own
        self._checked = self._checked.with_files_of(now, own)

    def _describe_watched(self) -> str:
        number = len(self._checked.files)
        if self._checked.is_cut:
            return f"the first {number:,} files watched, deeper ones not"
        return f"{number:,} file{'' if number == 1 else 's'} watched"
