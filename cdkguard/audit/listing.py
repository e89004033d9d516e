"""All stacks of one place, from the pages of one listing, and the trees that nested stacks make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from cdkguard._typing import Json
from cdkguard.audit.nouns import Place, StackEntry
from cdkguard.baselines.aws_calls import ask_aws, read_pages
from cdkguard.baselines.aws_session import Connection
from cdkguard.text.sha256 import digest

HIDDEN = "****"  # What DescribeStacks shows of a parameter with NoEcho.


class Tree(NamedTuple):
    """A root stack with all that are nested in it; `root` is None where the listing does not have it."""

    root: StackEntry | None
    nested: tuple[StackEntry, ...] = ()

    @property
    def stacks(self) -> tuple[StackEntry, ...]:
        """The root, followed by those nested in it."""
        return self.nested if self.root is None else (self.root, *self.nested)


def list_stacks(place: Place, connection: Connection) -> list[StackEntry]:
    """All stacks of the place, nested ones too; raises AwsError where one page of them, or one of its stacks, was not read."""
    pages = read_pages(place.words, connection.client, "describe_stacks", "Stacks")
    return [ask_aws(place.words, partial(read_entry, place, description)) for description in pages]


def read_entry(place: Place, description: Mapping[str, Json]) -> StackEntry:
    """A stack as DescribeStacks describes it."""
    values: dict[str, str] = {}
    hidden = []
    for parameter in description.get("Parameters") or ():
        name, value = parameter["ParameterKey"], parameter.get("ResolvedValue", parameter.get("ParameterValue"))
        if value is None or value == HIDDEN:
            hidden.append(name)
        else:
            values[name] = value
    return StackEntry(
        *place,
        stack_id=description["StackId"],
        name=description["StackName"],
        status=description["StackStatus"],
        created=_write_time(description.get("CreationTime")),
        updated=_write_time(description.get("LastUpdatedTime")),
        parameters=values,
        hidden=tuple(hidden),
        tags={tag["Key"]: tag["Value"] for tag in description.get("Tags") or ()},
        protected=description.get("EnableTerminationProtection") is True,
        root_id=description.get("RootId") or "",
        parent_id=description.get("ParentId") or "",
        notification_arns=tuple(description.get("NotificationARNs") or ()),
        described=_digest(description),
    )


def _digest(description: Mapping[str, Json]) -> str:
    """Another one after each deployment that shows anywhere: its change set, its last operations, its outputs.

    AWS does not say that an import of resources, or a refactoring, gives the stack another LastUpdatedTime.
    """
    lasting = {name: value for name, value in description.items() if name != "DriftInformation"}
    return digest(json.dumps(lasting, sort_keys=True, default=str).encode("utf-8", "surrogatepass"))[:32]


def _write_time(value: object) -> str:
    if not isinstance(value, datetime):
        return ""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def group_stacks(entries: Iterable[StackEntry]) -> Iterator[Tree]:
    """The trees of nested stacks in the order of their roots' ids, whatever the order of the listing."""
    roots: dict[str, StackEntry] = {}
    nested: dict[str, dict[str, StackEntry]] = {}
    for entry in entries:  # One that two pages have, since another went meanwhile, counts once.
        above = entry.root_id or entry.parent_id
        if above and above != entry.stack_id:
            nested.setdefault(above, {})[entry.stack_id] = entry
        else:
            roots[entry.stack_id] = entry
    for stack_id in sorted({*roots, *nested}):
        below = sorted((nested.get(stack_id) or {}).values(), key=lambda entry: entry.stack_id)
        yield Tree(roots.get(stack_id), tuple(below))
