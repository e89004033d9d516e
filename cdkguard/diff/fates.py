"""Deletion policies and update replace policies: what becomes of the resource that runs."""

from __future__ import annotations

from cdkguard._typing import Json

_POLICIES = ("Delete", "Snapshot", "RetainExceptOnCreate", "Retain")


SNAPSHOT_BY_DEFAULT = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")


RETAINING = ("Retain", "RetainExceptOnCreate")


def find_deletion_policy(body: Json) -> Json:
    """The DeletionPolicy in force: the one written down, else CloudFormation's default for the type."""
    policy = body.get("DeletionPolicy")
    if policy is not None:
        return policy
    kind = body.get("Type")
    if kind in SNAPSHOT_BY_DEFAULT and not (kind == "AWS::RDS::DBInstance" and is_cluster_member(kind, body)):
        return "Snapshot"
    return "Delete"


def find_replace_policy(before: Json, after: Json) -> Json:
    """The weaker of both UpdateReplacePolicies: AWS does not say which of the two templates decides."""
    policies = [body.get("UpdateReplacePolicy", "Delete") for body in (before, after) if isinstance(body, dict)]
    known = [policy for policy in policies if isinstance(policy, str)]
    return min(known, key=_strength) if len(known) == len(policies) else policies[0] if not known else None


def _strength(policy: str) -> int:
    return _POLICIES.index(policy) if policy in _POLICIES else -1


def find_fate(policy: Json, body: Json, snapshots: frozenset[str]) -> str:
    if not isinstance(policy, str):
        return "unknown"
    if policy in RETAINING:
        return "retained"
    return "snapshot" if policy == "Snapshot" and body.get("Type") in snapshots else "destroyed"


def is_retained(body: Json) -> bool:
    return find_deletion_policy(body) in RETAINING


def is_cluster_member(kind: str, body: Json) -> bool:
    """An instance of a cluster holds no data of its own."""
    properties = body.get("Properties") if isinstance(body, dict) else None
    return kind.endswith("::DBInstance") and isinstance(properties, dict) and "DBClusterIdentifier" in properties
