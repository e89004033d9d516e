"""What the hook and the judge, two processes, tell each other: requests and decisions as JSON, and back.

A field that is missing, unknown or of another type is an error: what was not understood is not judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from cdkguard._typing import Any, Json, cast
from cdkguard.agents.nouns import ACTION_KINDS, ANSWERS, Action, Decision, ParsedLine, Request, ToolCall
from cdkguard.errors import InputError

EVENTS = ("shell", "write", "aws", "finished", "other")
SHELLS = ("posix", "powershell", "cmd")


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is expected")
    return value


def _text_or_nothing(value: Json) -> str | None:
    return None if value is None else _text(value)


def _texts(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of texts is expected")
    return tuple(map(_text, value))


def _texts_by_name(value: Json) -> dict[str, str]:
    return {name: _text(item) for name, item in _mapping(value).items()}


def _mapping(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return value


def _number(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e9 < value < 1e9:
        raise ValueError("a number is expected")
    return float(value)


def _truth(value: Json) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is expected")
    return value


def _one_of(words: tuple[str, ...]) -> Callable[[Json], str]:
    def read(value: Json) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)} is expected")
        return _text(value)

    return read


def _read_actions(value: Json) -> tuple[Action, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of actions is expected")
    return tuple(_read(Action, _ACTION, item) for item in value)


_Readers = dict[str, Callable[[Any], Any]]  # field -> what makes its value of JSON

_CALL: _Readers = {
    "host": _text,
    "event": _one_of(EVENTS),
    "tool": _text,
    "command": _text,
    "shell": _one_of(SHELLS),
    "directory": _text,
    "paths": _texts,
    "content": _text,
    "session": _text,
}
_ACTION: _Readers = {
    "kind": _one_of(tuple(ACTION_KINDS)),
    "tool": _text,
    "verb": _text,
    "words": _texts,
    "directory": _text,
    "via": _texts,
    "stacks": _texts,
    "app": _text_or_nothing,
    "context": _texts_by_name,
    "parameters": _texts_by_name,
    "template": _text_or_nothing,
    "change_set": _text_or_nothing,
    "variables": _texts_by_name,
    "profile": _text_or_nothing,
    "region": _text_or_nothing,
    "account": _text_or_nothing,
    "target": _text,
    "resource_type": _text,
    "flags": _texts,
    "paths": _texts,
    "branch": _text,
    "unread": _text,
}
_LINE: _Readers = {"actions": _read_actions, "files": _texts, "problems": _texts}
_REQUEST: _Readers = {
    "call": lambda value: _read(ToolCall, _CALL, value),
    "line": lambda value: _read(ParsedLine, _LINE, value),
    "seconds": _number,
    "may_ask": _truth,
}
_DECISION: _Readers = {
    "answer": _one_of(ANSWERS),
    "reason": _text,
    "environment": _text,
    "token": _text,
    "evidence": _mapping,
}


def _read(kind: Callable[..., Any], readers: _Readers, value: Json) -> Any:
    found = _mapping(value)
    if found.keys() != readers.keys():
        raise ValueError(f"the fields {', '.join(sorted(found.keys() ^ readers.keys()))} are missing or unknown")
    return kind(**{name: read(found[name]) for name, read in readers.items()})


def to_json(value: Any) -> Json:
    """A record as an object, with those in it."""
    if hasattr(value, "_asdict"):
        return {name: to_json(item) for name, item in value._asdict().items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if hasattr(value, "items"):
        return {name: to_json(item) for name, item in value.items()}
    return value


def write_request(request: Request) -> str:
    """The request as one line of ASCII."""
    return json.dumps(to_json(request), allow_nan=False)


def read_request(text: str) -> Request:
    """The request that a text holds. Raises InputError."""
    return cast("Request", _of_text(text, "request", lambda value: _read(Request, _REQUEST, value)))


def write_decision(decision: Decision) -> str:
    """The decision as one line of ASCII."""
    return json.dumps(to_json(decision), allow_nan=False)


def read_decision(text: str) -> Decision:
    """The decision that a text holds. Raises InputError."""
    return cast("Decision", _of_text(text, "decision", lambda value: _read(Decision, _DECISION, value)))


def _of_text(text: str, name: str, read: Callable[[Json], Any]) -> Any:
    try:
        return read(json.loads(text))
    except (ValueError, RecursionError) as problem:
        raise InputError(f"the {name} cannot be read: {problem}") from problem
