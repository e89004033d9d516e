"""Parts of a resource that hold data: their loss is a loss of data, though the resource itself stays.

Such a part is an element of a list (a replica, an index), or a number counts the parts (shards, nodes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.comparable import as_json
from cdkguard.diff.differences import IF, NO_VALUE, are_equal
from cdkguard.model import Change
from cdkguard.template.values import ABSENT, Deferred

_ANY = "*"  # The name of an element that only the deployment knows.


class DataPart(NamedTuple):
    """A property of a resource type that lists or counts such parts."""

    path: tuple[str, ...]  # Below `Properties`.
    key: str | None  # The member that names an element of the list; None where the property is a count.
    words: str  # The name of one part in messages.
    default: int | None = None  # The count where the property is not written; None: then it counts nothing.


# A part that is no longer listed or counted is deleted with its data. Of a replica of a DynamoDB table:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ReplicationGroupUpdate.html
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
    certain: bool = True  # Whether the loss is known before deployment.


def find_lost_data_parts(change: Change) -> list[LostPart]:
    """The parts of the resource that the change deletes."""
    return list(find_lost_parts(change.resource_type or "", change.before, change.after))


def find_lost_parts(resource_type: str, before: Json, after: Json) -> Iterator[LostPart]:
    """The parts that one resolved body has and the other has not; none where a body is None."""
    if before is None or after is None:
        return
    for part in DATA_PARTS.get(resource_type, ()):
        old, new = _find_value(before, part.path), _find_value(after, part.path)
        path = "Properties." + ".".join(part.path)
        if part.key is None:
            yield from _compare_counts(part, path, old, new)
        else:
            yield from _compare_elements(part, path, _find_names(old, part.key), _find_names(new, part.key))


def _compare_counts(part: DataPart, path: str, old: Json, new: Json) -> Iterator[LostPart]:
    before, after = (part.default if value is None else _read_number(value) for value in (old, new))
    if before is not None and after is not None and after < before:
        lost = before - after
        yield LostPart(path, f"{lost:g} {part.words}{'s' if lost > 1 else ''} of {before:g}")
        return

    may_shrink = _is_unknown(new) and before != 0 or _is_unknown(old) and after is not None
    if may_shrink and not are_equal(old, new):
        yield LostPart(path, f"perhaps {part.words}s" + (f" of {before:g}" if before is not None else ""), False)


def _is_unknown(value: Json) -> bool:
    return isinstance(value, Deferred | dict)


def _read_number(value: Json) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None


class _Names(NamedTuple):
    """The names of a list's elements; `_ANY` stands for names that are not known."""

    certain: Sequence[str]
    possible: Sequence[str]  # Those that are there under some condition; all certain ones as well.


def _compare_elements(part: DataPart, path: str, old: _Names, new: _Names) -> Iterator[LostPart]:
    for name in old.possible:
        if name not in new.certain:
            certain = name in old.certain and name not in new.possible and _ANY not in new.possible
            yield LostPart(path, f"{part.words} {name}", certain)


def _find_names(value: Json, key: str) -> _Names:
    if value is None or value is ABSENT or value == NO_VALUE:
        return _Names((), ())
    if isinstance(value, Deferred):
        return _Names((), (_ANY,))
    if isinstance(value, list):
        elements = [_find_names(item, key) for item in value]
        return _Names([n for e in elements for n in e.certain], [n for e in elements for n in e.possible])
    if not isinstance(value, dict):
        return _Names((), ())

    if isinstance(operands := value.get(IF), list) and len(value) == 1:
        branches = [_find_names(branch, key) for branch in operands[1:]]
        first = branches[0].certain if branches else ()
        certain = [n for n in first if all(n in branch.certain for branch in branches)]
        return _Names(certain, list(dict.fromkeys(n for branch in branches for n in branch.possible)))

    if key not in value:
        return _Names((), ())
    name = value[key]
    text = json.dumps(as_json(name)) if isinstance(name, Deferred | dict | list) else str(name)
    return _Names((text,), (text,))


def _find_value(body: Json, path: tuple[str, ...]) -> Json:
    """The value at the path; where a list lies on the way, the list of the values in its elements."""
    value = body.get("Properties") if isinstance(body, dict) else None
    for key in path:
        if isinstance(value, list):
            value = [v.get(key) for v in value if isinstance(v, dict)]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value
