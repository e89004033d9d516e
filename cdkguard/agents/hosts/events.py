"""Payloads in the form that Claude Code gave them, and that Codex, Copilot, VS Code, Gemini, Kiro and Devin share."""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.agents.hosts.arguments import read_call
from cdkguard.agents.hosts.host import Payload
from cdkguard.agents.nouns import ToolCall

BEFORE = ("PreToolUse", "preToolUse", "BeforeTool", "PermissionRequest", "permissionRequest", "PreSkillShellCommand")
AFTER = ("PostToolUse", "postToolUse", "AfterTool")
ENDS = ("Stop", "stop", "SubagentStop", "agentStop", "subagentStop", "AfterAgent")
_RESULTS = ("tool_response", "tool_result", "toolResult")
_EVENT_FIELDS = ("hook_event_name", "hookEventName", "agent_action_name")


def event_of(payload: Payload) -> str:
    """The event as the host names it; empty where the payload does not say."""
    return first_text(payload, *_EVENT_FIELDS)


def first_text(value: Payload, *fields: str) -> str:
    """The first of the fields that holds a text."""
    for field in fields:
        found = value.get(field)
        if isinstance(found, str):
            return found
    return ""


def first_of(value: Json) -> str:
    """The first text of a list, such as `workspace_roots`."""
    return next((item for item in value if isinstance(item, str)), "") if isinstance(value, list) else ""


def read_tool_event(payload: Payload, host: str) -> ToolCall | None:
    """The call of `tool_name` with `tool_input`, a finished write, or the agent's end; None for a payload of no event."""
    event = event_of(payload)
    tool = first_text(payload, "tool_name", "toolName")
    given: Json = next((payload[name] for name in ("tool_input", "toolInput", "toolArgs") if name in payload), {})
    directory = first_text(payload, "cwd")
    session = first_text(payload, "session_id", "sessionId", "conversation_id")
    if event in ENDS:
        return end_of(payload, host, directory, session)
    if not tool:
        return ToolCall(host, "other", event, session=session) if event and event not in (*BEFORE, *AFTER) else None
    call = read_call(host, tool, given, directory, session, server_of(payload))
    if event in AFTER or (event not in BEFORE and any(field in payload for field in _RESULTS)):
        return call._replace(event="finished" if call.event == "write" else "other")
    return call


def end_of(payload: Payload, host: str, directory: str, session: str) -> ToolCall:
    """The agent's end; one that a hook has put off already is none, so that nothing is handed back twice."""
    is_again = payload.get("stop_hook_active") is True or payload.get("stopHookActive") is True
    return ToolCall(host, "other" if is_again else "finished", event_of(payload), directory=directory, session=session)


def server_of(payload: Payload) -> str:
    """The name of the MCP server of a tool, where the payload says it apart."""
    for field in ("mcp_server", "mcp_context", "mcpContext"):
        found = payload.get(field)
        if isinstance(found, dict):
            return first_text(found, "server_name", "serverName", "name")
    return ""
