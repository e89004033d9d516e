"""Kiro: its IDE from 1.0 and its CLI from 3. https://kiro.dev/docs/hooks

Recorded with 1.0 to 1.2: only standard error with status 2 of PreToolUse reaches the model, and nothing of another event.
The IDE 0.x sends no standard input and never closes it; its payload is in the variable USER_PROMPT.
"""

from __future__ import annotations

from cdkguard.agents.hosts.arguments import read_call
from cdkguard.agents.hosts.events import event_of, first_text, read_tool_event
from cdkguard.agents.hosts.host import Host, Payload
from cdkguard.agents.hosts.replies import deny_by_status
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    if not event_of(payload) and "toolName" in payload:
        call = read_call(HOST.name, first_text(payload, "toolName"), payload.get("toolArgs"), "", "")
        return call._replace(event="other") if "toolResult" in payload else call
    return read_tool_event(payload, HOST.name)


HOST = Host("kiro", "Kiro", read, deny_by_status, seconds=50.0)
