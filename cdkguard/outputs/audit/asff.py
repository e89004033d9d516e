"""Findings in AWS's Security Finding Format: each line is one request of BatchImportFindings, of one account and region.

Nothing is sent: whoever imports a line needs credentials of its account, in its region, because Security Hub takes findings
of the default product only from the account that they are about.
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain, groupby, islice
from typing import Any

from cdkguard.outputs.audit.record import FindingRow, RunHeader, UnreadRow
from cdkguard.outputs.audit.summary import Audit
from cdkguard.outputs.audit.words import describe_unread
from cdkguard.outputs.render import Options
from cdkguard.text import escape

MOST = 100  # Findings that a request takes.
_TITLE, _TEXT, _ADVICE, _ID = 256, 1024, 512, 512  # Characters that Security Hub takes.
_TYPES = ["Software and Configuration Checks/Industry and Regulatory Standards/cdkguard"]
_COMPLIANCE = {"fail": "FAILED", "unknown": "WARNING", "suppressed": "FAILED"}


def render(audit: Audit, options: Options) -> Iterator[str]:
    """Requests: what was not read, the findings, and the resolved ones as archived. An account that was not read at all has no
    region, and so no place in Security Hub."""
    header = audit.summary.run.header
    titles = {rule.id: rule.title for rule in header.rules}
    known = (unread for unread in audit.unread() if unread.region)
    yield from _requests((row.account, row.region, _unread(row, header)) for row in known)
    yield from _requests((row.account, row.region, _finding(row, header, titles, True)) for row in audit.findings())
    gone = (former.finding for former in audit.former() if former.ending in ("resolved", "from-rules"))
    yield from _requests((row.account, row.region, _finding(row, header, titles, False)) for row in gone)


def _requests(findings: Iterator[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    for _place, group in groupby(findings, lambda found: found[:2]):
        for first in group:
            batch = [found for _account, _region, found in chain([first], islice(group, MOST - 1))]
            yield escape.json_text({"Findings": batch}, depth=0) + "\n"


def _finding(row: FindingRow, header: RunHeader, titles: dict[str, str], is_there: bool) -> dict[str, Any]:
    found = _base(row, header, row.fingerprint, row.rule, row.first_seen)
    found |= {
        "Title": _cut(titles.get(row.rule) or row.rule, _TITLE),
        "Description": _cut(row.message, _TEXT),
        "FindingProviderFields": {
            "Severity": {"Label": row.severity.upper(), "Original": row.severity},
            "Types": _TYPES,
        },
        "Severity": {"Label": row.severity.upper(), "Original": row.severity},
        "Compliance": {"Status": _COMPLIANCE[row.outcome]},
        "RecordState": "ACTIVE" if is_there else "ARCHIVED",
        "Workflow": {"Status": "SUPPRESSED" if row.outcome == "suppressed" else "NEW"},
    }
    if row.fix:
        found["Remediation"] = {"Recommendation": {"Text": _cut(row.fix, _ADVICE)}}
    other = {
        "StackName": row.stack, "LogicalId": row.logical_id, "ResourceType": row.resource_type, "ConstructPath": row.path,
        "Environment": row.environment, "Owner": row.owner, "Suppression": row.suppression,
    }  # fmt: skip
    found["Resources"][0]["Details"] = {"Other": {name: _cut(text, 1023) for name, text in other.items() if text}}
    return found


def _unread(row: UnreadRow, header: RunHeader) -> dict[str, Any]:
    what = describe_unread(row)
    found = _base(row, header, f"not-read/{row.kind}", "not-read", "")
    found |= {
        "Title": _cut(f"Not read, so not judged: {what}", _TITLE),
        "Description": _cut(row.reason, _TEXT),
        "FindingProviderFields": {"Severity": {"Label": "HIGH"}, "Types": _TYPES},
        "Severity": {"Label": "HIGH"},
        "Compliance": {"Status": "NOT_AVAILABLE"},
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"},
    }
    if row.advice:
        found["Remediation"] = {"Recommendation": {"Text": _cut(row.advice, _ADVICE)}}
    return found


def _base(row: FindingRow | UnreadRow, header: RunHeader, name: str, generator: str, since: str) -> dict[str, Any]:
    partition = row.stack_id.split(":")[1] if row.stack_id.startswith("arn:") else _partition(row.region)
    product = f"arn:{partition}:securityhub:{row.region}:{row.account}:product/{row.account}/default"
    first = since or header.started
    kind = "AwsCloudFormationStack" if row.stack_id else "AwsAccount"
    return {
        "SchemaVersion": "2018-10-08",
        "Id": _identify(f"cdkguard/{row.account}/{row.region}/{row.stack or '-'}/{name}"),
        "ProductArn": product,
        "GeneratorId": _cut(f"cdkguard/{generator}", _ID),
        "AwsAccountId": row.account,
        "CreatedAt": first,
        "FirstObservedAt": first,
        "UpdatedAt": header.started,
        "LastObservedAt": header.started,
        "ProductFields": {"cdkguard/version": header.version},
        "Resources": [
            {
                "Type": kind,
                "Id": row.stack_id or f"AWS::::Account:{row.account}",
                "Partition": partition,
                "Region": row.region,
            }
        ],
    }


def _partition(region: str) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _identify(text: str) -> str:
    """An id that stays one where it is too long."""
    if len(text) <= _ID:
        return _cut(text, _ID)
    return f"{_cut(text, _ID - 33)}/{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:32]}"


def _cut(text: str, most: int) -> str:
    """One line of the text, as long as Security Hub takes it; never empty, which it refuses."""
    line = escape.terminal(" ".join(text.split())) or "-"
    return line if len(line) <= most else line[: most - 3] + "..."
