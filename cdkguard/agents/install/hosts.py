"""The hosts of coding agents: which files each one reads, how its use shows, and what a person has to do besides."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.install.host_files import (
    ANTIGRAVITY_ENTRIES,
    CLAUDE,
    CLAUDE_HOOKS,
    CLAUDE_SKILL,
    CODEX,
    COPILOT,
    COPILOT_USER,
    CURSOR,
    DEVIN,
    GEMINI,
    GEMINI_POLICY,
    KIRO,
    KIRO_CLI,
    KIRO_MORE,
    OPENCODE_PLUGIN,
    OPENCODE_SETTINGS,
    SETUP_STEPS,
    SHARED,
    WINDSURF_ENTRIES,
    ZED_ENTRIES,
    server_file,
)
from cdkguard.agents.install.pieces import Block, JsonFile

if TYPE_CHECKING:
    from cdkguard.agents.install.pieces import Piece


class Host(NamedTuple):
    """One host."""

    name: str
    title: str
    pieces: tuple[Piece, ...]  # in the repository; the first one holds the hook
    user_pieces: tuple[Piece, ...] = ()  # below the home folder, with --user
    mcp: tuple[Piece, ...] = ()  # with --mcp
    user_mcp: tuple[Piece, ...] = ()
    signs: tuple[str, ...] = ()  # paths in a repository that show its use
    home_signs: tuple[str, ...] = ()  # and below the home folder
    next_steps: tuple[str, ...] = ()  # what a person has to do afterwards


HOSTS: tuple[Host, ...] = (
    Host(
        "claude", "Claude Code",
        (CLAUDE, CLAUDE_SKILL, *SHARED, Block("CLAUDE.md", "@AGENTS.md", unless="@AGENTS.md")),
        (CLAUDE._replace(entries=CLAUDE_HOOKS), CLAUDE_SKILL),
        (server_file(".mcp.json"),), (server_file(".claude.json"),),
        (".claude", "CLAUDE.md"), (".claude",),
        ("restart the session: hooks are read when it starts",),
    ),
    Host(
        "copilot", "GitHub Copilot (CLI, cloud agent)",
        (COPILOT, *SHARED, SETUP_STEPS),
        (COPILOT_USER,), (), (server_file(".copilot/mcp-config.json", type="local", tools=["*"]),),
        (".github/copilot-instructions.md", ".github/hooks", ".github/workflows/copilot-setup-steps.yml"), (".copilot",),
        ("trust the folder in the CLI; the cloud agent reads hooks and setup steps from the default branch only: merge them",),
    ),
    Host(
        "vscode", "VS Code (agent mode)",
        (COPILOT, *SHARED),
        (COPILOT_USER,), (server_file(".vscode/mcp.json", "servers", type="stdio"),), (),
        (".vscode/mcp.json", ".github/chatmodes", ".github/agents", ".github/prompts"), (),
        ("hooks are a preview: `chat.useHooks` must not be off, nor your organization's policy",),
    ),
    Host(
        "codex", "Codex",
        (CODEX, *SHARED),
        (CODEX,), (), (),
        (".codex",), (".codex",),
        ("trust the project, open `/hooks` in Codex and trust the new hook: until then it does not run, and after each change",),
    ),
    Host(
        "gemini", "Gemini CLI",
        (GEMINI, *SHARED),
        (GEMINI, GEMINI_POLICY), (server_file(".gemini/settings.json"),), (server_file(".gemini/settings.json"),),
        (".gemini", "GEMINI.md"), (".gemini/settings.json",),
        ("trust the folder and the hook when Gemini CLI asks: a changed hook counts as a new one",),
    ),
    Host(
        "antigravity", "Antigravity",
        (JsonFile(".agents/hooks.json", ANTIGRAVITY_ENTRIES), *SHARED),
        (JsonFile(".gemini/config/hooks.json", ANTIGRAVITY_ENTRIES),),
        (server_file(".agents/mcp_config.json"),), (),
        (".agents/hooks.json", ".agents/rules", ".agents/workflows", ".agent"), (".gemini/antigravity", ".gemini/config", ".antigravity"),
    ),
    Host(
        "cursor", "Cursor",
        (CURSOR, *SHARED),
        (CURSOR,), (server_file(".cursor/mcp.json"),), (server_file(".cursor/mcp.json"),),
        (".cursor", ".cursorrules"), (".cursor",),
        ("trust the workspace: Cursor runs a repository's hooks in trusted ones only",),
    ),
    Host(
        "kiro", "Kiro (IDE 1.0 and CLI 3)",
        (KIRO, *KIRO_MORE, SHARED[0]),
        (KIRO, *KIRO_MORE), (), (),
        (".kiro",), (".kiro",),
        ("`cdkguard mcp` needs the extra: uv tool install 'cdkguard[mcp]'",),
    ),
    Host(
        "kiro-cli", "Kiro CLI 2",
        (KIRO_CLI, *KIRO_MORE, SHARED[0]),
        (KIRO_CLI,), (), (),
        (".kiro/agents", ".amazonq"), (".kiro/agents",),
        ("start it with an agent that has the hook: kiro-cli chat --agent cdkguard",),
    ),
    Host(
        "windsurf", "Windsurf (Devin Desktop)",
        (JsonFile(".windsurf/hooks.json", WINDSURF_ENTRIES), *SHARED),
        (JsonFile(".codeium/windsurf/hooks.json", WINDSURF_ENTRIES),),
        (), (server_file(".codeium/windsurf/mcp_config.json"),),
        (".windsurf", ".windsurfrules"), (".codeium/windsurf",),
    ),
    Host(
        "devin", "Devin CLI",
        (DEVIN, *SHARED),
        (), (), (),
        (".devin",), (),
    ),
    Host(
        "opencode", "OpenCode",
        (OPENCODE_PLUGIN, OPENCODE_SETTINGS, *SHARED),
        (OPENCODE_PLUGIN._replace(path=".config/opencode/plugins/cdkguard.js"),), (), (),
        (".opencode", "opencode.json", "opencode.jsonc"), (".config/opencode",),
    ),
    Host(
        "zed", "Zed",
        SHARED,
        (JsonFile(".config/zed/settings.json", ZED_ENTRIES),), (), (),
        (".zed",), (".config/zed",),
        ("Zed has no hooks and takes tool permissions from the user's settings only: `cdkguard agents install zed --user` adds them",),
    ),
)  # fmt: skip


def find_host(name: str) -> Host | None:
    """The host of that name."""
    return next((host for host in HOSTS if host.name == name), None)
