"""Runs a hook as its host would, and reads its answer: from a clean PATH, with a sample payload."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.agents.doctor.samples import DESTROYING, HARMLESS, TABLE, payload_of
from cdkguard.system import files, processes

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Verdict: TypeAlias = Literal["deny", "ask", "silent", "allow", "failed", "late"]

SECONDS = 130.0  # more than the hook's own deadline, less than the time that the files give it
_WORDS = {"deny": "deny", "block": "deny", "ask": "ask", "force_ask": "ask", "allow": "allow", "approve": "allow"}
# A POSIX shell that runs a command with a file as its standard input.
_SHELL = ("/bin/sh", "-c", 'exec <"$1"; eval "$2"', "sh")
_PLUGIN = """
const plugin = (await import(process.argv[1])).default
const hooks = await plugin.server({directory: process.argv[3], worktree: process.argv[3]})
try { await hooks["tool.execute.before"]({tool: "bash", sessionID: "cdkguard-doctor"}, {args: {command: process.argv[2]}}) }
catch (problem) { console.error(problem.message); process.exit(2) }
"""


class Answer(NamedTuple):
    """What a hook answered."""

    verdict: Verdict
    reason: str
    seconds: float


class Proof(NamedTuple):
    """The answers to a command that concerns nobody, and to one that destroys production."""

    harmless: Answer
    destroying: Answer

    @property
    def holds(self) -> bool:
        """Whether the hook lets the one pass, and stops the other for the table that it would delete."""
        is_stopped = self.destroying.verdict in ("deny", "ask") and TABLE in self.destroying.reason
        return self.harmless.verdict in ("silent", "allow") and is_stopped


def prove_command(host: str, command: str, root: str, sample: str, environment: Mapping[str, str]) -> Proof:
    """The answers of a hook's command, run in the repository's root, about the app in the folder `sample`."""
    return Proof(*(_ask(host, command, line, root, sample, environment) for line in (HARMLESS, DESTROYING)))


def _ask(host: str, command: str, line: str, root: str, sample: str, environment: Mapping[str, str]) -> Answer:
    file = os.path.join(os.path.dirname(sample), f"{os.path.basename(sample)}.payload.json")
    try:
        files.write(file, payload_of(host, line, sample))
        return _run(host, [*_SHELL, file, command], root, environment)
    finally:
        if os.path.exists(file):
            os.unlink(file)


def prove_plugin(path: str, node: str, root: str, sample: str, environment: Mapping[str, str]) -> Proof:
    """The answers of OpenCode's plugin, which Node runs as OpenCode's Bun does."""
    words = [node, "--input-type=module", "-e", _PLUGIN, f"file://{path}"]
    first, second = (_run("opencode", [*words, line, sample], root, environment) for line in (HARMLESS, DESTROYING))
    return Proof(first, second)


def _run(host: str, words: Sequence[str], root: str, environment: Mapping[str, str]) -> Answer:
    began = time.monotonic()
    try:
        done = processes.run(words, directory=root, environment=environment, timeout=SECONDS, stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        return Answer("late", f"no answer within {SECONDS:.0f} s", SECONDS)
    except OSError as problem:
        return Answer("failed", f"cannot be started: {problem.strerror}", 0.0)
    verdict, reason = read_answer(host, done.status, done.out, done.err)
    return Answer(verdict, reason, time.monotonic() - began)


def read_answer(host: str, status: int, out: str, err: str) -> tuple[Verdict, str]:
    """What the host would take the output for, and the reason with it."""
    last = (err.strip().splitlines() or [""])[-1]
    if status == 2 and host != "antigravity":  # which documents JSON alone
        return ("deny", err.strip()) if err.strip() else ("failed", "exit status 2 without a word on standard error")
    if status != 0:
        return "failed", f"exit status {status}: {last}" if last else f"exit status {status}"
    if not out.strip():
        return "silent", ""
    try:
        found = json.loads(out)
    except (ValueError, RecursionError):
        return "failed", f"no JSON on standard output: {out.strip()[:80]}"
    word, reason = _decision(found if isinstance(found, dict) else {})
    verdict = _WORDS.get(word)
    return ("failed", f"no decision in {out.strip()[:80]}") if verdict is None else (_verdict(verdict), reason)


def _verdict(word: str) -> Verdict:
    return "deny" if word == "deny" else "ask" if word == "ask" else "allow"


def _decision(found: Mapping[str, Json]) -> tuple[str, str]:
    inner = found.get("hookSpecificOutput")
    if isinstance(inner, dict) and "permissionDecision" in inner:
        found = inner
    for name in ("permissionDecision", "permission", "decision"):
        if isinstance(found.get(name), str):
            reasons = (
                found.get(key) for key in ("permissionDecisionReason", "user_message", "reason", "agent_message")
            )
            return str(found[name]), next((str(reason) for reason in reasons if reason), "")
    return "", ""
