"""Rows place by place: each side of a comparison, read without ever holding more than a place's stacks."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from cdkguard.audit.results.folder import Folder
from cdkguard.audit.results.line_files import ENDING, read_lines
from cdkguard.audit.results.rows import FORMER, TABLES, read_row, sort_key
from cdkguard.errors import InputError
from cdkguard.outputs.audit.record import FindingRow, FormerRow, StackRow, UnreadRow
from cdkguard.outputs.audit.summary import ResultFile, RunRecord

PARTS = "parts/"
MARKS = {f'{{"table":"{table}"}}': table for table in TABLES}  # Lines of a part, each before the rows of a table.
NO_REGION = "-"  # In the id of a unit, where an account was not read.


class FindingLine(NamedTuple):
    """A finding with its line, from which the result's line is made."""

    row: FindingRow
    line: str


class PlaceRows(NamedTuple):
    """All rows of an account (region "") or of a region of it, sorted; read the findings before the next place."""

    account: str
    region: str
    unread: list[UnreadRow]
    stacks: list[StackRow]
    findings: Iterator[FindingLine]

    @property
    def key(self) -> tuple[str, str]:
        """Places are in the order of this."""
        return self.account, self.region


# -- parts: each holds a unit's unread rows, stacks and findings, in this order


def part_name(unit_id: str) -> str:
    """The file of a unit's part."""
    return f"{PARTS}{unit_id}{ENDING}"


def unit_of(name: str) -> str:
    """The unit of a part's file."""
    return name.removeprefix(PARTS).removesuffix(ENDING)


def place_of(unit_id: str) -> tuple[str, str]:
    """(account, region or "") of a unit's id, which is `ACCOUNT/REGION/NAME`."""
    account, region, _name = unit_id.split("/")
    return account, "" if region == NO_REGION else region


def read_part_places(folder: Folder, units: Iterable[str]) -> Iterator[PlaceRows]:
    """The places of the parts of these units. Raises InputError where a part is missing or damaged."""
    for (account, region), ids in groupby(sorted(units, key=lambda unit: (place_of(unit), unit)), place_of):
        yield _join_parts(account, region, [_open_part(folder, unit) for unit in ids])


def _open_part(folder: Folder, unit: str) -> Iterator[tuple[str, Any, str]]:
    """(table, row, line) of each row of a part."""
    name = part_name(unit)
    where = f"{folder.place}: {name}"
    content = folder.read(name)
    if content is None:
        raise InputError(f"{where}: is missing")
    table = ""
    for line in read_lines(content, where):
        if line in MARKS:
            table = MARKS[line]
        else:
            yield table, read_row(table, line, where), line


def _join_parts(account: str, region: str, parts: list[Iterator[tuple[str, Any, str]]]) -> PlaceRows:
    heads: dict[str, list[Any]] = {"unread": [], "stacks": []}
    streams = []
    for part in parts:
        for table, row, line in part:
            if table == "findings":
                streams.append(_findings_of_part(FindingLine(row, line), part))
                break
            heads[table].append(row)
    return PlaceRows(
        account,
        region,
        sorted(heads["unread"], key=sort_key),
        sorted(heads["stacks"], key=sort_key),
        heapq.merge(*streams, key=lambda found: sort_key(found.row)) if len(streams) != 1 else streams[0],
    )


def _findings_of_part(first: FindingLine, part: Iterator[tuple[str, Any, str]]) -> Iterator[FindingLine]:
    yield first
    for _table, row, line in part:
        yield FindingLine(row, line)


# -- a finished result


def read_table(folder: Folder, run: RunRecord, table: str) -> Iterator[tuple[Any, str]]:
    """(row, line) of each row of a table, in order. Raises InputError where a file is missing, cut short or changed."""
    for file in run.files:
        if file.name.startswith(f"{table}/"):
            where = f"{folder.place}: {file.name}"
            for line in read_lines(read_file(folder, file), where):
                yield read_row(table, line, where), line


def read_file(folder: Folder, file: ResultFile) -> bytes:
    """The content of a file of a result. Raises InputError where it is missing, cut short or changed."""
    import hashlib

    content = folder.read(file.name)
    if content is None:
        raise InputError(f"{folder.place}: {file.name}: is missing")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise InputError(
            f"{folder.place}: {file.name}: is not what the audit wrote: run.json has another check sum of it"
        )
    return content


def read_result_places(folder: Folder, run: RunRecord, with_kept: bool) -> Iterator[PlaceRows]:
    """The places of a finished result; `with_kept` adds the findings of audits before it that it knows nothing of."""
    findings: Iterator[FindingLine] = (FindingLine(row, line) for row, line in read_table(folder, run, "findings"))
    if with_kept:
        kept = (FindingLine(row.finding, "") for row, _line in read_table(folder, run, FORMER) if is_kept(row))
        findings = heapq.merge(findings, kept, key=lambda found: sort_key(found.row))
    tables = [
        _Places(((row, line) for row, line in read_table(folder, run, "unread")), lambda pair: pair[0]),
        _Places(((row, line) for row, line in read_table(folder, run, "stacks")), lambda pair: pair[0]),
        _Places(findings, lambda found: found.row),
    ]
    while True:
        waiting = [table.key for table in tables if table.key is not None]
        if not waiting:
            return
        account, region = min(waiting)
        unread, stacks, found = (table.take((account, region)) for table in tables)
        yield PlaceRows(account, region, [row for row, _ in unread], [row for row, _ in stacks], found)
        for _left in found:  # By a reader who needs no more of them.
            pass


def is_kept(row: FormerRow) -> bool:
    """Whether nobody knows what became of the finding, so that the next audit compares with it again."""
    return row.ending in ("not-read", "not-covered")


class _Places:
    """A sorted table, cut where the place changes."""

    def __init__(self, rows: Iterator[Any], row_of: Any) -> None:
        self._groups = groupby(rows, lambda each: (row_of(each).account, row_of(each).region))
        self.key: tuple[str, str] | None = None  # The place that comes next.
        self._rows: Iterator[Any] = iter(())
        self._next()

    def _next(self) -> None:
        self.key, self._rows = next(self._groups, (None, iter(())))

    def take(self, key: tuple[str, str]) -> Iterator[Any]:
        """The rows of the place, if it comes next."""
        if self.key != key:
            return
        yield from self._rows
        self._next()
