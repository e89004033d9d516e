"""The loop, in a world of lists: looks and checks are given, and no time passes but the test's."""

import gc
import signal
import weakref

import pytest

from cdkguard.errors import ConfigError, SynthError
from cdkguard.model import Report
from cdkguard.watch.loop import World, watch
from cdkguard.watch.pace import RUNS
from cdkguard.watch.sources import Content, Look, Stamp
from tests.support.page_reports import finding


class Ended(Exception):
    """Ctrl-C."""


class Fake:
    """A world in which `edits` happen while the loop sleeps, and `writes` while the app runs."""

    def __init__(self, edits=(), writes=(), results=()):
        self.files, self.now, self.told = {"a.ts": b"0"}, 0.0, []
        self.left = 20  # looks after the last edit
        self.edits, self.writes, self.results = list(edits), list(writes), list(results)

    def world(self):
        return World(
            find_places=lambda: (".",),
            look=lambda places, before: Look({p: Content(Stamp(0, 0, 0), d) for p, d in self.files.items()}),
            check=self.check,
            tell_changed=lambda paths: self.told.append(("changed", *paths)),
            tell_round=lambda found: self.told.append(("round", len(found.new), len(found.gone))),
            tell_failure=lambda stop, seconds, watched: self.told.append(("failed", str(stop))),
            tell_own_writes=lambda paths: self.told.append(("own", *paths)),
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds
        if self.edits:
            self.files.update(self.edits.pop(0))
            return
        self.left -= 1
        if not self.left:
            raise Ended

    def check(self, changed):
        self.now += 3.0
        if self.writes:
            self.files.update(self.writes.pop(0))
        result = self.results.pop(0) if self.results else Report((), (), ())
        if isinstance(result, Exception):
            raise result
        return result

    def watched(self):
        with pytest.raises(Ended):
            watch(self.world())
        return self.told


def judged(*names):
    return Report(tuple(map(finding, names)), (), ())


def test_nothing_runs_where_nothing_changes():
    assert Fake().watched() == [("round", 0, 0)]


def test_a_change_is_checked_once():
    fake = Fake(edits=[{"a.ts": b"1"}], results=[judged("A"), judged("B")])
    assert fake.watched() == [("round", 0, 0), ("changed", "a.ts"), ("round", 1, 1)]


def test_a_burst_is_one_check():
    edits = [{"a.ts": b"1"}, {"b.ts": b"1"}, {"a.ts": b"2"}, {"c.ts": b"1"}]
    assert Fake(edits).watched() == [("round", 0, 0), ("changed", "a.ts", "b.ts", "c.ts"), ("round", 0, 0)]


def test_a_change_while_the_app_runs_starts_it_once_more():
    fake = Fake(writes=[{"a.ts": b"1", "b.ts": b"1"}])
    assert fake.watched() == [("round", 0, 0), ("changed", "a.ts", "b.ts"), ("round", 0, 0)]


def test_what_a_round_leaves_in_circles_is_freed():
    """A short run has the collector off (`__main__`), and a watch would grow by megabytes with each round."""

    class Circle:
        def __init__(self):
            self.itself = self

    class Circles(Fake):
        made = []

        def check(self, changed):
            self.made.append(weakref.ref(Circle()))
            return super().check(changed)

    gc.disable()
    try:
        Circles(edits=[{"a.ts": b"1"}, {}, {}, {"a.ts": b"2"}]).watched()
        assert len(Circles.made) == 3 and not any(made() for made in Circles.made)
    finally:
        gc.enable()


def test_ctrl_c_while_circles_are_freed_ends_the_watch():
    """Python only prints what a callback of the collector raises: Ctrl-C would be lost there."""

    class Circle:
        def __init__(self):
            self.itself = self

    class Interrupted(Fake):
        def check(self, changed):
            self.noticed = weakref.ref(Circle(), lambda _: signal.raise_signal(signal.SIGINT))
            return super().check(changed)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()
    try:
        with pytest.raises(KeyboardInterrupt):
            watch(Interrupted().world())
    finally:
        gc.enable()
        signal.signal(signal.SIGINT, before)


def test_a_failed_round_is_told_and_compared_by_the_one_before_it():
    fake = Fake(
        edits=[{"a.ts": b"1"}, {}, {}, {"a.ts": b"2"}],
        results=[judged("A"), SynthError("the app ended with exit status 1"), judged("A", "B")],
    )
    assert [line for line in fake.watched() if line[0] != "changed"] == [
        ("round", 0, 0),
        ("failed", "the app ended with exit status 1"),
        ("round", 1, 0),
    ]


def test_a_machine_s_fault_is_told_and_a_defect_of_ours_ends_the_watch():
    assert ("failed", "there is not enough memory") in Fake(results=[MemoryError()]).watched()
    with pytest.raises(ZeroDivisionError):
        watch(Fake(results=[ZeroDivisionError()]).world())


def test_an_app_that_writes_into_its_folder_does_not_run_for_ever():
    fake = Fake(writes=[{"built.js": str(number).encode()} for number in range(50)])
    told = fake.watched()
    assert ("own", "built.js") in told
    assert sum(line[0] == "round" for line in told) == RUNS


def test_a_user_s_edit_of_what_the_app_writes_is_checked_between_the_runs():
    writes = [{"built.js": str(number).encode()} for number in range(RUNS)]
    told = Fake(edits=[{}] * 20 + [{"built.js": b"by hand"}], writes=writes).watched()
    assert told[-2:] == [("changed", "built.js"), ("round", 0, 0)]


def test_a_wrong_setting_ends_the_watch_before_anything_runs():
    def refuse():
        raise ConfigError("cdkguard.yaml:1: no setting 'ruels'")

    with pytest.raises(ConfigError):
        watch(Fake().world()._replace(find_places=refuse))
