"""Which host a payload is from: several read the hook files of others, and want their own answer all the same."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard.agents.hosts.events import event_of
from cdkguard.agents.hosts.host import Payload

_CURSOR_EVENTS = (
    "beforeShellExecution", "afterShellExecution", "beforeMCPExecution", "afterMCPExecution", "beforeReadFile",
    "afterFileEdit", "beforeSubmitPrompt", "beforeTabFileRead", "afterTabFileEdit", "afterAgentResponse",
    "afterAgentThought", "postToolUseFailure",
)  # fmt: skip
_GEMINI_EVENTS = (
    "BeforeTool",
    "AfterTool",
    "BeforeAgent",
    "AfterAgent",
    "BeforeModel",
    "AfterModel",
    "BeforeToolSelection",
)
_VSCODE_TOOLS = ("run_in_terminal", "runTerminalCommand", "create_file", "replace_string_in_file", "insert_edit_into_file",
                 "multi_replace_string_in_file", "editFiles", "createFile", "read_file", "list_dir", "runSubagent")  # fmt: skip
_KIRO_TOOLS = (
    "execute_bash",
    "execute_pwsh",
    "fs_write",
    "fs_append",
    "str_replace",
    "fs_read",
    "use_aws",
    "shell",
    "aws",
)
_DEVIN_TOOLS = ("exec", "write_to_process", "edit", "write", "notebook_edit", "mcp_call_tool")
# Their payloads have the same fields but for a few that are new or missing, so the hint decides between them.
_ALIKE = ("claude", "codex", "vscode", "copilot", "kiro", "devin", "gemini")


def recognise_host(payload: Payload, hint: str, environment: Mapping[str, str]) -> str:
    """The name of the host; the hint where the payload could be that host's, and empty where nobody sends such a thing."""
    certain = _certain_host(payload)
    if certain:
        return certain
    likely = _likely_host(payload, environment)
    if hint and (hint in _ALIKE or not likely):
        return _beside_hint(hint, likely, payload)
    return likely


def _certain_host(payload: Payload) -> str:
    """The host that alone sends such fields."""
    event = event_of(payload)
    if "agent_action_name" in payload:
        return "windsurf"
    if "toolCall" in payload or ("conversationId" in payload and "workspacePaths" in payload):
        return "antigravity"
    if (
        "cursor_version" in payload
        or "generation_id" in payload
        or "workspace_roots" in payload
        or event in _CURSOR_EVENTS
    ):
        return "cursor"
    if event in _GEMINI_EVENTS:
        return "gemini"
    if "hookEventName" in payload:
        return "vscode"
    if not event and "sessionId" in payload and isinstance(payload.get("timestamp"), int | float):
        return "copilot"
    if event and event[0].islower() and "hook_event_name" in payload:
        return "kiro-cli"
    return ""


def _likely_host(payload: Payload, environment: Mapping[str, str]) -> str:
    """The host of a payload in Claude Code's form, or of one that says no event."""
    tool = payload.get("tool_name")
    if not event_of(payload):
        if "toolName" in payload:
            return "kiro" if "sessionId" not in payload else "copilot"
        if not isinstance(tool, str):
            return ""
    if "turn_id" in payload:
        return "codex"
    if isinstance(payload.get("timestamp"), str):
        is_vscode = "tool_use_id" in payload or tool in _VSCODE_TOOLS
        is_vscode = is_vscode or ("stop_hook_active" in payload and "stop_reason" not in payload)
        return "vscode" if is_vscode and not environment.get("COPILOT_CLI") else "copilot"
    if tool in _VSCODE_TOOLS and "transcript_path" in payload:
        return "vscode"
    if "transcript_path" not in payload and tool in _KIRO_TOOLS:
        return "kiro"
    if "transcript_path" not in payload and tool in _DEVIN_TOOLS:
        return "devin"
    if "model" in payload and "tool_use_id" in payload and "permission_mode" in payload:
        return "codex"
    return "claude"


def _beside_hint(hint: str, likely: str, payload: Payload) -> str:
    """The hint, unless the payload has what the host of the hint never sends."""
    if likely in ("copilot", "vscode") and hint in ("claude", "devin", "codex", "kiro"):
        return likely  # both read .claude/settings.json, and their payloads alone have a timestamp
    if likely == "codex" and hint == "claude" and "turn_id" in payload:
        return likely
    return hint
