"""cdkguard itself: the commands that let something through, which are a human's."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.agents.commands.call import Call
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known

# Verb -> the files that it writes.
_WRITES: dict[str, tuple[str, ...]] = {
    "approve": ("cdkguard.approvals.yaml",),
    "accept": (".cdkguard-baseline.json",),
    "baseline": (".cdkguard-baseline.json",),
    "snapshot": ("cdkguard.snapshot",),
    "preflight record": ("cdkguard.yaml",),
    "agents install": (),
}
_READS = frozenset(
    [
        "check", "diff", "plan", "destroy", "report", "rules", "explain", "doctor", "preflight", "mcp", "agents",
        "completion", "init", "fleet", "version", "help", "suppressions", "schema", "audit", "cfn-hook",
    ]
)  # fmt: skip


def read_cdkguard(call: Call) -> Iterator[Action]:
    """What a call of cdkguard would let through."""
    words = call.words[1:]
    if "--help" in words or "-h" in words or "--version" in words:
        return
    positional = [word for word in words if word[:1] != "-"]
    if not positional:
        return
    verb = positional[0]
    if not is_known(verb):
        yield call.act("hidden", "cdkguard", "")
        return
    two = " ".join(positional[:2])
    flags = tuple(
        word for word in words if word.partition("=")[0] in ("--skip", "--force", "--remove", "--without", "--only")
    )
    if two in _WRITES and verb not in _WRITES:
        # Installing the hook is welcome; taking it away, or writing over what guards, is not.
        if two != "agents install" or "--remove" in words:
            yield call.act("guard", "cdkguard", two, paths=_WRITES[two], flags=flags)
    elif verb in _WRITES:
        if not ({"--dry-run"} & set(words)):
            yield call.act("guard", "cdkguard", verb, paths=_paths(verb, list(words)), flags=flags)
    elif verb == "init":
        if "--force" in words:
            yield call.act("guard", "cdkguard", "init", paths=("cdkguard.yaml",), flags=("--force",))
    elif any(word.partition("=")[0] == "--skip" for word in words):
        yield call.act("guard", "cdkguard", verb, flags=flags)
    elif verb not in _READS:
        yield call.act("hidden", "cdkguard", verb, unread=f"this cdkguard does not know the command {verb}")


def _paths(verb: str, words: list[str]) -> tuple[str, ...]:
    for option in ("--out", "--accepted", "--approvals"):
        for at, word in enumerate(words):
            if word == option and at + 1 < len(words):
                return (words[at + 1],)
            if word.startswith(f"{option}="):
                return (word.partition("=")[2],)
    return _WRITES[verb]
