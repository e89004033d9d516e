"""A plan as JSON for programs; docs/diff.md documents the fields, `planVersion` is their version."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.model import STACK_IMPACTS, Report
from cdkguard.outputs import report_json
from cdkguard.outputs.diff.common import Difference
from cdkguard.outputs.diff.json import difference_document
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.render import Options
from cdkguard.text import escape

PLAN_VERSION = "1.0"


def render(plan: Plan, options: Options) -> str:
    """The plan as a JSON document."""
    return escape.json_text(plan_document(plan.report, options)) + "\n"


def plan_document(report: Report, options: Options) -> dict[str, Any]:
    """{planVersion, verdict, changes, stackChanges, findings, errors ...}."""
    whole = report_json.report_document(report, options)
    stacks = tuple({id(c.stack): c.stack for c in report.changes}.values())
    shown = difference_document(Difference(report.changes, stacks, report.against, "the app"), options)
    on_changes = [f for f in whole["findings"] if f["impact"] is not None]
    return {
        "planVersion": PLAN_VERSION,
        "version": report.version,
        "against": report.against,
        "verdict": report.verdict,
        "summary": shown["summary"],
        "changes": shown["changes"],
        "stackChanges": shown["stackChanges"],
        "findings": on_changes,
        "otherFindings": len(whole["findings"]) - len(on_changes),
        "errors": whole["errors"],
        "notices": whole["notices"],
        "destroysData": any(
            c.stateful and c.impact in ("WILL_DESTROY", "WILL_REPLACE") and c.fate in ("destroyed", "unknown")
            for c in report.changes
            if c.impact not in STACK_IMPACTS
        ),
    }
