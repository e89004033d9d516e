"""The list of rules that `cdkguard rules list` writes."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import Any
from cdkguard.model import Rule
from cdkguard.outputs.render import Options
from cdkguard.text import escape


def render_text(rules: Sequence[Rule], options: Options) -> str:
    """A line for each rule: severity, id, environments, title."""
    width = max(len(rule.id) for rule in rules)
    return "".join(f"{escape.block(_line(rule, width))}\n" for rule in rules)


def _line(rule: Rule, width: int) -> str:
    environments = ",".join(rule.environments) or "all"
    return f"{rule.severity:8}  {rule.id:{width}}  {environments:8}  {' '.join(rule.title.split())}"


def render_json(rules: Sequence[Rule], options: Options) -> str:
    """An array with an object for each rule."""
    return escape.json_text([_row(rule) for rule in rules]) + "\n"


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "problem": rule.problem,
        "severity": rule.severity,
        "pack": rule.pack,
        "scope": rule.scope,
        "types": list(rule.types),
        "environments": list(rule.environments),
        "profiles": list(rule.profiles),
        "equivalents": dict(rule.equivalents),
        "covers": list(rule.covers),
        "with": dict(rule.parameters),
        "references": list(rule.references),
    }
