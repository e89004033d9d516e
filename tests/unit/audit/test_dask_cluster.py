"""The slots of a Dask cluster: a scheduler that is gone and one without workers end an audit in words."""

from types import SimpleNamespace

import pytest

from cdkguard.audit import dask_cluster
from cdkguard.errors import InputError


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(dask_cluster.time, "monotonic", lambda: clock.now)
    return clock


def slots_of(client):
    return dask_cluster._Slots(client, "tcp://x:8786")


def test_each_thread_is_a_slot_and_is_counted_every_few_seconds(clock):
    threads = {"a": 8, "b": 8}
    slots = slots_of(SimpleNamespace(status="running", nthreads=lambda: threads))
    assert slots() == 16
    threads["c"] = 8
    assert slots() == 16
    clock.now += dask_cluster.ASKED_EVERY
    assert slots() == 24


def test_a_scheduler_that_is_gone_is_told_at_once(clock):
    client = SimpleNamespace(status="running", nthreads=lambda: {"a": 8})
    slots = slots_of(client)
    slots()
    client.status = "connecting"
    with pytest.raises(InputError, match="tcp://x:8786 is gone: .*--resume"):
        slots()


@pytest.mark.parametrize("problem", [OSError("refused"), TimeoutError("in 30 s")])
def test_a_scheduler_that_does_not_answer_is_told(clock, problem):
    def fail():
        raise problem

    with pytest.raises(InputError, match=rf"does not answer \({problem}\): .*--resume"):
        slots_of(SimpleNamespace(status="running", nthreads=fail))()


def test_a_cluster_may_be_without_workers_for_a_while_and_no_longer(clock):
    threads = {}
    slots = slots_of(SimpleNamespace(status="running", nthreads=lambda: threads))
    for _minute in range(9):
        assert slots() == 1
        clock.now += 60
    threads["a"] = 8
    assert slots() == 8
    threads.clear()
    clock.now += 599
    assert slots() == 1
    clock.now += 60
    with pytest.raises(InputError, match="has had no workers for 10 minutes: start some, and run again with --resume"):
        slots()
