"""Imports the Python code that rules name, of allowed packages only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from importlib import import_module

from cdkguard._typing import Any
from cdkguard.errors import ConfigError, RulePackError


def load_predicates(names: Iterable[str], allowed: Collection[str], still: bool) -> dict[str, Any]:
    """`module:function` -> the function; raises ConfigError for a package that is not allowed, RulePackError for none.

    `allowed` are packages that the configuration or the command line names; `still` says that no file may allow one.
    """
    found: dict[str, Any] = {}
    for name in sorted(names):
        module, _, function = name.partition(":")
        package = module.split(".")[0]
        if package not in allowed:
            how = f"allow it by `--python {package}`" if still else f"name '{package}' under `python` in cdkguard.yaml"
            raise ConfigError(f"rule code '{name}' is not run: {how}")
        try:
            found[name] = getattr(import_module(module), function)
        except (ImportError, AttributeError) as problem:
            raise RulePackError(f"rule code '{name}' cannot be loaded: {problem}") from problem
    return found
