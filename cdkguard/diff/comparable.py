"""Template values as a comparison sees them: resolved as far as is known, the rest kept comparable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from cdkguard._typing import Any, Json
from cdkguard.template.values import ABSENT, Branch, Deferred, Scope, scalar_text
from cdkguard.text.sha256 import digest

IF = "Fn::If"
# An asset's hash is part of a name: of a file, a folder, an image. On its own, or in quotes, 64 hex digits are an
# account's canonical user or a digest that somebody chose.
_HASH = re.compile(r"""(?<![0-9a-f"'])(?:(?<=\S)[0-9a-f]{64}(?![0-9a-f"'])|[0-9a-f]{64}(?=[./]))""")
_HASH_LENGTH = 64
_WHO = re.compile("Principal|CanonicalUser|Grantee|AccessControl")
_HOLE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}")  # ${Name} or ${Name.Attribute}
_DEEP = 32  # conditions that refer to conditions
_MANY = 200  # equal elements of which one is looked for
_WHOLE = re.compile(r"(-?\d+)\.0+\Z")
_PARTNER = "the mappings of the other side"
_LONG = 48  # values in a condition that is spelt out as it is


def settled(scope: Scope, value: Json) -> Json:
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
        return {k: v for k, v in ((k, settled(scope, v)) for k, v in value.items()) if v is not ABSENT}
    if kind is list:
        return [v for v in (settled(scope, v) for v in value) if v is not ABSENT]
    return value


def _both(scope: Scope, value: Json) -> Json:
    operand = value.get(IF) if isinstance(value, dict) else None
    if not (isinstance(operand, list) and len(operand) == 3 and isinstance(operand[0], str)):
        return _settled_inside(scope, Deferred("unknown", value))
    yes, no = settled(scope, operand[1]), settled(scope, operand[2])
    if same(yes, no):
        return yes
    return {IF: [spelt_out(scope, operand[0]), _no_value(yes), _no_value(no)]}


def _settled_inside(scope: Scope, value: Deferred) -> Deferred:
    """A value that is not known, with all that is known inside it: equal text may hide another mapping or Default."""
    if value.kind == "text":
        parts = _joined(scope, value.parts)
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Deferred) else _text(value.raw, parts)
    if value.kind == "dynamic" and value.parts:  # its text shows a hole where it names the secret
        return Deferred("dynamic", "".join(p if isinstance(p, str) else "${" + named(p) + "}" for p in value.parts))
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
        return [said(settled(scope, item)) for item in raw]
    found = {key: said(settled(scope, item)) for key, item in raw.items()}
    if "Fn::FindInMap" in raw:
        found["of"] = _candidates(scope, found["Fn::FindInMap"])
    if "Fn::Sub" in raw:
        text = raw["Fn::Sub"][0] if isinstance(raw["Fn::Sub"], list) and raw["Fn::Sub"] else raw["Fn::Sub"]
        names = _HOLE.findall(text) if isinstance(text, str) else ()
        found["of"] = [said(settled(scope, {"Ref": name})) for name in names]
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


def named(value: Json) -> str:
    """A settled value in a word: `Table.Arn`, or JSON; equal words, equal values."""
    if isinstance(value, Deferred) and value.kind in ("resource", "parameter", "pseudo"):
        return ".".join(filter(None, [value.target, value.attribute]))
    return json.dumps(said(value), sort_keys=True, default=repr)


def said(value: Json) -> Json:
    """A settled value as JSON in which unequal values are unequal; ABSENT as the template writes it."""
    if value is ABSENT:
        return _no_value(value)
    if isinstance(value, Deferred):
        if value.kind == "text":
            return {"Fn::Join": ["", [said(part) for part in value.parts]]}
        if value.kind == "parameter" and value.attribute:
            return {"Ref": value.target, "of": value.attribute}
        return value.raw
    if isinstance(value, dict):
        return {key: said(item) for key, item in value.items()}
    return [said(item) for item in value] if isinstance(value, list) else value


def _no_value(value: Json) -> Json:
    return {"Ref": "AWS::NoValue"} if value is ABSENT else value


def spelt_out(scope: Scope, name: str) -> str:
    """A condition as text in which other conditions are replaced by what they say: equal text, equal condition."""
    return json.dumps(_spelt(scope, name), sort_keys=True, default=repr)


def _spelt(scope: Scope, name: str) -> Json:
    """What the condition says, worked out once; a long one as its hash, or conditions of conditions would double."""
    key, open_ = (spelt_out, name), (spelt_out,)
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
            return {"Fn::Equals": [_text_of(said(settled(scope, operand))) for operand in operands]}
        return {k: _expanded(scope, v) for k, v in value.items()}
    return [_expanded(scope, v) for v in value] if isinstance(value, list) else value


def _text_of(value: Json) -> Json:
    """CloudFormation compares texts: 1 is "1"."""
    text = scalar_text(value)
    return value if text is None else text


def same(one: Json, other: Json) -> bool:
    """Whether CloudFormation takes both for the same value: 5 is "5" and true is "true", but "5.10" is not "5.1"."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    text, other_text = scalar_text(one), scalar_text(other)
    if text is None or other_text is None:
        return bool(one == other)
    numbers = [type(v) in (int, float) for v in (one, other)]
    return text == other_text or (all(numbers) and bool(one == other))


def differences(before: Json, after: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Json, Json]]:
    """(path, before, after) of the smallest parts that differ; the elements of unequal lists as added or removed."""
    if isinstance(before, dict) and isinstance(after, dict) and IF not in before and IF not in after:
        for key in {**before, **after}:
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) == len(after):
            for index, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from differences(one, other, (*path, index))
        else:
            yield from _elements(before, after, path)
    elif not same(before, after):
        yield path, before, after


def _elements(before: list[Json], after: list[Json], path: tuple[str | int, ...]) -> Iterator[tuple[Any, Json, Json]]:
    alike: dict[Json, list[int]] = {}  # by what equal elements have in common: long lists in linear time
    for index, other in enumerate(after):
        alike.setdefault(_likeness(other), []).append(index)
    found = set()
    for index, one in enumerate(before):
        among = alike.get(_likeness(one), [])
        match = next((place for place in among[:_MANY] if same(one, after[place])), None)
        if match is None:
            yield (*path, index), one, ABSENT
        else:
            among.remove(match)
            found.add(match)
    for index, other in enumerate(after):
        if index not in found:
            yield (*path, index), ABSENT, other


def _likeness(value: Json) -> Json:
    """Equal for all that `same` calls the same; more may share it."""
    if isinstance(value, dict):
        return frozenset((key, _likeness(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(map(_likeness, value))
    if isinstance(value, Deferred) or value is ABSENT:
        return value
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else scalar_text(value)
    return text if text is None else _WHOLE.sub(r"\1", text)


def only_assets(before: Json, after: Json, path: str = "") -> bool:
    """Whether two unequal values differ in asset hashes alone; never where `path` says who may do something."""
    if _WHO.search(path):
        return False
    if isinstance(before, Deferred) and isinstance(after, Deferred):
        if before.kind != after.kind or len(before.parts) != len(after.parts):
            return False
        if before.kind == "text":
            return all(same(a, b) or only_assets(a, b) for a, b in zip(before.parts, after.parts, strict=True))
        return before.kind in ("unknown", "dynamic") and _unhashed(str(before.raw)) == _unhashed(str(after.raw))
    if isinstance(before, str) and isinstance(after, str):
        return _unhashed(before) == _unhashed(after)
    return False


def without_hashes(value: Json) -> Json:
    """The value with a mark in place of each asset hash, but not where it says who may do something."""
    if isinstance(value, str):
        return _unhashed(value) if len(value) > _HASH_LENGTH else value
    if isinstance(value, dict):
        return {k: v if _WHO.search(k) else without_hashes(v) for k, v in value.items()}
    if isinstance(value, list):
        return [without_hashes(v) for v in value]
    if isinstance(value, Deferred) and value.kind == "text":
        return Deferred("text", value.raw, parts=tuple(without_hashes(p) for p in value.parts))
    return value


def _unhashed(text: str) -> str:
    return _HASH.sub("#", text)


def references(value: Json) -> Iterator[tuple[str, str | None]]:
    """(logical id or parameter, attribute) of every Ref and GetAtt in a value, settled or raw."""
    if isinstance(value, Deferred):
        if value.kind in ("resource", "parameter"):
            yield str(value.target), value.attribute
        elif value.parts:
            for part in value.parts:
                yield from references(part)
        elif value.kind != "pseudo":
            yield from references(value.raw)
    elif isinstance(value, dict):
        if len(value) == 1:
            yield from _called(value)
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _called(value: Mapping[str, Json]) -> Iterator[tuple[str, str | None]]:
    ((function, operand),) = value.items()
    if function == "Ref" and isinstance(operand, str):
        yield operand, None
    elif function == "Fn::GetAtt":
        parts = operand.split(".", 1) if isinstance(operand, str) else operand
        if isinstance(parts, list) and len(parts) == 2 and isinstance(parts[0], str):
            yield parts[0], str(parts[1])
    elif function == "Fn::Sub":
        text = operand[0] if isinstance(operand, list) and operand else operand
        for hole in _HOLE.finditer(text) if isinstance(text, str) else ():
            name, _, attribute = hole.group(0)[2:-1].partition(".")
            yield name, attribute or None
