"""The pool of processes with threads: a call outlives its process, and one that kills every process harms no other."""

import os
import signal
import threading
import time
from concurrent.futures import Executor, wait

import pytest

from cdkguard.audit.worker_pool import WorkerLost, WorkerPool


@pytest.fixture
def pool():
    with WorkerPool(2, 2) as pool:
        yield pool


def square(number):
    return os.getpid(), number * number


def meet(number, folder):
    """Return when `number` calls are in this function at once."""
    with open(os.path.join(folder, f"{os.getpid()}-{threading.get_ident()}"), "w"):
        pass
    for _ in range(500):
        if len(os.listdir(folder)) >= number:
            return os.getpid()
        time.sleep(0.01)
    raise TimeoutError(str(os.listdir(folder)))


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(file):
    """Kill the process the first time, and answer the second time."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return "second"
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


class OwnError(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


def fail(kind):
    raise ValueError("this one") if kind == "plain" else OwnError("two", "arguments")


def test_it_is_an_executor_whose_calls_run_in_other_processes(pool):
    assert isinstance(pool, Executor)
    found = list(pool.map(square, range(20)))
    assert [value for _pid, value in found] == [number * number for number in range(20)]
    assert os.getpid() not in {pid for pid, _value in found}


def test_each_process_works_at_several_calls_at_once(pool, tmp_path):
    pids = [future.result(10) for future in [pool.submit(meet, 4, str(tmp_path)) for _ in range(4)]]
    assert sorted(pids.count(pid) for pid in set(pids)) == [2, 2]


def test_a_call_whose_process_is_killed_runs_again(pool, tmp_path):
    futures = [pool.submit(square, number) for number in range(10)]
    futures.insert(3, pool.submit(die_once, str(tmp_path / "died")))
    found = [future.result(30) for future in futures]
    assert found.pop(3) == "second"
    assert [value for _pid, value in found] == [number * number for number in range(10)]


def test_a_call_that_kills_every_process_is_lost_alone(pool):
    futures = [pool.submit(die) if number == 3 else pool.submit(square, number) for number in range(12)]
    wait(futures, 30)
    lost = [number for number, future in enumerate(futures) if future.exception() is not None]
    assert lost == [3]
    problem = futures[3].exception()
    assert isinstance(problem, WorkerLost)
    assert str(problem) == "its worker process was lost twice (by signal 9)"


def test_an_error_arrives_as_it_is_and_the_process_goes_on(pool):
    with pytest.raises(ValueError, match="this one"):
        pool.submit(fail, "plain").result(10)
    with pytest.raises(RuntimeError, match="two arguments"):
        pool.submit(fail, "own").result(10)
    assert pool.submit(square, 3).result(10)[1] == 9


def test_what_cannot_be_sent_is_an_error_of_that_call(pool):
    with pytest.raises(Exception, match="pickle|local"):
        pool.submit(lambda: 1).result(10)
    with pytest.raises(RuntimeError, match="cannot be sent"):
        pool.submit(threading.Lock).result(10)
    assert pool.submit(square, 3).result(10)[1] == 9


def test_closing_without_waiting_ends_the_processes_in_the_middle_of_a_call():
    pool = WorkerPool(1, 2)
    pid, _nine = pool.submit(square, 3).result(10)
    futures = [pool.submit(time.sleep, 60) for _ in range(3)]
    began = time.monotonic()
    pool.shutdown(wait=False, cancel_futures=True)
    assert time.monotonic() - began < 10
    assert all(future.cancelled() or isinstance(future.exception(), WorkerLost) for future in futures)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
