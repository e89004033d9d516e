"""The intrinsic functions: one record describes all that cdkguard knows of a function.

A new function is one record here and its tests. These read it: `Scope.resolve` and conditions (`evaluate`, `holds`), the
reader of YAML's short forms (`tag`), `flatten` (`flatten`), the search for texts (`parts`), comparisons and references
(`links`, `looks_up`), and the fuzzer.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.logic import Tri
from cdkguard.template import conditions, text_functions
from cdkguard.template.text_functions import LARGE, MAX_TEXT, Flatten
from cdkguard.template.values import (
    ABSENT,
    EXPORT,
    Atom,
    Deferred,
    as_mapping,
    canonical_text,
    export_place,
    is_flat,
    scalar_text,
)

if TYPE_CHECKING:
    from cdkguard.template.scope import Scope

_MAX_CHOICES = 256  # values of a map that one unknown key may stand for
_MARK = "-_-hole-_-"  # a text of characters that JSON writes as they are
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}


# -- values: (scope, operand, the whole call) -> the value of the call, as `Scope.resolve` gives it


def _ref(scope: Scope, name: Json, call: Json) -> Json:
    if not isinstance(name, str):
        return Deferred("unknown", call)
    if name in as_mapping(scope.template.get("Parameters")) or name in scope.given:
        return scope.parameter_value(name)
    if name.startswith("AWS::"):
        return _pseudo_parameter(scope, name, call)
    return Deferred("resource", call, name)


def _pseudo_parameter(scope: Scope, name: str, call: Json) -> Json:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html"""
    if name == "AWS::NoValue":
        return ABSENT
    region = scope.region
    known = {
        "AWS::AccountId": scope.account,
        "AWS::Region": region,
        "AWS::StackName": scope.stack_name,
        "AWS::Partition": partition_of(region) if region else None,
        "AWS::URLSuffix": region and ("amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"),
    }.get(name)
    return Deferred("pseudo", call, name) if known is None else known


def partition_of(region: str) -> str:
    """The ARN partition of a region name."""
    return next((name for prefix, name in PARTITIONS.items() if region.startswith(prefix)), "aws")


def _get_att(_scope: Scope, operand: Json, call: Json) -> Json:
    if isinstance(operand, str):
        operand = operand.split(".", 1)
    if isinstance(operand, list) and len(operand) == 2 and isinstance(operand[0], str):
        attribute = operand[1] if isinstance(operand[1], str) else None
        return Deferred("resource", call, operand[0], attribute or "?")
    return Deferred("unknown", call)


def _if(scope: Scope, operand: Json, call: Json) -> Json:
    if not (isinstance(operand, list) and len(operand) == 3 and isinstance(operand[0], str)):
        return Deferred("unknown", call)
    return scope.resolve(operand[1] if scope.condition_holds(operand[0]) else operand[2])


def _find_in_map(scope: Scope, operand: Json, call: Json) -> Json:
    if not (isinstance(operand, list) and 3 <= len(operand) <= 4):
        return Deferred("unknown", call)
    keys = [scope.resolve(part) for part in operand[:3]]
    if not all(isinstance(key, str | int) for key in keys):
        return _choose(scope, find_possible_values(scope, keys, operand[3:]), call)

    found: Json = scope.template.get("Mappings")
    for key in keys:
        found = as_mapping(found).get(str(key), ABSENT)
    if found is ABSENT:
        default = as_mapping(operand[3]).get("DefaultValue", ABSENT) if len(operand) == 4 else ABSENT
        return Deferred("unknown", call) if default is ABSENT else scope.resolve(default)
    if isinstance(found, dict | list) and not scope.shared.flat.ask_once(is_flat, found):
        return Deferred("unknown", call)  # a mapping holds texts and lists of them
    return scope.resolve(found) if type(found) is str else found  # it may be a dynamic reference


def find_possible_values(scope: Scope, keys: list[Json], otherwise: list[Json]) -> list[Json]:
    """The different values that Fn::FindInMap can give where a key is not known; empty where that is not known.

    The key is one of those in the map, or the deployment fails; of a parameter it is one of its AllowedValues.
    """
    table: Json = scope.template.get("Mappings")
    rows = [as_mapping(table).get(str(keys[0]))] if isinstance(keys[0], str) else []
    for key in keys[1:]:
        rows = [row[name] for row in map(as_mapping, rows) for name in _possible_keys(key, row) if name in row]
        if len(rows) > _MAX_CHOICES:
            return []
    default = as_mapping(otherwise[0]).get("DefaultValue", ABSENT) if otherwise else ABSENT
    if default is not ABSENT:
        rows.append(scope.resolve(default))
    different = {(type(v), v) if not isinstance(v, list | dict) else canonical_text(v): v for v in rows}
    return list(different.values()) if all(map(is_flat, different.values())) else []


def _possible_keys(key: Json, row: Mapping[str, Json]) -> Iterable[str]:
    if isinstance(key, str | int):
        return (str(key),)
    return [str(k) for k in key.parts] if isinstance(key, Deferred) and key.choices() else list(row)


def _choose(scope: Scope, values: list[Json], call: Json) -> Json:
    """The value where there is one alone; else one of several that the deployment chooses from."""
    found = [scope.resolve(value) for value in values]
    if len(found) == 1:
        return found[0]
    # Members of lists would be judged one by one, each as if it stood alone, and a link as if it were certain.
    return Deferred("unknown", call, parts=() if any(isinstance(v, list | Deferred) for v in found) else tuple(found))


def _select(scope: Scope, operand: Json, call: Json) -> Json:
    if not (isinstance(operand, list) and len(operand) == 2):
        return Deferred("unknown", call)
    index, items = scalar_text(scope.resolve(operand[0])), scope.resolve(operand[1])
    if index is None or not index.isdigit() or not isinstance(items, list) or int(index) >= len(items):
        return Deferred("unknown", call)
    return scope.resolve(items[int(index)])


def _split(scope: Scope, operand: Json, call: Json) -> Json:
    if not (isinstance(operand, list) and len(operand) == 2 and isinstance(operand[0], str) and operand[0]):
        return Deferred("unknown", call)
    text = scope.resolve(operand[1])
    if not isinstance(text, str) or len(text) > LARGE and scope.shared.is_spent():
        return Deferred("unknown", call)
    return text.split(operand[0])


def _base64(scope: Scope, operand: Json, _call: Json) -> Json:
    return scope.resolve(operand)  # rules read the text, not its encoding


def _to_json_string(scope: Scope, operand: Json, call: Json) -> Json:
    plain = scope.resolve_deep(operand)
    if plain is ABSENT:
        return Deferred("unknown", call)
    holes: list[Deferred] = []
    marked = _mark_deferred(plain, holes)
    text = json.dumps(marked)  # in one another, each doubles the backslashes of the one inside
    if len(text) > MAX_TEXT or len(holes) > _MAX_CHOICES or holes and _MARK in json.dumps(plain, default=repr):
        return Deferred("unknown", call)
    if not holes:
        return text
    pieces = text.split(_MARK)
    parts = [part for at, piece in enumerate(pieces) for part in ((piece, holes[at]) if at < len(holes) else (piece,))]
    return Deferred("text", call, parts=tuple(part for part in parts if part != ""))


def _mark_deferred(value: Json, holes: list[Deferred]) -> Json:
    """The value with a mark for each part that is not known; these are added to `holes`."""
    if isinstance(value, Deferred):
        holes.append(value)
        return _MARK
    if isinstance(value, dict):
        return {key: _mark_deferred(inner, holes) for key, inner in value.items()}
    return [_mark_deferred(inner, holes) for inner in value] if isinstance(value, list) else value


def _length(scope: Scope, operand: Json, call: Json) -> Json:
    found = scope.resolve_deep(operand)
    return len(found) if isinstance(found, list) else Deferred("unknown", call)


def _import_value(scope: Scope, operand: Json, call: Json) -> Json:
    """The value, where a stack of the app exports it."""
    name = scope.resolve(operand)
    if isinstance(name, str):
        found = scope.app_facts.get((EXPORT, export_place(scope.account, scope.region, name)))
        if found is not None:
            return found
    return Deferred("import", call)


def _unknown(_scope: Scope, _operand: Json, call: Json) -> Json:
    return Deferred("unknown", call)


# -- links, texts and parts, from the operand alone


def _ref_links(operand: Json) -> Iterator[tuple[str, str | None]]:
    if isinstance(operand, str):
        yield operand, None


def _get_att_links(operand: Json) -> Iterator[tuple[str, str | None]]:
    parts = operand.split(".", 1) if isinstance(operand, str) else operand
    if isinstance(parts, list) and parts and isinstance(parts[0], str):
        yield parts[0], str(parts[1]) if len(parts) > 1 else None


def _flatten_operand(operand: Json, flatten: Flatten) -> str | None:
    return flatten(operand)


def _after_first(operand: Json) -> Iterable[Json]:
    return operand[1:] if isinstance(operand, list) else ()


def _itself(operand: Json) -> Iterable[Json]:
    return (operand,)


def _default_value(operand: Json) -> Iterable[Json]:
    return operand[3:] if isinstance(operand, list) else ()


def nothing(_operand: Json) -> Iterable[Json]:
    """The links or parts of a function that has none."""
    return ()


class Intrinsic(NamedTuple):
    """An intrinsic function."""

    # As a template writes it: `Ref`, `Fn::Sub`.
    name: str
    # Gives the value of a call: (scope, operand, the whole call) -> a value, ABSENT or Deferred. Raises Branch.
    evaluate: Callable[[Scope, Json, Json], Json] = _unknown
    # Decides a call that stands in a condition, see `conditions`. None: it is no part of a condition.
    holds: Callable[[Scope, Json, Json, list[Atom], int], Tri] | None = None
    # Yields (name, attribute) of each resource or parameter that the call itself names: of the calls in its operand
    # their own records know.
    links: Callable[[Json], Iterable[tuple[str, str | None]]] = nothing
    # Writes the text of a call with a § for what only the deployment knows. None: all of it is one §.
    flatten: Callable[[Json, Flatten], str | None] | None = None
    # Yields the values in the operand that can become the value, or a part of it, and that `flatten` does not show.
    parts: Callable[[Json], Iterable[Json]] = nothing
    # Whether its operand is the keys of a value in the section Mappings.
    looks_up: bool = False

    @property
    def tag(self) -> str:
        """YAML's short form without its `!`."""
        return self.name.removeprefix("Fn::")

    @property
    def names_in_text(self) -> bool:
        """Whether it names resources and parameters inside a text."""
        return self.flatten is not None and self.links is not nothing

    @property
    def is_made_of_its_operand(self) -> bool:
        """Whether texts or links of its operand stand in its value, which a look-up or an import takes from elsewhere."""
        has_parts = self.parts is not nothing and not self.looks_up
        return self.flatten is not None or self.links is not nothing or has_parts


FUNCTIONS = {
    function.name: function
    for function in (
        Intrinsic("Ref", _ref, links=_ref_links),
        Intrinsic("Fn::GetAtt", _get_att, links=_get_att_links),
        Intrinsic(
            "Fn::Join", text_functions.join, flatten=text_functions.flatten_join, parts=text_functions.join_parts
        ),
        Intrinsic(
            "Fn::Sub",
            text_functions.sub,
            links=text_functions.sub_links,
            flatten=text_functions.flatten_sub,
            parts=text_functions.sub_parts,
        ),
        Intrinsic("Fn::Base64", _base64, flatten=_flatten_operand, parts=text_functions.hidden_parts),
        Intrinsic("Fn::If", _if, parts=_after_first),
        Intrinsic("Fn::Select", _select, parts=_after_first),
        Intrinsic("Fn::Split", _split, parts=_after_first),
        Intrinsic("Fn::FindInMap", _find_in_map, parts=_default_value, looks_up=True),
        Intrinsic("Fn::ImportValue", _import_value),
        Intrinsic("Fn::ToJsonString", _to_json_string, parts=_itself),
        Intrinsic("Fn::Length", _length),
        Intrinsic("Fn::GetAZs"),
        Intrinsic("Fn::Cidr"),
        Intrinsic("Fn::Transform"),
        Intrinsic("Fn::GetStackOutput"),
        Intrinsic("Condition", holds=conditions.reference_holds),
        Intrinsic("Fn::And", conditions.evaluate_call, holds=conditions.and_holds),
        Intrinsic("Fn::Or", conditions.evaluate_call, holds=conditions.or_holds),
        Intrinsic("Fn::Not", conditions.evaluate_call, holds=conditions.not_holds),
        Intrinsic("Fn::Equals", conditions.evaluate_call, holds=conditions.equals_holds),
    )
}


def is_intrinsic(value: Json) -> bool:
    """Whether a template value is a call of an intrinsic function."""
    return type(value) is dict and len(value) == 1 and next(iter(value)) in FUNCTIONS


def flatten(value: Json) -> str | None:
    """A string value with § for each part that a Ref, GetAtt or the like fills in; None for other values.

    It shows what the author wrote as text, so pseudo parameters and parameters are holes even when known.
    """
    if isinstance(value, str):
        return value
    if not is_intrinsic(value):
        return None
    ((name, operand),) = value.items()
    write = FUNCTIONS[name].flatten
    return "§" if write is None else write(operand, flatten)
