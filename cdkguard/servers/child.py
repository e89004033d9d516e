"""Runs one request in a child process: hands on its progress, and ends it with all that it has started."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.errors import ExitCode
from cdkguard.servers.requests import Request

TICK = 1.0  # seconds from one word of progress to the next
PATIENCE = 8.0  # seconds that the child has to end an app, which takes up to four
_LONGEST_LINE = 4_000_000
_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# With -P nothing in the current folder is imported. What this process has imported cdkguard from comes last on the path.
_CODE = "import sys; sys.path.append(sys.argv[1]); from cdkguard.servers.worker import run; run()"

Progress = Callable[[float, str], Awaitable[None]]


class Failed(NamedTuple):
    """Why there is no answer, in one sentence; `details` quotes what an app has written at its end."""

    sentence: str
    details: str = ""
    status: int = int(ExitCode.INPUT)


async def ask_child(request: Request, report: Progress) -> dict[str, Any] | Failed:
    """The answer to a request. Whatever ends the call, neither the child nor an app that it runs is left."""
    process = await anyio.open_process(
        [sys.executable, "-P", "-c", _CODE, _PACKAGES], stderr=None, start_new_session=True
    )
    try:
        return await _converse(process, request, report)
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)


async def _converse(process: Process, request: Request, report: Progress) -> dict[str, Any] | Failed:
    assert process.stdin is not None and process.stdout is not None
    with suppress(anyio.BrokenResourceError):  # a child that ended at its start; its lines will say so
        await process.stdin.send(json.dumps(request._asdict()).encode() + b"\n")
    phase = ["judging"]
    answer: dict[str, Any] | Failed = Failed("the judgement ended without an answer, so nothing is known")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_tick, phase, report)
        lines = BufferedByteReceiveStream(process.stdout)
        while True:
            try:
                event = json.loads(await lines.receive_until(b"\n", _LONGEST_LINE))
            except (anyio.IncompleteRead, anyio.EndOfStream, anyio.DelimiterNotFound, ValueError):
                break
            if "progress" in event:
                phase[0] = event["progress"]
                continue
            answer = _read_answer(event)
            break
        tasks.cancel_scope.cancel()
    return answer


def _read_answer(event: dict[str, Json]) -> dict[str, Any] | Failed:
    if "answer" in event:
        found: dict[str, Any] = event["answer"]
        return found
    return Failed(event["error"], event["details"], event["exitStatus"])


async def _tick(phase: list[str], report: Progress) -> None:
    began = time.monotonic()
    while True:
        await report(round(time.monotonic() - began, 1), phase[0])
        await anyio.sleep(TICK)


async def _end(process: Process) -> None:
    """End the child: by SIGTERM, after which it ends what it runs, then by SIGKILL."""
    if process.returncode is None:
        assert process.stdin is not None
        with suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            await process.stdin.aclose()  # The child's sign to end; after its answer it ends by itself.
        with anyio.move_on_after(PATIENCE):
            await process.wait()
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        await process.wait()
    await process.aclose()
