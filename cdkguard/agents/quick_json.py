"""Parses JSON without importing `json`, whose patterns cost a third of the start of the hook.

CPython's own scanner is in C, takes the same JSON and needs an object with the settings that `json` gives it.
"""

from __future__ import annotations

from cdkguard._typing import Any, Json, cast

_SPACE = " \t\n\r"


class _Settings:
    strict = True
    object_hook = None
    object_pairs_hook = None
    array_hook = None  # of Python 3.15
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}


def parse_json(text: str) -> Json:
    """The value of a JSON text. Raises ValueError; RecursionError where it nests deeper than Python's stack."""
    try:
        import _json
    except ImportError:  # another Python than CPython
        return _parse_slowly(text)
    start = len(text) - len(text.lstrip(_SPACE))
    try:
        value, end = cast(Any, _json).make_scanner(_Settings)(text, start)
    except (StopIteration, SystemError, AttributeError, TypeError):
        # The scanner cannot say what is wrong while `json` is not loaded; one of another Python may want more settings.
        return _parse_slowly(text)
    return value if not text[end:].strip(_SPACE) else _parse_slowly(text)


def _parse_slowly(text: str) -> Json:
    import json

    return json.loads(text)
