"""Workflow commands of GitHub Actions, which become annotations, and the job's step summary.

https://docs.github.com/en/actions/using-workflows/workflow-commands-for-github-actions
"""

from __future__ import annotations

from cdkguard.model import Finding, Report
from cdkguard.outputs.locations import committed_location, describe_location
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural, render_headline, summarize_findings, summarize_run
from cdkguard.text import escape

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "notice"}
# GitHub shows ten annotations of each level for a step; the closing line is a notice itself.
_MOST_ANNOTATIONS = {"error": 10, "warning": 10, "notice": 9}
_SUMMARY_CHARACTERS = 250_000  # At most four bytes each, which is below the 1 MiB that GitHub takes.


def render(report: Report, options: Options) -> str:
    """A workflow command a line: errors, then unsuppressed findings, then a notice with the verdict."""
    commands = [("error", _command("error", "cdkguard", error.message)) for error in report.errors]
    commands += [_annotation(finding, options) for finding in report.active]

    left = dict(_MOST_ANNOTATIONS)
    shown = []
    for level, command in commands:
        left[level] -= 1
        if left[level] >= 0:
            shown.append(command)

    closing = f"{report.verdict}: {summarize_findings(report)} · {summarize_run(report)}"
    hidden = len(commands) - len(shown)
    if hidden:
        closing += f"\n{plural(hidden, 'more finding')} without annotation (GitHub shows ten a level)"
    return "\n".join([*shown, _command("notice", "cdkguard", closing)]) + "\n"


def step_summary(report: Report, options: Options) -> str:
    """Markdown for the file that $GITHUB_STEP_SUMMARY names."""
    from cdkguard.outputs.markdown import render_report_within

    return render_report_within(report, options, _SUMMARY_CHARACTERS)


def _annotation(finding: Finding, options: Options) -> tuple[str, str]:
    level = _LEVELS[finding.severity]
    location = committed_location(finding, options)
    text = f"{escape.terminal(render_headline(finding))}\n{escape.terminal(describe_location(finding))}"
    if finding.remedy:
        text += "\n" + escape.prose(finding.remedy.text)
    title = f"{finding.severity}: {finding.rule_id}"
    return level, _command(level, title, text, f"file={escape.github_property(location.file)},line={location.line},")


def _command(level: str, title: str, text: str, place: str = "") -> str:
    return f"::{level} {place}title={escape.github_property(title)}::{escape.github_data(text)}"
