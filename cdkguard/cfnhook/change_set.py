"""The change of a change set, told by its `changedResources` where nobody can read the template that runs.

They hold types, actions and properties of both sides, every scalar as text, and no DeletionPolicy: what leaves is judged
with the policy that its type has by default.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from cdkguard._typing import Json, NamedTuple

WITHOUT_POLICY = "the deletion policy that runs is not known here: `cfn_hook: {read_stack: true}` lets the hook read it"


class ChangedSides(NamedTuple):
    """Two templates with the changed resources alone."""

    before: dict[str, Json]
    after: dict[str, Json]


def read_sides(changed: Iterable[Mapping[str, Json]]) -> ChangedSides:
    """The changed resources before and after. One with an action that there is not, or updated from or to something that
    cannot be read, is deleted: what is not known counts as the worst that it may be."""
    before: dict[str, Json] = {}
    after: dict[str, Json] = {}
    for one in changed:
        kind, action, name = one["resourceType"], one.get("action"), one["logicalResourceId"]
        old, new = _read_context(one.get("beforeContext")), _read_context(one.get("afterContext"))
        if action != "CREATE":
            before[name] = {"Type": kind, **(old or {})}
        if action == "CREATE" or (action == "UPDATE" and old is not None and new is not None):
            after[name] = {"Type": kind, **(new or {})}
    return ChangedSides({"Resources": before}, {"Resources": after})


def _read_context(context: Json) -> dict[str, Json] | None:
    """The attributes that a context holds, as JSON in text or as a mapping; None where it cannot be read."""
    if isinstance(context, str):
        try:
            context = json.loads(context)
        except (ValueError, RecursionError):
            return None
    if not isinstance(context, dict):
        return None
    properties = context.get("Properties", {})
    return {"Properties": properties} if isinstance(properties, dict) else None
