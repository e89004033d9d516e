"""Every finding as a row for spreadsheets; what was not read has rows, too, so that a filter cannot hide it by chance."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from cdkguard.outputs.audit.record import FindingRow
from cdkguard.outputs.audit.summary import Audit
from cdkguard.outputs.render import Options
from cdkguard.text import escape

NOT_READ = "not-read"  # In the column `outcome`.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")  # https://owasp.org/www-community/attacks/CSV_Injection


def render(audit: Audit, options: Options) -> Iterator[str]:
    """The lines of a table with a head."""
    yield _line(FindingRow._fields)
    for unread in audit.unread():
        yield _line(
            FindingRow(
                unread.account, unread.region, unread.stack, "", "", "", "fail",
                f"{unread.reason}; {unread.advice}" if unread.advice else unread.reason,
                unread.account_name, unread.ou, unread.stack_id,
            )._replace(outcome=NOT_READ)  # type: ignore[arg-type]
        )  # fmt: skip
    for row in audit.findings():
        yield _line(row)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(map(harmless_cell, cells))
    return line.getvalue()


def harmless_cell(text: str) -> str:
    """One line of text, with an apostrophe in front of what a spreadsheet would calculate."""
    line = escape.terminal(text)
    return f"'{line}" if text.lstrip(" ").startswith(_FORMULA) else line
