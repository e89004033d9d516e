"""Which resource that goes is one that comes: a rename or a move, told by type, properties and construct path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff import renames
from cdkguard.template.values import Deferred, scalar_text

ENOUGH = 0.75  # of the values must be equal
_PATH_WEIGHT = 0.2  # how much the construct path counts where the values leave it open
_MANY = 250  # pairs of one type, beyond which only equal bodies are looked for
_MANY_EQUAL = 40_000  # pairs of equal bodies, beyond which they are taken in their order


class Candidate(NamedTuple):
    """A resource that goes or comes."""

    stack: str  # construct path of its stack
    logical_id: str
    resource_type: str
    construct_path: str
    body: Json  # resolved


def match_renames(gone: Sequence[Candidate], come: Sequence[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    """Pairs of the same resource, best first, each resource in one pair at most."""
    by_type: dict[str, tuple[list[Candidate], list[Candidate]]] = {}
    for side, candidates in enumerate((gone, come)):
        for candidate in candidates:
            by_type.setdefault(candidate.resource_type, ([], []))[side].append(candidate)
    for olds, news in by_type.values():
        if olds and news:
            yield from _pairs(olds, news)


def _pairs(olds: Sequence[Candidate], news: Sequence[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    leaves = [[_leaves(c.body) for c in side] for side in (olds, news)]
    scored = []
    for i, j in _worth_a_look(*leaves):
        one, other = leaves[0][i], leaves[1][j]
        alike = _alike(one, other)
        if alike >= ENOUGH:
            near = _near(olds[i], news[j])
            if one or other or near >= 0.5 or len(olds) == len(news) == 1:
                scored.append((alike + _PATH_WEIGHT * near, -i, -j))
    used_old: set[int] = set()
    used_new: set[int] = set()
    for _score, i, j in sorted(scored, reverse=True):
        if i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            yield olds[-i], news[-j]


def _worth_a_look(olds: Sequence[frozenset[str]], news: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Pairs of indices: all of few; of many only those with equal bodies, and of many such in their order."""
    if len(olds) * len(news) <= _MANY:
        yield from ((i, j) for i in range(len(olds)) for j in range(len(news)))
        return
    equal: dict[frozenset[str], tuple[list[int], list[int]]] = {}
    for side, bodies in enumerate((olds, news)):
        for index, body in enumerate(bodies):
            equal.setdefault(body, ([], []))[side].append(index)
    for ones, others in equal.values():
        if len(ones) * len(others) <= _MANY_EQUAL:
            yield from ((i, j) for i in ones for j in others)
        else:
            yield from zip(ones, others, strict=False)


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def _near(old: Candidate, new: Candidate) -> float:
    """How alike two construct paths are: the share of their parts at which they agree, from both ends."""
    one, other = old.construct_path.split("/"), new.construct_path.split("/")
    head = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest = min(len(one), len(other)) - head
    pairs = zip(reversed(one), reversed(other), strict=False)
    tail = next((i for i, (a, b) in enumerate(pairs) if a != b), rest)
    return (head + min(tail, rest)) / max(len(one), len(other))


def _leaves(body: Json) -> frozenset[str]:
    """The values of a resource as text; links to other resources are all alike, for those may be renamed as well."""
    properties = body.get("Properties") if isinstance(body, dict) else None
    return frozenset(_walk(properties, ""))


def _walk(value: Json, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, f"{path}[]")
    elif isinstance(value, Deferred):
        yield f"{path}={value.text()}"
    elif (text := scalar_text(value)) is not None:
        yield f"{path}={text}"


PHYSICAL_NAMES = ("Name", "BucketName", "TableName", "DBInstanceIdentifier", "DBClusterIdentifier", "QueueName", "TopicName",
          "FunctionName", "RoleName", "LogGroupName", "RepositoryName", "StreamName", "DomainName", "ClusterName",
          "UserPoolName", "PolicyName", "AliasName", "GroupName", "UserName", "ManagedPolicyName")  # fmt: skip


def have_same_physical_name(old: renames.Candidate, new: renames.Candidate) -> bool:
    one, other = (c.body.get("Properties") or {} for c in (old, new))
    for name in PHYSICAL_NAMES:
        text = scalar_text(one.get(name)) if isinstance(one, dict) else None
        if text is not None and isinstance(other, dict) and scalar_text(other.get(name)) == text:
            return name not in ("DomainName", "Name") or old.resource_type.split("::")[-1] not in ("RecordSet",)
    return False
