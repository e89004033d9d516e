"""Approving of findings on a change: selection, and merging into the file of approvals."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from cdkguard.config import approvals
from cdkguard.config.settings import Config
from cdkguard.model import Change, Finding, Report


def select_findings(report: Report, globs: Sequence[str]) -> list[Finding]:
    """The unsuppressed findings on changes that a glob names by token, construct path or logical id; without globs all."""
    tokens = {change.token for change in report.changes}
    found = [f for f in report.active if f.change and f.change in tokens]
    return [f for f in found if not globs or any(_is_named_by(f, glob) for glob in globs)]


def _is_named_by(finding: Finding, glob: str) -> bool:
    names = (finding.change, finding.construct_path, finding.logical_id)
    return any(name is not None and fnmatchcase(name, glob) for name in names)


def approve(config: Config, report: Report, findings: Sequence[Finding], reason: str, owner: str, expires: str) -> str:
    """Add an approval for the change of each finding to the configuration's file of approvals; returns its path.

    An approval of the same change is replaced; the others stay. Raises ConfigError where the file cannot be read.
    """
    file = approvals.file_of(config)
    by_token = {approval.change: approval for approval in approvals.read_approvals(file)}
    changes = {change.token: change for change in report.changes}
    for finding in findings:
        change = changes[str(finding.change)]
        by_token[change.token] = _approval(change, reason, owner, expires)
    approvals.write_approvals(file, by_token.values())
    return file


def _approval(change: Change, reason: str, owner: str, expires: str) -> approvals.Approval:
    return approvals.Approval(
        stack=change.stack.root.name,
        impact=change.impact,
        change=change.token,
        reason=reason,
        owner=owner,
        expires=expires,
        origin="",
        logical_id=change.logical_id,
        construct=change.construct_path,
    )
