"""The types that leave this folder: what the comparison of access is given, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple


class ResolvedStack(NamedTuple):
    """One side of a comparison: the resources of a stack, with their values resolved."""

    # Logical ID -> resource. Unknown values are Deferred; an Fn::If that nothing decides stays.
    resources: Mapping[str, Json]
    # The number of the account, where known.
    account: str | None = None
    # Name -> resource of another stack that values refer to by that name.
    elsewhere: Mapping[str, Json] = {}


class Widening(NamedTuple):
    """Access that the stack gives now and did not give before."""

    # The resource to blame: of the side after, or of the side before where that one is gone.
    logical_id: str
    # One of `model.WIDENING_KINDS`.
    kind: str
    severity: str
    message: str
    # Below the resource: `Properties.PolicyDocument.Statement[1].Action`.
    path: str
    # The values at that path, or those that come closest; None where there is none.
    before: Json
    after: Json
    # False where it depends on a value that only the deployment knows.
    certain: bool = True
    # Whether it weighs high in prod though it is medium: it lets in everybody, who had no way in before.
    raised: bool = False
