"""The tables that a query sees, with the types of their columns: those of the rows, made from the records."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard.audit.results.rows import FORMER
from cdkguard.outputs.audit.record import FindingRow, StackRow, UnreadRow
from cdkguard.outputs.audit.summary import Counts

_KINDS = {"tags": "MAP(VARCHAR, VARCHAR)", "protected": "BOOLEAN", "resources": "BIGINT"}  # The others are texts.


def _columns(*names: str) -> dict[str, str]:
    """Column -> type, with the name of the run in front."""
    return {"run": "VARCHAR"} | {name: _KINDS.get(name, "VARCHAR") for name in names}


TABLE_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "findings": _columns(*FindingRow._fields),
    FORMER: _columns(*FindingRow._fields, "ending"),
    "stacks": _columns(*StackRow._fields),
    "unread": _columns(*UnreadRow._fields),
    "runs": _columns("started", "ended", "version", "rules_digest", "engine", "scope", "compared_with", "digest")
    | dict.fromkeys(Counts._fields, "BIGINT"),
    "rules": _columns("id", "title", "severity", "pack", "fix"),
}
ABOUT = {
    "findings": "every finding, suppressed ones too (outcome: fail, unknown, suppressed)",
    FORMER: "findings of the last audit that this one does not have (ending: resolved, from-rules, not-read, not-covered)",
    "stacks": "every stack that was read",
    "unread": "what was not read: nobody knows what is there",
    "runs": "how the audit was made, and its counts",
    "rules": "the rules that judged",
}
CREATE = tuple(
    f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
    for table, columns in TABLE_COLUMNS.items()
)
