"""Lists and counts of a resource whose shrinking loses data, though the resource itself stays."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.comparable import as_json
from cdkguard.diff.differences import IF, are_equal
from cdkguard.model import Change
from cdkguard.template.values import ABSENT, Deferred

NO_VALUE = {"Ref": "AWS::NoValue"}


class DataPart(NamedTuple):
    """A list whose elements hold data (`key` names an element), or a count of such parts (`key` None)."""

    path: tuple[str, ...]  # below Properties
    key: str | None
    words: str
    default: int | None = None  # of a count that is not written; None: then it does not count such parts


# AWS's user guide of each type: removing an element of these deletes the replica, the index or the shard with it.
DATA_PARTS: dict[str, tuple[DataPart, ...]] = {
    "AWS::DynamoDB::GlobalTable": (
        DataPart(("Replicas",), "Region", "replica in"),
        DataPart(("GlobalSecondaryIndexes",), "IndexName", "global secondary index"),
    ),
    "AWS::DynamoDB::Table": (DataPart(("GlobalSecondaryIndexes",), "IndexName", "global secondary index"),),
    "AWS::SecretsManager::Secret": (DataPart(("ReplicaRegions",), "Region", "replica in"),),
    "AWS::ElastiCache::ReplicationGroup": (
        DataPart(("NumNodeGroups",), None, "node group", 1),
        DataPart(("ReplicasPerNodeGroup",), None, "replica per node group"),
        DataPart(("NumCacheClusters",), None, "cache cluster", 1),
    ),
    "AWS::ElastiCache::CacheCluster": (DataPart(("NumCacheNodes",), None, "cache node"),),
    "AWS::MemoryDB::Cluster": (
        DataPart(("NumShards",), None, "shard", 1),
        DataPart(("NumReplicasPerShard",), None, "replica per shard", 1),
    ),
    "AWS::DocDBElastic::Cluster": (
        DataPart(("ShardCount",), None, "shard"),
        DataPart(("ShardInstanceCount",), None, "instance per shard"),
    ),
    "AWS::Kinesis::Stream": (DataPart(("ShardCount",), None, "shard"),),
    "AWS::MSK::Cluster": (DataPart(("NumberOfBrokerNodes",), None, "broker"),),
    "AWS::FSx::FileSystem": (DataPart(("StorageCapacity",), None, "gibibyte of storage"),),
    "AWS::EFS::FileSystem": (DataPart(("ReplicationConfiguration", "Destinations"), "Region", "replica in"),),
    "AWS::S3::Bucket": (DataPart(("ReplicationConfiguration", "Rules"), "Id", "replication rule"),),
    "AWS::ECR::ReplicationConfiguration": (
        DataPart(("ReplicationConfiguration", "Rules", "Destinations"), "Region", "replica in"),
    ),
    "AWS::SSMIncidents::ReplicationSet": (DataPart(("Regions",), "RegionName", "replica in"),),
    "AWS::DAX::Cluster": (DataPart(("ReplicationFactor",), None, "node"),),
}


class LostPart(NamedTuple):
    """A part that the new template no longer has."""

    path: str  # "Properties.Replicas"
    text: str  # "replica in eu-west-1", "1 shard of 4"
    certain: bool = True  # whether it is known before deployment


def find_lost_parts(resource_type: str, before: Json, after: Json) -> Iterator[LostPart]:
    """The parts of a resource that go; `before` and `after` are resolved bodies."""
    for part in DATA_PARTS.get(resource_type, ()) if before is not None and after is not None else ():
        old, new = _at(before, part.path), _at(after, part.path)
        shown = "Properties." + ".".join(part.path)
        if part.key is None:
            yield from _fewer(part, shown, old, new)
            continue
        had, may_have_had = _keys(old, part.key)
        keeps, may_keep = _keys(new, part.key)
        for name in may_have_had:
            if name not in keeps:
                yield LostPart(
                    shown, f"{part.words} {name}", name in had and name not in may_keep and "*" not in may_keep
                )


def _fewer(part: DataPart, shown: str, old: Json, new: Json) -> Iterator[LostPart]:
    a, b = (part.default if value is None else _number(value) for value in (old, new))
    if a is not None and b is not None and b < a:
        yield LostPart(shown, f"{a - b:g} {part.words}{'s' if a - b > 1 else ''} of {a:g}")
    elif (_is_open(new) and a != 0 or _is_open(old) and b is not None) and not are_equal(old, new):
        yield LostPart(shown, f"perhaps {part.words}s" + (f" of {a:g}" if a is not None else ""), False)


def _is_open(value: Json) -> bool:
    return isinstance(value, Deferred | dict)


def _at(body: Json, path: tuple[str, ...]) -> Json:
    value = body.get("Properties") if isinstance(body, dict) else None
    for key in path:
        if isinstance(value, list):
            value = [v.get(key) for v in value if isinstance(v, dict)]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _keys(value: Json, key: str) -> tuple[list[str], list[str]]:
    """The names of the elements that are there for certain, and of those that may be; `*` for any."""
    if value is None or value is ABSENT or value == NO_VALUE:
        return [], []
    if isinstance(value, Deferred):
        return [], ["*"]
    if isinstance(value, list):
        found = [_keys(item, key) for item in value]
        return [n for sure, _may in found for n in sure], [n for _sure, may in found for n in may]
    if not isinstance(value, dict):
        return [], []
    if isinstance(branches := value.get(IF), list) and len(value) == 1:
        sides = [_keys(branch, key) for branch in branches[1:]]
        sure = [n for n in sides[0][0] if all(n in other[0] for other in sides)] if sides else []
        return sure, list(dict.fromkeys(n for _sure, may in sides for n in may))
    if key not in value:
        return [], []
    name = value[key]
    text = json.dumps(as_json(name)) if isinstance(name, Deferred | dict | list) else str(name)
    return [text], [text]


def _number(value: Json) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None


def find_lost_data_parts(change: Change) -> list[LostPart]:
    """The parts of the resource that the change deletes."""
    return list(find_lost_parts(change.resource_type or "", change.before, change.after))
