"""Programs that run beside a test."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def started(command: Sequence[str], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """The program, started; it is killed at the end of the block, so that a test that fails leaves nothing to later ones."""
    with subprocess.Popen(command, **options) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def wait_for_file(path: str | os.PathLike[str], child: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
    """Wait until the program has made the file."""
    deadline = time.monotonic() + seconds
    while not os.path.exists(path):
        assert child.poll() is None, f"ended with {child.returncode} before it made {path}"
        assert time.monotonic() < deadline, f"made no {path} in {seconds} s"
        time.sleep(0.02)
