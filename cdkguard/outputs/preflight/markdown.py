"""A checklist as Markdown for a comment or a job's summary: one table, then the output of commands, folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.outputs.markdown.inline import fold, prose
from cdkguard.outputs.preflight.record import STATE_WORDS, Evidence, Preflight, Row
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.outputs.preflight.record import State

MARKER = "<!-- cdkguard preflight -->"  # A job finds its earlier comment by it, to update it.
SHOWN = 12  # pieces of evidence of a row
_ICONS: dict[State, str] = {"done": "✅", "failed": "❌", "unknown": "❔"}


def render(preflight: Preflight, options: Options) -> str:
    """The checklist as Markdown."""
    return "\n".join(_lay_out(preflight)) + "\n"


def _lay_out(preflight: Preflight) -> Iterator[str]:
    icon = _ICONS["done" if preflight.is_done else "failed"]
    yield f"{MARKER}\n## {icon} {escape.markdown(preflight.verdict)}\n"
    against = f" · against {escape.markdown(preflight.against)}" if preflight.against else ""
    yield f"exit status {preflight.exit_status}{against}\n"
    yield "| | row | evidence | what to do |\n| --- | --- | --- | --- |"
    for row in preflight.rows:
        word = f"{_ICONS[row.state]} {STATE_WORDS[row.state]}"
        yield f"| {word} | {escape.markdown(row.title)} | {_evidence(row)} | {_lines(map(prose, row.advice))} |"
    for row in preflight.rows:
        if row.output:
            yield fold(f"Output: {escape.markdown(row.title)}", escape.markdown_block("\n".join(row.output), "text"))
    if preflight.left_out:
        yield f"\n**Left out: {plural(len(preflight.left_out), 'row')}**\n"
        yield from (f"- {escape.markdown(f'{left.title} ({left.id}): {left.reason}')}" for left in preflight.left_out)
    if preflight.notices:
        yield fold(plural(len(preflight.notices), "notice"), "\n".join(f"- {prose(n)}" for n in preflight.notices))


def _evidence(row: Row) -> str:
    more = len(row.evidence) - SHOWN
    lines = [_one(seen) for seen in row.evidence[:SHOWN]] + ([f"and {more} more"] if more > 0 else [])
    return _lines(lines)


def _one(seen: Evidence) -> str:
    severity = f"**{seen.severity}** " if seen.severity else ""
    place = f" ({escape.markdown_code(seen.place)})" if seen.place else ""
    return f"{severity}{prose(seen.text)}{place}"


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(texts)
