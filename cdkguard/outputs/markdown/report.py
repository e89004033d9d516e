"""The comment on a pull request: the verdict, what is lost, its picture, the new findings; the rest is folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.model import Finding, Report
from cdkguard.outputs.markdown.budget import CHARACTERS, FIRST, FRAMEWORKS, NOTICES, Block, Part, fit
from cdkguard.outputs.markdown.findings import FindingBlocks, lay_out_rows, lay_out_suppressed
from cdkguard.outputs.markdown.inline import code, prose
from cdkguard.outputs.markdown.losses import lay_out_losses
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import (
    WORST_FIRST,
    count_severities,
    judged_environments,
    plural,
    status_word,
    summarize_decision,
    summarize_run,
)
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Framework

MARKER = "<!-- cdkguard -->"  # A job finds its earlier comment by it, to update it.
_RULER = "| --- | --- | --- |\n"


def render(report: Report, options: Options) -> str:
    """The report as a comment for a pull request, at most CHARACTERS long."""
    return render_report_within(report, options, CHARACTERS)


def render_report_within(report: Report, options: Options, limit: int) -> str:
    """At most `limit` characters; what does not fit is counted in a closing note."""
    return fit(f"{MARKER}\n{render_verdict(report)}\n", _lay_out(report, options), limit)


def render_verdict(report: Report) -> str:
    """The line with the verdict and the counts; its first word agrees with the exit status."""
    word = status_word(report)
    judged = summarize_run(report)
    if len(judged) > 500:  # very many environments
        judged = f"{plural(len(report.stacks), 'stack')}, {plural(len(judged_environments(report)), 'environment')}"
    icon = "❌" if word == "failed" else "✅"
    against = f" · against {prose(report.against)}" if report.against else ""
    return f"{icon} **cdkguard {word}**: {prose(summarize_decision(report))} · {escape.markdown(judged)}{against}"


def _lay_out(report: Report, options: Options) -> Iterator[Part]:
    yield lay_out_errors(report)
    if report.against:
        yield from lay_out_losses(report)
        yield from _lay_out_new_and_old(report, options)
    else:
        yield from lay_out_by_severity(report.active, options)
    yield from lay_out_folded(report, options)


def lay_out_errors(report: Report) -> Part:
    """What could not be read or judged."""
    return Part([Block(f"\n> **error**: {prose(error.message)}\n", FIRST, 1, "error") for error in report.errors])


def _lay_out_new_and_old(report: Report, options: Options) -> Iterator[Part]:
    new = [finding for finding in report.active if finding.is_new is not False]
    old = [finding for finding in report.active if finding.is_new is False]
    if new:
        heading = f"\n### {plural(len(new), 'new finding')}: {count_severities(new)}\n"
        yield Part(list(FindingBlocks(options).lay_out(new)), heading)
    else:
        yield Part([Block("\nNo new finding.\n")])
    if old:
        summary = f"{plural(len(old), 'finding')} there before: {count_severities(old)}"
        ordered = [finding for severity in WORST_FIRST for finding in _of(severity, old)]
        yield _fold_table(summary, "| Severity | Problem | Where |", list(lay_out_rows(ordered, options)))


def lay_out_by_severity(findings: Sequence[Finding], options: Options) -> Iterator[Part]:
    """The findings by severity; medium and low ones are folded where there are worse ones."""
    blocks = FindingBlocks(options)
    for severity in WORST_FIRST:
        chosen = _of(severity, findings)
        entries = list(blocks.lay_out(chosen))
        if severity in ("medium", "low") and len(chosen) < len(findings):
            yield _fold(f"{len(chosen)} {severity}", entries)
        else:
            yield Part(entries, f"\n### {len(chosen)} {severity}\n")


def _of(severity: str, findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == severity]


def lay_out_folded(report: Report, options: Options) -> Iterator[Part]:
    """Notices, what is accepted, and frameworks."""
    notices = [problem for problem in report.problems if not problem.fatal]
    blocks = [Block(f"- {prose(notice.message)}\n", NOTICES, 1, "notice") for notice in notices]
    yield _fold(plural(len(notices), "notice"), blocks)
    suppressed = [finding for finding in report.findings if finding.suppression]
    rows = list(lay_out_suppressed(suppressed))
    yield _fold_table(f"{len(suppressed)} suppressed", "| Rule | Where | Reason |", rows)
    for framework in options.frameworks:
        yield _framework(framework)


def _fold(summary: str, blocks: Sequence[Block], head: str = "") -> Part:
    return Part(blocks, f"\n<details><summary>{summary}</summary>\n\n{head}", "\n</details>\n")


def _fold_table(summary: str, head: str, rows: Sequence[Block]) -> Part:
    return _fold(summary, rows, f"{head}\n{_RULER}")


def _framework(framework: Framework) -> Part:
    """A row per failed or undecided control; the others as lists."""
    numbers = ", ".join(f"{number} {outcome}" for outcome, number in framework.counts.items())
    blocks = []
    for control in (*framework.having("fail"), *framework.having("unknown")):
        rules = ", ".join(map(code, control.failed))
        row = f"| {code(control.id)} | {control.outcome} | {rules} ({control.findings}) |\n"
        blocks.append(Block(row, FRAMEWORKS, 1, "control"))
    head = f"| Control | Outcome | Rules |\n{_RULER}" if blocks else ""
    for outcome in ("pass", "not judged"):
        if others := framework.having(outcome):
            ids = ", ".join(escape.markdown(control.id) for control in others)
            blocks.append(Block(f"\n**{outcome}**: {ids}\n", FRAMEWORKS, len(others), "control"))
    return _fold(f"{escape.markdown(framework.title)}: {numbers}", blocks, head)
