"""A round as text for people: the whole report at first, then what is new and gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.model import Finding, Outcome
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines, wrap
from cdkguard.outputs.summary import plural, shown_findings
from cdkguard.outputs.text import lay_out_change, lay_out_many, lay_out_problems, lay_out_report
from cdkguard.outputs.watch_round import Round
from cdkguard.outputs.watch_status import begin_status, describe_round
from cdkguard.text import escape

_MOST_GONE = 20  # Findings that went, told one by one.


def render(found: Round, options: Options) -> str:
    """The round as lines for a terminal; the last one says how a check would end."""
    return render_lines([*_lay_out(found, options), *_lay_out_status(found, options)], options)


def _lay_out(found: Round, options: Options) -> Iterator[Line]:
    if found.is_first:
        yield from lay_out_report(found.report, options)
        return
    if found.changes_differ and not options.detail.quiet:
        yield from lay_out_change(found.report, options)
    shown = set(map(id, shown_findings(found.report._replace(findings=found.new), options)))
    yield from lay_out_many([f for f in found.new if id(f) in shown], found.report, options)
    yield from _lay_out_gone(found.gone, options)
    yield from lay_out_problems(found.report._replace(problems=found.new_problems), options)


def _lay_out_gone(gone: Sequence[Finding], options: Options) -> Iterator[Line]:
    for finding in gone[:_MOST_GONE]:
        state = "undecided " if finding.outcome is Outcome.UNKNOWN else ""
        text = f"{state}{finding.severity} {finding.rule_id} {subject_of(finding)}"
        yield from lay_out_labelled("gone    ", text, options, "passed")
    if len(gone) > _MOST_GONE:
        yield [(f"gone    {plural(len(gone) - _MOST_GONE, 'finding')} more", "")]
    if gone:
        yield []


def _lay_out_status(found: Round, options: Options) -> Iterator[Line]:
    clock, word = begin_status(found)
    used = len(clock) + 2
    first, *rest = wrap(f"{word}: {escape.terminal(describe_round(found))}", options.width - used)
    yield [(f"{clock}  ", "dim"), (word, word), (first[len(word) :], "")]
    for line in rest:
        yield [(" " * used + line, "")]
