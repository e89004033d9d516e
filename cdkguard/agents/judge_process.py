"""Starts the judge, a process of its own that loads the engine, and ends it where it takes too long."""

from __future__ import annotations

import os
import subprocess
import sys

from cdkguard.agents.exchange import read_decision, write_request
from cdkguard.agents.nouns import Decision, Request
from cdkguard.errors import InputError
from cdkguard.system.interrupts import hold_signals
from cdkguard.system.processes import end_group

# Not `-m`: with -P, which keeps the folder of the agent off the path, a checkout would not be found.
_START = "import sys; sys.path.append({!r}); from cdkguard.__main__ import run; run()"
_PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_INSTEAD = "Do not retry or reword it; run `cdkguard agents explain` with it, or ask the human."


def ask_judge(request: Request) -> Decision:
    """The judge's decision; one that does not let the line run where the judge fails or is too slow."""
    try:
        out, err, status = _run_judge(write_request(request), request.call.directory, request.seconds)
    except subprocess.TimeoutExpired:
        reason = f"cdkguard could not tell within {request.seconds:.0f} s what this would delete. {_INSTEAD}"
        return Decision("ask", f"{describe(request)}: {reason}", evidence={"failure": "timeout"})
    except (OSError, ValueError) as problem:
        return _failed(request, f"it cannot be started: {problem}")
    if status:
        return _failed(request, _last_line(err) or f"it ended with status {status}")
    try:
        return read_decision(_last_line(out))
    except InputError as problem:
        return _failed(request, str(problem))


def describe(request: Request) -> str:
    """The tools and verbs that the line would run, for the beginning of a reason."""
    named = dict.fromkeys(f"{action.tool} {action.verb}".strip() for action in request.line.actions)
    return ", ".join(named) or request.call.tool or "this"


def _failed(request: Request, why: str) -> Decision:
    reason = f"{describe(request)}: cdkguard's judge failed, so nothing is known of what this would delete ({why}). "
    return Decision("deny", reason + _INSTEAD, evidence={"failure": "judge"})


def _run_judge(text: str, directory: str, seconds: float) -> tuple[str, str, int]:
    """(standard output, standard error, status) of the judge. Raises OSError, subprocess.TimeoutExpired."""
    command = [sys.executable, "-P", "-c", _START.format(_PACKAGE_PARENT), "agents", "judge"]
    process: subprocess.Popen[str] | None = None
    try:
        with hold_signals():
            process = subprocess.Popen(
                command, cwd=directory if os.path.isdir(directory) else None, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True, encoding="utf-8",
                errors="replace",
            )  # fmt: skip
        out, err = process.communicate(text, timeout=seconds)
        return out, err, process.returncode
    finally:
        if process is not None and process.returncode is None:
            with hold_signals():
                end_group(process)


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")
