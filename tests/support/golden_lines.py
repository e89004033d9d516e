"""Findings and changes as one line each, as tests/golden/rules/ and tests/golden/pairs/ keep them."""

import json
from pathlib import Path

from cdkguard.model import Change, Finding
from cdkguard.packs import folders
from cdkguard.template.values import ABSENT, Deferred

RULE_IDS = sorted(
    Path(file).stem for file in folders.find_rule_files(folders.builtin_folder()) if Path(file).stem != "sets"
)


def value_text(value: object) -> str:
    if value is ABSENT:
        return "absent"
    if isinstance(value, Deferred):
        return f"{value.kind} {value.target or ''}".strip()
    return json.dumps(value, default=value_text)


def finding_line(finding: Finding) -> str:
    paths = ", ".join(finding.property_paths)
    words = [finding.outcome.value, finding.severity, finding.resource_type, finding.logical_id, paths, finding.found,
             finding.message, finding.branch and f"if {finding.branch}", finding.impact]  # fmt: skip
    return " | ".join(word for word in words if word)


def change_line(change: Change) -> str:
    words = [change.impact, change.resource_type, change.logical_id, change.fate, ", ".join(change.detail), change.partner,
             change.partner_stack, "noise" if change.noise else "", "stateful" if change.stateful else ""]  # fmt: skip
    properties = [
        f"{p.path}: {value_text(p.before)} -> {value_text(p.after)}, {p.replacement} {p.because}".strip()
        for p in change.properties
    ]
    return " | ".join(word for word in [*words, *properties] if word)
