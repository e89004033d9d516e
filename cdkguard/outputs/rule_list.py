"""The list of rules that `cdkguard rules list` writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import Any
from cdkguard.model import Rule
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, render_lines, wrap
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

_WIDEST_ID = 34  # columns of ids; longer ones have their line to themselves
_NARROWEST_TITLE = 28


def render_text(rules: Sequence[Rule], options: Options) -> str:
    """The rules by pack: severity, id, and what each requires."""
    return render_lines(list(_lay_out(rules, options)), options)


def _lay_out(rules: Sequence[Rule], options: Options) -> Iterator[Line]:
    packs: dict[str, list[Rule]] = {}
    for rule in rules:
        packs.setdefault(rule.pack, []).append(rule)
    for pack, members in packs.items():
        requires = "requires:" if len(members) == 1 else "each requires:"
        yield [(escape.terminal(pack), "heading"), (f"  {plural(len(members), 'rule')}, {requires}", "dim")]
        for rule in members:
            yield from _lay_out_rule(rule, min(_WIDEST_ID, max(len(r.id) for r in members)), options)
        yield []
    yield [(f"{plural(len(rules), 'rule')}; more about one: cdkguard explain RULE", "dim")]


def _lay_out_rule(rule: Rule, id_width: int, options: Options) -> Iterator[Line]:
    """One line, or several where the title needs them: it is folded in a column of its own."""
    lead = 2 + 8 + 2 + id_width + 2
    if options.width - lead < _NARROWEST_TITLE:
        lead = 12
    texts = wrap(" ".join([rule.title, _scope(rule)]).strip(), options.width - lead)
    head: Line = [("  ", ""), (f"{rule.severity:8}", rule.severity), ("  ", ""), (escape.terminal(rule.id), "rule")]
    used = sum(len(text) for text, _ in head)
    if used + 2 <= lead:
        yield [*head, (" " * (lead - used) + texts[0], "")]
        texts = texts[1:]
    else:
        yield head
    for text in texts:
        yield [(" " * lead + text, "")]


def _scope(rule: Rule) -> str:
    """Where and when the rule counts, unless that is always: `(prod; in the profile strict)`."""
    facts = [", ".join(rule.environments)] if rule.environments else []
    if "recommended" not in rule.profiles:
        facts.append(f"in the profile {rule.profiles[0]}" if rule.profiles else "only where it is named")
    return f"({'; '.join(facts)})" if facts else ""


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
