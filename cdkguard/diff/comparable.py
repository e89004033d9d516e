"""Template values as a comparison sees them: resolved as far as is known, the rest kept comparable."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cdkguard._typing import Json
from cdkguard.diff.differences import IF, are_equal
from cdkguard.diff.references import _HOLE
from cdkguard.template.values import ABSENT, Branch, Deferred, Scope, scalar_text
from cdkguard.text.sha256 import digest

_DEEP = 32  # conditions that refer to conditions
_PARTNER = "the mappings of the other side"
_LONG = 48  # values in a condition that is spelt out as it is


def make_comparable(scope: Scope, value: Json) -> Json:
    """The value with intrinsics replaced by what they are worth, NoValue members dropped.

    What only the deployment knows stays a Deferred; an Fn::If on a condition that is not known becomes
    {"Fn::If": [the condition spelt out, settled, settled]}.
    """
    try:
        value = scope.resolve(value)
    except Branch:
        return _both(scope, value)
    kind = type(value)
    if kind is Deferred:
        return _settled_inside(scope, value)
    if kind is dict:
        return {k: v for k, v in ((k, make_comparable(scope, v)) for k, v in value.items()) if v is not ABSENT}
    if kind is list:
        return [v for v in (make_comparable(scope, v) for v in value) if v is not ABSENT]
    return value


def _both(scope: Scope, value: Json) -> Json:
    operand = value.get(IF) if isinstance(value, dict) else None
    if not (isinstance(operand, list) and len(operand) == 3 and isinstance(operand[0], str)):
        return _settled_inside(scope, Deferred("unknown", value))
    yes, no = make_comparable(scope, operand[1]), make_comparable(scope, operand[2])
    if are_equal(yes, no):
        return yes
    return {IF: [spell_out_condition(scope, operand[0]), _no_value(yes), _no_value(no)]}


def _settled_inside(scope: Scope, value: Deferred) -> Deferred:
    """A value that is not known, with all that is known inside it: equal text may hide another mapping or Default."""
    if value.kind == "text":
        parts = _joined(scope, value.parts)
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Deferred) else _text(value.raw, parts)
    if value.kind == "dynamic" and value.parts:  # its text shows a hole where it names the secret
        return Deferred("dynamic", "".join(p if isinstance(p, str) else "${" + as_text(p) + "}" for p in value.parts))
    if value.kind in ("unknown", "import") and isinstance(value.raw, dict | list):
        return Deferred(value.kind, _members(scope, value.raw))
    return value


def _text(raw: Json, parts: Iterable[Json]) -> Deferred:
    return Deferred("text", raw, parts=tuple(parts))


def _joined(scope: Scope, parts: Iterable[Json]) -> list[Json]:
    """Texts and unknown values in turn, so that Fn::Join and Fn::Sub of the same are the same."""
    found: list[Json] = []
    for part in parts:
        inner = _settled_inside(scope, part) if isinstance(part, Deferred) else part
        for one in inner.parts if isinstance(inner, Deferred) and inner.kind == "text" else (inner,):
            if isinstance(one, str) and found and isinstance(found[-1], str):
                found[-1] += one
            elif one != "":
                found.append(one)
    return found


def _members(scope: Scope, raw: Json) -> Json:
    if isinstance(raw, list):
        return [as_json(make_comparable(scope, item)) for item in raw]
    found = {key: as_json(make_comparable(scope, item)) for key, item in raw.items()}
    if "Fn::FindInMap" in raw:
        found["of"] = _candidates(scope, found["Fn::FindInMap"])
    if "Fn::Sub" in raw:
        text = raw["Fn::Sub"][0] if isinstance(raw["Fn::Sub"], list) and raw["Fn::Sub"] else raw["Fn::Sub"]
        names = _HOLE.findall(text) if isinstance(text, str) else ()
        found["of"] = [as_json(make_comparable(scope, {"Ref": name})) for name in names]
    return found


def stand_beside(one: Scope, other: Scope) -> None:
    """Make the two scopes of a comparison known to each other."""
    for scope, partner in ((one, other), (other, one)):
        scope.notes[_PARTNER] = partner.template.get("Mappings")


def _candidates(scope: Scope, operand: Json) -> Json:
    """What a mapping holds where a key of the look-up is known to the deployment only, such as the region.

    A row that only one side of a comparison has is left out: without a row there is no deployment.
    """
    keys = operand if isinstance(operand, list) else []
    key = (_candidates, *(k if isinstance(k, str | int) else None for k in keys[:3]))
    if key not in scope.notes:
        mappings = scope.template.get("Mappings")
        rows = _under(mappings, scope.notes.get(_PARTNER, mappings), list(key[1:]))
        scope.notes[key] = _hash(rows) if _is_long(rows) else rows
    return scope.notes[key]


def _under(found: Json, partner: Json, keys: list[Json]) -> Json:
    """What is at the keys; None stands for every key that the partner has, too."""
    if not keys or not isinstance(found, dict) or not isinstance(partner, dict):
        return found
    names = [name for name in found if name in partner] if keys[0] is None else [str(keys[0])]
    rows = {name: _under(found.get(name), partner.get(name), keys[1:]) for name in names}
    return rows if keys[0] is None else rows[names[0]]


def as_text(value: Json) -> str:
    """A settled value in a word: `Table.Arn`, or JSON; equal words, equal values."""
    if isinstance(value, Deferred) and value.kind in ("resource", "parameter", "pseudo"):
        return ".".join(filter(None, [value.target, value.attribute]))
    return json.dumps(as_json(value), sort_keys=True, default=repr)


def as_json(value: Json) -> Json:
    """A settled value as JSON in which unequal values are unequal; ABSENT as the template writes it."""
    if value is ABSENT:
        return _no_value(value)
    if isinstance(value, Deferred):
        if value.kind == "text":
            return {"Fn::Join": ["", [as_json(part) for part in value.parts]]}
        if value.kind == "parameter" and value.attribute:
            return {"Ref": value.target, "of": value.attribute}
        return value.raw
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value


def _no_value(value: Json) -> Json:
    return {"Ref": "AWS::NoValue"} if value is ABSENT else value


def spell_out_condition(scope: Scope, name: str) -> str:
    """A condition as text in which other conditions are replaced by what they say: equal text, equal condition."""
    return json.dumps(_spelt(scope, name), sort_keys=True, default=repr)


def _spelt(scope: Scope, name: str) -> Json:
    """What the condition says, worked out once; a long one as its hash, or conditions of conditions would double."""
    key, open_ = (spell_out_condition, name), (spell_out_condition,)
    if key in scope.notes:
        return scope.notes[key]
    conditions = scope.template.get("Conditions") or {}
    if name not in conditions:
        return {"Condition": name}
    level = scope.notes.get(open_, 0)
    # Asked for on the way to itself, or too deep for CloudFormation: another one wherever any condition differs.
    found: Json = {"Condition": name, "of": _hash(conditions)}
    if level < _DEEP:
        scope.notes[key], scope.notes[open_] = found, level + 1
        whole = _expanded(scope, conditions[name])
        found = scope.notes[key] = _hash(whole) if _is_long(whole) else whole
        scope.notes[open_] = level
    return found


def _hash(value: Json) -> str:
    return digest(json.dumps(value, sort_keys=True, default=repr).encode("utf-8", "surrogatepass"))


def _is_long(value: Json) -> bool:
    """Whether it holds more than a few dozen values."""
    level, size = [value], 0
    while level and size <= _LONG:
        size += len(level)
        level = [
            v for one in level if isinstance(one, dict | list) for v in (one.values() if isinstance(one, dict) else one)
        ]
    return size > _LONG


def _expanded(scope: Scope, value: Json) -> Json:
    if isinstance(value, dict):
        name = value.get("Condition")
        if len(value) == 1 and isinstance(name, str):
            return _spelt(scope, name)
        operands = value.get("Fn::Equals")
        if isinstance(operands, list):
            return {"Fn::Equals": [_text_of(as_json(make_comparable(scope, operand))) for operand in operands]}
        return {k: _expanded(scope, v) for k, v in value.items()}
    return [_expanded(scope, v) for v in value] if isinstance(value, list) else value


def _text_of(value: Json) -> Json:
    """CloudFormation compares texts: 1 is "1"."""
    text = scalar_text(value)
    return value if text is None else text


def as_template_json(value: Json) -> Json:
    """A resolved value as JSON: what is not known as the template says it, ABSENT as null."""
    if isinstance(value, Deferred):
        return value.raw
    if value is ABSENT:
        return None
    if isinstance(value, dict):
        return {k: as_template_json(v) for k, v in value.items()}
    return [as_template_json(v) for v in value] if isinstance(value, list) else value
