"""One line for each finding: `file:line: severity rule construct: message`, for editors, `grep` and long lists."""

from __future__ import annotations

from cdkguard.model import Finding, Outcome, Report
from cdkguard.outputs.locations import relative_path, source_location, subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import shown_findings, summarize_status
from cdkguard.text import escape


def render(report: Report, options: Options) -> str:
    """The unsuppressed findings and errors of a report, and its last line."""
    lines = [f"cdkguard: error: {error.message}" for error in report.errors]
    lines += [render_finding(finding, options) for finding in shown_findings(report, options)]
    if not options.detail.quiet:
        lines.append(summarize_status(report))
    return "".join(f"{escape.no_command(text)}{text}\n" for text in map(escape.terminal, lines))


def render_finding(finding: Finding, options: Options) -> str:
    """`file:line: severity rule construct: message`, not yet made harmless for a terminal."""
    place = source_location(finding, options)
    file, line = place[:2] if place else (relative_path(finding.template_path, options.root), finding.template_line)
    where = f"{file}:{line}" if line else file
    state = " undecided" if finding.outcome is Outcome.UNKNOWN else ""
    text = finding.message or finding.title
    return f"{where}: {finding.severity}{state} {finding.rule_id} {subject_of(finding)}: {text}"
