"""The variables that the app itself gives to its functions and containers, as the templates have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import Json
from cdkguard.model import Stack

# Properties that hold variables: {Variables: {NAME: ...}} of a function, [{Name, Value}] of containers and builds.
_PLACES = (
    "Environment", "Secrets", "EnvironmentVariables", "RuntimeEnvironmentVariables", "RuntimeEnvironmentSecrets",
    "EnvironmentVariablesOverride",
)  # fmt: skip
MAX_LEVELS = 60


def find_given(stacks: Iterable[Stack]) -> frozenset[str]:
    """The names of all variables that the templates of these stacks set."""
    return frozenset(name for stack in stacks for name in _walk(stack.template.get("Resources"), 0))


def _walk(value: Json, level: int) -> Iterator[str]:
    if level > MAX_LEVELS:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _PLACES:
                yield from _names(inner)
            yield from _walk(inner, level + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, level + 1)


def _names(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        variables = value.get("Variables", value)
        if isinstance(variables, dict):
            yield from (name for name in variables if isinstance(name, str) and not name.startswith("Fn::"))
    elif isinstance(value, list):
        yield from (item["Name"] for item in value if isinstance(item, dict) and isinstance(item.get("Name"), str))
