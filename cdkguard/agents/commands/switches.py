"""What would turn the guard off without touching one of its files: variables, packages, npm's shell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.options import read_options
from cdkguard.agents.nouns import Action

_REMOVERS = {"pip": "uninstall", "pip3": "uninstall", "pipx": "uninstall", "uv": "uninstall", "poetry": "remove", "pdm": "remove",
             "conda": "remove", "mamba": "remove", "rye": "remove", "brew": "uninstall", "hatch": "", "pixi": "remove", "pipenv": "uninstall"}  # fmt: skip
# Other agents -> (options or verbs by which they work on a task alone, the files in which our hook for them stands).
_AGENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "claude": (("-p", "--print"), (".claude/settings.json", ".claude/settings.local.json")),
    "codex": (("exec", "e"), (".codex/hooks.json",)),
    "gemini": (("-p", "--prompt"), (".gemini/settings.json",)),
    "cursor-agent": (("-p", "--print"), (".cursor/hooks.json", ".claude/settings.json")),
    "kiro-cli": (("chat",), (".kiro/hooks/cdkguard.json", ".kiro/agents/cdkguard.json")),
    "opencode": (("run",), (".opencode/plugins/cdkguard.js",)),
    "devin": (("-p", "--print"), (".devin/hooks.v1.json", ".claude/settings.json")),
    "aider": (("--message", "-m", "--message-file", "-f"), ()),
    "goose": (("run",), ()),
    "qwen": (("-p", "--prompt"), ()),
    "droid": (("exec",), ()),
    "amp": (("-x", "--execute"), ()),
}
MANAGERS = frozenset(_REMOVERS) | {
    *_AGENTS, "npm", "pre-commit", "claude", "codex", "gemini", "unset", "set", "setx", "sv", "kill", "pkill", "killall",
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
    if name in _AGENTS:
        yield from _read_agent(call, name, words)
    if name in ("claude", "codex", "gemini"):
        options = read_options(words, ())
        flags = tuple(
            each
            for each in ("--dangerously-skip-permissions", "--dangerously-bypass-approvals-and-sandbox", "--yolo")
            if options.has(each)
        )
        if flags:
            yield call.act("guard", name, "", flags=flags)


def _read_agent(call: Call, name: str, words: list[str]) -> Iterator[Action]:
    """Another agent that would work where no hook of ours is, and what takes ours away from one."""
    alone, places = _AGENTS[name]
    plain = [word for word in words if word[:1] != "-"]
    is_switched = plain[:1] in (["config"], ["hooks"], ["plugin"], ["extensions"], ["mcp"]) and plain[1:2] in (
        ["set"], ["remove"], ["unset"], ["disable"], ["uninstall"],
    )  # fmt: skip
    if is_switched and any("hooks" in word.lower() or "cdkguard" in word for word in words):
        yield call.act("guard", name, f"{plain[0]} {plain[1]}")
        return
    works = any(word.partition("=")[0] in alone for word in words) if alone[0][:1] == "-" else plain[:1] == [alone[0]]
    has_app = any(map(call.exists, ("cdk.json", "cdkguard.yaml", "cdkguard.yml")))
    if works and has_app and not any("cdkguard" in (call.read(place) or "") for place in places):
        yield call.act("guard", name, "", flags=("without a hook",))


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
