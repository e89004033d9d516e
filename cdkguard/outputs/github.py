"""Workflow commands of GitHub Actions, which become annotations, and the job's step summary.

https://docs.github.com/en/actions/using-workflows/workflow-commands-for-github-actions
"""

from __future__ import annotations

from cdkguard.model import Outcome, Report
from cdkguard.outputs.entries import Place, group_findings
from cdkguard.outputs.locations import committed_location, describe_location
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural, render_headline, summarize_status
from cdkguard.text import escape

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "notice"}
# GitHub shows ten annotations of each level for a step; the closing line is a notice itself.
_MOST_ANNOTATIONS = {"error": 10, "warning": 10, "notice": 9}
_SUMMARY_CHARACTERS = 250_000  # At most four bytes each, which is below the 1 MiB that GitHub takes.


def render(report: Report, options: Options) -> str:
    """A workflow command a line: errors, then unsuppressed findings, then a notice with the verdict.

    GitHub shows few, so that the same fault of one line in several environments is one annotation.
    """
    commands = [("error", _command("error", "cdkguard", error.message)) for error in report.errors]
    places = [place for entry in group_findings(report.active) for place in entry.places]
    order = {id(finding): number for number, finding in enumerate(report.active)}
    places.sort(key=lambda place: order[id(place.finding)])
    commands += [_annotation(place, options) for place in places]

    left = dict(_MOST_ANNOTATIONS)
    shown = []
    for level, command in commands:
        left[level] -= 1
        if left[level] >= 0:
            shown.append(command)

    closing = summarize_status(report)
    hidden = len(commands) - len(shown)
    if hidden:
        closing += f"\n{plural(hidden, 'more place')} without annotation (GitHub shows ten a level)"
    return "\n".join([*shown, _command("notice", "cdkguard", closing)]) + "\n"


def step_summary(report: Report, options: Options) -> str:
    """Markdown for the file that $GITHUB_STEP_SUMMARY names."""
    from cdkguard.outputs.markdown.report import render_report_within

    return render_report_within(report, options, _SUMMARY_CHARACTERS)


def _annotation(place: Place, options: Options) -> tuple[str, str]:
    finding = place.finding
    level = _LEVELS[finding.severity]
    location = committed_location(finding, options)
    undecided = "undecided: " if finding.outcome is Outcome.UNKNOWN else ""
    title = f"{finding.severity}: {undecided}{finding.title or finding.rule_id} ({finding.rule_id})"
    lines = [finding.message or finding.title, describe_location(finding)]
    names = list(dict.fromkeys(name for name, _severity in place.environments))
    lines += [f"in {', '.join(names)}"] if len(names) > 1 else []
    lines += [f"{other.severity}: {render_headline(other)} ({other.rule_id})" for other in place.also]
    text = "\n".join(map(escape.terminal, lines))
    if finding.remedy:
        text += "\n" + escape.prose(finding.remedy.text)
    return level, _command(level, title, text, f"file={escape.github_property(location.file)},line={location.line},")


def _command(level: str, title: str, text: str, place: str = "") -> str:
    return f"::{level} {place}title={escape.github_property(title)}::{escape.github_data(text)}"
