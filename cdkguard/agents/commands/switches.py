"""What would turn the guard off without touching one of its files: variables, packages, npm's shell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.options import read_options
from cdkguard.agents.nouns import Action

_REMOVERS = {"pip": "uninstall", "pip3": "uninstall", "pipx": "uninstall", "uv": "uninstall", "poetry": "remove", "pdm": "remove",
             "conda": "remove", "mamba": "remove", "rye": "remove", "brew": "uninstall", "hatch": "", "pixi": "remove", "pipenv": "uninstall"}  # fmt: skip
MANAGERS = frozenset(_REMOVERS) | {
    "npm", "pre-commit", "claude", "codex", "gemini", "unset", "set", "setx", "sv", "kill", "pkill", "killall",
}  # fmt: skip


def read_switches(call: Call) -> Iterator[Action]:
    """What a call of a package manager, or of a host's own command line, would turn off."""
    name, words = call.words[0], list(call.words[1:])
    if name in _REMOVERS and any(each in words for each in ("uninstall", "remove", "rm")):
        if any(word.partition("[")[0].partition("=")[0] == "cdkguard" for word in words):
            yield call.act("guard", name, "uninstall cdkguard")
    elif name == "npm" and words[:1] == ["config"] and len(words) > 2 and words[1] in ("set", "delete"):
        if words[2].partition("=")[0] in ("script-shell", "ignore-scripts"):
            yield call.act("guard", "npm", f"config {words[1]} {words[2]}")
    elif name == "pre-commit":
        if words[:1] == ["uninstall"]:
            yield call.act("guard", "pre-commit", "uninstall", paths=(".git/hooks",))
    elif name in ("pkill", "killall") and any("cdkguard" in word for word in words):
        yield call.act("guard", name, "cdkguard")
    elif name in ("claude", "codex", "gemini"):
        options = read_options(words, ())
        flags = tuple(
            each
            for each in ("--dangerously-skip-permissions", "--dangerously-bypass-approvals-and-sandbox", "--yolo")
            if options.has(each)
        )
        if flags:
            yield call.act("guard", name, "", flags=flags)


def read_variables(call: Call, variables: Mapping[str, str]) -> Iterator[Action]:
    """Variables of cdkguard and of git's hooks that the line sets or takes away."""
    found = tuple(
        name for name in variables if name.upper().startswith("CDKGUARD_") and name.upper() != "CDKGUARD_CACHE"
    )
    found += tuple(
        name
        for name in variables
        if name in ("SKIP", "HUSKY", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_COUNT") and _turns_off(name, variables[name])
    )
    if found:
        words = call.words or tuple(f"{name}={variables[name]}" for name in found)
        yield call._replace(words=words).act(
            "guard", "shell", "variables", flags=tuple(f"{name}={variables[name]}" for name in found)
        )


def _turns_off(name: str, value: str) -> bool:
    if name == "SKIP":
        return "cdkguard" in value
    return name != "HUSKY" or value == "0"
