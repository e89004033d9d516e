"""A plan as Markdown for a comment on a pull request: verdict, what is lost, findings on the change, all changes by stack."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.outputs.diff.common import Difference
from cdkguard.outputs.diff.markdown import lay_out_changes
from cdkguard.outputs.markdown.budget import CHARACTERS, OLD, Block, Part, fit
from cdkguard.outputs.markdown.findings import FindingBlocks
from cdkguard.outputs.markdown.losses import lay_out_losses
from cdkguard.outputs.markdown.report import lay_out_errors, lay_out_folded, render_verdict
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import count_severities, plural
from cdkguard.text import escape

MARKER = "<!-- cdkguard plan -->"  # A job finds its earlier comment by it, to update it.


def render(plan: Plan, options: Options) -> str:
    """The plan as a comment for a pull request, at most CHARACTERS long."""
    head = (
        f"{MARKER}\n{render_verdict(plan.report)}\n\n"
        f"{escape.markdown(plan.title)} · exit status {plan.exit_status}: {escape.markdown(plan.reason)}\n"
    )
    return fit(head, _lay_out(plan, options), CHARACTERS)


def _lay_out(plan: Plan, options: Options) -> Iterator[Part]:
    report = plan.report
    yield lay_out_errors(report)
    yield from lay_out_losses(report)
    yield from _findings(plan, options)
    difference = Difference(report.changes, (), report.against, "")
    changes = [Block(text, OLD["critical"], 1, "row") for text in lay_out_changes(difference, options)]
    yield Part(changes, "\n<details><summary>Every change, by stack</summary>\n", "\n</details>\n")
    yield from lay_out_folded(report, options)


def _findings(plan: Plan, options: Options) -> Iterator[Part]:
    """The findings on the change, and those on the templates that decide; the number of the others."""
    shown = [f for f in plan.report.active if f.impact is not None or plan.report.decides(f)]
    if shown:
        heading = f"\n### {plural(len(shown), 'finding')}: {count_severities(shown)}\n"
        yield Part(list(FindingBlocks(options).lay_out(shown)), heading)
    others = len(plan.report.active) - len(shown)
    if others:
        yield Part([Block(f"\n{plural(others, 'more finding')} on the templates: see `cdkguard check`.\n")])
