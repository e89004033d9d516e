"""The record of a change: what the paths of a change rule start at."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdkguard._typing import Any, Json
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.diff.fates import find_deletion_policy
from cdkguard.diff.fronts import find_fronts
from cdkguard.diff.refusals import find_refusals
from cdkguard.diff.served import find_origin
from cdkguard.model import Change
from cdkguard.template.values import ABSENT, Deferred, as_mapping


def make_record(change: Change, load_calls: Callable[[], Any] | None = None) -> dict[str, Json]:
    """The change in the words of the rule language, with the policies in force that the template leaves out.

    `load_calls` gives the table of aws/sdk_calls, without which no call is read.
    """
    fate: Json = Deferred("unknown", change.before.get("DeletionPolicy")) if change.fate == "unknown" else change.fate
    return {
        "Impact": change.impact,
        "Type": change.resource_type,
        "Detail": list(change.detail),
        "Fate": fate or ABSENT,
        "Kept": ABSENT if change.fate in ("", "destroyed", "unknown") else change.fate,
        "Stateful": change.stateful,
        "Lost": _lost_parts(change),
        "Refused": _find_refused(change),
        "Origin": find_origin(change) or ABSENT,
        "Partner": change.partner or ABSENT,
        "Fronts": find_fronts(change),
        "Before": add_policies(change.before),
        "After": add_policies(change.after),
        "New": [name for name, value in _properties_after(change) if _may_be_new(value, change)],
        "DeleteCall": _read_delete_call(change, load_calls),
        "Changed": [p.path for p in change.properties],
        "Replacing": [p.path for p in change.properties if p.replacement != "no"],
        "Stack": {"Name": change.stack.root.name, "Environment": change.stack.environment},
    }


def _read_delete_call(change: Change, load_calls: Callable[[], Any] | None) -> Json:
    """The call of the SDK that a custom resource of CDK makes when it goes; ABSENT where it makes none."""
    properties = as_mapping(as_mapping(change.before).get("Properties"))
    if load_calls is None or "Delete" not in properties or str(change.resource_type).startswith("AWS::"):
        return ABSENT
    from cdkguard.aws.sdk_calls import read_call

    call = read_call(properties["Delete"], load_calls())
    if call is None:
        return ABSENT
    return {
        "Type": f"SDK::{call.prefix}::{call.action}",
        "Call": f"{call.prefix}:{call.action}",
        "Parameters": call.parameters,
    }


def _properties_after(change: Change) -> Iterable[tuple[str, Json]]:
    return as_mapping(as_mapping(change.after).get("Properties")).items()


def _may_be_new(value: Json, change: Change) -> bool:
    """Whether a property names a resource that the baseline's stack does not hold, or one of another stack."""
    if not isinstance(value, Deferred):
        return False
    known = as_mapping(change.old_stack.template.get("Resources")) if change.old_stack is not None else {}
    return value.kind == "import" or any(link.target not in known for link in value.links())


def _lost_parts(change: Change) -> Json:
    """The parts that go; not known where each of them only may go."""
    found = find_lost_data_parts(change)
    if found and not any(lost.certain for lost in found):
        return Deferred("unknown", [lost.text for lost in found])
    return [lost.text for lost in found]


def _find_refused(change: Change) -> Json:
    """What the service refuses of the update; not known where each of it only may be refused."""
    found = find_refusals(change)
    if found and not any(refusal.certain for refusal in found):
        return Deferred("unknown", [refusal.text for refusal in found])
    return [refusal.text for refusal in found if refusal.certain]


def add_policies(body: Json) -> Json:
    """A resource with the policies in force that its template leaves out; ABSENT for none."""
    if not isinstance(body, dict) or "Type" not in body:
        return body if body is not None else ABSENT
    policy = body.get("UpdateReplacePolicy", "Delete")
    return {**body, "DeletionPolicy": find_deletion_policy(body), "UpdateReplacePolicy": policy}
