"""Google Antigravity: IDE, CLI and 2.0. https://antigravity.google/docs/hooks

No payload says its event, arguments are in PascalCase, and an answer is JSON with the status 0: no other is documented.
"""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.agents.hosts.arguments import parsed_arguments, read_call
from cdkguard.agents.hosts.events import first_of, first_text
from cdkguard.agents.hosts.host import Host, Payload, Reply
from cdkguard.agents.hosts.replies import clean_reason, json_reply
from cdkguard.agents.nouns import ToolCall


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload; that of Stop has a number of the execution.

    One of PostToolUse may look as one of PreToolUse does. It is read as such: what is answered then reaches nobody.
    """
    session, directory = first_text(payload, "conversationId"), first_of(payload.get("workspacePaths"))
    called = payload.get("toolCall")
    if not isinstance(called, dict):
        if "executionNum" in payload:
            return ToolCall(HOST.name, "finished", "Stop", directory=directory, session=session)
        return ToolCall(HOST.name, "other", session=session) if session and called is None else None
    tool, server = first_text(called, "name"), ""
    given: Json = parsed_arguments(called.get("args"))
    if not tool:
        return None
    if tool == "call_mcp_tool" and isinstance(given, dict):
        tool, server = first_text(given, "ToolName") or tool, first_text(given, "ServerName")
        given = given.get("Arguments", given)
    return read_call(HOST.name, tool, given, directory, session, server)


def deny(_event: str, reason: str) -> Reply:
    """The reason reaches the model as it is."""
    return json_reply({"decision": "deny", "reason": clean_reason(reason)})


def ask(_event: str, reason: str) -> Reply:
    """`force_ask`: a permission that the user once gave for good does not answer for him."""
    return json_reply({"decision": "force_ask", "reason": clean_reason(reason)})


def hand_back(_event: str, reason: str) -> Reply:
    """Stop: the agent goes on, with the reason as a message."""
    return json_reply({"decision": "continue", "reason": clean_reason(reason)})


HOST = Host("antigravity", "Antigravity", read, deny, ask, hand_back)
