"""The forms of a reply that several hosts share. A reason is a line for a model: bounded, never empty, harmless."""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.agents.hosts.host import DENIED, Reply

LONGEST = 1500  # characters of a reason
_NO_REASON = "cdkguard does not let this run, and has no reason to show: ask the human"


def clean_reason(text: str) -> str:
    """The reason as one line of at most LONGEST characters, in which no character hides, breaks or controls anything."""
    from cdkguard.text import escape

    line = escape.terminal(" ".join(escape.storable(text[: LONGEST * 4]).split()))
    line = "".join(char if char.isprintable() else "?" for char in line).strip() or _NO_REASON
    return line if len(line) <= LONGEST else line[: LONGEST - 4].rstrip() + " ..."


def json_reply(value: dict[str, Json]) -> Reply:
    """A JSON object on standard output; the status must be 0, or hosts do not read it."""
    import json

    return Reply(out=json.dumps(value) + "\n")


def deny_by_status(_event: str, reason: str) -> Reply:
    """The reason on standard error, the status 2, and nothing on standard output."""
    return Reply(err=clean_reason(reason) + "\n", status=DENIED)


def deny_by_permission(event: str, reason: str) -> Reply:
    """`hookSpecificOutput`, as Claude Code has it; the same at the top, where the Copilot CLI looks for it."""
    return _permission(event, "deny", reason)


def ask_by_permission(event: str, reason: str) -> Reply:
    """The same for a question to the user."""
    return _permission(event, "ask", reason)


def _permission(event: str, decision: str, reason: str) -> Reply:
    words = {"permissionDecision": decision, "permissionDecisionReason": clean_reason(reason)}
    return json_reply({**words, "hookSpecificOutput": {"hookEventName": event or "PreToolUse", **words}})


def block_end(_event: str, reason: str) -> Reply:
    """`decision: block`: the agent goes on, with the reason as what it is told."""
    return json_reply({"decision": "block", "reason": clean_reason(reason)})
