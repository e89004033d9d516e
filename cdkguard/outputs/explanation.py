"""The explanation of a rule that `cdkguard explain` writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cdkguard._typing import Any
from cdkguard.model import Remedy, Rule
from cdkguard.outputs.render import Options
from cdkguard.text import escape


def render_text(rule: Rule, options: Options) -> str:
    """Why the rule exists, what to write instead, and how one finding is accepted."""
    return "".join(f"{escape.block(text)}\n" for text in _paragraphs(rule))


def _paragraphs(rule: Rule) -> Iterator[str]:
    severities = ", ".join(f"{severity} on {name}" for name, severity in rule.severities.items())
    environments = ", ".join(rule.environments) or "every environment"
    yield f"{rule.id}: {rule.title}"
    yield f"severity {rule.severity}{f' ({severities})' if severities else ''}; {environments}; pack {rule.pack}\n"
    yield textwrap.fill(rule.why, 79)
    if rule.remedy:
        yield from _remedy(rule.remedy)
    for case in rule.remedy_cases:
        yield "\n" + textwrap.indent(textwrap.fill(case["remedy"][0], 75), "  ")
    for reference in rule.references:
        yield f"\n{reference}"
    yield (
        "\nAccept one finding in cdkguard.yaml:\n  suppressions:\n"
        f'    - {{rule: {rule.id}, construct: "Stack/Path/*", reason: "..."}}'
    )


def _remedy(remedy: Remedy) -> Iterator[str]:
    yield "\nWhat to write instead\n" + textwrap.indent(textwrap.fill(remedy.text, 75), "  ")
    for language, code in (("Python", remedy.python), ("TypeScript", remedy.typescript), ("Template", remedy.template)):
        if code:
            yield f"\n  {language}:\n" + textwrap.indent(code.rstrip(), "    ")


def render_json(rule: Rule, options: Options) -> str:
    """The same as an object."""
    return escape.json_text(_document(rule)) + "\n"


def _document(rule: Rule) -> dict[str, Any]:
    remedy = rule.remedy
    return {
        "id": rule.id,
        "title": rule.title,
        "problem": rule.problem,
        "severity": rule.severity,
        "severities": dict(rule.severities),
        "environments": list(rule.environments),
        "pack": rule.pack,
        "why": rule.why,
        "remedy": remedy and remedy._asdict(),
        "references": list(rule.references),
    }
