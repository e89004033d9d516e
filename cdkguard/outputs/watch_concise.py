"""A round with a line for each finding, for the terminals of editors, which read `file:line: ...`."""

from __future__ import annotations

from cdkguard.outputs.concise import render_finding
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import shown_findings
from cdkguard.outputs.watch_round import Round
from cdkguard.outputs.watch_status import begin_status, describe_round
from cdkguard.text import escape


def render(found: Round, options: Options) -> str:
    """The findings that are new, those that are gone, errors that are new, and how a check would end."""
    report = found.report
    new = report.findings if found.is_first else found.new
    problems = report.problems if found.is_first else found.new_problems
    lines = [f"cdkguard: error: {problem.message}" for problem in problems if problem.fatal]
    lines += [render_finding(f, options) for f in shown_findings(report._replace(findings=tuple(new)), options)]
    lines += [f"gone: {render_finding(finding, options)}" for finding in found.gone]
    clock, word = begin_status(found)
    lines.append(f"{clock}  {word}: {describe_round(found)}")
    return "".join(f"{escape.no_command(text)}{text}\n" for text in map(escape.terminal, lines))
