"""Which rules judge which control of a compliance framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from cdkguard._typing import Any
from cdkguard.data.loader import shipped
from cdkguard.errors import ConfigError


@cache
def _table() -> dict[str, Any]:
    """framework -> {title, controls: {id: [rule ids]}}; made by tools/make_frameworks.py."""
    table: dict[str, Any] = shipped("frameworks.json")
    return table


def known() -> tuple[str, ...]:
    return tuple(_table())


def controls(name: str) -> Mapping[str, Sequence[str]]:
    """control -> the ids of the rules that judge it; raises ConfigError for a framework that is not known."""
    table: Mapping[str, Sequence[str]] = entry(name)["controls"]
    return table


def rules_of(names: Sequence[str]) -> tuple[str, ...]:
    """The ids of the rules that judge a control of these frameworks; raises ConfigError for one that is not known."""
    found: dict[str, None] = {}
    for name in names:
        for rules in controls(name).values():
            found.update(dict.fromkeys(rules))
    return tuple(sorted(found))


def selectors(names: Sequence[str]) -> tuple[str, ...]:
    """What selects the rules of these frameworks; those on changes run as ever where there is a baseline."""
    return (*rules_of(names), "changes")


def entry(name: str) -> Any:
    if name not in _table():
        from cdkguard.text.spelling import did_you_mean

        raise ConfigError(f"no framework '{name}'{did_you_mean(name, known())}; there are: {', '.join(known())}")
    return _table()[name]
