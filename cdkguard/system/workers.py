"""Work shared among forked processes, of which none outlives the call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from cdkguard._typing import Any
from cdkguard.errors import InputError, stop_of


def run_in_processes(work: Sequence[Any], function: Callable[[Sequence[Any]], Any], processes: int) -> list[Any]:
    """The function's results for the shares of the work: of `processes` shares, the nth has every nth piece.

    This process does the first share, and a forked one each of the others, so that the function and the work need not be
    pickled; the results must be. An error that ends a child ends the call, as does a child that ends without a result:
    raises what the child raised if it stops a run (CdkguardError), InputError where a child cannot be started or was
    killed, RuntimeError with the child's traceback for a defect.
    """
    if processes == 1:
        return [function(work)]
    from cdkguard.system.interrupts import exit_on_termination, hold_signals

    children: list[_Child] = []
    with exit_on_termination():
        try:
            for at in range(1, processes):
                with hold_signals():
                    children.append(_Child(work[at::processes], function))
            own: Any = function(work[::processes])
            return [own, *(child.read_result() for child in children)]
        finally:
            with hold_signals():
                for child in children:
                    child.end()


class _Child:
    """A forked process: it has all of this process's memory already, and sends back its result."""

    def __init__(self, work: Sequence[Any], function: Callable[[Sequence[Any]], Any]) -> None:
        self._status: int | None = None
        try:
            self._pipe, write = os.pipe()
            try:
                self.pid = os.fork()
            except BaseException:
                os.close(self._pipe)
                os.close(write)
                raise
        except OSError as problem:
            raise InputError(f"a worker process cannot be started: {problem.strerror}: try --jobs 1") from problem

        if self.pid == 0:
            _work_and_exit(write, work, function)
        os.close(write)

    def read_result(self) -> Any:
        """The function's result, when the child has ended; raises as `run_in_processes`."""
        import pickle

        with open(self._pipe, "rb", closefd=False) as pipe:
            sent = pipe.read()
        self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if self._status != 0 or not sent:
            how = f"by signal {-self._status}" if self._status < 0 else f"with status {self._status}"
            raise InputError(f"a worker process ended {how} before it had judged its stacks: try --jobs 1")

        try:
            kind, value = pickle.loads(sent)
        except (EOFError, pickle.UnpicklingError) as problem:
            raise InputError("half of what a worker process found has arrived: try --jobs 1") from problem
        if kind == "stop":
            raise value
        if kind == "bug":
            raise RuntimeError(f"in a worker process:\n{value}")
        return value

    def end(self) -> None:
        """Kill the child where its result was not read, and close its pipe."""
        import signal

        if self._status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass  # it has ended by itself
        os.close(self._pipe)


def _work_and_exit(write: int, work: Sequence[Any], function: Callable[[Sequence[Any]], Any]) -> None:
    """Run the child from its beginning to its end.

    It must neither return into the parent's code nor write what the parent's streams had buffered when it was forked.
    """
    status = 1
    try:
        import signal

        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        import pickle

        try:
            result = ("value", function(work))
        except Exception as problem:
            import traceback

            stop = stop_of(problem)
            result = ("stop", stop) if stop is not None else ("bug", traceback.format_exc())
        sent = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
        with open(write, "wb") as pipe:
            pipe.write(sent)
        status = 0
    finally:
        os._exit(status)
