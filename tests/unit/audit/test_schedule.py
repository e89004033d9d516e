"""The order of units: places side by side, one unit of a place at a time, and nothing that happens is lost."""

import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from cdkguard.audit.nouns import Place, StackEntry
from cdkguard.audit.schedule import AHEAD, Finished, Listed, Schedule, Unlisted, pack_unit
from cdkguard.errors import BaselineError, InputError

PLACES = [Place(f"{number:012d}", "eu-west-1") for number in range(6)]


def units_of(place, number):
    stack = StackEntry(*place, stack_id="a", name="a", status="CREATE_COMPLETE")
    return tuple(pack_unit(f"{place.account}/{at}", place, (stack,)) for at in range(number))


class Watch:
    """Judges by counting who is at work at once."""

    def __init__(self, slots, units=3):
        self.lock, self.slots, self.units = threading.Lock(), slots, units
        self.working, self.most, self.most_of_place = Counter(), 0, 0
        self.order, self.listed = [], []

    def list_place(self, place):
        self.listed.append(place)
        return Listed(place, units_of(place, self.units))

    def judge(self, unit):
        with self.lock:
            self.working[unit.place] += 1
            self.most = max(self.most, sum(self.working.values()))
            self.most_of_place = max(self.most_of_place, max(self.working.values()))
            self.order.append(unit.id)
        threading.Event().wait(0.002)
        with self.lock:
            self.working[unit.place] -= 1
        return unit.id

    def run(self, places=PLACES, make_unit=lambda unit: unit):
        with ThreadPoolExecutor(self.slots) as executor:
            schedule = Schedule(executor, lambda: self.slots, self.list_place, make_unit, self.judge)
            yield from schedule.run(places)


@pytest.mark.parametrize("slots", [1, 2, 4, 20])
def test_every_unit_comes_back_once_and_one_of_a_place_runs_at_a_time(slots):
    watch = Watch(slots)
    finished = [event for event in watch.run() if isinstance(event, Finished)]
    assert sorted(event.unit.id for event in finished) == sorted(u.id for place in PLACES for u in units_of(place, 3))
    assert all(event.result == event.unit.id for event in finished)
    assert watch.most_of_place == 1
    assert watch.most <= slots


def test_places_run_in_turn():
    watch, both = Watch(2), threading.Barrier(2, timeout=60)
    judge = watch.judge

    def wait_for_the_other_place(unit):
        if unit.id.endswith("/0"):
            both.wait()  # A second unit of one place in front of the first one of the other would wait in vain.
        return judge(unit)

    watch.judge = wait_for_the_other_place
    list(watch.run(PLACES[:2]))
    assert sorted(watch.order[:2]) == [f"{place.account}/0" for place in PLACES[:2]]


def test_no_more_places_are_listed_than_are_needed():
    watch = Watch(2)
    many = [Place(f"{number:012d}", "eu-west-1") for number in range(100)]
    events = watch.run(many)
    next(events)
    assert len(watch.listed) <= 2 + AHEAD + 1
    events.close()


def test_a_place_that_is_not_listed_and_one_without_stacks_are_told():
    class Half(Watch):
        def list_place(self, place):
            if place == PLACES[0]:
                raise BaselineError("denied")
            return Listed(place, ())

    events = sorted(Half(2).run(PLACES[:2]), key=lambda event: event.place)
    assert isinstance(events[0], Unlisted) and str(events[0].problem) == "denied"
    assert events[1] == Listed(PLACES[1], ())


def test_a_unit_that_raises_is_told_and_the_next_one_of_its_place_runs():
    class Raising(Watch):
        def judge(self, unit):
            if unit.id.endswith("/1"):
                raise ValueError(unit.id)
            return unit.id

    finished = {event.unit.id: event for event in Raising(3).run(PLACES[:2]) if isinstance(event, Finished)}
    assert len(finished) == 6
    assert {name for name, event in finished.items() if event.failure} == {f"{p.account}/1" for p in PLACES[:2]}


def test_a_unit_without_credentials_is_told():
    def make_unit(unit):
        raise BaselineError("expired")

    events = [event for event in Watch(2).run(PLACES[:1], make_unit) if isinstance(event, Finished)]
    assert [str(event.failure) for event in events] == ["expired"] * 3


def test_a_scheduler_that_is_gone_stops_the_audit():
    answers = iter([2, 2])

    def count_slots():
        try:
            return next(answers)
        except StopIteration:
            raise InputError("gone") from None

    watch = Watch(2)
    with ThreadPoolExecutor(2) as executor, pytest.raises(InputError, match="gone"):
        list(Schedule(executor, count_slots, watch.list_place, lambda unit: unit, watch.judge).run(PLACES))


@pytest.mark.parametrize(("say", "message"), [("gone: --resume", "gone: --resume"), ("", "given one up: run again with --resume")])  # fmt: skip
def test_units_that_somebody_else_gives_up_stop_the_audit_in_one_line(say, message):
    """As Dask does with all futures of a client whose scheduler ends."""

    class GivesUp(ThreadPoolExecutor):
        def submit(self, *_call):
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            given_up.append(future)
            return future

    given_up = []

    def count_slots():
        if given_up and say:
            raise InputError(say)
        return 2

    watch = Watch(2)
    with GivesUp(2) as executor, pytest.raises(InputError, match=message):
        list(Schedule(executor, count_slots, watch.list_place, lambda unit: unit, watch.judge).run(PLACES))


def test_who_runs_the_units_is_asked_again_while_nothing_happens(monkeypatch):
    monkeypatch.setattr("cdkguard.audit.schedule.LOOKS_EVERY", 0.01)
    asked = []

    def count_slots():
        asked.append(1)
        if len(asked) > 20:
            raise InputError("no workers")
        return 1

    watch, done = Watch(1), threading.Event()
    watch.judge = lambda unit: done.wait(60)
    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(InputError, match="no workers"):
            list(Schedule(executor, count_slots, watch.list_place, lambda unit: unit, watch.judge).run(PLACES[:1]))
        done.set()


def test_units_that_were_lost_beside_others_run_again_alone_when_all_others_are_done():
    class Lost(Exception):
        """With its worker."""

    watch, runs = Watch(4), Counter()
    deadly = f"{PLACES[0].account}/1"

    def judge(unit):
        runs[unit.id] += 1
        if unit.id == deadly or (unit.place in PLACES[1:3] and unit.id.endswith("/0") and runs[unit.id] == 1):
            raise Lost(unit.id)
        if runs[unit.id] > 1:
            assert not +watch.working
        return Watch.judge(watch, unit)

    with ThreadPoolExecutor(4) as executor:
        schedule = Schedule(
            executor, lambda: 4, watch.list_place, lambda unit: unit, judge, lambda problem: isinstance(problem, Lost)
        )
        finished = [event for event in schedule.run(PLACES) if isinstance(event, Finished)]
    assert len({event.unit.id for event in finished}) == len(finished) == 18
    assert [event.unit.id for event in finished if event.failure] == [deadly]
    suspects = {deadly, *(f"{place.account}/0" for place in PLACES[1:3])}
    assert (
        {event.unit.id for event in finished[-3:]} == suspects == {unit for unit, number in runs.items() if number == 2}
    )
