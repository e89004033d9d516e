"""A checklist as text for people: a paragraph for each row, what to do where it is not done, the verdict last."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.outputs.preflight.record import STATE_WORDS, Evidence, Preflight, Row
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines, wrap
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

SHOWN = 6  # pieces of evidence of a row that text shows
_STYLES = {"done": "passed", "failed": "failed", "unknown": "medium"}
_WIDTH = max(map(len, STATE_WORDS.values()))


def render(preflight: Preflight, options: Options) -> str:
    """The checklist as lines for a terminal, of `options.width` characters."""
    return render_lines(list(_lay_out(preflight, options)), options)


def _lay_out(preflight: Preflight, options: Options) -> Iterator[Line]:
    against = f", against {preflight.against}" if preflight.against else ""
    for line in wrap(f"before the deployment to {preflight.target}{against}", options.width):
        yield [(line, "dim")]
    yield []
    for number, row in enumerate(preflight.rows, 1):
        yield from _row(number, row, options)
        yield []
    yield from _lay_out_rest(preflight, options)
    style = "passed" if preflight.is_done else "failed"
    for line in wrap(f"{preflight.verdict} (exit status {preflight.exit_status})", options.width):
        yield [(line, style)]


def _row(number: int, row: Row, options: Options) -> Iterator[Line]:
    indent = " " * (_WIDTH + 5)
    word = STATE_WORDS[row.state]
    for at, line in enumerate(wrap(row.title, options.width - len(indent))):
        if at:
            yield [(indent, ""), (line, "heading")]
        else:
            gap = " " * (_WIDTH - len(word) + 2)
            yield [(f"{number:2} ", "dim"), (word, _STYLES[row.state]), (gap, ""), (line, "heading")]
    for seen in row.evidence[:SHOWN]:
        yield from _evidence(seen, indent, options)
    if len(row.evidence) > SHOWN:
        yield [(f"{indent}and {len(row.evidence) - SHOWN} more: --output json or markdown", "dim")]
    for line_of_output in row.output:
        yield [(f"{indent}| ", "dim"), (escape.terminal(line_of_output.expandtabs(4)), "")]
    for advice in row.advice:
        yield from lay_out_labelled(f"{indent}-> ", advice, options, "dim")


def _evidence(seen: Evidence, indent: str, options: Options) -> Iterator[Line]:
    if seen.severity:
        yield from lay_out_labelled(f"{indent}{seen.severity}: ", seen.text, options, seen.severity)
    else:
        for line in wrap(seen.text, options.width - len(indent)):
            yield [(indent, ""), (line, "")]
    if seen.place:
        yield [(f"{indent}  ", ""), (escape.terminal(seen.place), "place")]


def _lay_out_rest(preflight: Preflight, options: Options) -> Iterator[Line]:
    """What was not asked, and notices: nobody is to take the first for a pass."""
    for left in preflight.left_out:
        yield from lay_out_labelled("left out  ", f"{left.title} ({left.id}): {left.reason}", options, "medium")
    for notice in preflight.notices:
        yield from lay_out_labelled("notice    ", notice, options, "dim")
    if preflight.left_out or preflight.notices:
        yield []


def count_rows(preflight: Preflight) -> str:
    """`8 rows: 5 done, 2 failed, 1 not known`."""
    parts = [
        f"{number} {word}"
        for state, word in STATE_WORDS.items()
        if (number := sum(row.state == state for row in preflight.rows))
    ]
    return f"{plural(len(preflight.rows), 'row')}: {', '.join(parts)}"
