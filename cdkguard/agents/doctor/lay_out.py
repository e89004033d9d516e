"""The examination as a table for a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from cdkguard.agents.doctor.rows import STATES, Row
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, render_lines, wrap
from cdkguard.text import escape

_STYLES = {"ok": "passed", "broken": "failed", "unknown": "medium", "absent": "dim"}
_STATE = 9  # columns of the longest state
_LEFT = 2 + _STATE + 2


def render_text(rows: Sequence[Row], options: Options) -> str:
    """The table."""
    return render_lines(list(_lay_out(rows, options)), options)


def _lay_out(rows: Sequence[Row], options: Options) -> Iterator[Line]:
    section = ""
    for row in rows:
        if row.section != section:
            if section:
                yield []
            section = row.section
            yield [(section, "heading")]
        yield from _lay_out_row(row, options)
    yield []
    counts = [f"{sum(row.state == state for row in rows)} {words}" for state, words in STATES.items()]
    is_broken = any(row.state == "broken" for row in rows)
    yield [(", ".join(counts), "error" if is_broken else "heading")]


def _lay_out_row(row: Row, options: Options) -> Iterator[Line]:
    """The name in front of what was found; both and the advice in one column behind the state."""
    name = escape.prose(row.name)
    first, *others = wrap(f"{name}: {row.text}", max(30, options.width - _LEFT))
    head, rest = (first[: len(name) + 1], first[len(name) + 1 :]) if first.startswith(f"{name}:") else (first, "")
    yield [("  ", ""), (f"{STATES[row.state]:{_STATE}}", _STYLES[row.state]), ("  ", ""), (head, "path"), (rest, "")]
    yield from ([(" " * _LEFT + text, "")] for text in others)
    if row.advice and row.state != "ok":
        for number, text in enumerate(wrap(row.advice, max(30, options.width - _LEFT) - 3)):
            yield [(" " * _LEFT, ""), ("   " if number else "-> ", "dim"), (text, "code")]


def render_json(rows: Sequence[Row]) -> str:
    """The rows with their evidence, for programs."""
    counts = {state: sum(row.state == state for row in rows) for state in STATES}
    return json.dumps({"schemaVersion": 1, "counts": counts, "rows": [row._asdict() for row in rows]}, indent=2) + "\n"
