"""Every finding as a row for spreadsheets; what was not read has rows, too, so that a filter cannot hide it by chance."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from cdkguard.outputs.audit.record import FindingRow, UnreadRow
from cdkguard.outputs.audit.summary import Audit
from cdkguard.outputs.render import Options
from cdkguard.text import escape

NOT_READ = "not-read"  # In the column `outcome`.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")  # https://owasp.org/www-community/attacks/CSV_Injection


_SUSPECT = frozenset((" ", *_FORMULA))
_ROWS = 500  # Of a piece.


def render(audit: Audit, options: Options) -> Iterator[str]:
    """The lines of a table with a head."""
    return render_rows(chain([FindingRow._fields], map(_unread, audit.unread()), audit.findings()))


def render_rows(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as CSV, some hundred at a time."""
    waiting = iter(rows)
    while some := list(islice(waiting, _ROWS)):
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\r\n").writerows(map(_harmless, some))
        yield lines.getvalue()


def _unread(row: UnreadRow) -> Sequence[str]:
    reason = f"{row.reason}; {row.advice}" if row.advice else row.reason
    shown = {**row._asdict(), "outcome": NOT_READ, "message": reason}
    return [str(shown[name]) if name in shown else "" for name in FindingRow._fields]


def _harmless(cells: Sequence[str]) -> Sequence[str]:
    """The cells of a row; one of plain letters is looked at once as a whole, since most are."""
    together = "".join(cells)
    if together.isascii() and together.isprintable() and "##" not in together:
        return [harmless_cell(cell) if cell[:1] in _SUSPECT else cell for cell in cells]
    return list(map(harmless_cell, cells))


def harmless_cell(text: str) -> str:
    """One line of text, with an apostrophe in front of what a spreadsheet would calculate."""
    line = escape.terminal(text)
    return f"'{line}" if text.lstrip(" ").startswith(_FORMULA) else line
