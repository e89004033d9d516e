"""The change of a change set, told by its `changedResources` where nobody can read the template that runs.

They hold types, actions and properties of both sides, every scalar as text, and no DeletionPolicy: what leaves is judged
with the policy that its type has by default.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.inputs.shapes import mapping_or_empty

WITHOUT_POLICY = "the deletion policy that runs is not known here: `cfn_hook: {read_stack: true}` lets the hook read it"


class ChangedSides(NamedTuple):
    """Two templates with the changed resources alone."""

    before: dict[str, Json]
    after: dict[str, Json]


def read_sides(changed: Iterable[Mapping[str, Json]]) -> ChangedSides:
    """The changed resources before and after. An entry without id or type, or with an action that there is not, is deleted:
    what cannot be read counts as the worst that it may be."""
    before: dict[str, Json] = {}
    after: dict[str, Json] = {}
    for number, one in enumerate(changed):
        kind, action = one.get("resourceType"), one.get("action")
        name = one.get("logicalResourceId")
        name = name if isinstance(name, str) and name else f"Unnamed{number}"
        kind = kind if isinstance(kind, str) and kind else "AWS::CloudFormation::CustomResource"
        if action != "CREATE":
            before[name] = {"Type": kind, **_read_context(one.get("beforeContext"))}
        if action in ("CREATE", "UPDATE"):
            after[name] = {"Type": kind, **_read_context(one.get("afterContext"))}
    return ChangedSides({"Resources": before}, {"Resources": after})


def _read_context(context: Json) -> dict[str, Json]:
    """The attributes that a context holds, as JSON in text or as a mapping; none where it is something else."""
    if isinstance(context, str):
        try:
            context = json.loads(context)
        except (ValueError, RecursionError):
            return {}
    found = mapping_or_empty(context)
    return {"Properties": found["Properties"]} if isinstance(found.get("Properties"), dict) else {}
