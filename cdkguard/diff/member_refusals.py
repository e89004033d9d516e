"""What a service refuses about the named members of a list: indexes and replicas of a table, attributes of a user pool."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.comparable import as_text
from cdkguard.diff.differences import IF, are_equal
from cdkguard.diff.refusal import Refusal, are_known, read_property
from cdkguard.model import Change
from cdkguard.template.values import ABSENT, scalar_text

# "Updates are not allowed for property - UsernameConfiguration.", and the same of the others.
# https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
# https://github.com/aws-amplify/amplify-cli/issues/4227
_SIGN_IN = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")


class _Members(NamedTuple):
    """The members of a list by their names, and those of which the name is not known."""

    named: dict[str, dict[str, Json]]
    others: list[Json]


def find_index_refusals(change: Change) -> Iterator[Refusal]:
    """More than one global index of a table that comes or goes, and another key or projection of one that stays.

    "You can delete or add one global secondary index without interruption. If you do both in the same update [...], the
    update fails." Updates of anything but its throughput and insights "are not supported".
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
    """
    before, after = (
        _read_members(body, "GlobalSecondaryIndexes", "IndexName") for body in (change.before, change.after)
    )
    yield from _find_several(before, after, "global secondary index")
    for name in sorted(before.named.keys() & after.named.keys()):
        old, new = (_read_index(side.named[name]) for side in (before, after))
        if not are_equal(old, new):
            yield Refusal(f"change the key or the projection of its index {name}", are_known(old, new))


def find_replica_refusals(change: Change) -> Iterator[Refusal]:
    """More than one replica that comes or goes; those of strong consistency come by twos.

    "You can add or remove replicas after table creation, but you can only add or remove a single replica in each update."
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
    """
    bodies = (change.before, change.after)
    if any(read_property(body, "MultiRegionConsistency") == "STRONG" for body in bodies):
        return
    before, after = (_read_members(body, "Replicas", "Region") for body in bodies)
    yield from _find_several(before, after, "replica")


def find_attribute_refusals(change: Change) -> Iterator[Refusal]:
    """Attributes of a user pool that go or change, and required ones that come; others may come.

    "Existing schema attributes cannot be modified or deleted."
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
    https://github.com/aws-amplify/amplify-android/issues/2570
    """
    before, after = (_read_members(body, "Schema", "Name") for body in (change.before, change.after))
    certain = not before.others and not after.others
    for name in sorted(before.named.keys() - after.named.keys()):
        yield Refusal(f"lose its attribute {name}", certain)
    for name in sorted(after.named.keys() - before.named.keys()):
        required = scalar_text(after.named[name].get("Required"))
        if required is not None and required.lower() == "true":
            yield Refusal(f"require one more attribute, {name}", certain)
    for name in sorted(before.named.keys() & after.named.keys()):
        old, new = before.named[name], after.named[name]
        if not are_equal(old, new):
            steps = [(old[key], new[key]) for key in old.keys() & new.keys()]
            # A value that one side leaves out may be the default.
            yield Refusal(f"change its attribute {name}", any(are_known(*s) and not are_equal(*s) for s in steps))


def find_sign_in_refusals(change: Change) -> Iterator[Refusal]:
    """Other ways to sign in."""
    for name in _SIGN_IN:
        before, after = (_sort(read_property(body, name)) for body in (change.before, change.after))
        if not are_equal(before, after):
            yield Refusal(f"change its {name}", after is not ABSENT and are_known(before, after))


def _read_members(body: Json, name: str, key: str) -> _Members:
    value = read_property(body, name)
    found = _Members({}, [])
    for member in value if isinstance(value, list) else [] if value is ABSENT else [value]:
        if isinstance(member, dict) and key in member and IF not in member:
            found.named[scalar_text(member[key]) or as_text(member[key])] = member
        else:
            found.others.append(member)
    return found


def _find_several(before: _Members, after: _Members, kind: str) -> Iterator[Refusal]:
    """More than one member that comes or goes; those without a known name count, where they differ, as perhaps."""
    sides = (after.named.keys() - before.named.keys(), before.named.keys() - after.named.keys())
    known = sum(map(len, sides))
    unread = sum(
        not any(are_equal(member, other) for other in others)
        for members, others in ((after.others, before.others), (before.others, after.others))
        for member in members
    )
    if known + unread > 1:
        texts = [", ".join(sorted(names)) for names in sides]
        words = [f"{verb} {text}" for verb, text in zip(("create", "delete"), texts, strict=True) if text]
        shown = f" ({' and '.join(words)})" if words else ""
        yield Refusal(f"create or delete more than one {kind} in one update{shown}", known > 1)


def _read_index(index: dict[str, Json]) -> list[Json]:
    """The key and the projection of an index; the order in which it names attributes has no meaning."""
    projection = index.get("Projection", ABSENT)
    if isinstance(projection, dict) and "NonKeyAttributes" in projection:
        projection = {**projection, "NonKeyAttributes": _sort(projection["NonKeyAttributes"])}
    return [_sort(index.get("KeySchema", ABSENT)), projection]


def _sort(value: Json) -> Json:
    return sorted(value, key=as_text) if isinstance(value, list) else value
