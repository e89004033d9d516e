"""Template values as a comparison sees them: resolved as far as is known, the rest kept so that it can be compared.

Two comparable values are equal (`differences.are_equal`) only if the deployment will give both the same value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from cdkguard._typing import Json
from cdkguard.diff.compared_scope import ComparedScope, hash_if_long, hash_json
from cdkguard.diff.differences import IF, NO_VALUE, are_equal
from cdkguard.template.functions import FUNCTIONS
from cdkguard.template.values import ABSENT, Branch, Deferred, scalar_text

_MAX_DEPTH = 32  # Conditions that refer to conditions.


def make_comparable(compared: ComparedScope, value: Json) -> Json:
    """The value with intrinsic functions replaced by their results, and without members that are NoValue.

    A value that only the deployment knows becomes a Deferred; an Fn::If on a condition that is not known becomes
    {"Fn::If": [the condition spelled out, comparable value, comparable value]}.
    """
    try:
        value = compared.scope.resolve(value)
    except Branch:
        return _keep_both_branches(compared, value)

    kind = type(value)
    if kind is Deferred:
        return _resolve_inside(compared, value)
    if kind is dict:
        members = ((key, make_comparable(compared, member)) for key, member in value.items())
        return {key: member for key, member in members if member is not ABSENT}
    if kind is list:
        return [item for item in (make_comparable(compared, item) for item in value) if item is not ABSENT]
    return value


def _keep_both_branches(compared: ComparedScope, value: Json) -> Json:
    operand = value.get(IF) if isinstance(value, dict) else None
    if not (isinstance(operand, list) and len(operand) == 3 and isinstance(operand[0], str)):
        return _resolve_inside(compared, Deferred("unknown", value))

    condition, yes, no = operand[0], make_comparable(compared, operand[1]), make_comparable(compared, operand[2])
    if are_equal(yes, no):
        return yes
    return {IF: [spell_out_condition(compared, condition), _write_absent(yes), _write_absent(no)]}


def _resolve_inside(compared: ComparedScope, value: Deferred) -> Deferred:
    """A value that is not known, with everything inside it that is known resolved.

    Otherwise two templates with the same text but another mapping or Default would seem equal.
    """
    if value.kind == "text":
        parts = _join_parts(compared, value.parts)
        if len(parts) == 1 and isinstance(parts[0], Deferred):
            return parts[0]
        return Deferred("text", value.raw, parts=tuple(parts))
    if value.kind == "dynamic" and value.parts:
        # The text of the dynamic reference has only a mark where a part is not known; the parts name the secret.
        texts = (part if isinstance(part, str) else "${" + as_text(part) + "}" for part in value.parts)
        return Deferred("dynamic", "".join(texts))
    if value.kind in ("unknown", "import") and isinstance(value.raw, dict | list):
        return Deferred(value.kind, _resolve_call(compared, value.raw))
    return value


def _join_parts(compared: ComparedScope, parts: Iterable[Json]) -> list[Json]:
    """Known texts and unknown values in turn, so that an Fn::Join and an Fn::Sub of the same parts are equal."""
    joined: list[Json] = []
    for part in parts:
        inner = _resolve_inside(compared, part) if isinstance(part, Deferred) else part
        for one in inner.parts if isinstance(inner, Deferred) and inner.kind == "text" else (inner,):
            if isinstance(one, str) and joined and isinstance(joined[-1], str):
                joined[-1] += one
            elif one != "":
                joined.append(one)
    return joined


def _resolve_call(compared: ComparedScope, raw: Json) -> Json:
    """A function call that cannot be evaluated, with its operands resolved; `of` holds the values it may choose from."""
    if isinstance(raw, list):
        return [as_json(make_comparable(compared, item)) for item in raw]

    call = {key: as_json(make_comparable(compared, item)) for key, item in raw.items()}
    for key, operand in raw.items():
        function = FUNCTIONS.get(key)
        if function is not None and function.looks_up:
            call["of"] = compared.find_mapping_rows(call[key])
        elif function is not None and function.names_in_text:
            names = [name for name, _attribute in function.links(operand)]
            call["of"] = [as_json(make_comparable(compared, {"Ref": name})) for name in names]
    return call


# -- conditions


def spell_out_condition(compared: ComparedScope, name: str) -> str:
    """A condition as text in which its parameters and other conditions are resolved; equal text is an equal condition.

    The name does not count: renaming a condition changes no resource.
    """
    return json.dumps(_spell_out(compared, name), sort_keys=True, default=repr)


def _spell_out(compared: ComparedScope, name: str) -> Json:
    """The condition's definition; a long one as its hash, or conditions of conditions would double with each level."""
    if name in compared.conditions:
        return compared.conditions[name]
    conditions = compared.scope.template.get("Conditions") or {}
    if name not in conditions:
        return {"Condition": name}

    # A condition that refers to itself, or deeper than CloudFormation allows, differs where any condition differs.
    found: Json = {"Condition": name, "of": hash_json(conditions)}
    depth = compared.depth
    if depth < _MAX_DEPTH:
        compared.conditions[name], compared.depth = found, depth + 1
        found = compared.conditions[name] = hash_if_long(_expand(compared, conditions[name]))
        compared.depth = depth
    return found


def _expand(compared: ComparedScope, value: Json) -> Json:
    if isinstance(value, dict):
        name = value.get("Condition")
        if len(value) == 1 and isinstance(name, str):
            return _spell_out(compared, name)
        operands = value.get("Fn::Equals")
        if isinstance(operands, list):
            return {"Fn::Equals": [_as_operand(as_json(make_comparable(compared, operand))) for operand in operands]}
        return {key: _expand(compared, inner) for key, inner in value.items()}
    return [_expand(compared, inner) for inner in value] if isinstance(value, list) else value


def _as_operand(value: Json) -> Json:
    """CloudFormation compares texts: 1 is "1"."""
    text = scalar_text(value)
    return value if text is None else text


# -- comparable values in other forms


def as_text(value: Json) -> str:
    """A comparable value as one short text: `Table.Arn`, or JSON; equal texts are equal values."""
    if isinstance(value, Deferred) and value.kind in ("resource", "parameter", "pseudo"):
        return ".".join(filter(None, [value.target, value.attribute]))
    return json.dumps(as_json(value), sort_keys=True, default=repr)


def as_json(value: Json) -> Json:
    """A comparable value as JSON in which unequal values are unequal; ABSENT as the template writes it."""
    if value is ABSENT:
        return _write_absent(value)
    if isinstance(value, Deferred):
        if value.kind == "text":
            return {"Fn::Join": ["", [as_json(part) for part in value.parts]]}
        if value.kind == "parameter" and value.attribute:  # The attribute says where the parameter's value comes from.
            return {"Ref": value.target, "of": value.attribute}
        return value.raw
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value


def as_template_json(value: Json) -> Json:
    """A comparable value as JSON for readers: an unknown value as the template writes it, ABSENT as null."""
    if isinstance(value, Deferred):
        return value.raw
    if value is ABSENT:
        return None
    if isinstance(value, dict):
        return {key: as_template_json(item) for key, item in value.items()}
    return [as_template_json(item) for item in value] if isinstance(value, list) else value


def _write_absent(value: Json) -> Json:
    return NO_VALUE if value is ABSENT else value
