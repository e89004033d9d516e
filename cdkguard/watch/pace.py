"""When another check is due: changes have rested, and what each run writes by itself starts none."""

from __future__ import annotations

from collections.abc import Collection, Mapping

Versions = Mapping[str, bytes | None]  # path of a changed file -> what it holds now, None where it is gone

QUIET = 0.2  # seconds without a further change, after which a burst of saves has ended
MOST = 2.0  # seconds after which a check is due in any case
RUNS = 3  # runs in a row that change a file, after which it counts as written by the app


class Pace:
    """Decides whether changes have rested, by what each look at the files has seen."""

    def __init__(self, quiet: float = QUIET, most: float = MOST) -> None:
        self._quiet, self._most = quiet, most
        self._last: Versions = {}
        self._began = self._rests_since = 0.0

    def is_due(self, changed: Versions, now: float) -> bool:
        """Whether a check is due, where `changed` differs from what was checked; `now` is in seconds."""
        if not changed:  # Also where an edit was undone.
            self._last = {}
            return False
        if not self._last:
            self._began = now
        if changed != self._last:
            self._last, self._rests_since = dict(changed), now
        is_due = now - self._rests_since >= self._quiet or now - self._began >= self._most
        if is_due:
            self._last = {}
        return is_due


class OwnWrites:
    """Knows the files that the app, or its build, changes in each run: they would start the next run for ever."""

    def __init__(self, runs: int = RUNS) -> None:
        self._runs = runs
        self._counts: dict[str, int] = {}

    def note_run(self, changed: Collection[str]) -> frozenset[str]:
        """The files among those that changed during a run that do so in each run.

        A file that a run leaves alone counts as the user's again.
        """
        self._counts = {path: self._counts.get(path, 0) + 1 for path in changed}
        return frozenset(path for path, count in self._counts.items() if count >= self._runs)
