"""An audit summed up as JSON for programs; docs/audit.md documents the fields, which are those of run.json and the rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdkguard.outputs.audit.record import AUDIT_VERSION
from cdkguard.outputs.audit.summary import Audit
from cdkguard.outputs.audit.verdict import status_of, status_word, summarize_decision
from cdkguard.outputs.render import Options
from cdkguard.text import escape


def render(audit: Audit, options: Options) -> Iterator[str]:
    """The document; every finding is in the result itself, which `place` names."""
    summary, run = audit.summary, audit.summary.run
    header = run.header
    document = {
        "audit_version": AUDIT_VERSION,
        "version": header.version,
        "rules_digest": header.rules_digest,
        "place": audit.place,
        "started": header.started,
        "ended": header.ended,
        "engine": header.engine,
        "scope": header.scope,
        "fail_on": header.fail_on,
        "gate": header.gate,
        "status": status_of(run),
        "verdict": f"{status_word(run)}: {summarize_decision(run)}",
        "counts": run.counts._asdict(),
        "digest": run.digest,
        "compared_with": run.last.started if run.last else None,
        "rules_changed": run.has_other_rules,
        "unread": [row._asdict() for row in summary.unread],
        "accounts": [_counted(row) for row in summary.accounts],
        "rules": [_counted(row) for row in summary.rules],
        "owners": [_counted(row) for row in summary.owners],
        "stacks": [_counted(row) for row in summary.stacks],
        "oldest": [row._asdict() for row in summary.oldest],
        "new": [row._asdict() for row in summary.news],
        "resolved": [row.finding._asdict() | {"ending": row.ending} for row in summary.resolved],
        "history": [_counted(point) for point in run.history],
    }
    yield escape.json_text(document) + "\n"


def _counted(row: Any) -> dict[str, Any]:
    fields = dict(row._asdict())
    counts = fields.pop("counts")
    return {**fields, **counts._asdict()}
