"""The Copilot CLI and its cloud agent. https://docs.github.com/en/copilot/reference/hooks-reference

The payload is in camelCase without the event's name where the hook is registered as `preToolUse`, and in snake_case as
VS Code's where it is registered as `PreToolUse`.
"""

from __future__ import annotations

from cdkguard.agents.hosts.arguments import read_call
from cdkguard.agents.hosts.events import end_of, event_of, first_text, read_tool_event
from cdkguard.agents.hosts.host import Host, Payload
from cdkguard.agents.hosts.replies import ask_by_permission, block_end, deny_by_permission
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    if event_of(payload):
        return read_tool_event(payload, HOST.name)
    directory, session = first_text(payload, "cwd"), first_text(payload, "sessionId")
    tool = first_text(payload, "toolName")
    if not tool:
        if "stopReason" in payload and "agentName" not in payload:
            return end_of(payload, HOST.name, directory, session)
        return ToolCall(HOST.name, "other", session=session) if session else None
    call = read_call(HOST.name, tool, payload.get("toolArgs"), directory, session)
    if "toolResult" in payload:
        return call._replace(event="finished" if call.event == "write" else "other")
    return call


HOST = Host("copilot", "Copilot CLI", read, deny_by_permission, ask_by_permission, block_end)
