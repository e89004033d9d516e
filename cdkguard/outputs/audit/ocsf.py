"""Every finding as an OCSF Compliance Finding (class 2003), a line of JSON each, for Security Lake and other lakes.

https://schema.ocsf.io/1.5.0/classes/compliance_finding?profiles=cloud
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from cdkguard.outputs.audit.record import FindingRow, RunHeader, UnreadRow
from cdkguard.outputs.audit.summary import Audit
from cdkguard.outputs.audit.words import describe_unread, name_resource, seconds_of
from cdkguard.outputs.render import Options
from cdkguard.text import escape

VERSION = "1.5.0"
CREATE, UPDATE, CLOSE = (1, "Create"), (2, "Update"), (3, "Close")
_SEVERITIES = {"low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"), "critical": (5, "Critical")}
_UNKNOWN = (0, "Unknown")
# State of a finding -> the status of its compliance, and of the finding.
_COMPLIANCE = {"fail": (3, "Fail"), "unknown": _UNKNOWN, "suppressed": (3, "Fail"), "resolved": (1, "Pass")}
_STATUS = {"fail": (1, "New"), "unknown": (1, "New"), "suppressed": (3, "Suppressed"), "resolved": (4, "Resolved")}


def render(audit: Audit, options: Options) -> Iterator[str]:
    """What was not read, the findings, and those of the last audit that are resolved: lines of JSON."""
    header = audit.summary.run.header
    titles = {rule.id: rule.title for rule in header.rules}
    for unread in audit.unread():
        yield _write(_unread(unread, header))
    for row in audit.findings():
        is_old = audit.summary.is_compared and row.change in ("", "from-rules") and row.first_seen != header.started
        yield _write(_finding(row, row.outcome, UPDATE if is_old else CREATE, header, titles))
    for former in audit.former():
        if former.ending in ("resolved", "from-rules"):
            yield _write(_finding(former.finding, "resolved", CLOSE, header, titles))


def _write(event: dict[str, Any]) -> str:
    return escape.json_text(event, depth=0) + "\n"


def _event(header: RunHeader, activity: tuple[int, str], severity: tuple[int, str]) -> dict[str, Any]:
    return {
        "activity_id": activity[0],
        "activity_name": activity[1],
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200300 + activity[0],
        "type_name": f"Compliance Finding: {activity[1]}",
        "severity_id": severity[0],
        "severity": severity[1],
        "time": _milliseconds(header.started),
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "product": {"name": "cdkguard", "vendor_name": "cdkguard", "version": header.version},
        },
    }


def _finding(
    row: FindingRow, state: str, activity: tuple[int, str], header: RunHeader, titles: dict[str, str]
) -> dict[str, Any]:
    compliance, status = _COMPLIANCE[state], _STATUS[state]
    info = {
        "uid": f"{row.account}/{row.region}/{row.stack}/{row.fingerprint}",
        "title": titles.get(row.rule) or row.rule,
        "desc": row.message,
        "types": ["Software and Configuration Checks"],
        "analytic": {"type_id": 1, "type": "Rule", "uid": row.rule, "name": row.rule},
        "last_seen_time": _milliseconds(header.started),
    }
    if state == "resolved":
        del info["last_seen_time"]
    if row.first_seen:
        info["first_seen_time"] = _milliseconds(row.first_seen)
    resource = {
        "uid": f"{row.stack_id}#{row.logical_id}" if row.logical_id else row.stack_id or row.stack,
        "name": name_resource(row),
        "type": row.resource_type or "AWS::CloudFormation::Stack",
        "region": row.region,
        "group": {"name": row.stack, "uid": row.stack_id or row.stack},
    }
    if row.owner:
        resource["owner"] = {"name": row.owner}
    labels = {
        "environment": row.environment,
        "ou": row.ou,
    }  # An organization in OCSF needs an id, which nobody knows here.
    if any(labels.values()):
        resource["labels"] = [f"{name}:{value}" for name, value in labels.items() if value]
    event = {
        **_event(header, activity, _SEVERITIES[row.severity]),
        "message": row.message,
        "status_id": status[0],
        "status": status[1],
        "finding_info": info,
        "compliance": {
            "control": row.rule,
            "standards": ["cdkguard"],
            "status_id": compliance[0],
            "status": compliance[1],
        },
        "resources": [resource],
        "cloud": _cloud(row),
    }
    if state == "suppressed" and row.suppression:
        event["status_detail"] = row.suppression
    if row.fix:
        event["remediation"] = {"desc": row.fix}
    return event


def _unread(row: UnreadRow, header: RunHeader) -> dict[str, Any]:
    """Something that nobody knows: severity and compliance are unknown, which is no pass."""
    what = describe_unread(row)
    event = {
        **_event(header, CREATE, _UNKNOWN),
        "message": f"{what} was not read: {row.reason}",
        "status_id": 1,
        "status": "New",
        "finding_info": {
            "uid": f"{row.account}/{row.region or '-'}/{row.stack or '-'}/not-read/{_short_digest(row.kind, row.reason)}",
            "title": "Not read, so not judged",
            "desc": f"{what}: {row.reason}",
        },
        "compliance": {
            "control": "not-read",
            "standards": ["cdkguard"],
            "status_id": _UNKNOWN[0],
            "status": _UNKNOWN[1],
        },
        "resources": [
            {"uid": row.stack_id or row.account, "name": row.stack or row.account}
            | ({"region": row.region} if row.region else {})
        ],
        "cloud": _cloud(row),
    }
    if row.advice:
        event["remediation"] = {"desc": row.advice}
    return event


def _short_digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _cloud(row: FindingRow | UnreadRow) -> dict[str, Any]:
    account = {"uid": row.account} | ({"name": row.account_name} if row.account_name else {})
    cloud: dict[str, Any] = {"provider": "AWS", "account": account}
    if row.region:
        cloud["region"] = row.region
    return cloud


def _milliseconds(time: str) -> int:
    return (seconds_of(time) or 0) * 1000
