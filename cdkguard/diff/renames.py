"""Which resource that goes is one that is added: a rename or a move, known by its place, properties and construct path.

CloudFormation knows a resource by its logical ID in its stack; under another one it makes a new resource and removes the
old one. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.diff.fates import is_retained
from cdkguard.diff.physical_names import Names, are_same_record, have_same_name
from cdkguard.diff.places import Places, PlaceTable, are_apart, match_places
from cdkguard.diff.property_changes import CDK_METADATA
from cdkguard.diff.resource_changes import TypeFacts
from cdkguard.diff.stack_pairs import ResourceKey, find_stack_path, may_share_environment, name_environment
from cdkguard.diff.targets import FindTarget
from cdkguard.model import REMOVE_IMPACTS, Change, Stack
from cdkguard.template.values import Deferred, scalar_text

if TYPE_CHECKING:
    from cdkguard.model import Detail

ENOUGH = 0.75  # The share of equal values from which two bodies are one resource.
_PATH_WEIGHT = 0.2  # How much the construct path counts beside that share.
_NEAR = 0.5  # How near two construct paths are where the bodies are empty, so that nothing else speaks for a rename.
_MANY_PAIRS = 250  # Pairs of one type, beyond which only equal bodies are compared.
_MANY_EQUAL = 40_000  # Pairs of equal bodies, beyond which they are taken in their order.

# Properties that name a resource in AWS, of types whose provider schema does not say which one does.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
PHYSICAL_NAMES = (
    "Name",
    "BucketName",
    "TableName",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "QueueName",
    "TopicName",
    "FunctionName",
    "RoleName",
    "LogGroupName",
    "RepositoryName",
    "StreamName",
    "DomainName",
    "ClusterName",
    "UserPoolName",
    "PolicyName",
    "AliasName",
    "GroupName",
    "UserName",
    "ManagedPolicyName",
)

_ZONE = "AWS::Route53::HostedZone"
_RECORD = "AWS::Route53::RecordSet"
# Types of which several resources may have one Name: records of other types, zones with other name servers, APIs with
# other IDs. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-working-with.html
NAMESAKES = frozenset(
    (
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGatewayV2::Api",
        "AWS::AppSync::GraphQLApi",
        _ZONE,
        _RECORD,
    )
)

Match = tuple[Change, Change]  # The removal of a resource, and the creation of the same resource.


def mark_renames(
    changes: MutableMapping[ResourceKey, Change], facts: TypeFacts, targets: tuple[FindTarget, FindTarget]
) -> None:
    """Tell each half of a rename or move about the other one; only details and partners change.

    `targets` find the resource that a value comes from, before and after.
    """
    removed = [c for c in changes.values() if c.impact in REMOVE_IMPACTS and c.resource_type != CDK_METADATA]
    added = [c for c in changes.values() if c.impact == "WILL_CREATE" and c.resource_type != CDK_METADATA]
    if not {c.resource_type for c in removed} & {c.resource_type for c in added}:
        return

    successors = Successors(removed, added, facts.load_places(), targets)
    for old, new in successors.find():
        details = _describe_move(old, new)
        may_meet = "other-environment" not in details or _are_names_shared(old, new)
        if may_meet and have_same_physical_name(old, new, facts.load_names()):
            details.append("same-name")
            if str(old.resource_type) in facts.load_names() or old.resource_type == _RECORD:
                details.append("name-taken")

        _replace(changes, _add_partner(old, new, details))
        _replace(changes, _add_partner(new, old, details)._replace(predecessor=old))
        if old.fate == "destroyed" and is_retained(new.after):
            marked = changes[old.stack, str(old.logical_id)]
            _replace(changes, marked._replace(detail=(*marked.detail, "retained-too-late")))


def _describe_move(old: Change, new: Change) -> list[Detail]:
    """The kind of a rename or move, which decides what can keep the resource."""
    if old.stack is new.stack:
        return ["renamed"]
    source = old.old_stack or old.stack
    if not may_share_environment(source, new.stack):
        return ["moved", "other-environment"]
    return ["moved", "nested"] if source.parent is not None or new.stack.parent is not None else ["moved"]


def _are_names_shared(old: Change, new: Change) -> bool:
    """Whether a name of one region is taken in another one, too: those of buckets are everywhere, those of IAM in an account.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    kind, account = str(new.resource_type), (old.old_stack or old.stack).account
    return kind == "AWS::S3::Bucket" or kind.startswith("AWS::IAM::") and account == new.stack.account


def _replace(changes: MutableMapping[ResourceKey, Change], change: Change) -> None:
    changes[change.stack, str(change.logical_id)] = change


def _add_partner(change: Change, partner: Change, details: Sequence[Detail]) -> Change:
    partner_stack = None
    if partner.stack is not change.stack:
        partner_stack = find_stack_path(partner.stack)
        if partner_stack == find_stack_path(change.stack):
            partner_stack = _name_apart(partner.stack, change.stack)
    return change._replace(
        detail=(*change.detail, *details),
        partner=_find_path(partner),
        partner_id=partner.logical_id,
        partner_stack=partner_stack,
    )


def _name_apart(stack: Stack, other: Stack) -> str:
    """The name of a stack with the construct path of another one: its environment differs where the name does not."""
    return stack.name + (f" of {name_environment(stack)}" if stack.name == other.name else "")


def have_same_physical_name(old: Change, new: Change, names: Names) -> bool:
    """Whether both bodies give the resource the same name in AWS; `names` says which properties are that of a type."""
    if known := names.get(str(old.resource_type)):
        return have_same_name(known, _find_body(old), _find_body(new))
    if old.resource_type == _RECORD:
        return are_same_record(_find_body(old), _find_body(new))
    one, other = (_find_body(change).get("Properties") or {} for change in (old, new))
    for name in PHYSICAL_NAMES:
        text = scalar_text(one.get(name)) if isinstance(one, dict) else None
        if text is not None and isinstance(other, dict) and scalar_text(other.get(name)) == text:
            return not (name == "Name" and old.resource_type in NAMESAKES)
    return False


# -- the matching


class Successors:
    """The matching of what goes with what comes: by place, and where that says nothing, by bodies."""

    def __init__(
        self,
        removed: Sequence[Change],
        added: Sequence[Change],
        table: PlaceTable,
        targets: tuple[FindTarget, FindTarget],
    ) -> None:
        self.removed, self.added = list(removed), list(added)
        self.names: dict[tuple[Stack, str], str] = {}
        self.before = Places(table, removed, self.names, targets[0])
        self.after = Places(table, added, {}, targets[1])

    def find(self) -> Iterator[Match]:
        """The pairs. A place may name a resource that was renamed itself, so that those without a place come between."""
        yield from self._take(match_places(self.removed, self.added, self.before, self.after))
        removed, added = (self._without_place(side) for side in (self.removed, self.added))
        yield from self._take(match_renames(removed, added, self._are_apart))
        yield from self._take(match_places(self.removed, self.added, self.before, self.after))
        yield from self._take(match_renames(self.removed, self.added, self._are_apart))

    def _are_apart(self, old: Change, new: Change) -> bool:
        """Whether both stand at different places, so that the new one does not do what the old one did."""
        return are_apart(self.before.find(old), self.after.find(new))

    def _take(self, pairs: Iterable[Match]) -> list[Match]:
        """The pairs, which are out of the matching from now on."""
        found = list(pairs)
        for old, new in found:
            self.names[old.stack, str(old.logical_id)] = str(new.logical_id)
        self.before.forget()
        used = {id(change) for pair in found for change in pair}
        self.removed = [change for change in self.removed if id(change) not in used]
        self.added = [change for change in self.added if id(change) not in used]
        return found

    def _without_place(self, side: Sequence[Change]) -> list[Change]:
        return [change for change in side if self.before.has_no_parent(str(change.resource_type))]


def match_renames(
    removed: Sequence[Change],
    added: Sequence[Change],
    are_apart: Callable[[Change, Change], bool] = lambda _old, _new: False,
) -> Iterator[Match]:
    """Pairs of the same resource, best first, each resource in one pair at most.

    `are_apart` says of two whether they cannot be one, however alike they are.
    """
    by_type: dict[str, tuple[list[Change], list[Change]]] = {}
    for side, changes in enumerate((removed, added)):
        for change in changes:
            by_type.setdefault(str(change.resource_type), ([], []))[side].append(change)

    for olds, news in by_type.values():
        if olds and news:
            yield from _match_type(olds, news, are_apart)


def _match_type(
    olds: Sequence[Change], news: Sequence[Change], are_apart: Callable[[Change, Change], bool]
) -> Iterator[Match]:
    old_values, new_values = ([_find_values(c) for c in side] for side in (olds, news))
    scored = []
    for i, j in _find_candidates(old_values, new_values):
        one, other = old_values[i], new_values[j]
        share = 1.0 if _are_one_zone(olds[i], news[j]) else _share_equal(one, other)
        if share >= ENOUGH:
            nearness = _compare_paths(_find_path(olds[i]), _find_path(news[j]))
            if one or other or nearness >= _NEAR or len(olds) == len(news) == 1:
                scored.append((share + _PATH_WEIGHT * nearness, -i, -j))

    used_old: set[int] = set()
    used_new: set[int] = set()
    for _score, i, j in sorted(scored, reverse=True):
        if i not in used_old and j not in used_new and not are_apart(olds[-i], news[-j]):
            used_old.add(i)
            used_new.add(j)
            yield olds[-i], news[-j]


def _are_one_zone(old: Change, new: Change) -> bool:
    """Whether both are a hosted zone of one name, whatever else it says: a new zone takes the place of the old one."""
    return old.resource_type == _ZONE and (name := _find_zone_name(old)) is not None and name == _find_zone_name(new)


def _find_zone_name(change: Change) -> str | None:
    """The name of a hosted zone as DNS compares it: in any case, with or without the dot at the end."""
    properties = _find_body(change).get("Properties")
    text = scalar_text(properties.get("Name")) if isinstance(properties, dict) else None
    return text.rstrip(".").lower() if text is not None else None


def _find_candidates(olds: Sequence[frozenset[str]], news: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Pairs of indices: all of few; of many only those with equal bodies, and of many such in their order."""
    if len(olds) * len(news) <= _MANY_PAIRS:
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


def _share_equal(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def _compare_paths(old: str, new: str) -> float:
    """How near two construct paths are: the share of their parts at which they agree, from both ends."""
    one, other = old.split("/"), new.split("/")
    shorter, longer = sorted((len(one), len(other)))

    from_start = zip(one, other, strict=False)
    head = next((i for i, (a, b) in enumerate(from_start) if a != b), shorter)
    rest = shorter - head
    from_end = zip(reversed(one), reversed(other), strict=False)
    tail = next((i for i, (a, b) in enumerate(from_end) if a != b), rest)
    return (head + min(tail, rest)) / longer


def _find_body(change: Change) -> Json:
    return change.after if change.before is None else change.before


def _find_path(change: Change) -> str:
    return change.construct_path or str(change.logical_id)


def _find_values(change: Change) -> frozenset[str]:
    """The properties as texts, without those that only repeat what the resource is called in the code.

    Links to other resources are all alike, for those may be renamed as well.
    """
    body = _find_body(change)
    properties = body.get("Properties") if isinstance(body, dict) else None
    names = find_code_names(_find_path(change))
    return frozenset(f"{path}={text}" for path, text in _walk(properties, "") if text not in names)


def find_code_names(path: str) -> frozenset[str]:
    """What CDK calls a resource in its values: its construct path, those above it, and the IDs at its end.

    Such is the description of a security group, the name of an API and the Name tag of a subnet.
    """
    parts = path.split("/")
    return frozenset({*parts[-2:], *("/".join(parts[:length]) for length in range(2, len(parts) + 1))})


def _walk(value: Json, path: str) -> Iterator[tuple[str, str]]:
    """The path and the text of each value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, f"{path}[]")
    elif isinstance(value, Deferred):
        yield path, value.text()
    elif (text := scalar_text(value)) is not None:
        yield path, text
