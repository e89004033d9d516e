"""The Kiro CLI 2.x, once Amazon Q CLI: hooks in an agent's own file, 30 seconds unless the file says more."""

from __future__ import annotations

from cdkguard.agents.hosts.events import read_tool_event
from cdkguard.agents.hosts.host import Host, Payload
from cdkguard.agents.hosts.replies import deny_by_status
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    return read_tool_event(payload, HOST.name)


HOST = Host("kiro-cli", "Kiro CLI 2.x", read, deny_by_status, seconds=25.0)
