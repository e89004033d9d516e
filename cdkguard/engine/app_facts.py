"""What the stacks of an app know of each other: names of resources, exports, and protections given in another stack.

A fact is a pair of a key and a value. Parts of an app that are evaluated apart exchange their facts by key.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.model import Stack
from cdkguard.template.scope import Scope
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import EXPORT, Branch, Deferred, as_mapping, export_place

Key = tuple[str, str]
IMPORTERS, SELECTIONS = "importers", "backup selections"

BACKUP_SELECTION = "AWS::Backup::BackupSelection"
# Types of resources that protect another one by referring to it: a stack of their own may hold them.
PROTECTING = frozenset({
    BACKUP_SELECTION, "AWS::EC2::FlowLog", "AWS::Logs::DeliverySource", "AWS::S3::BucketPolicy",
    "AWS::WAFv2::LoggingConfiguration", "AWS::WAFv2::WebACLAssociation",
})  # fmt: skip
_MAX_DEPTH = 50  # of a value in which imports are looked for


class Foreign(NamedTuple):
    """A resource of another stack, as its template writes it; of a backup selection, with its values resolved."""

    logical_id: str
    resource_type: str
    body: Json


def place_of(scope: Scope, name: str) -> str:
    """The place of a fact that holds in the scope's account and region."""
    return export_place(scope.account, scope.region, name)


def find_facts(stacks: Iterable[Stack], scopes: StackScopes) -> dict[Key, Json]:
    """All that these stacks tell the others."""
    from cdkguard.engine.own_names import own_names  # a run of one stack asks for no facts

    facts: dict[Key, Json] = {}
    stacks = list(stacks)
    facts.update(own_names(stacks, scopes))
    for stack in stacks:
        scope = scopes.of(stack)
        facts.update(_find_exports(stack, scope))
        merge_facts(facts, _find_protections(scopes.resources(stack), scope))
    return facts


def merge_facts(facts: dict[Key, Json], more: Mapping[Key, Json] | Iterable[tuple[Key, Json]]) -> None:
    """Add facts of other stacks: of what several of them may give, all is kept."""
    for key, value in more.items() if isinstance(more, Mapping) else more:
        there = facts.get(key)
        if not isinstance(value, tuple) or not isinstance(there, tuple):
            facts[key] = value
        else:
            facts[key] = there + tuple(one for one in value if one not in there)


def export_names(stack: Stack, scope: Scope, logical_id: str) -> Iterator[str]:
    """The names under which a stack exports a resource or an attribute of it."""
    for name, value in _exports(stack, scope):
        if isinstance(value, Deferred) and any(link.target == logical_id for link in value.links()):
            yield name


def _find_exports(stack: Stack, scope: Scope) -> Iterator[tuple[Key, Json]]:
    """Name -> value; what only the deployment knows stays an import, which keeps the attribute that it is."""
    for name, value in _exports(stack, scope):
        if isinstance(value, Deferred):
            value = Deferred("import", {"Fn::ImportValue": name}, None, value.attribute)
        if isinstance(value, str | int | float | bool | Deferred):
            yield (EXPORT, place_of(scope, name)), value


def _exports(stack: Stack, scope: Scope) -> Iterator[tuple[str, Json]]:
    outputs = stack.template.get("Outputs")
    for entry in outputs.values() if isinstance(outputs, dict) else ():
        export = entry.get("Export") if isinstance(entry, dict) else None
        if not isinstance(export, dict) or "Value" not in entry:
            continue
        try:
            name, value = scope.resolve(export.get("Name")), scope.resolve(entry["Value"])
        except Branch:
            continue
        if isinstance(name, str):
            yield name, value


def _find_protections(resources: Mapping[str, Json], scope: Scope) -> Iterator[tuple[Key, Json]]:
    for logical_id, body in resources.items():
        kind = body.get("Type")
        if kind not in PROTECTING or not _is_deployed(body, scope):
            continue
        for name in set(_imported_names(body, 0)):
            yield (IMPORTERS, place_of(scope, name)), (Foreign(logical_id, kind, body),)
        if kind == BACKUP_SELECTION:
            yield from _find_selection(logical_id, body, scope)


def _is_deployed(body: Json, scope: Scope) -> bool:
    """Whether it is deployed for certain: what may not be there protects nothing."""
    name = as_mapping(body).get("Condition")
    return not isinstance(name, str) or scope.condition_if_known(name) is True


def _find_selection(logical_id: str, body: Json, scope: Scope) -> Iterator[tuple[Key, Json]]:
    try:
        resolved = scope.resolve_deep(body)
    except (Branch, RecursionError):
        return
    yield (SELECTIONS, place_of(scope, "")), (Foreign(logical_id, BACKUP_SELECTION, resolved),)


def _imported_names(value: Json, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Fn::ImportValue" and isinstance(inner, str):
                yield inner
            elif isinstance(inner, dict | list):
                yield from _imported_names(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict | list):
                yield from _imported_names(inner, depth + 1)
