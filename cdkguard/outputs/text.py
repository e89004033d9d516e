"""A report as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.model import Finding, Report
from cdkguard.outputs.finding_lines import WHOLE_CONFIGURATION, group_by, lay_out_findings
from cdkguard.outputs.fixes import languages_of, suppression_hint
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines, wrap
from cdkguard.outputs.summary import plural, summarize_findings, summarize_run
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Framework


def render(report: Report, options: Options) -> str:
    """The report as lines for a terminal, of `options.width` characters."""
    return render_lines(list(_lay_out(report, options)), options)


def _lay_out(report: Report, options: Options) -> Iterator[Line]:
    yield from lay_out_findings(report.active, report, options)
    yield from lay_out_problems(report, options)
    yield from lay_out_suppressed(report.findings, options)
    if report.active:
        yield from _accept_hint(report.active, options)
    else:
        yield from _lay_out_judged_stacks(report, options)
    for framework in options.frameworks:
        yield from _framework(framework, options)
    yield from _last(report, options)


def _framework(framework: Framework, options: Options) -> Iterator[Line]:
    """Failed and undecided controls with their rules, a line each; the others as lists."""
    numbers = ", ".join(f"{number} {outcome}" for outcome, number in framework.counts.items())
    yield [(framework.title, "heading"), (f": {numbers}", "")]
    for outcome, style in (("fail", "high"), ("unknown", "medium")):
        for control in framework.having(outcome):
            found = f" ({plural(control.findings, 'finding')})" if control.findings else ""
            yield from _controls(outcome, style, f"{control.id}: {', '.join(control.failed)}{found}", options)
    passed = [c.id + (f" ({c.suppressed} suppressed)" if c.suppressed else "") for c in framework.having("pass")]
    yield from _controls("pass", "dim", ", ".join(passed), options)
    reasons = dict.fromkeys(control.reason for control in framework.having("not judged"))
    for reason in reasons:
        ids = [control.id for control in framework.having("not judged") if control.reason == reason]
        yield from _controls("not judged", "dim", f"{reason}: {', '.join(ids)}", options)
    yield []


def _controls(word: str, style: str, text: str, options: Options) -> Iterator[Line]:
    if text:
        yield from lay_out_labelled(f"  {word:<12}", text, options, style)


def lay_out_problems(report: Report, options: Options) -> Iterator[Line]:
    """The lines of errors and notices."""
    for problem in report.problems:
        style, word = ("error", "ERROR") if problem.fatal else ("dim", "notice")
        yield from lay_out_labelled(f"{word:<8}", problem.message, options, style)
    if report.problems:
        yield []


def lay_out_suppressed(findings: Sequence[Finding], options: Options) -> Iterator[Line]:
    """A line for the suppressed findings with the same rule, reason and origin: thousands may have been accepted."""
    groups = group_by([f for f in findings if f.suppression], lambda f: (f.rule_id, f.suppression))
    for group in groups:
        first, accepted = group[0], group[0].suppression
        assert accepted is not None
        who = subject_of(first) if len(group) == 1 else plural(len(group), "finding")
        owner = f", {accepted.owner}" if accepted.owner else ""
        until = f", until {accepted.expires}" if accepted.expires else ""
        text = f"{first.rule_id} {who}: {accepted.reason} ({accepted.origin}{owner}{until})"
        yield from lay_out_labelled("suppressed  ", text, options, "dim", "dim")
    if groups:
        yield []


def _accept_hint(findings: Sequence[Finding], options: Options) -> Iterator[Line]:
    yield from lay_out_approve_hint(findings)
    if any(not f.change for f in findings):
        yield [("accept with reason: `suppressions` in cdkguard.yaml, or beside the resource:", "dim")]
        yield [(suppression_hint(languages_of(findings, options)[0]), "dim")]
    yield [("more about a rule: cdkguard explain RULE", "dim")]
    yield []


def lay_out_approve_hint(findings: Sequence[Finding]) -> Iterator[Line]:
    """How the change of the first finding is approved, where a change can be."""
    wanted = next((f for f in findings if f.change and f.impact not in WHOLE_CONFIGURATION), None)
    if wanted is not None:
        yield [("a change that is wanted: `cdkguard approve`, with the same --against, and", "dim")]
        yield [(f'--change "{escape.terminal(subject_of(wanted))}" --reason "..." --owner NAME', "dim")]


def _lay_out_judged_stacks(report: Report, options: Options) -> Iterator[Line]:
    if not report.stacks:
        return
    names = ", ".join(stack.construct_path or stack.name for stack in report.stacks[:12])
    more = f" and {len(report.stacks) - 12} more" if len(report.stacks) > 12 else ""
    total = plural(sum(stack.resources for stack in report.stacks), "resource")
    for line in wrap(f"judged {total} in {names}{more}", options.width):
        yield [(line, "")]


def _last(report: Report, options: Options) -> Iterator[Line]:
    """One line, folded at its dots where it is too long."""
    found, *judged = f"  {summarize_findings(report)} · {summarize_run(report)}".split(" · ")
    line, used = [(report.verdict, report.verdict), (found, "")], len(report.verdict + found)
    for part in judged:
        fits = used + 3 + len(part) <= options.width
        if not fits:
            yield line
            line, used = [(" " * (len(report.verdict) + 2), "")], len(report.verdict) - 1
        line.append((f" · {part}" if fits else part, ""))
        used += 3 + len(part)
    yield line
