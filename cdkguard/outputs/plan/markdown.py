"""A plan as Markdown for a comment on a pull request: verdict, changes by stack, findings on the change."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.outputs.diff.common import Difference, summarize_changes
from cdkguard.outputs.diff.markdown import lay_out_changes
from cdkguard.outputs.markdown import CHARACTERS, fill, lay_out_report, render_left_out, render_verdict
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

MARKER = "<!-- cdkguard plan -->"  # A job finds its earlier comment by it, to update it.


def render(plan: Plan, options: Options) -> str:
    """The plan as a comment for a pull request, at most CHARACTERS long."""
    report = plan.report
    head = (
        f"{MARKER}\n{render_verdict(report)}\n\n"
        f"{escape.markdown(plan.title)}: {escape.markdown(summarize_changes(report.changes))} · "
        f"exit status {plan.exit_status}: {escape.markdown(plan.reason)}\n"
    )
    difference = Difference(report.changes, (), report.against, "")
    blocks = [(block, 1) for block in lay_out_changes(difference, options)]
    text, dropped = fill(head, [*blocks, *_findings(plan, options)], CHARACTERS)
    return text + render_left_out(dropped)


def _findings(plan: Plan, options: Options) -> Iterator[tuple[str, int]]:
    """The findings on the change, and those on the templates that decide; the number of the others."""
    shown = tuple(f for f in plan.report.active if f.impact is not None or plan.report.decides(f))
    yield from lay_out_report(plan.report._replace(findings=shown), options)
    others = len(plan.report.active) - len(shown)
    if others:
        yield f"\n{plural(others, 'more finding')} on the templates: see `cdkguard check`.\n", 0
