"""A report as Markdown for a comment on a pull request: the verdict, a table for each severity, details folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.model import Finding, Report
from cdkguard.outputs.fixes import choose_fix
from cdkguard.outputs.locations import source_location, subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import WORST_FIRST, judged_environments, plural, summarize_findings, summarize_run
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Framework

MARKER = "<!-- cdkguard -->"  # A job finds its earlier comment by it, to update it.
CHARACTERS = 60_000  # GitHub takes 65,536 in a comment.
_RESERVE = 500  # Kept free for headings and notes at the end.
_RULER = "| --- | --- | --- |\n"
_CELL = 160


def render(report: Report, options: Options) -> str:
    """The report as a comment for a pull request, at most CHARACTERS long."""
    return render_report_within(report, options, CHARACTERS)


def render_report_within(report: Report, options: Options, limit: int) -> str:
    """At most `limit` characters; rows that do not fit are counted in a closing note."""
    room = limit - _RESERVE
    text, dropped = fill(f"{MARKER}\n{render_verdict(report)}\n", lay_out_report(report, options), room)
    suppressed = [finding for finding in report.findings if finding.suppression]
    if suppressed:
        opening = f"\n<details><summary>{len(suppressed)} suppressed</summary>\n\n| Rule | Where | Reason |\n{_RULER}"
        text, more = fill(text + opening, map(_suppressed_row, suppressed), room)
        text += "\n</details>\n"
        dropped += more
    for framework in options.frameworks:
        text, more = fill(text, _framework(framework), room)
        dropped += more
    return text + render_left_out(dropped)


def render_left_out(rows: int) -> str:
    """The closing note, where rows did not fit."""
    return (
        f"\n_{plural(rows, 'row')} left out to keep this short; the other outputs show everything._\n" if rows else ""
    )


def fill(text: str, blocks: Iterable[tuple[str, int]], most: int) -> tuple[str, int]:
    """The text with the blocks up to the first that does not fit in `most` characters, and the rows from there on."""
    dropped, full = 0, False
    for block, rows in blocks:
        full = full or len(text) + len(block) > most
        if full:
            dropped += rows
        else:
            text += block
    return text, dropped


def render_verdict(report: Report) -> str:
    """The line with the verdict and the counts."""
    icon = {"APPROVE": "✅", "REQUEST_CHANGES": "⚠️", "BLOCK": "⛔"}[report.verdict]
    judged = summarize_run(report)
    if len(judged) > 500:  # very many environments
        judged = f"{plural(len(report.stacks), 'stack')}, {plural(len(judged_environments(report)), 'environment')}"
    title = escape.markdown(f"cdkguard: {report.verdict}")
    return f"{icon} **{title}** {summarize_findings(report)} · {escape.markdown(judged)}"


def lay_out_report(report: Report, options: Options) -> Iterator[tuple[str, int]]:
    """Pieces of Markdown in order of weight, with the number of findings (or problems) each shows."""
    for problem in report.problems:
        kind = "**error**" if problem.fatal else "notice"
        yield f"\n> {kind}: {_cell(problem.message)}\n", 1
    for severity in WORST_FIRST:
        chosen = [finding for finding in report.active if finding.severity == severity]
        yield from _table(f"\n### {severity} ({len(chosen)})\n\n", chosen, options)
        for group in _by_rule(chosen):
            yield _details(group, options), 0


def _table(heading: str, findings: list[Finding], options: Options) -> Iterator[tuple[str, int]]:
    if not findings:
        return
    yield heading + f"| Rule | Where | Found |\n{_RULER}", 0
    for finding in findings:
        state = " _undecided_" if finding.state == "unknown" else ""
        yield f"| {_code(finding.rule_id)}{state} | {_where(finding, options)} | {_cell(finding.message)} |\n", 1


def _where(finding: Finding, options: Options) -> str:
    place = source_location(finding, options)
    line = f"<br>{_code(f'{place.file}:{place.line}')}" if place else ""
    return _code(subject_of(finding)) + line


def _by_rule(findings: list[Finding]) -> list[list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule_id, []).append(finding)
    return list(groups.values())


def _details(group: list[Finding], options: Options) -> str:
    first = group[0]
    parts = [f"\n<details><summary>{_code(first.rule_id)}: {escape.markdown(first.title)}</summary>\n"]
    parts += [escape.markdown(first.why) + "\n"] if first.why else []
    for fix in dict.fromkeys(filter(None, (choose_fix(finding, options) for finding in group))):
        parts.append(escape.markdown(fix.text) + "\n")
        if fix.code:
            parts.append(escape.markdown_block(fix.code, fix.language) + "\n")
    return "\n".join([*parts, "</details>\n"])


def _framework(framework: Framework) -> Iterator[tuple[str, int]]:
    """A row per failed or undecided control; the others as lists."""
    numbers = ", ".join(f"{number} {outcome}" for outcome, number in framework.counts.items())
    yield f"\n### {escape.markdown(framework.title)}\n\n{numbers}\n", 0
    listed = [*framework.having("fail"), *framework.having("unknown")]
    if listed:
        yield f"\n| Control | Outcome | Rules |\n{_RULER}", 0
    for control in listed:
        rules = ", ".join(map(_code, control.failed))
        yield f"| {_code(control.id)} | {control.outcome} | {rules} ({control.findings}) |\n", 1
    for outcome in ("pass", "not judged"):
        if others := framework.having(outcome):
            ids = ", ".join(escape.markdown(control.id) for control in others)
            yield f"\n**{outcome}**: {ids}\n", len(others)


def _suppressed_row(finding: Finding) -> tuple[str, int]:
    assert finding.suppression is not None
    reason = f"{_cell(finding.suppression.reason)} ({_cell(finding.suppression.origin)})"
    return f"| {_code(finding.rule_id)} | {_code(subject_of(finding))} | {reason} |\n", 1


def _cell(text: str) -> str:
    return escape.markdown(_short(text))


def _code(text: str) -> str:
    return escape.markdown_code(_short(text))


def _short(text: str) -> str:
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"
