"""Codex. openai/codex, codex-rs/hooks/src/engine/output_parser.rs: an `ask`, an unknown field or an empty reason lets the line run."""

from __future__ import annotations

from cdkguard.agents.hosts.events import read_tool_event
from cdkguard.agents.hosts.host import Host, Payload
from cdkguard.agents.hosts.replies import block_end, deny_by_status
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    return read_tool_event(payload, HOST.name)


HOST = Host("codex", "Codex", read, deny_by_status, None, block_end)
