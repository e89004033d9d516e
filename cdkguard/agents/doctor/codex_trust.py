"""Whether Codex trusts our hook: Codex itself is asked, which alone can compare a hook with what was reviewed.

`codex app-server` answers JSON lines; `hooks/list` names each hook with its trust (tried with 0.171).
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time

from cdkguard._typing import Json
from cdkguard.agents.doctor.rows import AGENTS, Row
from cdkguard.system import processes
from cdkguard.system.interrupts import exit_on_termination, hold_signals

SECONDS = 10.0
ADVICE = "trust the project, open /hooks in Codex and trust the hook, again after each change"
_NAME = "Codex trust"


def examine_codex_trust(program: str | None, root: str) -> Row:
    """The row; not known where Codex is not installed, or does not answer."""
    hooks = list_hooks(program, root) if program else None
    if hooks is None:
        text = "whether the hook was reviewed, only Codex knows"
        text += ", which did not say" if program else ", which is not installed here"
        return Row(AGENTS, _NAME, "unknown", text, ADVICE)
    ours = [
        hook for hook in hooks if " agents hook" in str(hook.get("command")) and hook.get("eventName") == "preToolUse"
    ]
    states = [str(hook.get("trustStatus")) if hook.get("enabled") else "switched off" for hook in ours]
    evidence = {"states": states}
    if not ours:
        text = "Codex reads no hook of cdkguard here: a project that is not trusted has none"
        return Row(AGENTS, _NAME, "broken", text, ADVICE, evidence)
    if "trusted" in states or "managed" in states:
        return Row(AGENTS, _NAME, "ok", "Codex says that the hook is trusted", evidence=evidence)
    return Row(AGENTS, _NAME, "broken", f"Codex says that the hook is {states[0]}: it does not run", ADVICE, evidence)


def list_hooks(program: str, root: str) -> list[dict[str, Json]] | None:
    """The hooks that Codex would run in a folder; None where it does not say within SECONDS."""
    requests: tuple[Json, ...] = (
        {"id": 1, "method": "initialize", "params": {"clientInfo": {"name": "cdkguard-doctor", "version": "1"}}},
        {"method": "initialized"},
        {"id": 2, "method": "hooks/list", "params": {"cwds": [os.path.realpath(root)]}},
    )
    sent = "".join(json.dumps(request) + "\n" for request in requests).encode()
    try:
        answer = _exchange([program, "app-server"], sent)
    except OSError:
        return None
    data = answer.get("result") if answer else None
    folders = data.get("data") if isinstance(data, dict) else None
    if not isinstance(folders, list):
        return None
    found = [hook for folder in folders if isinstance(folder, dict) for hook in folder.get("hooks") or ()]
    return [hook for hook in found if isinstance(hook, dict)]


def _exchange(words: list[str], sent: bytes) -> dict[str, Json] | None:
    """The answer with the id 2 of a server, which is ended after it. Raises OSError."""
    process: subprocess.Popen[bytes] | None = None
    with exit_on_termination():
        try:
            with hold_signals():
                process = subprocess.Popen(
                    words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
                )  # fmt: skip
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(sent)
            process.stdin.flush()
            return _read_answer(process.stdout.fileno())
        finally:
            if process is not None:
                with hold_signals():
                    processes.end_group(process)  # type: ignore[arg-type]
                    for pipe in (process.stdin, process.stdout):
                        if pipe is not None:
                            _close(pipe)


def _close(pipe: object) -> None:
    try:
        pipe.close()  # type: ignore[attr-defined]
    except OSError:
        return  # what was not sent is lost with the server


def _read_answer(number: int) -> dict[str, Json] | None:
    end, text = time.monotonic() + SECONDS, b""
    while (left := end - time.monotonic()) > 0 and select.select([number], [], [], left)[0]:
        piece = os.read(number, 1 << 16)
        if not piece:
            return None
        *lines, text = (text + piece).split(b"\n")
        for line in lines:
            try:
                found = json.loads(line)
            except ValueError:
                continue  # a line for people
            if isinstance(found, dict) and found.get("id") == 2:
                return found
    return None
