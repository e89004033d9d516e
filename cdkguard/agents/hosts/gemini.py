"""The Gemini CLI. @google/gemini-cli, docs/hooks/reference.md.

Its code knows an `ask` that no document has; run without a terminal (`-p`), 0.61 then waits for ever.
"""

from __future__ import annotations

from cdkguard.agents.hosts.events import read_tool_event
from cdkguard.agents.hosts.host import Host, Payload, Reply
from cdkguard.agents.hosts.replies import clean_reason, json_reply
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    return read_tool_event(payload, HOST.name)


def deny(_event: str, reason: str) -> Reply:
    """The reason reaches the model; with status 2 it would, too, but the user would read that the hook has failed."""
    return json_reply({"decision": "deny", "reason": clean_reason(reason)})


def hand_back(event: str, reason: str) -> Reply:
    """AfterAgent: the turn is tried again with the reason; AfterTool: context beside the tool's own result."""
    if event == "AfterTool":
        context = {"hookEventName": event, "additionalContext": clean_reason(reason)}
        return json_reply({"hookSpecificOutput": context})
    return json_reply({"decision": "deny", "reason": clean_reason(reason)})


HOST = Host("gemini", "Gemini CLI", read, deny, None, hand_back)
