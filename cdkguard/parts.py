"""Lists and counts of a resource whose shrinking loses data, though the resource itself stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = Any


class Part(NamedTuple):
    """A list whose elements hold data (`key` names an element), or a count of such parts (`key` None)."""

    path: tuple[str, ...]  # below Properties
    key: str | None
    words: str


# AWS's user guide of each type: removing an element of these deletes the replica, the index or the shard with it.
PARTS: dict[str, tuple[Part, ...]] = {
    "AWS::DynamoDB::GlobalTable": (
        Part(("Replicas",), "Region", "replica in"),
        Part(("GlobalSecondaryIndexes",), "IndexName", "global secondary index"),
    ),
    "AWS::DynamoDB::Table": (Part(("GlobalSecondaryIndexes",), "IndexName", "global secondary index"),),
    "AWS::SecretsManager::Secret": (Part(("ReplicaRegions",), "Region", "replica in"),),
    "AWS::ElastiCache::ReplicationGroup": (
        Part(("NumNodeGroups",), None, "node group"),
        Part(("ReplicasPerNodeGroup",), None, "replica per node group"),
        Part(("NumCacheClusters",), None, "cache cluster"),
    ),
    "AWS::ElastiCache::CacheCluster": (Part(("NumCacheNodes",), None, "cache node"),),
    "AWS::MemoryDB::Cluster": (
        Part(("NumShards",), None, "shard"),
        Part(("NumReplicasPerShard",), None, "replica per shard"),
    ),
    "AWS::DocDBElastic::Cluster": (
        Part(("ShardCount",), None, "shard"),
        Part(("ShardInstanceCount",), None, "instance per shard"),
    ),
    "AWS::Kinesis::Stream": (Part(("ShardCount",), None, "shard"),),
    "AWS::MSK::Cluster": (Part(("NumberOfBrokerNodes",), None, "broker"),),
    "AWS::FSx::FileSystem": (Part(("StorageCapacity",), None, "gibibyte of storage"),),
    "AWS::EFS::FileSystem": (Part(("ReplicationConfiguration", "Destinations"), "Region", "replica in"),),
    "AWS::S3::Bucket": (Part(("ReplicationConfiguration", "Rules"), "Id", "replication rule"),),
    "AWS::ECR::ReplicationConfiguration": (
        Part(("ReplicationConfiguration", "Rules", "Destinations"), "Region", "replica in"),
    ),
    "AWS::SSMIncidents::ReplicationSet": (Part(("Regions",), "RegionName", "replica in"),),
    "AWS::DAX::Cluster": (Part(("ReplicationFactor",), None, "node"),),
}


class Lost(NamedTuple):
    """A part that the new template no longer has."""

    path: str  # "Properties.Replicas"
    text: str  # "replica in eu-west-1", "1 shard of 4"


def lost(resource_type: str, before: Json, after: Json) -> Iterator[Lost]:
    """The parts of a resource that go; `before` and `after` are resolved bodies."""
    for part in PARTS.get(resource_type, ()) if before is not None and after is not None else ():
        old, new = _at(before, part.path), _at(after, part.path)
        shown = "Properties." + ".".join(part.path)
        if part.key is None:
            if (a := _number(old)) is not None and (b := _number(new)) is not None and b < a:
                yield Lost(shown, f"{a - b:g} {part.words}{'s' if a - b > 1 else ''} of {a:g}")
            continue
        kept = _keys(new, part.key)
        for name in _keys(old, part.key):
            if name not in kept:
                yield Lost(shown, f"{part.words} {name}")


def _at(body: Json, path: tuple[str, ...]) -> Json:
    value = body.get("Properties") if isinstance(body, dict) else None
    for key in path:
        if isinstance(value, list):
            value = [v.get(key) for v in value if isinstance(v, dict)]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _keys(value: Json, key: str) -> list[str]:
    flat: list[Json] = []
    for item in value if isinstance(value, list) else []:
        flat.extend(item if isinstance(item, list) else [item])
    return [str(item[key]) for item in flat if isinstance(item, dict) and key in item]


def _number(value: Json) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None
