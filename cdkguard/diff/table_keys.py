"""The attributes that the keys of a DynamoDB table and of its indexes name, and the type of each.

"Replacement if you edit an existing AttributeDefinition."
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.template.values import ABSENT, as_mapping

if TYPE_CHECKING:
    from cdkguard.model import Replacement

TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
ATTRIBUTES = "AttributeDefinitions"


def decide_by_attributes(path: Sequence[str | int], before: Json, after: Json) -> Replacement | None:
    """The effect of a change at a path among the attributes; None where not all of them are known.

    One that comes or goes follows an index; another type replaces the table whose own key it is. Of the key of an index
    it is not sure whether CloudFormation replaces the table or refuses the update.
    """
    old, new = (as_mapping(body.get("Properties")) for body in (before, after))
    types, new_types = _read_types(old), _read_types(new)
    if types is None or new_types is None:
        return None
    edited = {name for name in types.keys() & new_types.keys() if types[name] != new_types[name]}
    edited &= _find_names(path, types) | _find_names(path, new_types)
    if not edited:
        return "no"
    return (
        "yes"
        if any(as_mapping(key).get("AttributeName") in edited for key in _read_list(old, "KeySchema"))
        else "maybe"
    )


def _read_types(properties: Mapping[str, Json]) -> dict[str, str] | None:
    """Attribute -> its type, in the order of the template; None where one of them is not known."""
    value = properties.get(ATTRIBUTES, [])
    types: dict[str, str] = {}
    for attribute in value if isinstance(value, list) else [value]:
        name, kind = (as_mapping(attribute).get(key) for key in ("AttributeName", "AttributeType"))
        if not isinstance(name, str) or not isinstance(kind, str) or name in types:
            return None
        types[name] = kind
    return types


def _find_names(path: Sequence[str | int], types: Mapping[str, str]) -> set[str]:
    """The attribute that stands at the path, or all where it leads to the whole list."""
    names = list(types)
    if len(path) > 1 and isinstance(path[1], int):
        names = names[path[1] : path[1] + 1]
    return set(names)


def _read_list(properties: Mapping[str, Json], name: str) -> list[Json]:
    value = properties.get(name, ABSENT)
    return value if isinstance(value, list) else []
