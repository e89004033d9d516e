"""The table that `cdkguard rules map` writes: rules of another checker, and ours that check the same."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import NamedTuple
from cdkguard.model import Rule
from cdkguard.outputs.render import Options
from cdkguard.text import escape


class Row(NamedTuple):
    """A rule of another checker (a peer), and one of ours that checks the same."""

    peer: str
    public_id: str | None  # The id in the peer's documentation, where it has one.
    name: str
    rule: Rule


def render_text(rows: Sequence[Row], options: Options) -> str:
    """A line for each row."""
    return "".join(f"{escape.block(_line(row))}\n" for row in rows)


def _line(row: Row) -> str:
    theirs = f"{row.public_id} ({row.name})" if row.public_id else row.name
    return f"{row.peer}: {theirs} -> {row.rule.id} ({row.rule.severity}): {' '.join(row.rule.title.split())}"


def render_json(rows: Sequence[Row], options: Options) -> str:
    """An array with an object for each row."""
    found = [{"peer": row.peer, "id": row.public_id, "name": row.name, "ruleId": row.rule.id} for row in rows]
    return escape.json_text(found) + "\n"
