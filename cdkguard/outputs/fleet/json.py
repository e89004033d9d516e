"""Many apps as JSON for programs; docs/ci.md documents the fields, `fleetVersion` is their version."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.outputs.fleet.record import WORDS, AppReport, Fleet
from cdkguard.outputs.render import Options
from cdkguard.text import escape

FLEET_VERSION = "1.0"


def render(fleet: Fleet, options: Options) -> str:
    """The apps as a JSON document."""
    document = {
        "fleetVersion": FLEET_VERSION,
        "version": fleet.version,
        "failing": len(fleet.failing),
        "apps": [_app(app) for app in fleet.apps],
        "rules": [
            {"id": r.rule_id, "title": r.title, "severity": r.severity, "findings": r.findings, "apps": list(r.apps)}
            for r in fleet.top_rules()
        ],
    }
    return escape.json_text(document) + "\n"


def _app(app: AppReport) -> dict[str, Any]:
    return {
        "name": app.name,
        "file": app.file,
        "fails": app.fails,
        "verdict": app.verdict,
        "commit": app.commit or None,
        "made": app.made or None,
        "new": app.new,
        "stacks": app.stacks,
        "resources": app.resources,
        "environments": [
            {"name": name or None, **{word: counts[word] for word in WORDS}}
            for name, counts in app.environments.items()
        ],
        "suppressions": [dict(accepted._asdict()) for accepted in app.acceptances],
        "errors": list(app.errors),
    }
