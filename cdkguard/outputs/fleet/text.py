"""Many apps as text for people: a line for each app, the rules with most findings, the verdict last."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.outputs.fleet.record import WORDS, AppReport, Fleet
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

_RULES = 10  # Rules that are shown.
_SHOWN = {"unknown": "undecided"}  # Word of WORDS -> what people read.


def render(fleet: Fleet, options: Options) -> str:
    """The apps as lines for a terminal."""
    return render_lines(list(_lay_out(fleet, options)), options)


def _lay_out(fleet: Fleet, options: Options) -> Iterator[Line]:
    for app in fleet.apps:
        yield from _app(app, options)
    rules = fleet.top_rules()
    if rules:
        yield [("rules with most weight", "heading")]
    for rule in rules[:_RULES]:
        text = f"{rule.title} {escape.terminal(rule.rule_id)}: {plural(rule.findings, 'finding')} in {', '.join(rule.apps)}"
        yield from lay_out_labelled(f"  {rule.severity:<9}", text, options, rule.severity)
    if len(rules) > _RULES:
        yield [(f"  and {plural(len(rules) - _RULES, 'rule')} more: --output html or json", "dim")]
    if rules:
        yield []
    failing = f"{len(fleet.failing)} of {plural(len(fleet.apps), 'app')} fail" if fleet.failing else ""
    yield [(failing or f"{plural(len(fleet.apps), 'app')}, none fails", "BLOCK" if failing else "APPROVE")]


def _app(app: AppReport, options: Options) -> Iterator[Line]:
    word = "failed" if app.fails else "passed"
    facts = " · ".join(escape.terminal(fact) for fact in (app.commit[:12], app.made.replace("T", " ")) if fact)
    yield [
        (word, "BLOCK" if app.fails else "APPROVE"),
        ("  ", ""),
        (escape.terminal(app.name), "path"),
        (f"  {facts}" if facts else "", "dim"),
    ]
    for name, counts in app.environments.items():
        found = (
            ", ".join(f"{counts[word]} {_SHOWN.get(word, word)}" for word in WORDS if counts[word]) or "nothing found"
        )
        yield from lay_out_labelled(f"  {escape.terminal(name) or 'no environment'}  ", found, options, "dim")
    for message in app.errors:
        yield from lay_out_labelled("  ERROR   ", message, options, "error")
    yield []
