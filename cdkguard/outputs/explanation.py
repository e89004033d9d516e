"""The explanation of rules that `cdkguard explain` writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.model import Remedy, Rule
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import INDENT, Line, lay_out_labelled, render_lines, wrap
from cdkguard.text import escape


class Explanation(NamedTuple):
    """The rules to explain; `lead` says what was asked for, where that is no rule's id: "checkov's CKV_AWS_28"."""

    rules: tuple[Rule, ...]
    lead: str = ""


def render_text(explanation: Explanation, options: Options) -> str:
    """Why each rule exists, what to write instead, and how one finding is accepted."""
    return render_lines(list(_lay_out(explanation, options)), options)


def _lay_out(explanation: Explanation, options: Options) -> Iterator[Line]:
    rules = explanation.rules
    if explanation.lead:
        for text in wrap(f"{explanation.lead}: {', '.join(rule.id for rule in rules)}", options.width):
            yield [(text, "dim")]
        yield []
    for rule in rules:
        yield from _lay_out_rule(rule, options)
        yield []
    accepted = rules[0].id if len(rules) == 1 else "RULE"
    yield [("Accept one finding in cdkguard.yaml:", "heading")]
    yield [("  suppressions:", "code")]
    yield [(f'    - {{rule: {escape.terminal(accepted)}, construct: "Stack/Path/*", reason: "..."}}', "code")]


def _lay_out_rule(rule: Rule, options: Options) -> Iterator[Line]:
    severities = ", ".join(f"{severity} on {name}" for name, severity in rule.severities.items())
    facts = [
        *((severities,) if severities else ()),
        ", ".join(rule.environments) or "every environment",
        f"pack {rule.pack}",
    ]
    yield [(escape.terminal(rule.id), "rule")]
    yield [(f"{rule.severity}", rule.severity), (f"; {escape.prose('; '.join(facts))}", "dim")]
    yield []
    if rule.problem:
        yield from lay_out_labelled("finds     ", rule.problem, options, "dim", "message")
    yield from lay_out_labelled("requires  ", rule.title, options, "dim")
    yield from lay_out_labelled("why       ", rule.why, options, "dim")
    if rule.remedy:
        yield []
        yield [("What to write instead", "heading")]
        yield from _advice([rule.remedy, *(Remedy(*case["remedy"]) for case in rule.remedy_cases)], options)
    if rule.references:
        yield []
    for reference in rule.references:
        yield [(escape.terminal(reference), "")]


def _advice(remedies: Sequence[Remedy], options: Options) -> Iterator[Line]:
    """Each text and each piece of code once, of the rule's general advice and of its cases."""
    shown: set[str] = set()
    for remedy in remedies:
        if remedy.text not in shown:
            yield from [[]] if shown else []
            yield from lay_out_labelled("  ", remedy.text, options, "")
        for language, code in (
            ("Python", remedy.python),
            ("TypeScript", remedy.typescript),
            ("Template", remedy.template),
        ):
            if code and code not in shown:
                yield []
                yield [(f"  {language}:", "dim")]
                for line in escape.code_lines(code):
                    yield [(INDENT + line, "code")]
        shown |= {remedy.text, *filter(None, remedy[1:])}


def render_json(explanation: Explanation, options: Options) -> str:
    """The rule as an object; several that a glob or a peer's id names as an array of them."""
    documents = [_document(rule) for rule in explanation.rules]
    return escape.json_text(documents if explanation.lead else documents[0]) + "\n"


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
