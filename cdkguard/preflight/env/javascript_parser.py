"""Parses JavaScript and TypeScript by tree-sitter, which the extra `cdkguard[preflight]` brings."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from cdkguard._typing import Any

INSTALL = "pip install 'cdkguard[preflight]'"
# Ending -> the package and the function of the grammar. TypeScript's `<T>x` is no TSX.
_GRAMMARS = {
    ".js": ("tree_sitter_javascript", "language"),
    ".jsx": ("tree_sitter_javascript", "language"),
    ".mjs": ("tree_sitter_javascript", "language"),
    ".cjs": ("tree_sitter_javascript", "language"),
    ".ts": ("tree_sitter_typescript", "language_typescript"),
    ".mts": ("tree_sitter_typescript", "language_typescript"),
    ".cts": ("tree_sitter_typescript", "language_typescript"),
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
    ".vue": ("tree_sitter_typescript", "language_typescript"),
    ".svelte": ("tree_sitter_typescript", "language_typescript"),
    ".astro": ("tree_sitter_typescript", "language_typescript"),
}
ENDINGS = tuple(_GRAMMARS)


class NoParser(Exception):
    """tree-sitter or a grammar is not installed."""


def parse_javascript(text: str, ending: str) -> Any:
    """The root node of the syntax tree. Raises NoParser."""
    return _parser(*_GRAMMARS[ending]).parse(text.encode("utf-8", "replace")).root_node


@lru_cache(maxsize=8)
def _parser(package: str, function: str) -> Any:
    try:
        tree_sitter = import_module("tree_sitter")
        grammar = getattr(import_module(package), function)
        return tree_sitter.Parser(tree_sitter.Language(grammar()))
    except (ImportError, ValueError) as problem:  # ValueError: a grammar that this tree-sitter is too old for
        raise NoParser(str(problem)) from problem
