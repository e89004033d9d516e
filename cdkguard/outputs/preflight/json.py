"""A checklist as JSON for programs; docs/preflight.md documents the fields, `preflightVersion` is their version."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.outputs.preflight.record import Preflight, Row
from cdkguard.outputs.render import Options
from cdkguard.text import escape

PREFLIGHT_VERSION = "1.0"


def render(preflight: Preflight, options: Options) -> str:
    """The checklist as a JSON document."""
    return escape.json_text(preflight_document(preflight, options)) + "\n"


def preflight_document(preflight: Preflight, options: Options) -> dict[str, Any]:
    """{preflightVersion, verdict, exitStatus, rows, leftOut ...}."""
    return {
        "preflightVersion": PREFLIGHT_VERSION,
        "version": preflight.version,
        "app": options.app or None,
        "commit": options.commit or None,
        "made": options.made or None,
        "environments": list(preflight.environments),
        "staging": preflight.staging or None,
        "against": preflight.against or None,
        "verdict": "go" if preflight.is_done else "stop",
        "sentence": preflight.verdict,
        "exitStatus": preflight.exit_status,
        "rows": [_row(row) for row in preflight.rows],
        "leftOut": [{"id": left.id, "title": left.title, "reason": left.reason} for left in preflight.left_out],
        "notices": list(preflight.notices),
        "seconds": round(preflight.seconds, 3),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "state": row.state,
        "evidence": [
            {"text": seen.text, "place": seen.place or None, "severity": seen.severity or None} for seen in row.evidence
        ],
        "advice": list(row.advice),
        "output": list(row.output),
        "unread": row.unread,
        "seconds": round(row.seconds, 3),
    }
