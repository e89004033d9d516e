"""The compliance frameworks, their controls, and the rules that judge each control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from cdkguard._typing import Any
from cdkguard.data.loader import load_table
from cdkguard.errors import ConfigError


@cache
def _table() -> dict[str, Any]:
    """framework -> {title, controls: {id: [rule ids]}}; made by tools/make_frameworks.py."""
    table: dict[str, Any] = load_table("frameworks.json")
    return table


def framework_names() -> tuple[str, ...]:
    """The names of all frameworks."""
    return tuple(_table())


def controls_of(name: str) -> Mapping[str, Sequence[str]]:
    """Control -> the ids of the rules that judge it; raises ConfigError for an unknown framework."""
    table: Mapping[str, Sequence[str]] = find_framework(name)["controls"]
    return table


def rule_ids_of(names: Sequence[str]) -> tuple[str, ...]:
    """The ids of the rules that judge a control of these frameworks, sorted; raises ConfigError for an unknown one."""
    found: dict[str, None] = {}
    for name in names:
        for rules in controls_of(name).values():
            found.update(dict.fromkeys(rules))
    return tuple(sorted(found))


def selectors_of(names: Sequence[str]) -> tuple[str, ...]:
    """The value of `rules` that selects the rules of these frameworks, and the rules on changes."""
    return (*rule_ids_of(names), "changes")


def find_framework(name: str) -> Any:
    """{title, controls: {id: [rule ids]}} of a framework; raises ConfigError for an unknown one."""
    if name not in _table():
        from cdkguard.text.spelling import did_you_mean

        raise ConfigError(
            f"no framework '{name}'{did_you_mean(name, framework_names())}; there are: {', '.join(framework_names())}"
        )
    return _table()[name]
