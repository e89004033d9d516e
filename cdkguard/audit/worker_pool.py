"""An executor on one machine: processes with threads, in which a call outlives the process that it was running in.

A unit waits for AWS most of its time, so each process works at several at once, as a Dask worker with threads does.
`ProcessPoolExecutor` runs one call a process, and gives all calls up when it loses a process.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any

PATIENCE = 2.0  # Seconds that a process has to end.


class WorkerLost(Exception):
    """The process of a call was killed, and the one in which the call ran again, alone, as well."""


class _Died(Exception):
    """The process ended before it answered."""


class WorkerPool(Executor):
    """`processes` processes with `threads` threads each; nobody else's process or signal is touched.

    A call whose process is lost runs again, one at a time in a process of its own; if that one is lost, too, the call
    raises WorkerLost, and all others go on.
    """

    def __init__(self, processes: int, threads: int) -> None:
        self.slots = processes * threads
        self._processes = [_Process(threads) for _ in range(processes)]
        self._free: SimpleQueue[tuple[_Process, int]] = SimpleQueue()
        for lane in range(threads):
            for process in self._processes:
                self._free.put((process, lane))
        self._callers = ThreadPoolExecutor(self.slots, "cdkguard-call")
        self._alone = threading.Lock()
        self._closed = False

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Call the function in one of the processes; it, its arguments and its result must be picklable."""
        return self._callers.submit(self._call, (function, arguments, named))

    def _call(self, call: Any) -> Any:
        process, lane = self._free.get()
        try:
            return process.call(lane, call)
        except _Died:
            if self._closed:
                raise WorkerLost("the pool was closed") from None
        finally:
            self._free.put((process, lane))
        with self._alone:
            return self._call_alone(call)

    def _call_alone(self, call: Any) -> Any:
        process = _Process(1)
        try:
            return process.call(0, call)
        except _Died as death:
            raise WorkerLost(f"its worker process was lost twice ({death})") from death
        finally:
            process.close()

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        return [process.pid for process in self._processes if process.pid is not None]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; without `wait`, also those in the middle of a call, which then raises WorkerLost."""
        if wait:
            self._callers.shutdown(wait=True, cancel_futures=cancel_futures)
        self._closed = True
        for process in self._processes:
            process.close()
        self._callers.shutdown(wait=True, cancel_futures=True)


class _Process:
    """A process with a pipe for each of its threads; it starts at the first call, and another one when it was lost."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pipes: list[Connection] = []
        self._process: Any = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def call(self, lane: int, call: Any) -> Any:
        """The result of a call in the process; raises what it raises, or _Died."""
        process, pipe = self._start(lane)
        try:
            pipe.send(call)
            succeeded, value = pipe.recv()
        except (EOFError, OSError) as problem:
            raise _Died(self._bury(process)) from problem
        if succeeded:
            return value
        raise value

    def _start(self, lane: int) -> tuple[Any, Connection]:
        with self._lock:
            if self._closed:
                raise _Died("closed")
            if self._process is None:
                # A fork would copy the locks of this process's threads as they are, a spawned process has none.
                context = multiprocessing.get_context("spawn")
                pairs = [context.Pipe() for _ in range(self._threads)]
                self._process = context.Process(target=_serve, args=([there for _here, there in pairs],), daemon=True)
                self._process.start()
                for _here, there in pairs:
                    there.close()  # Its end is the process's alone, so that we see when that is gone.
                self._pipes = [here for here, _there in pairs]
            return self._process, self._pipes[lane]

    def _bury(self, process: Any) -> str:
        """Make room for the next process; how this one ended, in words."""
        with self._lock:
            if process is self._process:
                process.join(PATIENCE)
                self._process = None
            code = process.exitcode
        return f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"

    def close(self) -> None:
        with self._lock:
            self._closed = True
            process, pipes = self._process, self._pipes
        if process is None:
            return
        process.terminate()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join(PATIENCE)
        del pipes


# -- in the process


def _serve(pipes: list[Connection]) -> None:
    """Answer calls until the program that started this process ends or closes the pipes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the program ends its processes.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for pipe in pipes:
        threading.Thread(target=_answer_calls, args=(pipe,), daemon=True).start()
    parent = multiprocessing.parent_process()
    wait([parent.sentinel] if parent is not None else [])
    os._exit(0)


def _answer_calls(pipe: Connection) -> None:
    while True:
        try:
            function, arguments, named = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)  # The program is gone.
        except Exception as problem:
            answer: tuple[bool, Any] = (False, RuntimeError(f"a call that cannot be read: {problem!r}"))
        else:
            try:
                answer = (True, function(*arguments, **named))
            except Exception as problem:
                answer = (False, _picklable(problem))
        try:
            pipe.send(answer)
        except OSError:
            os._exit(0)
        except Exception as problem:
            pipe.send((False, RuntimeError(f"a result that cannot be sent: {problem!r}")))


def _picklable(problem: Exception) -> Exception:
    import pickle

    try:
        pickle.loads(pickle.dumps(problem))
    except Exception:
        return RuntimeError("".join(traceback.format_exception(problem)))
    return problem
