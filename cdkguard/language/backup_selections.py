"""The requirement `backup_selected`: a selection of AWS Backup takes the resource by a pattern of ARNs, or by its tags.

A selection that names the resource itself is found by `referrer`; this finds those that do not name it.
https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

from cdkguard._typing import Json
from cdkguard.language.references import text_of
from cdkguard.language.subject import Decide, Subject
from cdkguard.logic import Tri, all_of, any_of, negate
from cdkguard.template import paths
from cdkguard.template.scope import Scope
from cdkguard.template.values import Deferred, as_mapping

_TYPES = frozenset({"AWS::Backup::BackupSelection"})
_ANY_NAME = "§§§"  # a name that only the deployment knows: just a pattern for every name matches it
_TAG = "aws:ResourceTag/"

_Tags = Mapping[str, Json]
_Compare = Callable[[str, str], bool]
_COMPARISONS: Mapping[str, tuple[_Compare, bool]] = {
    "StringEquals": (lambda value, wanted: value == wanted, True),
    "StringLike": (fnmatchcase, True),
    "StringNotEquals": (lambda value, wanted: value == wanted, False),
    "StringNotLike": (fnmatchcase, False),
}


def bind_backup_selected(node: Json) -> Decide:
    """Bind `backup_selected`: `arn` is the service and the resource part of the ARN up to the name (`dynamodb:table/`)."""
    service, _, prefix = node["arn"].partition(":")
    name_at = paths.bind_steps(node["named"])
    tags_at = paths.bind_steps(node["tags"])

    def decide(subject: Subject) -> Tri:
        if subject.world is None:
            return None
        names = [name for _path, name in name_at(subject.scope, subject.root)]
        name = names[0] if names and isinstance(names[0], str) else _ANY_NAME
        tags = _read_tags(subject.scope.resolve_deep(found) for _path, found in tags_at(subject.scope, subject.root))
        tags.update(as_mapping(getattr(subject.scope.stack, "tags", None)))
        selections = subject.world.others(subject.scope, _TYPES)
        here = any_of(
            _exists_if(_selects(as_mapping(scope.resolve_deep(body)), service, prefix + name, tags), body, scope)
            for _logical_id, body, scope in selections
        )
        if here is True:
            return True
        elsewhere = subject.world.backup_selections(subject.scope)
        return any_of((here, *(_selects(body, service, prefix + name, tags) for body in elsewhere)))

    return decide


def _exists_if(selects: Tri, body: Json, scope: Scope) -> Tri:
    """Whether one selection takes the resource; one that is not deployed takes nothing."""
    return selects is not False and scope.creates(body) and selects


def _selects(body: Mapping[str, Json], service: str, resource: str, tags: _Tags) -> Tri:
    """Whether one selection takes the resource: by ARN where all conditions hold, or by one of the tags."""
    selection = as_mapping(as_mapping(body.get("Properties")).get("BackupSelection"))
    by_arn = _covers(selection.get("Resources"), service, resource)
    conditions = as_mapping(selection.get("Conditions"))
    by_arn = all_of((by_arn, *_check_conditions(conditions, tags)))
    by_tag = any_of(_has_tag(tags, entry) for entry in _entries(selection.get("ListOfTags")))
    return all_of((any_of((by_arn, by_tag)), negate(_covers(selection.get("NotResources"), service, resource))))


def _covers(patterns: Json, service: str, resource: str) -> Tri:
    """Whether one of the patterns matches the ARN, whatever its partition, region and account are.

    A link to a resource is none: `referrer` finds it. What a parameter or an import gives may be any pattern.
    """
    if isinstance(patterns, Deferred):
        return None
    listed = patterns if isinstance(patterns, list) else []
    texts = [text for pattern in listed if (text := text_of(pattern)) is not None]
    if any(_matches(text, service, resource) for text in texts):
        return True
    return None if any(isinstance(p, Deferred) and p.kind not in ("text", "resource") for p in listed) else False


def _matches(text: str, service: str, resource: str) -> bool:
    if text == "*":
        return True
    parts = text.split(":", 5)
    return len(parts) == 6 and fnmatchcase(service, parts[2]) and fnmatchcase(resource, parts[5])


def _check_conditions(conditions: Mapping[str, Json], tags: _Tags) -> Iterator[Tri]:
    for operator, entries in conditions.items():
        if operator not in _COMPARISONS:
            yield None
            continue
        compare, wanted = _COMPARISONS[operator]
        for entry in _entries(entries):
            found = _has_tag(tags, entry, compare)
            yield found if wanted else negate(found)


def _has_tag(tags: _Tags, entry: Mapping[str, Json], compare: _Compare = str.__eq__) -> Tri:
    """Whether the resource has the tag that an entry {ConditionKey, ConditionValue} asks for."""
    key, wanted = entry.get("ConditionKey"), entry.get("ConditionValue")
    if not isinstance(key, str) or not isinstance(wanted, str):
        return None
    value = tags.get(key.removeprefix(_TAG))
    if isinstance(value, Deferred):
        return None
    return isinstance(value, str) and compare(value, wanted)


def _entries(value: Json) -> Iterator[Mapping[str, Json]]:
    yield from (as_mapping(entry) for entry in value) if isinstance(value, list) else ()


def _read_tags(found: Iterator[Json]) -> dict[str, Json]:
    """Tags written as a list of {Key, Value}, or as a mapping."""
    tags: dict[str, Json] = {}
    for value in found:
        for entry in _entries(value):
            if isinstance(entry.get("Key"), str):
                tags[entry["Key"]] = entry.get("Value")
        tags.update(as_mapping(value))
    return tags
