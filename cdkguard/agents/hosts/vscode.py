"""The agent of VS Code. https://code.visualstudio.com/docs/copilot/customization/hooks

Its documentation has the fields in camelCase (`hookEventName`), recorded payloads have them in snake_case.
"""

from __future__ import annotations

from cdkguard.agents.hosts.events import read_tool_event
from cdkguard.agents.hosts.host import Host, Payload, Reply
from cdkguard.agents.hosts.replies import ask_by_permission, clean_reason, deny_by_permission, json_reply
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    return read_tool_event(payload, HOST.name)


def hand_back(event: str, reason: str) -> Reply:
    """`decision: block` at the top, as recorded, and in `hookSpecificOutput`, as documented."""
    words = {"decision": "block", "reason": clean_reason(reason)}
    return json_reply({**words, "hookSpecificOutput": {"hookEventName": event or "Stop", **words}})


HOST = Host("vscode", "VS Code", read, deny_by_permission, ask_by_permission, hand_back)
