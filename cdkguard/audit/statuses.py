"""What the status of a stack says about its template: whether it describes something that runs."""

from __future__ import annotations

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
# A status that is not listed is of a stack of which something may run: it is judged.
_NOTHING_RUNS = {
    "REVIEW_IN_PROGRESS": "nothing is deployed: a first change set that nobody has run",
    "DELETE_IN_PROGRESS": "not judged: it is being deleted",
    "DELETE_COMPLETE": "not judged: it is deleted",
    "ROLLBACK_COMPLETE": "nothing is deployed: its creation failed and was undone",
}


def why_nothing_runs(status: str) -> str:
    """Why there is nothing to judge of a stack with this status, in words; "" where there is."""
    return _NOTHING_RUNS.get(status) or ""


def is_moving(status: str) -> bool:
    """Whether an operation is running, so that the template of a moment later may be another one."""
    return status.endswith("_IN_PROGRESS")
