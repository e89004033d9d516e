"""The files by which each host calls our hook, and its permissions and servers. docs/agents.md says how sure each is."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.agents.install.entries import Hook, Member, Patterns, Words
from cdkguard.agents.install.package_texts import read_text
from cdkguard.agents.install.pieces import Block, JsonFile, OwnFile

if TYPE_CHECKING:
    from cdkguard.agents.install.entries import Entry
    from cdkguard.agents.install.pieces import Piece

TIMEOUT = 180  # seconds; the hook's own deadline is below it, because most hosts let a command run at theirs

# What a person is asked about before an agent changes it, and what nobody's agent runs.
GUARDED = (
    "cdkguard.yaml",
    "cdkguard.yml",
    "cdkguard.approvals.yaml",
    ".cdkguard-baseline.json",
    "cdkguard.snapshot/**",
)
DESTROYING = ("cdk destroy", "npx cdk destroy", "npx aws-cdk destroy", "pnpm cdk destroy", "yarn cdk destroy", "aws cloudformation delete-stack")  # fmt: skip


# Servers that call AWS: the hook itself looks closer (agents/hosts/aws_calls.py).
AWS = "(aws|amazon|dynamodb|ccapi|cfn)"


def call_of(host: str, fallback: str = "exit 2", deadline: int = 0) -> str:
    """The command of a hook: what cannot be started, or ends in any other way, blocks as a denial does.

    One that runs when an agent stops has no fallback: blocking there would keep the agent from ever stopping.
    """
    words = f"cdkguard agents hook --host {host}" + (f" --deadline {deadline}" if deadline else "")
    return words + (f" || {fallback}" if fallback else "")


# In the names of an MCP server's tools that write files; hosts.tools.writes_files looks closer.
WRITERS = "(write|edit|create|move|rename|delete|remove|replace|insert|append|update|patch).*(file|dir|text|block|symbol|content|line)"


def _group(
    host: str, matcher: str, timeout: int = TIMEOUT, fallback: str = "exit 2", more: Mapping[str, Json] = {}
) -> Json:
    """A group of hooks, as Claude Code, Codex, Gemini CLI and Antigravity write it."""
    hook = {"type": "command", "command": call_of(host, fallback), "timeout": timeout, **more}
    return {"matcher": matcher, "hooks": [hook]} if matcher else {"hooks": [hook]}


SHARED: tuple[Piece, ...] = (
    Block("AGENTS.md", read_text("agents-block.md")),
    OwnFile(".agents/skills/cdkguard/SKILL.md", read_text("SKILL.md")),
)
_SERVER = {"command": "cdkguard", "args": ["mcp"]}


def server_file(path: str, key: str = "mcpServers", **more: Json) -> JsonFile:
    return JsonFile(path, (Member((key,), "cdkguard", {**_SERVER, **more}),))


# -- Claude Code: https://code.claude.com/docs/en/hooks, SDK types of 0.3.332

_CLAUDE_TOOLS = f"Bash|PowerShell|Monitor|Write|Edit|MultiEdit|NotebookEdit|use_aws|mcp__.*{AWS}.*|mcp__.*{WRITERS}.*"
_CLAUDE_STATUS = {"onFailure": "block", "statusMessage": "cdkguard: what would this deploy delete?"}
CLAUDE_HOOKS: tuple[Entry, ...] = (
    Hook(("hooks", "PreToolUse"), _group("claude", _CLAUDE_TOOLS, more=_CLAUDE_STATUS)),
    # A command in a skill's text (!`cdk deploy`) runs without PreToolUse. Versions without the event pass over it.
    Hook(("hooks", "PreSkillShellCommand"), _group("claude", "", more=_CLAUDE_STATUS)),
    Hook(("hooks", "Stop"), _group("claude", "", fallback=""), is_after_edit=True),
)
# Only `Edit(...)` rules are asked about paths, for all tools that write: https://code.claude.com/docs/en/permissions
_CLAUDE_PERMISSIONS: tuple[Entry, ...] = (
    Words(("permissions", "deny"), tuple(f"Bash({command}:*)" for command in DESTROYING)),
    Words(("permissions", "ask"), tuple(f"Edit({path})" for path in (*GUARDED, ".claude/settings*.json"))),
)
CLAUDE = JsonFile(".claude/settings.json", CLAUDE_HOOKS + _CLAUDE_PERMISSIONS)
CLAUDE_SKILL = OwnFile(".claude/skills/cdkguard/SKILL.md", read_text("SKILL.md"))

# -- Copilot CLI, cloud agent and VS Code: one file. Copilot's matchers match the whole name; VS Code asks for every tool.

_COPILOT_TOOLS = (
    "bash|powershell|write_bash|write_powershell|create|edit|str_replace_editor|apply_patch|run_in_terminal|"
    "send_to_terminal|create_file|edit_files|replace_string_in_file|multi_replace_string_in_file|insert_edit_into_file|"
    f"edit_notebook_file|.*{AWS}.*|.*{WRITERS}.*"
)
_MISSING = (
    '{"permissionDecision":"deny","permissionDecisionReason":"cdkguard is not installed here (pipx install cdkguard)"}'
)
_COPILOT_HOOK = {
    "type": "command",
    "bash": f"command -v cdkguard >/dev/null || {{ echo '{_MISSING}'; exit 0; }}; {call_of('copilot', '')}",
    "powershell": call_of("copilot", ""),
    "timeoutSec": TIMEOUT,
}
_COPILOT_STOP = {**_COPILOT_HOOK, "bash": f"command -v cdkguard >/dev/null || exit 0; {call_of('copilot', '')}"}
_COPILOT_ENTRIES: tuple[Entry, ...] = (
    Hook(("hooks", "preToolUse"), {"matcher": _COPILOT_TOOLS, **_COPILOT_HOOK}),
    Hook(("hooks", "agentStop"), _COPILOT_STOP, is_after_edit=True),
)
COPILOT = JsonFile(".github/hooks/cdkguard.json", _COPILOT_ENTRIES, (("version", 1),))
COPILOT_USER = JsonFile(".copilot/hooks/cdkguard.json", _COPILOT_ENTRIES, (("version", 1),))
SETUP_STEPS = OwnFile(".github/workflows/copilot-setup-steps.yml", read_text("copilot-setup-steps.yml"))

# -- Codex: https://developers.openai.com/codex/hooks; `apply_patch` also answers to Edit and Write

CODEX_HOOKS: tuple[Entry, ...] = (
    Hook(
        ("hooks", "PreToolUse"),
        _group(
            "codex",
            f"Bash|write_stdin|apply_patch|Edit|Write|mcp__.*{AWS}.*|mcp__.*{WRITERS}.*",
            more={"statusMessage": "cdkguard"},
        ),
    ),
    Hook(("hooks", "Stop"), _group("codex", "", fallback=""), is_after_edit=True),
)

# -- Gemini CLI: docs/hooks/reference.md of the package 0.61.0; milliseconds

GEMINI = JsonFile(
    ".gemini/settings.json",
    (
        Hook(("hooks", "BeforeTool"), _group("gemini", f"run_shell_command|write_file|replace|mcp_.*{AWS}.*|mcp_.*{WRITERS}.*", 1000 * TIMEOUT, more={"name": "cdkguard"})),
        Hook(("hooks", "AfterAgent"), _group("gemini", "", 1000 * TIMEOUT, "", more={"name": "cdkguard"}), is_after_edit=True),
    ),
)  # fmt: skip

# -- Antigravity: named hooks; the answer is JSON only, so that is what a failure prints

_ANTIGRAVITY_DENY = """echo '{"decision":"deny","reason":"cdkguard could not run here"}'"""
_ANTIGRAVITY_TOOLS = (
    "run_command|send_command_input|write_to_file|replace_file_content|multi_replace_file_content|call_mcp_tool|"
    f".*{AWS}.*|.*{WRITERS}.*"
)
ANTIGRAVITY_ENTRIES: tuple[Entry, ...] = (
    Hook(("cdkguard", "PreToolUse"), _group("antigravity", _ANTIGRAVITY_TOOLS, fallback=_ANTIGRAVITY_DENY)),
    Hook(("cdkguard", "Stop"), {"type": "command", "command": call_of("antigravity", ""), "timeout": TIMEOUT}, is_after_edit=True),
)  # fmt: skip

# -- Cursor: https://cursor.com/docs/hooks

_CURSOR_HOOK = {"command": call_of("cursor", ""), "failClosed": True, "timeout": TIMEOUT}
_CURSOR_WRITERS = "Write|Edit|MultiEdit|StrReplace|SearchReplace|ApplyPatch|Delete|EditNotebook|TabWrite"
CURSOR_HOOKS: tuple[Entry, ...] = (
    Hook(("hooks", "beforeShellExecution"), _CURSOR_HOOK),
    Hook(("hooks", "beforeMCPExecution"), _CURSOR_HOOK),
    Hook(("hooks", "preToolUse"), {**_CURSOR_HOOK, "matcher": _CURSOR_WRITERS}),
    Hook(("hooks", "stop"), {"command": call_of("cursor", ""), "timeout": TIMEOUT}, is_after_edit=True),
)
CURSOR = JsonFile(".cursor/hooks.json", CURSOR_HOOKS, (("version", 1),))

# -- Kiro IDE 1.0 and CLI 3: https://kiro.dev/docs/hooks, https://kiro.dev/docs/cli/v3/hooks

_KIRO_SHELLS = "execute_bash|execute_pwsh|execute_cmd|executeBash|executePwsh|shell|use_aws|aws"
_KIRO_WRITERS = (
    "fs_write|fsWrite|fs_append|fsAppend|fs_replace|str_replace|strReplace|delete_file|deleteFile|smart_relocate|"
    "semantic_rename|write"
)
_KIRO_TOOLS = f"{_KIRO_SHELLS}|{_KIRO_WRITERS}|.*{AWS}.*|.*{WRITERS}.*"


# Its deadline would be 50 s, for files that give it the host's 60.
_KIRO_HOOK = {
    "name": "cdkguard",
    "trigger": "PreToolUse",
    "matcher": _KIRO_TOOLS,
    "action": {"type": "command", "command": call_of("kiro", deadline=100)},
    "timeout": TIMEOUT,
    "enabled": True,
}
KIRO = JsonFile(".kiro/hooks/cdkguard.json", (Hook(("hooks",), _KIRO_HOOK),), (("version", "v1"),))
KIRO_STEERING = "---\ninclusion: always\n---\n\n" + read_text("production-guardrails.md")
KIRO_MORE: tuple[Piece, ...] = (
    OwnFile(".kiro/steering/production-guardrails.md", KIRO_STEERING),
    server_file(".kiro/settings/mcp.json", disabled=False, autoApprove=[]),
)
# The CLI 2 reads no files of hooks: each agent's own file has them. https://kiro.dev/docs/cli/hooks
KIRO_CLI_ENTRIES: tuple[Entry, ...] = (
    Hook(
        ("hooks", "preToolUse"),
        {"matcher": "*", "command": call_of("kiro-cli", "exit 2", 100), "timeout_ms": 1000 * TIMEOUT},
    ),
    Words(("toolsSettings", "shell", "deniedCommands"), (r".*\bcdk\s+destroy\b.*", r".*\bdelete-stack\b.*")),
)
KIRO_CLI_FRAME = (("name", "cdkguard"), ("description", "The default agent, with cdkguard before each tool"), ("tools", ["*"]))  # fmt: skip

# -- Windsurf, which is Devin Desktop since June 2026: https://docs.devin.ai/desktop/cascade/hooks

_WINDSURF_HOOK = {"command": call_of("windsurf"), "show_output": True}
WINDSURF_ENTRIES: tuple[Entry, ...] = (
    Hook(("hooks", "pre_run_command"), _WINDSURF_HOOK),
    Hook(("hooks", "pre_write_code"), _WINDSURF_HOOK),
    Hook(("hooks", "pre_mcp_tool_use"), _WINDSURF_HOOK),
)

# -- Devin CLI: https://docs.devin.ai/cli/extensibility/hooks/overview; events stand at the top of the file

_DEVIN_HOOK = {"type": "command", "command": call_of("devin", deadline=100), "timeout": TIMEOUT}
DEVIN = JsonFile(
    ".devin/hooks.v1.json",
    (
        Hook(
            ("PreToolUse",),
            {"matcher": "exec|write_to_process|edit|write|notebook_edit|mcp_call_tool", "hooks": [_DEVIN_HOOK]},
        ),
        Hook(
            ("Stop",),
            {"hooks": [{"type": "command", "command": call_of("devin", ""), "timeout": TIMEOUT}]},
            is_after_edit=True,
        ),
    ),
)

# -- OpenCode: https://opencode.ai/docs/permissions, the last match wins; plugins of version 1 and 2

OPENCODE_ENTRIES: tuple[Entry, ...] = (
    Patterns(("permission", "bash"), tuple((f"{command}*", "deny") for command in DESTROYING)),
    Patterns(("permission", "edit"), tuple((path, "ask") for path in (*GUARDED, ".opencode/plugins/**"))),
)

# -- Zed has no hooks: https://zed.dev/docs/ai/tool-permissions

ZED_ENTRIES: tuple[Entry, ...] = tuple(
    Words(("agent", "tool_permissions", "tools", tool, kind), tuple({"pattern": pattern} for pattern in patterns))
    for tool, kind, patterns in (
        ("terminal", "always_deny", (r"\bcdk\s+destroy\b", r"\bcloudformation\s+delete-stack\b")),
        ("terminal", "always_confirm", (r"\bcdk\b.*\b(deploy|import|refactor|rollback|gc)\b", r"\baws\s")),
        ("edit_file", "always_confirm", (r"cdkguard\.(ya?ml|approvals\.yaml|snapshot)", r"\.cdkguard-baseline\.json$")),
    )
)

# -- whole files of several hosts

CODEX = JsonFile(".codex/hooks.json", CODEX_HOOKS)
KIRO_CLI = JsonFile(".kiro/agents/*.json", KIRO_CLI_ENTRIES, KIRO_CLI_FRAME)
OPENCODE_PLUGIN = OwnFile(".opencode/plugins/cdkguard.js", read_text("opencode.js"))
OPENCODE_SETTINGS = JsonFile("opencode.json", OPENCODE_ENTRIES, (("$schema", "https://opencode.ai/config.json"),))
GEMINI_POLICY = OwnFile(".gemini/policies/cdkguard.toml", read_text("gemini-policy.toml"))
