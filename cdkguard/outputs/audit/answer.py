"""The answer to a query: as a table for people, as CSV for spreadsheets, as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from cdkguard._typing import Any, NamedTuple
from cdkguard.outputs.audit.csv import render_rows
from cdkguard.outputs.render import Options
from cdkguard.text import escape

_LOOKED_AT = 1000  # Rows by which the columns of a table are laid out.
_WIDEST = 60  # Characters of a column of a table; a longer text is cut, unless its column is the last one.


class Answer(NamedTuple):
    """The answer to a query; its rows are read once, as they come."""

    columns: tuple[str, ...]
    rows: Iterable[Sequence[Any]]


def render_text(answer: Answer, options: Options) -> Iterator[str]:
    """A table, whose columns are as wide as their first rows need."""
    rows = (list(map(_shown, row)) for row in answer.rows)
    first = list(islice(rows, _LOOKED_AT))
    names = [escape.terminal(name) for name in answer.columns]
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(names, *first, strict=True)]
    numbers = [bool(first) and all(_is_number(row[at]) for row in first) for at in range(len(names))]
    yield _line(names, widths, numbers)
    yield _line(["-" * width for width in widths], widths, numbers)
    count, is_cut = 0, False
    for row in chain(first, rows):
        count += 1
        is_cut |= any(len(cell) > width for cell, width in zip(row[:-1], widths, strict=False))
        yield _line(row, widths, numbers)
    cut = "; longer texts are cut here, --output csv has them whole" if is_cut else ""
    yield f"({count:,} row{'' if count == 1 else 's'}{cut})\n"


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    """A row; nothing follows its last cell, which is never cut."""
    cut = [
        cell if len(cell) <= width else f"{cell[: width - 3]}..."
        for cell, width in zip(cells[:-1], widths, strict=False)
    ]
    shown = [
        cell.rjust(width) if is_number else cell.ljust(width)
        for cell, width, is_number in zip([*cut, *cells[-1:]], widths, numbers, strict=True)
    ]
    line = "  ".join(shown).rstrip()
    return f"{escape.no_command(line)}{line}\n"


def _shown(value: Any) -> str:
    return "" if value is None else escape.terminal(str(value))


def _is_number(text: str) -> bool:
    """Whether a cell is set to the right; an account's id is a name."""
    return text == "" or (len(text) < 12 and text.replace(".", "", 1).replace("-", "", 1).isdigit())


def render_csv(answer: Answer, options: Options) -> Iterator[str]:
    """Lines with a head, in which no cell is a formula."""
    rows = (["" if value is None else str(value) for value in row] for row in answer.rows)
    return render_rows(chain([answer.columns], rows))


def render_json(answer: Answer, options: Options) -> Iterator[str]:
    """A list of objects, one a line."""
    before = "["
    for row in answer.rows:
        yield before + "\n" + escape.json_text(dict(zip(answer.columns, map(_plain, row), strict=True)), depth=0)
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _plain(value: Any) -> Any:
    """What JSON has; of everything else, such as times, the text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value)
