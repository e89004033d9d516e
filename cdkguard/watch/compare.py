"""What two reports of the same app differ in: the findings and problems that came or went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cdkguard.model import Change, Finding, Report
from cdkguard.outputs.watch_round import Round


def compare_reports(before: Report | None, after: Report) -> Round:
    """The round of the report `after`; `before` is that of the last round that judged, None where there is none.

    A finding is the same where rule, place, value at fault and verdict are; its line may have moved. Nothing is gone where
    something was not read.
    """
    if before is None:
        return Round(after, is_first=True)
    known = {problem.message for problem in before.problems}
    return Round(
        after,
        is_first=False,
        new=_only_in(after.active, before.active),
        gone=() if after.errors else _only_in(before.active, after.active),
        new_problems=tuple(problem for problem in after.problems if problem.message not in known),
        changes_differ=_effects(after.changes) != _effects(before.changes),
    )


def _only_in(findings: Sequence[Finding], others: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that the others do not have, in their order; of equal ones as many as there are more."""
    left = Counter(map(_identity, others))
    found = []
    for finding in findings:
        key = _identity(finding)
        if left[key]:
            left[key] -= 1
        else:
            found.append(finding)
    return tuple(found)


def _identity(finding: Finding) -> object:
    return (
        finding.rule_id,
        finding.stack_path,
        finding.logical_id,
        finding.fingerprint,
        finding.severity,
        finding.outcome,
        finding.is_new,
    )


def _effects(changes: Sequence[Change]) -> Counter[object]:
    """What a deployment would do to which resource, without what every build brings."""
    return Counter(
        (change.impact, change.construct_path, change.logical_id, change.fate, change.detail)
        for change in changes
        if not change.noise
    )
