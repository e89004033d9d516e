"""JSON that is given as text where CloudFormation takes a value of type Json, such as a RedrivePolicy or a policy."""

from __future__ import annotations

import json

from cdkguard._typing import Any, Json
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import lazy_pattern

_MAX_DEPTH = 64  # levels of values in a text
_HOLE = lazy_pattern("\ue000(\\d+)\ue001")  # stands for a value that is not known, inside JSON text


def parse_json_text(text: str) -> Json:
    """Parse JSON; raises ValueError where it is none, or nested deeper than a policy can be."""
    try:
        value = json.loads(text)
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem
    level = [value]
    for _depth in range(_MAX_DEPTH):
        level = [
            v for one in level if isinstance(one, dict | list) for v in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return value
    raise ValueError("nested too deeply")


def read_json_text(written: str | Deferred) -> Json:
    """The value of a JSON text, Deferred where only the deployment fills it in; Deferred where the text is no JSON."""
    if isinstance(written, Deferred) and written.kind != "text":
        return written
    parts = written.parts if isinstance(written, Deferred) else (written,)
    try:
        if any(isinstance(p, str) and "\ue000" in p for p in parts):
            raise ValueError("a text with a mark of ours in it")
        return _with_holes(parse_json_text(_mark_holes(parts)), parts)
    except ValueError:
        return Deferred("unknown", written.raw if isinstance(written, Deferred) else written)


def read_json_object(written: str | Deferred) -> dict[str, Json] | None:
    """The members of a text that is a JSON object; None of any other."""
    first = written.parts[0] if isinstance(written, Deferred) and written.kind == "text" else written
    if not isinstance(first, str) or first.lstrip()[:1] != "{":
        return None
    found = read_json_text(written)
    return found if isinstance(found, dict) else None


def _mark_holes(parts: tuple[Any, ...]) -> str:
    """The text with a mark for each hole; one outside of quotes, such as a number, is put into quotes."""
    pieces: list[str] = []
    is_quoted = False
    for index, part in enumerate(parts):
        if isinstance(part, str):
            pieces.append(part)
            is_quoted ^= part.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 1
        else:
            mark = f"\ue000{index}\ue001"
            pieces.append(mark if is_quoted else f'"{mark}"')
    return "".join(pieces)


def _with_holes(value: Json, parts: tuple[Any, ...]) -> Json:
    if isinstance(value, dict):
        return {_HOLE.sub("§", key): _with_holes(inner, parts) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_holes(inner, parts) for inner in value]
    if not isinstance(value, str) or not _HOLE.search(value):
        return value
    pieces = [parts[int(piece)] if at % 2 else piece for at, piece in enumerate(_HOLE.split(value))]
    known = tuple(piece for piece in pieces if piece != "")
    return known[0] if len(known) == 1 else Deferred("text", value, parts=known)
