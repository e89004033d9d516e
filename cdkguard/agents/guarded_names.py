"""The names of the files that guard the agent: an edit of one is asked about, by whatever tool it is made."""

from __future__ import annotations

import os
from collections.abc import Callable

# By the name alone, in whatever folder.
FILES = frozenset(
    {
        "cdkguard.yaml",
        "cdkguard.yml",
        "cdkguard.approvals.yaml",
        "cdkguard.approvals.yml",
        ".cdkguard-baseline.json",
        "cdk.json",  # holds the chain that ends in `cdkguard check`
        ".pre-commit-config.yaml",
        ".pre-commit-config.yml",
    }
)
FOLDERS = frozenset({"cdkguard.snapshot", ".cdkguard", ".husky"})
# By the end of the path: the files of the hosts in which hooks and permissions stand, of a project and of a home folder.
PLACES = (
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".claude/hooks/",
    ".github/hooks/",
    ".copilot/hooks/",
    ".copilot/config.json",
    ".codex/hooks.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".gemini/config/hooks.json",
    ".gemini/policies/",
    ".agents/hooks.json",
    ".cursor/hooks.json",
    ".cursor/hooks/",
    ".kiro/hooks/",
    ".kiro/agents/",
    ".kiro/settings/",
    ".amazonq/cli-agents/",
    ".windsurf/hooks.json",
    ".codeium/windsurf/hooks.json",
    ".devin/hooks",
    ".opencode/plugin",
    "opencode/plugins/",
    ".config/zed/settings.json",
    "opencode.json",
    "opencode.jsonc",
    ".git/hooks/",
    ".git/config",
    ".cache/cdkguard/",  # holds the answers of the last seconds, and prepared rules
    "/bin/cdkguard",
    "/scripts/cdkguard.exe",
    "/site-packages/cdkguard/",
)
# Folders whose removal takes guarded files along.
PARENTS = frozenset(
    {".claude", ".github", ".codex", ".gemini", ".agents", ".cursor", ".kiro", ".windsurf", ".devin", ".git"}
)
# Guarded where it holds the table [tool.cdkguard] only; whoever can read it decides.
PERHAPS = frozenset({"pyproject.toml"})


def is_guarded(path: str) -> bool:
    """Whether the path, as a command or an editing tool names it, is of a file that guards the agent."""
    plain = normalize(path)
    name = plain.rpartition("/")[2]
    if name in FILES or any(part in FOLDERS for part in plain.split("/")):
        return True
    padded = f"/{plain}"
    return any(place in padded and _fits(padded, place) for place in PLACES)


def is_parent_of_guarded(path: str) -> bool:
    """Whether the path is a folder that holds guarded files: its removal removes them."""
    plain = normalize(path)
    return plain.rpartition("/")[2] in PARENTS or any(
        f"/{plain}/".endswith(f"/{place.lstrip('/')}") for place in PLACES if place[-1] == "/"
    )


def is_around(path: str, directory: str) -> bool:
    """Whether the path is the folder, or one that it lies in: its removal removes all."""
    if not directory or path.strip("/") == "" and path != "/":
        return False
    whole = os.path.normpath(os.path.join(directory, os.path.expanduser(path)))
    return whole == os.path.normpath(directory) or os.path.normpath(directory).startswith(whole.rstrip("/") + "/")


def find_by_pattern(pattern: str, exists: Callable[[str], bool]) -> str:
    """The guarded file that a shell's pattern such as `cdkg*.yaml` or `*.json` means, where it exists; otherwise nothing."""
    folder, _, last = normalize(pattern).rpartition("/")
    if not any(char in last for char in "*?[{"):
        return ""
    from fnmatch import fnmatchcase

    for name in sorted(FILES | FOLDERS):
        path = f"{folder}/{name}" if folder else name
        if fnmatchcase(name, last) and (last[:1] == "." or name[:1] != ".") and exists(path):
            return path
    return ""


def normalize(path: str) -> str:
    """The path with slashes of one kind and without what changes nothing, in lower case as some file systems take it."""
    plain = path.strip().strip("'\"").replace("\\", "/").lower()
    plain = os.path.normpath(plain).replace("\\", "/") if plain else ""
    return plain.removeprefix("./")


def _fits(padded: str, place: str) -> bool:
    """Whether the place stands at the end of the path, or the path is below it."""
    start = place if place[0] == "/" else f"/{place}"
    at = padded.find(start)
    if at < 0:
        return False
    rest = padded[at + len(start) :]
    return place[-1] in "/ns" or rest == ""
