"""What a client is told of findings, changes and rules: few fields, each of them short and harmless.

Texts of templates are data of somebody else. They are cut, and no character in them hides or reverses text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Any, Json
from cdkguard.model import IMPACTS, SEVERITIES, Remedy, Rule
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.outputs.preflight.record import Row

_NAME, _LINE, _TEXT, _CODE = 200, 120, 400, 1_500  # characters
_FEW = 4  # properties of a change, or causes, that are shown
_LINES = 12  # of what the command of a row wrote


def shorten(value: Json, most: int = _TEXT) -> str:
    """A value as one line of at most `most` characters that hides nothing; empty for None."""
    if value is None:
        return ""
    written = value if isinstance(value, str) else json.dumps(value)
    text = escape.prose(written[: 4 * most])
    return text if len(text) <= most else text[: most - 1] + "…"


def shorten_block(text: str | None, most: int = _CODE) -> str:
    """A piece of code, its lines kept."""
    lines = "\n".join(escape.code_lines((text or "")[:most]))
    return lines if len(lines) <= most else lines[: most - 1] + "…"


def order_findings(findings: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """The findings of a report that nobody accepted, worst first, what is new with the change before the rest."""
    active = [finding for finding in findings if finding["outcome"] != "suppressed"]
    return sorted(active, key=lambda f: (-SEVERITIES.index(f["severity"]), f["outcome"] != "fail", f["isNew"] is False))


def describe_finding(finding: Mapping[str, Json]) -> dict[str, Any]:
    """One finding of a JSON report."""
    source = finding["source"] or {"file": finding["templatePath"], "line": finding["templateLine"]}
    remedy = finding["remedy"]
    return {
        "ruleId": shorten(finding["ruleId"], _NAME),
        "severity": finding["severity"],
        "outcome": finding["outcome"],
        "message": shorten(finding["message"]),
        "stack": shorten(finding["stack"], _NAME),
        "environment": shorten(finding["environment"], _NAME),
        "constructPath": shorten(finding["constructPath"] or finding["logicalId"], _NAME),
        "resourceType": shorten(finding["resourceType"], _NAME),
        "property": shorten(next(iter(finding["propertyPaths"]), ""), _NAME),
        "file": shorten(source["file"], _NAME),
        "line": source["line"],
        "impact": finding["impact"] or "",
        "change": shorten(finding["change"], _NAME),
        "isNew": finding["isNew"],
        "fix": shorten(remedy["text"] if remedy else ""),
    }


def order_changes(changes: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """The changes of a plan: data that is lost first, then by impact; what changes nothing of substance last."""
    return sorted(changes, key=_weight_of_change)


def _weight_of_change(change: Mapping[str, Json]) -> tuple[bool, bool, int]:
    impact = change["impact"]
    loses = bool(change.get("stateful")) and change.get("fate") in ("destroyed", "unknown", "snapshot")
    rank = IMPACTS.index(impact) if impact in IMPACTS else len(IMPACTS)
    return bool(change.get("harmless")), not (loses or change.get("lost")), -rank


def describe_change(change: Mapping[str, Json]) -> dict[str, Any]:
    """One change of a plan in JSON: of a resource, or of a stack as a whole."""
    source = change.get("source") or {"file": "", "line": None}
    return {
        "impact": change["impact"],
        "constructPath": shorten(change.get("constructPath") or change.get("logicalId"), _NAME),
        "stack": shorten(change["stack"], _NAME),
        "environment": shorten(change["environment"], _NAME),
        "resourceType": shorten(change.get("resourceType"), _NAME),
        "holdsData": bool(change.get("stateful")),
        "fateOfData": _fate_of_data(change),
        "lost": [shorten(part, _LINE) for part in change.get("lost", ())[:_FEW]],
        "explanation": shorten("; ".join(change["explanation"])),
        "properties": [_describe_property(p) for p in change.get("properties", ())[:_FEW]],
        "moreProperties": max(0, len(change.get("properties", ())) - _FEW),
        "causes": [shorten(token, _NAME) for token in change["causes"][:_FEW]],
        "file": shorten(source["file"], _NAME),
        "line": source["line"],
        "change": shorten(change["change"], _NAME),
    }


def _fate_of_data(change: Mapping[str, Json]) -> str:
    """What becomes of the resource that runs now: "stays" where the change leaves it."""
    return change.get("fate") or "stays" if change.get("stateful") else ""


def _describe_property(changed: Mapping[str, Json]) -> dict[str, Any]:
    return {
        "path": shorten(changed["path"], _LINE),
        "before": shorten(changed["before"], _LINE),
        "after": shorten(changed["after"], _LINE),
        "replaces": changed["replacement"],
    }


def describe_row(row: Row) -> dict[str, Any]:
    """One row of a checklist, with its evidence."""
    return {
        "id": shorten(row.id, _NAME),
        "title": shorten(row.title, _NAME),
        "state": row.state,
        "evidence": [
            {"text": shorten(seen.text), "place": shorten(seen.place, _NAME)} for seen in row.evidence[: 2 * _FEW]
        ],
        "moreEvidence": max(0, len(row.evidence) - 2 * _FEW),
        "advice": [shorten(each) for each in row.advice[:_FEW]],
        "output": [shorten(line, _NAME) for line in row.output[-_LINES:]],
    }


def describe_rule(rule: Rule) -> dict[str, Any]:
    """A rule in a list."""
    return {
        "id": shorten(rule.id, _NAME),
        "title": shorten(rule.title, _NAME),
        "severity": rule.severity,
        "pack": shorten(rule.pack, _NAME),
        "types": [shorten(name, _NAME) for name in rule.types[:_FEW]],
        "moreTypes": max(0, len(rule.types) - _FEW),
    }


def explain_rule(rule: Rule) -> dict[str, Any]:
    """A rule with its reason and its fix."""
    remedy = rule.remedy or Remedy("")
    return {
        **describe_rule(rule),
        "problem": shorten(rule.problem),
        "severities": {shorten(name, _NAME): severity for name, severity in list(rule.severities.items())[:_FEW]},
        "environments": [shorten(name, _NAME) for name in rule.environments[:_FEW]],
        "judgesChanges": bool(rule.on_change),
        "why": shorten(rule.why, _CODE),
        "fix": shorten(remedy.text, _CODE),
        "python": shorten_block(remedy.python),
        "typescript": shorten_block(remedy.typescript),
        "template": shorten_block(remedy.template),
        "references": [shorten(each, _NAME) for each in rule.references[:_FEW]],
        "equivalents": [
            f"{shorten(peer, _NAME)}:{shorten(name, _NAME)}"
            for peer, names in rule.equivalents.items()
            for name in names
        ][: 4 * _FEW],
    }
