"""What an update asks of a resource that its service refuses, so that the deployment stops half way and rolls back.

Nothing is lost by that, but nothing of the stack is deployed either, and stacks that were deployed before it stay so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.comparable import as_text
from cdkguard.diff.differences import are_equal
from cdkguard.diff.member_refusals import (
    find_attribute_refusals,
    find_index_refusals,
    find_replica_refusals,
    find_sign_in_refusals,
)
from cdkguard.diff.refusal import Refusal, are_known, read_property
from cdkguard.model import Change
from cdkguard.template.values import ABSENT, scalar_text


class Fixed(NamedTuple):
    """A property that keeps the value with which the resource was created, and the value of one that is left out."""

    resource_type: str
    property: str
    default: str


class Growing(NamedTuple):
    """A size that can only be raised; its path lies below `Properties`."""

    resource_type: str
    path: tuple[str, ...]


_KEY = "AWS::KMS::Key"

FIXED = (
    # "If you change the value of the KeySpec, KeyUsage, Origin, or MultiRegion properties of an existing KMS key, the
    # update request fails, regardless of the value of the UpdateReplacePolicy attribute."
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
    Fixed(_KEY, "KeySpec", "SYMMETRIC_DEFAULT"),
    Fixed(_KEY, "KeyUsage", "ENCRYPT_DECRYPT"),
    Fixed(_KEY, "MultiRegion", "false"),
    Fixed(_KEY, "Origin", "AWS_KMS"),
)

GROWING = (
    # https://docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html
    Growing("AWS::EC2::Volume", ("Size",)),
    # "Amazon MSK does not support decreasing the size of storage volumes."
    # https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand.html
    Growing("AWS::MSK::Cluster", ("BrokerNodeGroupInfo", "StorageInfo", "EBSStorageInfo", "VolumeSize")),
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html
    Growing("AWS::RDS::DBInstance", ("AllocatedStorage",)),
)


def find_refusals(change: Change) -> list[Refusal]:
    """What the service refuses of the update of a resource."""
    if change.impact == "STACK_REFUSED":
        return [Refusal(*entry) for entry in change.after["Refused"]]
    if change.impact == "WILL_REPLACE":
        return list(_find_second_service(change)) if change.resource_type == "AWS::ECS::Service" else []
    if change.impact not in ("WILL_UPDATE", "MAY_REPLACE"):
        return []
    found = [refusal for find in _FINDERS.get(change.resource_type or "", ()) for refusal in find(change)]
    return found if change.impact == "WILL_UPDATE" else [refusal._replace(certain=False) for refusal in found]


def _find_fixed(change: Change) -> Iterator[Refusal]:
    for _type, name, default in (fixed for fixed in FIXED if fixed.resource_type == change.resource_type):
        values = (read_property(body, name) for body in (change.before, change.after))
        before, after = (default if value is ABSENT else value for value in values)
        if not are_equal(before, after):
            yield Refusal(f"change its {name} ({_show(before)} to {_show(after)})", are_known(before, after))


def _find_shrinking(change: Change) -> Iterator[Refusal]:
    for _type, path in (growing for growing in GROWING if growing.resource_type == change.resource_type):
        before, after = (read_property(body, *path) for body in (change.before, change.after))
        if ABSENT in (before, after) or are_equal(before, after):
            continue
        size, new_size = _read_number(before), _read_number(after)
        if size is None or new_size is None or new_size < size:
            words = f"become smaller: {path[-1]} {_show(before)} to {_show(after)}"
            yield Refusal(words, size is not None and new_size is not None)


def _find_resharding(change: Change) -> Iterator[Refusal]:
    """More than twice as many shards, or less than half of them.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
    """
    before, after = (_read_number(read_property(body, "ShardCount")) for body in (change.before, change.after))
    if before and after and not before <= 2 * after <= 4 * before:
        yield Refusal(f"go from {before} to {after} shards at once: at most twice as many, and at least half of them")


def _find_skipped_versions(change: Change) -> Iterator[Refusal]:
    """An upgrade of a cluster by more than one minor version.

    https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
    """
    versions = [_show(read_property(body, "Version")).split(".") for body in (change.before, change.after)]
    if all(len(parts) == 2 and all(part.isdigit() for part in parts) for parts in versions):
        (major, minor), (new_major, new_minor) = (tuple(map(int, parts)) for parts in versions)
        if major == new_major and new_minor > minor + 1:
            yield Refusal(f"go from Kubernetes {major}.{minor} to {major}.{new_minor}: one minor version at a time")


def _find_second_service(change: Change) -> Iterator[Refusal]:
    """The replacement of a service with Service Connect, as "each ServiceConnectService must have a name that is unique".

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html
    """
    enabled = read_property(change.after, "ServiceConnectConfiguration", "Enabled")
    if _show(enabled).lower() == "true":
        yield Refusal("be replaced while Service Connect is on, as the new one needs the names of the old one")


def _read_number(value: Json) -> int | None:
    text = scalar_text(value) or ""
    return int(text) if text.isdigit() else None


def _show(value: Json) -> str:
    text = scalar_text(value)
    return as_text(value) if text is None else text


_FINDERS: dict[str, tuple[Callable[[Change], Iterator[Refusal]], ...]] = {
    "AWS::Cognito::UserPool": (find_attribute_refusals, find_sign_in_refusals),
    "AWS::DynamoDB::GlobalTable": (find_index_refusals, find_replica_refusals),
    "AWS::DynamoDB::Table": (find_index_refusals,),
    "AWS::EKS::Cluster": (_find_skipped_versions,),
    "AWS::Kinesis::Stream": (_find_resharding,),
    _KEY: (_find_fixed,),
    **{growing.resource_type: (_find_shrinking,) for growing in GROWING},
}
