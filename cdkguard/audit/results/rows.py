"""Rows <-> lines of JSON, and their order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cdkguard.errors import InputError
from cdkguard.outputs.audit.record import FindingRow, FormerRow, Row, StackRow, UnreadRow
from cdkguard.text import escape

TABLES: Mapping[str, Any] = {"unread": UnreadRow, "stacks": StackRow, "findings": FindingRow}  # In the order of a part.
FORMER = "former"  # The table of FormerRow.
COMPARED = ("first_seen", "change")  # The last fields of a finding, which only a finished result has.

WIDTHS = ("account", "region", "stack", "template", "unit", "rule")  # Kinds of unread rows, the widest first.
_OF_PART = FindingRow._fields[: -len(COMPARED)]
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def table_of(row: Row) -> str:
    """The table that a row belongs to."""
    return next(name for name, kind in TABLES.items() if isinstance(row, kind))


def write_line(row: Row) -> str:
    """The row as a line of JSON without a line break; of a finding without what only a finished result has.

    Lone surrogates and NUL, which JSON has and neither UTF-8 nor databases take, become U+FFFD.
    """
    fields = row._asdict()
    if isinstance(row, FindingRow):
        for name in COMPARED:
            del fields[name]
    elif isinstance(row, StackRow):
        fields["tags"] = dict(sorted(row.tags.items()))
    return _encode(fields)


def _encode(fields: Mapping[str, Any]) -> str:
    return escape.storable(_ENCODER.encode(fields)).replace("\\u0000", "\ufffd")


def complete_line(line: str, first_seen: str, change: str) -> str:
    """The line of a finding with what only a finished result has; taking it apart and together would cost more."""
    return f'{line[:-1]},"first_seen":{_ENCODER.encode(first_seen)},"change":"{change}"}}'


def with_comparison(row: FindingRow, first_seen: str, change: str) -> FindingRow:
    """The row with these two, which are its last fields: `_replace` takes three times as long."""
    return FindingRow._make((*row[: -len(COMPARED)], first_seen, change))


def write_former(row: FormerRow) -> str:
    """The row of a finding that the last audit had."""
    return _encode({**row.finding._asdict(), "ending": row.ending})


def read_row(table: str, line: str, where: str) -> Any:
    """The row of a line. Raises InputError, which names `where`, for a line that is none of the table."""
    try:
        fields = json.loads(line)
        if table == FORMER:
            return FormerRow(_make(FindingRow, fields), fields["ending"])
        if table == "findings" and tuple(fields) == _OF_PART:
            return FindingRow._make((*fields.values(), "", ""))
        return _make(TABLES[table], fields)
    except (ValueError, LookupError, TypeError, RecursionError) as problem:
        raise InputError(f"{where}: not a row of '{table}': {problem}") from problem


def _make(kind: Any, fields: Mapping[str, Any]) -> Any:
    """A record of the fields that it knows: a later minor version may have more."""
    names = tuple(fields)
    if names == kind._fields:
        return kind._make(fields.values())
    defaults = kind._field_defaults
    return kind._make([fields[name] if name in fields else defaults[name] for name in kind._fields])


def sort_key(row: Any) -> tuple[Any, ...]:
    """The order of rows in a table: by place, then by stack; of unread rows the widest first."""
    if isinstance(row, FindingRow):
        return row.account, row.region, row.stack, row.rule, row.logical_id, row.fingerprint
    if isinstance(row, FormerRow):
        return sort_key(row.finding)
    if isinstance(row, UnreadRow):
        return row.account, row.region, row.stack, WIDTHS.index(row.kind), row.reason
    return row.account, row.region, row.stack, row.stack_id
