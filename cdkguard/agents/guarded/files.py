"""Which files hold an agent back, by their comparable paths."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.guarded.paths import comparable, spellings_of
from cdkguard.agents.guarded_names import is_guarded

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    GuardKind: TypeAlias = Literal[
        "settings",
        "approvals",
        "accepted",
        "snapshot",
        "rules",
        "hook",
        "variables",
        "log",
        "git",
        "app",
        "record",
        "program",
    ]


class GuardedFile(NamedTuple):
    """A kind of file that holds an agent back."""

    kind: GuardKind
    globs: tuple[str, ...]  # on a comparable, absolute path
    words: str


FILES: tuple[GuardedFile, ...] = (
    GuardedFile("settings", ("*/cdkguard.yaml", "*/cdkguard.yml", "*/pyproject.toml"), "the settings of cdkguard"),
    GuardedFile("approvals", ("*/cdkguard.approvals.y*ml",), "the approvals of changes"),
    GuardedFile("accepted", ("*/.cdkguard-baseline.json",), "the findings that the team has accepted"),
    GuardedFile("snapshot", ("*/cdkguard.snapshot", "*/cdkguard.snapshot/*"), "the snapshot that changes are measured against"),
    GuardedFile("record", ("*/cdkguard.preflight.y*ml", "*/cdkguard.records.y*ml"), "the records of what a person has verified"),
    GuardedFile("log", ("*/.cdkguard", "*/.cdkguard/*"), "the log of what agents asked for"),
    GuardedFile(
        "hook",
        (
            "*/.claude/settings*.json", "*/.claude/hooks/*", "*/.claude.json", "*/.github/hooks/*", "*/.copilot/*.json",
            "*/.codex/hooks.json", "*/.codex/config.toml", "*/.codex/rules/*", "*/.gemini/settings.json", "*/.agents/hooks.json",
            "*/.agents/hooks/*", "*/.cursor/hooks.json", "*/.cursor/hooks/*", "*/.cursor/cli.json", "*/.kiro/hooks/*",
            "*/.kiro/agents/*", "*/.windsurf/hooks.json", "*/.devin/hooks*", "*/.devin/hooks/*", "*/.opencode/*",
            "*/opencode.json*", "*/.config/opencode/*", "*/.vscode/settings.json", "*/.pre-commit-config.yaml",
            "*/hooks/hooks.json", "*/.amazonq/cli-agents/*", "*/.config/zed/settings.json", "*/.zed/settings.json",
            "*/etc/claude-code/*", "*/etc/codex/*", "*/.husky/*", "*/.kiro/settings/*", "*/.copilot/hooks/*",
            "*/.gemini/policies/*", "*/.gemini/config/hooks.json", "*/.codeium/windsurf/hooks.json", "*/opencode/plugins/*",
            "*/.pre-commit-config.yml",
        ),
        "the hooks that ask cdkguard",
    ),
    GuardedFile("variables", ("*/.env", "*/.env.*", "*/.envrc"), "variables that lead the hook elsewhere"),
    GuardedFile("git", ("*/.git", "*/.git/*"), "git's own files, by which the main branch is known"),
    GuardedFile(
        "program",
        ("*/site-packages/cdkguard/*", "*/bin/cdkguard", "*/scripts/cdkguard.exe"),
        "cdkguard itself",
    ),
    GuardedFile("app", ("*/cdk.json", "*/.cdk.json"), "the chain behind the app in cdk.json"),
)  # fmt: skip

OTHER = GuardedFile("settings", (), "what holds the agent back")


def find_guarded(path: str, directory: str, more: Iterable[GuardedFile] = ()) -> GuardedFile | None:
    """The kind of guarded file that a path leads to, by whatever way; None where it leads to none."""
    spellings = spellings_of(path, directory)
    for kind in (*more, *FILES):
        if any(fnmatchcase(spelling, glob) for spelling in spellings for glob in kind.globs):
            return kind
    return OTHER if is_guarded(path) else None


def guard_path(kind: GuardKind, path: str, words: str) -> GuardedFile:
    """A guarded file or folder of the configuration."""
    from glob import escape

    plain = escape(comparable(path))
    return GuardedFile(kind, (plain, f"{plain}/*"), words)
