"""What is served in place of a resource that is replaced: the new one is empty, or filled from a snapshot or a source.

Whatever becomes of the old one, those who use the resource find the new one from then on.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.model import REPLACE_IMPACTS, Change
from cdkguard.template.values import ABSENT

# Type -> properties that fill a new resource with data from elsewhere: those of that time, without what was written since.
# docs/development/schema/origins.tsv holds a decision for every property that may be one.
ORIGINS: dict[str, tuple[str, ...]] = {
    "AWS::BedrockAgentCore::Dataset": ("Source",),
    "AWS::CloudFront::KeyValueStore": ("ImportSource",),
    "AWS::DocDB::DBCluster": ("SnapshotIdentifier", "SourceDBClusterIdentifier"),
    "AWS::DocDB::GlobalCluster": ("SourceDBClusterIdentifier",),
    "AWS::DynamoDB::GlobalTable": ("GlobalTableSourceArn",),
    "AWS::DynamoDB::Table": ("ImportSourceSpecification",),
    "AWS::EC2::Volume": ("SnapshotId", "SourceVolumeId"),
    "AWS::ElastiCache::CacheCluster": ("SnapshotArns", "SnapshotName"),
    "AWS::ElastiCache::ReplicationGroup": ("SnapshotArns", "SnapshotName", "GlobalReplicationGroupId"),
    "AWS::ElastiCache::ServerlessCache": ("SnapshotArnsToRestore",),
    "AWS::FSx::FileSystem": ("BackupId",),
    "AWS::FSx::Volume": ("BackupId",),
    "AWS::MemoryDB::Cluster": ("SnapshotArns", "SnapshotName"),
    "AWS::Neptune::DBCluster": ("SnapshotIdentifier", "SourceDBClusterIdentifier"),
    "AWS::Neptune::DBInstance": ("DBSnapshotIdentifier",),
    "AWS::Neptune::GlobalCluster": ("SourceDBClusterIdentifier",),
    "AWS::NeptuneGraph::Graph": ("ImportTask",),
    "AWS::Personalize::Dataset": ("DatasetImportJob",),
    "AWS::RDS::DBCluster": (
        "SnapshotIdentifier",
        "SourceDBClusterIdentifier",
        "SourceDbClusterResourceId",
        "ReplicationSourceIdentifier",
    ),
    "AWS::RDS::DBInstance": (
        "DBSnapshotIdentifier",
        "DBClusterSnapshotIdentifier",
        "SourceDBInstanceAutomatedBackupsArn",
        "SourceDbiResourceId",
        "SourceDBInstanceIdentifier",
        "SourceDBClusterIdentifier",
    ),
    "AWS::RDS::GlobalCluster": ("SourceDBClusterIdentifier",),
    "AWS::Redshift::Cluster": ("SnapshotIdentifier",),
    "AWS::StorageGateway::Volume": ("SnapshotId", "SourceVolumeARN"),
    "AWS::WorkspacesInstances::Volume": ("SnapshotId",),
}


def find_origin(change: Change) -> str | None:
    """The property that fills the resource which takes the place of the old one; None where that one is empty."""
    if change.impact not in REPLACE_IMPACTS or not isinstance(change.after, dict):
        return None
    properties = change.after.get("Properties")
    if not isinstance(properties, dict):
        return None
    names = ORIGINS.get(change.resource_type or "")
    return next((name for name in names or () if _is_given(properties.get(name))), None)


def _is_given(value: Json) -> bool:
    return value not in (None, ABSENT, "", [])
