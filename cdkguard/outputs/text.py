"""A report as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.model import Finding, Report, severity_rank
from cdkguard.outputs.entries import group_by
from cdkguard.outputs.finding_lines import WHOLE_CONFIGURATION, lay_out_findings
from cdkguard.outputs.finding_table import MANY, lay_out_hint, lay_out_statistics, lay_out_table
from cdkguard.outputs.fixes import languages_of, suppression_hint
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines, wrap
from cdkguard.outputs.summary import (
    count_severities,
    plural,
    shown_findings,
    status_word,
    summarize_decision,
    summarize_run,
)
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Framework, SuppressionKind


def render(report: Report, options: Options) -> str:
    """The report as lines for a terminal, of `options.width` characters."""
    lines = list(lay_out_report(report, options))
    return render_lines(lines if options.detail.quiet else [*lines, *_last(report, options)], options)


def lay_out_report(report: Report, options: Options) -> Iterator[Line]:
    """The lines of the whole report, but for the last one, which sums it up."""
    if options.detail.quiet:
        yield from _lay_out_quiet(report, options)
        return
    if report.against:
        yield from lay_out_change(report, options)
    yield from _lay_out_active(report, options)
    yield from lay_out_problems(report, options)
    yield from lay_out_suppressed(report.findings, options)
    if report.active:
        yield from _accept_hint(report.active, options)
    else:
        yield from _lay_out_judged_stacks(report, options)
    for framework in options.frameworks:
        yield from _framework(framework, options)


def _lay_out_quiet(report: Report, options: Options) -> Iterator[Line]:
    yield from lay_out_many(shown_findings(report, options), report, options)
    for error in report.errors:
        yield from lay_out_labelled("ERROR   ", error.message, options, "error")


def lay_out_change(report: Report, options: Options) -> Iterator[Line]:
    """What the deployment destroys, replaces and leaves behind."""
    from cdkguard.outputs.diff.change_summary import lay_out_change_summary  # Most runs have no baseline.

    yield [("This change", "heading"), (f", against {escape.terminal(report.against)}", "dim")]
    yield []
    lines = list(lay_out_change_summary(report.changes, options))
    yield from lines or [[("  no change of a resource", "")]]
    yield []


def _lay_out_active(report: Report, options: Options) -> Iterator[Line]:
    """The new findings, then the old ones or their number; all of them where there is no baseline."""
    old = [finding for finding in report.active if finding.is_new is False]
    new = [finding for finding in report.active if finding.is_new is not False]
    if report.against:
        number = plural(len(new), "finding") if new else "No finding"
        yield [(f"{number} new with it", "heading")]
        yield []
    yield from lay_out_many(new, report, options)
    if old and (options.detail.show_old or options.detail.verbose):
        yield [(f"{plural(len(old), 'finding')} there before", "heading")]
        yield []
        yield from lay_out_many(old, report, options)
    elif old:
        text = f"There before: {plural(len(old), 'finding')} ({count_severities(old)}), which --show-old lists"
        for line in wrap(text, options.width):
            yield [(line, "")]
        yield []


def lay_out_many(findings: Sequence[Finding], report: Report, options: Options) -> Iterator[Line]:
    """The findings one by one, or as a table where they are many."""
    if options.detail.statistics:
        yield from lay_out_statistics(findings, options)
    elif len(findings) <= MANY or options.detail.verbose:
        yield from lay_out_findings(findings, report, options)
    else:
        yield from lay_out_table(findings, options)
        yield from lay_out_hint(len(findings), options)


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
    """The number of suppressed findings by what accepts them or, in full, a line for those of the same rule and reason."""
    accepted = [finding for finding in findings if finding.suppression]
    if not accepted:
        return
    if options.detail.verbose:
        yield from _suppressed_in_full(accepted, options)
    else:
        kinds = group_by(accepted, lambda f: f.suppression and f.suppression.kind)
        parts = [f"{len(group)} {_KINDS[group[0].suppression.kind]}" for group in kinds if group[0].suppression]
        yield from lay_out_labelled("suppressed  ", f"{', '.join(parts)}: -v lists them", options, "dim", "dim")
    yield []


# Suppression.kind -> how the finding was accepted.
_KINDS: dict[SuppressionKind, str] = {
    "configuration": "by the configuration",
    "metadata": "in the metadata of resources",
    "acknowledgement": "by acknowledgements in code",
    "accepted": "by the file of accepted findings",
    "approval": "by approved changes",
    "peer": "by suppressions for other checkers",
}


def _suppressed_in_full(findings: Sequence[Finding], options: Options) -> Iterator[Line]:
    for group in group_by(findings, lambda f: (f.rule_id, f.suppression)):
        first, accepted = group[0], group[0].suppression
        assert accepted is not None
        who = subject_of(first) if len(group) == 1 else plural(len(group), "finding")
        owner = f", {accepted.owner}" if accepted.owner else ""
        until = f", until {accepted.expires}" if accepted.expires else ""
        reason = accepted.reason.removeprefix(f"{first.rule_id}: ")
        text = f"{first.rule_id} {who}: {reason} ({accepted.origin}{owner}{until})"
        yield from lay_out_labelled("suppressed  ", text, options, "dim", "dim")


def _accept_hint(findings: Sequence[Finding], options: Options) -> Iterator[Line]:
    yield from lay_out_approve_hint(findings)
    if any(not f.change for f in findings):
        yield [("accept with reason: `suppressions` in cdkguard.yaml, or beside the resource:", "dim")]
        yield [(suppression_hint(languages_of(findings, options)[0]), "dim")]
    yield [("more about a rule: cdkguard explain RULE", "dim")]
    yield []


def lay_out_approve_hint(findings: Sequence[Finding]) -> Iterator[Line]:
    """The command that approves the worst change of the findings, on one line to copy, where a change can be approved."""
    wanted = [f for f in findings if f.change and f.impact not in WHOLE_CONFIGURATION]
    if wanted:
        worst = max(wanted, key=lambda f: severity_rank(f.severity))
        name = escape.terminal(subject_of(worst))
        yield [("a change that is wanted is approved with the same --against:", "dim")]
        yield [(f'cdkguard approve --change "{name}" --reason "..." --owner NAME', "dim")]


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
    word = status_word(report)
    found, *judged = f": {summarize_decision(report)} · {summarize_run(report)}".split(" · ")
    line, used = [(word, word), (found, "")], len(word + found)
    for part in judged:
        fits = used + 3 + len(part) <= options.width
        if not fits:
            yield line
            line, used = [(" " * (len(word) + 2), "")], len(word) - 1
        line.append((f" · {part}" if fits else part, ""))
        used += 3 + len(part)
    yield line
