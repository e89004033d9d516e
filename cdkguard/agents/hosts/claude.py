"""Claude Code. https://code.claude.com/docs/en/hooks; types of @anthropic-ai/claude-agent-sdk 0.3."""

from __future__ import annotations

from cdkguard.agents.hosts.events import read_tool_event
from cdkguard.agents.hosts.host import Host, Payload, Reply
from cdkguard.agents.hosts.replies import block_end, clean_reason, deny_by_status, json_reply
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    return read_tool_event(payload, HOST.name)


def ask(event: str, reason: str) -> Reply:
    """The user's own permission prompt, with the reason; the fields that the host's schema has, and no others."""
    words = {"permissionDecision": "ask", "permissionDecisionReason": clean_reason(reason)}
    return json_reply({"hookSpecificOutput": {"hookEventName": event or "PreToolUse", **words}})


HOST = Host("claude", "Claude Code", read, deny_by_status, ask, block_end)
