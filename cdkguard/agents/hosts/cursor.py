"""Cursor. https://cursor.com/docs/hooks, recorded with 3.9.16: flat JSON, status 0; `ask` behaves as `deny`.

It imports the hooks of Claude Code, too, and wants its own answer from them.
"""

from __future__ import annotations

from cdkguard.agents.hosts.arguments import read_call
from cdkguard.agents.hosts.events import first_of, first_text
from cdkguard.agents.hosts.host import SILENCE, Host, Payload, Reply
from cdkguard.agents.hosts.replies import clean_reason, json_reply
from cdkguard.agents.nouns import ToolCall

# What runs and writes nothing, or has run already.
HARMLESS = (
    "beforeReadFile", "beforeTabFileRead", "beforeSubmitPrompt", "afterShellExecution", "afterMCPExecution", "postToolUse",
    "PostToolUse", "postToolUseFailure", "afterTabFileEdit", "afterAgentResponse", "afterAgentThought", "sessionStart",
    "sessionEnd", "subagentStart", "subagentStop", "preCompact", "SessionStart", "SessionEnd", "UserPromptSubmit", "PreCompact",
)  # fmt: skip
# With `failClosed`, Cursor takes a hook that says nothing for one that has failed.
DECIDING = ("beforeShellExecution", "beforeMCPExecution", "preToolUse", "PreToolUse", "beforeReadFile")


def read(payload: Payload) -> ToolCall | None:
    """The call of a payload."""
    event = first_text(payload, "hook_event_name")
    session = first_text(payload, "conversation_id", "session_id")
    directory = first_text(payload, "cwd") or first_of(payload.get("workspace_roots"))
    if event in ("afterFileEdit", "stop", "Stop"):
        is_again = bool(payload.get("loop_count")) or payload.get("stop_hook_active") is True
        return ToolCall(HOST.name, "other" if is_again else "finished", event, directory=directory, session=session)
    if event in HARMLESS:
        return ToolCall(HOST.name, "other", event, session=session)
    tool, command = first_text(payload, "tool_name"), first_text(payload, "command")
    if tool:
        server = first_text(payload, "server_name", "url", "command") if event == "beforeMCPExecution" else ""
        return read_call(HOST.name, tool, payload.get("tool_input"), directory, session, server)
    if command:
        return ToolCall(HOST.name, "shell", "Shell", command, "posix", directory, session=session)
    return None


def deny(_event: str, reason: str) -> Reply:
    """`user_message` is what reaches the model, `agent_message` what its documents say does."""
    words = clean_reason(reason)
    return json_reply({"permission": "deny", "user_message": words, "agent_message": words})


def hand_back(event: str, reason: str) -> Reply:
    """stop: a message that goes to the agent as the user's next; after an edit there is no way back."""
    return json_reply({"followup_message": clean_reason(reason)}) if event.lower() == "stop" else SILENCE


def pass_by(event: str) -> Reply:
    """The word without which `failClosed` blocks every command."""
    return Reply(out='{"permission": "allow"}\n') if event in DECIDING else SILENCE


HOST = Host("cursor", "Cursor", read, deny, None, hand_back, pass_by)
