"""Parses the text of a JSON template: strictly, bounded, without duplicate keys."""

from __future__ import annotations

import json
from collections.abc import Callable

from cdkguard._typing import Json
from cdkguard.errors import TemplateError
from cdkguard.text.nesting import MAX_DEPTH

_INFINITE = float("inf")
_CONTAINERS = frozenset({dict, list})
_BLANKS = ('" :', '"\t:', '"\n:', '"\r:')  # between a key and its colon

_Pairs = list[tuple[str, Json]]


def parse_json(text: str, name: str) -> Json:
    """Strict JSON: no duplicate keys, no NaN, bounded nesting; raises TemplateError."""
    value = _load(text, name, None)
    members, is_too_deep = _measure(value)
    if is_too_deep:
        raise TemplateError(f"{name}: nested deeper than {MAX_DEPTH} levels")

    # Without blanks, every key is followed by a colon at once: as many members as such colons, and no key is there twice.
    # More colons may stand in texts. Asking of each object takes half as long again as parsing it.
    if text.count('":') != members or any(blank in text for blank in _BLANKS):
        return _load(text, name, _refuse_duplicates)
    return value


def _load(text: str, name: str, hook: Callable[[_Pairs], dict[str, Json]] | None) -> Json:
    try:
        return json.loads(text, object_pairs_hook=hook, parse_constant=_refuse_constant, parse_float=_parse_finite)
    except json.JSONDecodeError as problem:
        raise TemplateError(f"{name}:{problem.lineno}: not JSON: {problem.msg}") from problem
    except RecursionError as problem:
        raise TemplateError(f"{name}: nested too deeply") from problem
    except ValueError as problem:
        raise TemplateError(f"{name}: {problem}") from problem


def _refuse_duplicates(pairs: _Pairs) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise ValueError(f"key '{key}' is there twice")
            seen.add(key)
    return found


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _parse_finite(text: str) -> float:
    value = float(text)
    if value in (_INFINITE, -_INFINITE):
        raise ValueError(f"{text} is too large a number")
    return value


def _measure(value: Json) -> tuple[int, bool]:
    """The number of all members of objects, and whether the value nests deeper than MAX_DEPTH."""
    members = 0
    level = [value] if type(value) in _CONTAINERS else []
    for _depth in range(MAX_DEPTH):
        members += sum([len(item) for item in level if type(item) is dict])
        level = [inner for item in level for inner in (item.values() if type(item) is dict else item)
                 if type(inner) in _CONTAINERS]  # fmt: skip
        if not level:
            return members, False
    return members, True
