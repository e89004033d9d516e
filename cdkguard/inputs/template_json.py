"""Parses the text of a JSON template: strictly, bounded, without duplicate keys."""

from __future__ import annotations

import json

from cdkguard._typing import Json
from cdkguard.errors import TemplateError
from cdkguard.text.nesting import MAX_DEPTH

_INFINITE = float("inf")
_CONTAINERS = frozenset({dict, list})


def parse_json(text: str, name: str) -> Json:
    """Strict JSON: no duplicate keys, no NaN, bounded nesting; raises TemplateError."""
    try:
        value = json.loads(
            text, object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant, parse_float=_parse_finite
        )
    except json.JSONDecodeError as problem:
        raise TemplateError(f"{name}:{problem.lineno}: not JSON: {problem.msg}") from problem
    except RecursionError as problem:
        raise TemplateError(f"{name}: nested too deeply") from problem
    except ValueError as problem:
        raise TemplateError(f"{name}: {problem}") from problem

    if text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(value):
        raise TemplateError(f"{name}: nested deeper than {MAX_DEPTH} levels")
    return value


def _refuse_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
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


def _is_too_deep(value: Json) -> bool:
    level = [value]
    for _depth in range(MAX_DEPTH):
        level = [inner for item in level for inner in (item.values() if type(item) is dict else item)
                 if type(inner) in _CONTAINERS]  # fmt: skip
        if not level:
            return False
    return True
