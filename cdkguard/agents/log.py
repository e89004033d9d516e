"""`.cdkguard/agents.jsonl` in the repository: who asked what, and what was answered. Failing to write it changes nothing."""

from __future__ import annotations

import json
import os
import stat
import time

from cdkguard import __version__
from cdkguard._typing import Json
from cdkguard.agents.concern import find_repository
from cdkguard.agents.nouns import Action, Decision, Request

FOLDER, FILE, OLDER_FILE = ".cdkguard", "agents.jsonl", "agents.1.jsonl"
LARGEST = 1 << 20  # bytes, after which the file becomes the older one
LONGEST = 2000  # characters of a command or reason
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def write_entry(request: Request, decision: Decision, seconds: float, is_fresh: bool) -> None:
    """Write a line about a call that was ours, unless the team has switched the log off."""
    if decision.evidence.get("log") is False:
        return
    root = find_repository(request.call.directory)
    if root is None:
        return
    try:
        _append(root, json.dumps(describe_entry(request, decision, seconds, is_fresh)))
    except (OSError, ValueError):
        return


def describe_entry(request: Request, decision: Decision, seconds: float, is_fresh: bool) -> dict[str, Json]:
    """The line's members; commands without what has the shape or the name of a secret."""
    from cdkguard.agents.redaction import redact_command

    call = request.call
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "version": __version__,
        "host": call.host,
        "session": call.session[:200],
        "event": call.event,
        "tool": call.tool[:200],
        "directory": call.directory,
        "command": redact_command(call.command)[:LONGEST],
        "paths": [path[:500] for path in call.paths[:20]],
        "actions": [_describe_action(action) for action in request.line.actions[:20]],
        "answer": decision.answer,
        "reason": redact_command(decision.reason)[:LONGEST],
        "environment": decision.environment,
        "token": decision.token,
        "failure": decision.evidence.get("failure"),
        "kept": not is_fresh,
        "seconds": round(seconds, 2),
    }


def _describe_action(action: Action) -> dict[str, Json]:
    return {"kind": action.kind, "tool": action.tool, "verb": action.verb, "stacks": list(action.stacks[:20]), "via": list(action.via[:10])}  # fmt: skip


def _append(root: str, line: str) -> None:
    """Append a line. Raises OSError, also where a link stands in the place of the folder or the file."""
    folder = os.path.join(root, FOLDER)
    if not os.path.lexists(folder):
        os.mkdir(folder, 0o700)
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        raise NotADirectoryError(folder)
    _ignore(folder)
    path = os.path.join(folder, FILE)
    if os.path.lexists(path) and os.lstat(path).st_size > LARGEST:
        os.replace(path, os.path.join(folder, OLDER_FILE))
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NOFOLLOW, 0o600)
    with open(number, "a", encoding="utf-8") as handle:
        handle.write(line + "\n")  # at once: several hooks may write at the same time


def _ignore(folder: str) -> None:
    """Keep git from seeing the folder."""
    path = os.path.join(folder, ".gitignore")
    if not os.path.lexists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o600), "w") as handle:
            handle.write("*\n")
