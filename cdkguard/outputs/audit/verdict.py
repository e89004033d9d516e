"""Whether an audit passes: the same words and statuses as those of a report."""

from __future__ import annotations

from cdkguard.model import severity_rank
from cdkguard.outputs.audit.record import FindingRow

NEWS = ("new", "reopened", "first-read")  # What nobody knows to be old.


def decides(row: FindingRow, fail_on: str, gate: str, is_compared: bool) -> bool:
    """Whether the finding, failed or undecided, makes the audit fail: it is open, counts, and is at or above `fail_on`.

    For the gate "new" a finding of which nobody knows whether it is new counts, as in a report.
    """
    if fail_on == "never" or not row.is_open:
        return False
    if gate == "new" and is_compared and row.change not in NEWS:
        return False
    return severity_rank(row.severity) >= severity_rank(fail_on)
