"""Deletion policies and update replace policies: what becomes of the resource that runs.

CloudFormation removes a resource under the DeletionPolicy of the deployed template, whatever the new one says; when it
replaces a resource, the UpdateReplacePolicy decides about the old one, and the DeletionPolicy does not count.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html
"""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.diff.references import find_references
from cdkguard.template.values import scalar_text

if TYPE_CHECKING:
    from cdkguard.model import Fate

_POLICIES = ("Delete", "Snapshot", "RetainExceptOnCreate", "Retain")  # Weakest first.
# The second deletes a resource only when the very operation that creates it is rolled back.
RETAINING = ("Retain", "RetainExceptOnCreate")
# Types whose DeletionPolicy is Snapshot where the template names none; instances of a cluster are excepted.
SNAPSHOT_BY_DEFAULT = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")


def find_deletion_policy(body: Json) -> Json:
    """The DeletionPolicy in force: the one that the resource names, else CloudFormation's default for its type."""
    policy = body.get("DeletionPolicy")
    if policy is not None:
        return policy

    kind = body.get("Type")
    if kind in SNAPSHOT_BY_DEFAULT and not (kind == "AWS::RDS::DBInstance" and is_cluster_member(kind, body)):
        return "Snapshot"
    return "Delete"


def find_replace_policy(before: Json, after: Json) -> Json:
    """The weaker UpdateReplacePolicy of both bodies, as AWS does not say which of the two templates decides.

    It is no text where one of the policies is not known before deployment.
    """
    policies = [body.get("UpdateReplacePolicy", "Delete") for body in (before, after) if isinstance(body, dict)]
    known = [policy for policy in policies if isinstance(policy, str)]
    return min(known, key=_strength) if len(known) == len(policies) else policies[0] if not known else None


def find_fate(policy: Json, body: Json, snapshot_types: frozenset[str]) -> Fate:
    """The fate of a resource that goes, by its policy; CloudFormation takes snapshots of `snapshot_types` only."""
    if not isinstance(policy, str):
        return "unknown"
    if policy in RETAINING:
        return "retained"
    return "snapshot" if policy == "Snapshot" and body.get("Type") in snapshot_types else "destroyed"


def is_retained(body: Json) -> bool:
    """Whether the resource lives on when its stack no longer holds it."""
    return find_deletion_policy(body) in RETAINING


def is_cluster_member(resource_type: str, body: Json) -> bool:
    """Whether it is a database instance of a cluster; the cluster holds the data, the instance holds none of its own."""
    properties = body.get("Properties") if isinstance(body, dict) else None
    is_in_cluster = isinstance(properties, dict) and "DBClusterIdentifier" in properties
    return resource_type.endswith("::DBInstance") and is_in_cluster


def is_copy(resource_type: str, body: Json) -> bool:
    """Whether what the resource holds is held by another one as well, or by nobody for long.

    It is a member of a cluster, a replica of another database, or a cache that keeps nothing:
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/SelectEngine.html
    """
    if is_cluster_member(resource_type, body):
        return True
    properties = body.get("Properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        return False
    if resource_type in ("AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ServerlessCache"):
        return str(properties.get("Engine")).lower() == "memcached"
    is_restored = any(name in properties for name in ("RestoreTime", "UseLatestRestorableTime"))
    return resource_type == "AWS::RDS::DBInstance" and "SourceDBInstanceIdentifier" in properties and not is_restored


# Custom resources of CDK that delete what a resource holds, so that it can be deleted itself.
# https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3.Bucket.html#autodeleteobjects
_EMPTYING = {"Custom::S3AutoDeleteObjects": "BucketName", "Custom::ECRAutoDeleteImages": "RepositoryName"}
# Properties by which the service itself deletes what a resource holds.
_EMPTIED_BY = {"AWS::ECR::Repository": "EmptyOnDelete"}


def is_emptied(body: Json, resources: Json, logical_id: str | None) -> bool:
    """Whether something deletes what the resource holds before CloudFormation deletes the resource.

    `resources` are those of its stack, as the template writes them.
    """
    properties = body.get("Properties")
    name = _EMPTIED_BY.get(str(body.get("Type")))
    if name is not None and isinstance(properties, dict) and name in properties:
        return (scalar_text(properties[name]) or "true").lower() == "true"  # Fails closed where the value is not known.

    others = resources.values() if isinstance(resources, dict) else ()
    return any(_empties(other, logical_id) for other in others if isinstance(other, dict))


def _empties(other: Json, logical_id: str | None) -> bool:
    """Whether it is a custom resource of CDK that empties the resource."""
    target, properties = _EMPTYING.get(str(other.get("Type"))), other.get("Properties")
    if target is None or not isinstance(properties, dict):
        return False
    return any(link[0] == logical_id for link in find_references(properties.get(target)))


def _strength(policy: str) -> int:
    return _POLICIES.index(policy) if policy in _POLICIES else -1
