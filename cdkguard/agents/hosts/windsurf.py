"""Windsurf, now Devin Desktop: the hooks of Cascade. https://docs.devin.ai/desktop/cascade/hooks

Only a hook before an action can stop it, by status 2; what is said after one reaches nobody.
"""

from __future__ import annotations

from cdkguard.agents.hosts.arguments import find_content, find_paths, read_call
from cdkguard.agents.hosts.events import first_text
from cdkguard.agents.hosts.host import Host, Payload
from cdkguard.agents.hosts.replies import deny_by_status
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    action, told = first_text(payload, "agent_action_name"), payload.get("tool_info")
    session = first_text(payload, "trajectory_id")
    if not action.startswith("pre_"):
        return ToolCall(HOST.name, "other", action, session=session) if action else None
    if not isinstance(told, dict):
        return None
    directory = first_text(told, "cwd")
    command = first_text(told, "command_line")
    if command or action == "pre_run_command":
        return ToolCall(HOST.name, "shell", action, command, "posix", directory, session=session) if command else None
    if action == "pre_write_code":
        paths, content = find_paths(told, directory), find_content(told)
        return ToolCall(HOST.name, "write", action, directory=directory, paths=paths, content=content, session=session)
    if action == "pre_mcp_tool_use":
        tool, server = first_text(told, "mcp_tool_name"), first_text(told, "mcp_server_name")
        return read_call(HOST.name, tool, told.get("mcp_tool_arguments"), directory, session, server) if tool else None
    return ToolCall(HOST.name, "other", action, session=session)


HOST = Host("windsurf", "Windsurf", read, deny_by_status, seconds=50.0)
