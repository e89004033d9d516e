"""The values of one resource that change, and whether they are worth a reader's attention."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.diff.asset_hashes import are_renamed_parameters, differ_in_assets_only
from cdkguard.diff.conditional_replacement import decide_replacement
from cdkguard.diff.differences import Path, find_differences
from cdkguard.diff.replacement import Replacements
from cdkguard.model import PropertyChange
from cdkguard.template.paths import render_path
from cdkguard.template.values import ABSENT
from cdkguard.text.credentials import find_name_beside, is_secret_name

if TYPE_CHECKING:
    from cdkguard.model import Detail

CDK_METADATA = "AWS::CDK::Metadata"  # CDK's own resource; it holds the versions of the construct libraries.


def find_property_changes(
    resource_type: str, before: Json, after: Json, replacements: Replacements
) -> Iterator[PropertyChange]:
    """Every value that differs between two resolved bodies: properties first, then the resource's attributes."""
    old, new = before.get("Properties", {}), after.get("Properties", {})
    for path, one, other in find_differences(old, new):
        replacement = decide_replacement(replacements, resource_type, path, before, after)
        name = _find_secret_name(old, new, path)
        yield PropertyChange(render_path(("Properties", *path)), one, other, replacement, name=name)

    for name in sorted((before.keys() | after.keys()) - _NOT_PLAIN):
        for path, one, other in find_differences(before.get(name, ABSENT), after.get(name, ABSENT)):
            yield PropertyChange(render_path((name, *path)), one, other)

    for name, read in _ATTRIBUTES.items():
        for path, one, other in find_differences(read(before), read(after)):
            yield PropertyChange(render_path((name, *path)), one, other)


def classify_changes(resource_type: str, changes: Sequence[PropertyChange]) -> tuple[list[Detail], bool]:
    """The detail word of a change that every build brings, and whether the change is noise, which outputs may fold."""
    if resource_type == CDK_METADATA:
        return ["metadata"], True
    if all(change.path.startswith("Metadata") for change in changes):
        return ["metadata"], True
    values = [change for change in changes if not change.path.startswith("Metadata")]
    removed = {change.path: change.before for change in values if change.after is ABSENT}
    added = {change.path: change.after for change in values if change.before is ABSENT}
    if all(
        change.path in removed
        or change.path in added
        or differ_in_assets_only(change.before, change.after, change.path)
        for change in values
    ) and ((not removed and not added) or are_renamed_parameters(removed, added)):
        return ["asset"], all(change.replacement == "no" for change in changes)
    return [], False


def _find_secret_name(before: Json, after: Json, path: Path) -> str:
    """The name that calls the value at the path a secret, where it is the value of a pair such as {Name, Value}."""
    names = [find_name_beside(_find_owner(side, path), path[-1]) for side in (before, after)] if path else []
    return next(filter(is_secret_name, names), "")


def _find_owner(properties: Json, path: Path) -> Json:
    """The mapping or list that holds the value at the path; None where this side has none."""
    for step in path[:-1]:
        try:
            properties = properties[step]
        except (KeyError, IndexError, TypeError):
            return None
    return properties


def _read_dependencies(body: Json) -> Json:
    """`DependsOn` as a sorted list: it may be a text, and its order has no meaning."""
    value = body.get("DependsOn")
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        return ABSENT
    return sorted(n if isinstance(n, str) else json.dumps(n, sort_keys=True) for n in names)


def _read_metadata(body: Json) -> Json:
    return body.get("Metadata", ABSENT)


def _read_condition(body: Json) -> Json:
    return body.get("Condition", ABSENT)


# The attributes that are compared last, in this order, by what their functions read of a body.
_ATTRIBUTES: dict[str, Callable[[Json], Json]] = {
    "DependsOn": _read_dependencies,
    "Metadata": _read_metadata,
    "Condition": _read_condition,
}
_NOT_PLAIN = {"Type", "Properties", *_ATTRIBUTES}  # Sections with a comparison of their own.
