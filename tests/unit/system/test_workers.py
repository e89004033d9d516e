"""What ends a forked worker before its time, and that none outlives the call."""

import os
import signal
import time

import pytest

from cdkguard.errors import InputError
from cdkguard.system.workers import run_in_processes


def test_a_worker_that_dies_is_an_error():
    def die(work):
        if 1 in work:
            os.kill(os.getpid(), signal.SIGKILL)
        return work

    with pytest.raises(InputError, match="signal 9"):
        run_in_processes([0, 1, 2], die, 2)


def test_a_worker_that_leaves_early_is_an_error():
    with pytest.raises(InputError, match="status 0"):
        run_in_processes([0, 1], lambda work: os._exit(0) if 1 in work else work, 2)


def test_a_defect_in_a_worker_is_told_with_its_traceback():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_in_processes([0, 1], lambda work: 1 // (1 - work[0]), 2)


def test_no_child_outlives_a_failure_of_the_parent(tmp_path):
    def work_until_told(work):
        if 1 in work:
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(60)
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_processes([0, 1], work_until_told, 2)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
