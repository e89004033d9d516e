"""The intrinsic functions that write a text: Fn::Join and Fn::Sub."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.template.values import ABSENT, Deferred, scalar_text
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.template.scope import Scope

Flatten = Callable[[Json], str | None]

DYNAMIC = "{{resolve:"  # the beginning of a dynamic reference
MAX_TEXT = 1_000_000  # characters of one text that functions make
LARGE = 1_024  # characters from which on a text counts towards what functions may make of a template
_MAX_PIECES = 10_000  # of one joined text
_HOLE = lazy_pattern(r"\$\{([^${}]*)\}")


def join(scope: Scope, operand: Json, call: Json) -> Json:
    """The value of {"Fn::Join": [delimiter, values]}."""
    if not (isinstance(operand, list) and len(operand) == 2 and isinstance(operand[0], str)):
        return Deferred("unknown", call)
    delimiter, items = operand[0], scope.resolve(operand[1])
    if not isinstance(items, list):
        return Deferred("unknown", call)

    pieces: list[Json] = []
    for item in items:
        # A part of a dynamic reference is not one itself. Resolved once: a Join in a Join in a Join would take for ever.
        found = item if type(item) is str and not scope.dummies else scope.resolve(item)
        if found is ABSENT:
            continue
        if pieces and delimiter:
            pieces.append(delimiter)
        pieces.append(_as_piece(found, item))
    return _concatenate(scope, pieces, call)


def sub(scope: Scope, operand: Json, call: Json) -> Json:
    """The value of {"Fn::Sub": text} or {"Fn::Sub": [text, variables]}."""
    text, variables = (operand, {}) if isinstance(operand, str) else (None, {})
    if isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], dict):
        text, variables = operand
    if not isinstance(text, str):
        return Deferred("unknown", call)

    pieces: list[Json] = []
    at, filled = 0, dict[str, Json]()
    for hole in _HOLE.finditer(text):
        pieces.append(text[at : hole.start()])
        at, name = hole.end(), hole.group(1).strip()
        if name not in filled:  # once each: a Sub in a Sub in a Sub would take for ever
            filled[name] = _fill_hole(scope, name, variables)
        pieces.append(filled[name])
    pieces.append(text[at:])
    return _concatenate(scope, [p for p in pieces if p != ""] or [""], call)


def _fill_hole(scope: Scope, name: str, variables: dict[str, Json]) -> Json:
    if name.startswith("!"):
        return "${" + name[1:] + "}"
    if name in variables:
        value = variables[name]
        if type(value) is str and not scope.dummies:
            return value  # a part of a dynamic reference is not one itself
        return _as_piece(scope.resolve(value), value)
    if "." in name:
        return scope.resolve({"Fn::GetAtt": name.split(".", 1)})
    reference = {"Ref": name}
    return _as_piece(scope.resolve(reference), reference)


def _as_piece(found: Json, value: Json) -> Json:
    """A resolved value as a part of a text."""
    if isinstance(found, Deferred):
        return found
    text = scalar_text(found)
    return Deferred("unknown", value) if text is None else text


def _concatenate(scope: Scope, pieces: list[Json], call: Json) -> Json:
    """Strings and Deferreds, joined; a plain string where all are known."""
    parts: list[Json] = []
    for piece in pieces:  # flat, as a text that is repeated in itself grows with every level
        if isinstance(piece, Deferred) and piece.kind == "text":
            parts.extend(piece.parts)
        else:
            parts.append(piece)
        if len(parts) > _MAX_PIECES:
            return Deferred("unknown", call)
    known = [len(part) for part in parts if isinstance(part, str)]
    size = sum(known)
    if size > MAX_TEXT or size > LARGE and scope.shared.is_spent():
        return Deferred("unknown", call)

    if len(known) == len(parts):
        return scope.resolve("".join(parts))
    joined = Deferred("text", call, parts=tuple(_join_neighbours(parts)))
    if DYNAMIC in (text := joined.text()):
        return Deferred("dynamic", text, parts=joined.parts)
    return joined


def _join_neighbours(parts: list[Json]) -> Iterator[Json]:
    """The parts with one string in the place of several in a row, so that the known text before and after is whole."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        if texts:
            yield "".join(texts)
            texts = []
        yield part
    if texts:
        yield "".join(texts)


# -- without a scope


def flatten_join(operand: Json, flatten: Flatten) -> str | None:
    """The text of an Fn::Join with a § for each value that is no text."""
    if isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], list):
        pieces = [flatten(item) for item in operand[1]]
        return str(operand[0]).join("§" if p is None else p for p in pieces)
    return "§"


def flatten_sub(operand: Json, flatten: Flatten) -> str | None:
    """The text of an Fn::Sub with a § for each hole that its own variables do not fill."""
    text, variables = operand if isinstance(operand, list) and len(operand) == 2 else (operand, {})
    return (
        _flatten_holes(text, variables if isinstance(variables, dict) else {}, flatten)
        if isinstance(text, str)
        else "§"
    )


def _flatten_holes(text: str, variables: Mapping[str, Json], flatten: Flatten) -> str:
    known: dict[str, str] = {}
    left = MAX_TEXT

    def fill(hole: re.Match[str]) -> str:
        nonlocal left
        name = hole.group(1).strip()
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name not in variables:
            return "§"
        if name in known and left < 0:  # each stands there once; more of the same would grow without end
            return "§"
        if name not in known:
            known[name] = flatten(variables[name]) or "§"
        left -= len(known[name])
        return known[name]

    return _HOLE.sub(fill, text)


def sub_links(operand: Json) -> Iterator[tuple[str, str | None]]:
    """(name, attribute) of each `${Name}` and `${Name.Attribute}` in the text of an Fn::Sub."""
    text = operand[0] if isinstance(operand, list) and operand else operand
    for hole in _HOLE.finditer(text) if isinstance(text, str) else ():
        name, _, attribute = hole.group(1).strip().partition(".")
        if not name.startswith(("!", "AWS::")):
            yield name, attribute or None


def join_parts(operand: Json) -> Iterator[Json]:
    """The values of an Fn::Join of which `flatten_join` gives a § alone, those of a Join or Sub inside it included."""
    if isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], list):
        for item in operand[1]:
            yield from hidden_parts(item)


def sub_parts(operand: Json) -> Iterator[Json]:
    """The variables of an Fn::Sub of which `flatten_sub` gives a § alone."""
    if isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], dict):
        for item in operand[1].values():
            yield from hidden_parts(item)


def hidden_parts(item: Json) -> Iterator[Json]:
    """The values in a text, or itself, that become a part of it and that `flatten` does not show."""
    pending = [item]
    while pending:
        part = pending.pop()
        ((name, operand),) = part.items() if isinstance(part, dict) and len(part) == 1 else (("", None),)
        if name == "Fn::Join" and isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], list):
            pending.extend(reversed(operand[1]))
        elif name == "Fn::Sub" and isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], dict):
            pending.extend(reversed(operand[1].values()))
        elif name == "Fn::Base64":
            pending.append(operand)
        elif isinstance(part, dict) and name not in ("Ref", "Fn::GetAtt", "Fn::Sub"):
            yield part
