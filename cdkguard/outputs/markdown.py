"""Markdown for a pull-request comment: the verdict, a table per severity, details folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.model import Finding, Report
from cdkguard.outputs.place import source_place, subject
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import WORST_FIRST, environments, plural, what_was_found, what_was_judged
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Framework

MARKER = "<!-- cdkguard -->"  # by which a job finds its earlier comment to update it
_CHARACTERS = 60_000  # GitHub takes 65,536 in a comment
_RESERVE = 500  # kept free for headings and notes at the end
_RULER = "| --- | --- | --- |\n"
_CELL = 160


def render(report: Report, options: Options) -> str:
    return document(report, options, _CHARACTERS)


def document(report: Report, options: Options, limit: int) -> str:
    """At most `limit` characters; rows that do not fit are counted in a closing note."""
    room = limit - _RESERVE
    text, dropped = _fill(f"{MARKER}\n{_verdict(report)}\n", _blocks(report, options), room)
    suppressed = [finding for finding in report.findings if finding.suppression]
    if suppressed:
        opening = f"\n<details><summary>{len(suppressed)} suppressed</summary>\n\n| Rule | Where | Reason |\n{_RULER}"
        text, more = _fill(text + opening, map(_suppressed_row, suppressed), room)
        text += "\n</details>\n"
        dropped += more
    for framework in options.frameworks:
        text, more = _fill(text, _framework(framework), room)
        dropped += more
    if dropped:
        text += f"\n_{plural(dropped, 'row')} left out to keep this short; the other outputs show everything._\n"
    return text


def _fill(text: str, blocks: Iterable[tuple[str, int]], room: int) -> tuple[str, int]:
    """Appends blocks up to the first that does not fit; also the number of rows from there on."""
    dropped, full = 0, False
    for block, rows in blocks:
        full = full or len(text) + len(block) > room
        if full:
            dropped += rows
        else:
            text += block
    return text, dropped


def _verdict(report: Report) -> str:
    icon = {"APPROVE": "✅", "REQUEST_CHANGES": "⚠️", "BLOCK": "⛔"}[report.verdict]
    judged = what_was_judged(report)
    if len(judged) > 500:  # very many environments
        judged = f"{plural(len(report.stacks), 'stack')}, {plural(len(environments(report)), 'environment')}"
    title = escape.markdown(f"cdkguard: {report.verdict}")
    return f"{icon} **{title}** {what_was_found(report)} · {escape.markdown(judged)}"


def _blocks(report: Report, options: Options) -> Iterator[tuple[str, int]]:
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
    place = source_place(finding, options)
    line = f"<br>{_code(f'{place.file}:{place.line}')}" if place else ""
    return _code(subject(finding)) + line


def _by_rule(findings: list[Finding]) -> list[list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule_id, []).append(finding)
    return list(groups.values())


def _details(group: list[Finding], options: Options) -> str:
    first = group[0]
    parts = [f"\n<details><summary>{_code(first.rule_id)}: {escape.markdown(first.title)}</summary>\n"]
    parts += [escape.markdown(first.why) + "\n"] if first.why else []
    if first.remedy:
        parts.append(escape.markdown(first.remedy.text) + "\n")
        if first.remedy.python:
            parts.append(escape.markdown_block(first.remedy.python, "python") + "\n")
        if first.remedy.typescript:
            parts.append(escape.markdown_block(first.remedy.typescript, "typescript") + "\n")
    return "\n".join([*parts, "</details>\n"])


def _framework(framework: Framework) -> Iterator[tuple[str, int]]:
    """A row per failed or undecided control; the others as lists."""
    numbers = ", ".join(f"{number} {outcome}" for outcome, number in framework.counts.items())
    yield f"\n### {escape.markdown(framework.title)}\n\n{numbers}\n", 0
    told = [*framework.having("fail"), *framework.having("unknown")]
    if told:
        yield f"\n| Control | Outcome | Rules |\n{_RULER}", 0
    for control in told:
        rules = ", ".join(map(_code, control.failed))
        yield f"| {_code(control.id)} | {control.outcome} | {rules} ({control.findings}) |\n", 1
    for outcome in ("pass", "not judged"):
        if others := framework.having(outcome):
            ids = ", ".join(escape.markdown(control.id) for control in others)
            yield f"\n**{outcome}**: {ids}\n", len(others)


def _suppressed_row(finding: Finding) -> tuple[str, int]:
    assert finding.suppression is not None
    reason = f"{_cell(finding.suppression.reason)} ({_cell(finding.suppression.origin)})"
    return f"| {_code(finding.rule_id)} | {_code(subject(finding))} | {reason} |\n", 1


def _cell(text: str) -> str:
    return escape.markdown(_short(text))


def _code(text: str) -> str:
    return escape.markdown_code(_short(text))


def _short(text: str) -> str:
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"
