"""The name of a resource in AWS, where the template gives it: no second resource can have it beside the first.

A replacement is refused where the name stays, for the new resource is created before the old one goes: the deployment fails.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.model import Change
from cdkguard.template.values import Deferred, scalar_text

Names = Mapping[str, Sequence[str]]  # Type -> the properties that are together its name.


def keeps_name(change: Change, names: Names) -> bool:
    """Whether the new resource of a replacement would have the name of the old one."""
    if (name := names.get(change.resource_type or "")) is None:
        return False
    changed = {p.path.split(".")[1].split("[")[0] for p in change.properties if p.path.startswith("Properties.")}
    return changed.isdisjoint(name) and have_same_name(name, change.before, change.after)


def have_same_name(name: Sequence[str], before: Json, after: Json) -> bool:
    """Whether both bodies give the same value to each property of the name; one that hangs on a condition is none."""
    one, other = (body.get("Properties") if isinstance(body, dict) else None for body in (before, after))
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return all(_is_same(one.get(part), other.get(part)) for part in name)


# One of these names the hosted zone of a record.
_ZONE_KEYS = ("HostedZoneId", "HostedZoneName")


def are_same_record(before: Json, after: Json) -> bool:
    """Whether two records of DNS are one: of one zone, name, type and, under a routing policy, identifier.

    Route 53 refuses to create a record that is there: "but it already exists".
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
    """
    one, other = (body.get("Properties") if isinstance(body, dict) else None for body in (before, after))
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    in_one_zone = any(_is_same(one.get(key), other.get(key)) for key in _ZONE_KEYS)
    ids = [properties.get("SetIdentifier") for properties in (one, other)]
    return in_one_zone and have_same_name(("Name", "Type"), before, after) and (ids == [None, None] or _is_same(*ids))


def _is_same(one: Json, other: Json) -> bool:
    if isinstance(one, Deferred):
        return one.kind != "unknown" and one == other
    text = scalar_text(one)
    return bool(text) and text == scalar_text(other)
