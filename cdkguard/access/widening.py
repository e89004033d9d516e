"""What the comparison of access takes and gives: the resources of one stack, and what another one allows beyond."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.model import severity_rank


class ResolvedStack(NamedTuple):
    """One side of a comparison: the resources of one stack, resolved."""

    resources: Mapping[str, Json]  # logical id -> body; Deferred where unknown, an undecided Fn::If stays
    account: str | None = None


class Widening(NamedTuple):
    """Something that is allowed now and was not."""

    logical_id: str  # of the resource to blame, on the after side; of the before side where that one is gone
    kind: str
    severity: str
    message: str
    path: str  # "Properties.PolicyDocument.Statement[1].Action"
    before: Json
    after: Json
    certain: bool = True


def worst_severity(*severities: str) -> str:
    return max(severities, key=severity_rank)
