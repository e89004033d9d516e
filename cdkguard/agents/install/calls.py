"""The call of our hook in a host's configuration: recognised, and written with the launcher that the team uses."""

from __future__ import annotations

import re

from cdkguard._typing import Json

LAUNCHER = "cdkguard"  # what starts us, unless --command names something else, such as "uv run cdkguard"
_CALL = re.compile(r"(?:^|; )([^;|&\"'{}]+?) agents hook\b")


def is_call(value: Json) -> bool:
    """Whether a hook's entry calls us."""
    return any(" agents hook" in text for text in texts_in(value))


def texts_in(value: Json) -> list[str]:
    """All texts in a value, also those of keys' values, in order."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in texts_in(item)]


def with_launcher(value: Json, launcher: str) -> Json:
    """The value with another launcher in its commands."""
    if launcher == LAUNCHER:
        return value
    if isinstance(value, str):
        found = value.replace(f"{LAUNCHER} agents hook", f"{launcher} agents hook")
        return found.replace(f"command -v {LAUNCHER} ", f"command -v {launcher.split()[0]} ")
    if isinstance(value, dict):
        if value.get("command") == LAUNCHER and value.get("args") == ["mcp"]:
            first, *others = launcher.split()
            return {**value, "command": first, "args": [*others, "mcp"]}
        return {key: with_launcher(item, launcher) for key, item in value.items()}
    return [with_launcher(item, launcher) for item in value] if isinstance(value, list) else value


def find_launcher(value: Json) -> str | None:
    """What starts us in the calls that a value holds; None where it holds none."""
    found = [match[1].strip() for text in texts_in(value) if (match := _CALL.search(text))]
    return found[0] if found else None
