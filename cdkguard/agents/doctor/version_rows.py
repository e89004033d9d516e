"""The programs of the hosts: their versions, and whether they trust the repository and its hooks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.agents.doctor.codex_trust import examine_codex_trust
from cdkguard.agents.doctor.rows import AGENTS, Row
from cdkguard.agents.doctor.setup_rows import ask_version, find_program
from cdkguard.agents.install.json_nodes import read_nodes
from cdkguard.system import files


class Needed(NamedTuple):
    """The oldest version of a program that a hook can rely on."""

    host: str
    program: str
    title: str
    oldest: str
    why: str


NEEDED = (
    Needed("claude", "claude", "Claude Code", "2.1.295", "older ones ignore `onFailure`: a command runs when its hook is late"),
    Needed("copilot", "copilot", "Copilot CLI", "1.0.70", "older ones take exit status 2 for a warning"),
    Needed("codex", "codex", "Codex", "0.124", "older ones have no hooks"),
    Needed("gemini", "gemini", "Gemini CLI", "0.26", "older ones have no hooks"),
    Needed("kiro", "kiro-cli", "Kiro CLI", "3.0", "older ones read no .kiro/hooks: cdkguard agents install kiro-cli"),
)  # fmt: skip


def examine_versions(hosts: set[str], root: str, environment: Mapping[str, str]) -> Iterator[Row]:
    """A row for each program that is installed, and one for each trust that a host asks for."""
    for needed in NEEDED:
        if needed.host not in hosts:
            continue
        program = find_program(needed.program, environment) or find_program(needed.program, os.environ)
        if program is not None:
            yield _examine_version(needed, program)
    home = os.path.expanduser("~")
    if "codex" in hosts:
        program = find_program("codex", environment) or find_program("codex", os.environ)
        yield examine_codex_trust(program, root)
    if "gemini" in hosts:
        yield _examine_gemini_trust(root, home)
    if "copilot" in hosts:
        yield _examine_copilot_trust(root, home)
    if "cursor" in hosts:
        text = "whether it trusts this folder is not known; it runs a repository's hooks in trusted ones only"
        yield Row(AGENTS, "Cursor trust", "unknown", text, "open the folder in it and look")


def _examine_version(needed: Needed, program: str) -> Row:
    version = ask_version(program, os.environ)
    name = f"{needed.title} version"
    if version is None:
        return Row(
            AGENTS, name, "unknown", f"{program} does not say its version", f"{needed.oldest} or newer is needed"
        )
    if _numbers(version) < _numbers(needed.oldest):
        return Row(AGENTS, name, "broken", f"{version}: {needed.why}", f"update to {needed.oldest} or newer")
    return Row(AGENTS, name, "ok", f"{version} ({needed.oldest} or newer)")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _examine_copilot_trust(root: str, home: str) -> Row:
    """The CLI notes trusted folders in its configuration (1.0.102); the cloud agent has no such list."""
    folders = _read_json(os.path.join(home, ".copilot", "config.json")).get("trustedFolders")
    real = f"{os.path.realpath(root)}/"
    for folder in folders if isinstance(folders, list) else ():
        if isinstance(folder, str) and real.startswith(f"{folder.rstrip('/')}/"):
            return Row(AGENTS, "Copilot CLI trust", "ok", f"{folder} is trusted")
    text = "this folder is in no list of trusted ones: the CLI reads its hooks when it is"
    return Row(AGENTS, "Copilot CLI trust", "unknown", text, "open the Copilot CLI here and trust the folder")


def _examine_gemini_trust(root: str, home: str) -> Row:
    """Folders need trust unless the user's settings say that they do not (0.61): an untrusted one has no settings, no hooks."""
    security = _read_json(os.path.join(home, ".gemini", "settings.json")).get("security")
    trust = security.get("folderTrust") if isinstance(security, dict) else None
    if isinstance(trust, dict) and trust.get("enabled") is False:
        return Row(AGENTS, "Gemini CLI trust", "ok", "its settings ask for no trust in folders")
    real = f"{os.path.realpath(root)}/"
    folders = _read_json(os.path.join(home, ".gemini", "trustedFolders.json"))
    for folder, word in sorted(folders.items(), key=lambda entry: -len(entry[0])):  # the nearest one decides
        trusted = os.path.dirname(folder) if word == "TRUST_PARENT" else folder
        if not real.startswith(f"{trusted.rstrip('/')}/"):
            continue
        if word in ("TRUST_FOLDER", "TRUST_PARENT"):
            return Row(AGENTS, "Gemini CLI trust", "ok", f"{trusted} is trusted")
        text = f"{folder} is marked as not trusted: its hooks do not run"
        return Row(AGENTS, "Gemini CLI trust", "broken", text, "trust it: /permissions in Gemini CLI")
    text = "this folder is in no list of trusted ones: its settings and hooks do not count there"
    return Row(AGENTS, "Gemini CLI trust", "unknown", text, "open Gemini CLI here and trust the folder")


def _read_json(path: str) -> dict[str, Json]:
    """The object in a file of a host, which may have comments; empty where there is none."""
    try:
        found = read_nodes(files.read_text(path)).plain()
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
