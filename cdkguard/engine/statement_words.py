"""A statement of a policy in a few words: `Allow iam:PassRole (and 1 more) on *`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdkguard._typing import Json
from cdkguard.aws.policies import as_list
from cdkguard.template.rendering import render_value

_MOST = 3  # actions, resources and principals that are named
_LONGEST = 72  # characters of one of them


def is_statement(value: Json, path: str) -> bool:
    """Whether a resolved value is one statement of a policy document."""
    if not isinstance(value, dict) or "Statement" in value:
        return False
    is_in_list = path.rpartition("[")[0].endswith("Statement")
    return is_in_list or "Effect" in value and ("Action" in value or "NotAction" in value)


def describe_statement(statement: Json, guilty: Sequence[Json] = ()) -> str:
    """Effect, actions, resources, principals and conditions; the actions at fault come first."""
    sid, effect = statement.get("Sid"), statement.get("Effect", "Allow")
    words = [f"Sid {_shorten(sid)}:"] if isinstance(sid, str) and sid else []
    words += [_shorten(effect), _list_values(statement, "Action", guilty)]
    resources, principals = _list_values(statement, "Resource"), _list_values(statement, "Principal")
    words += [f"on {resources}"] if resources else []
    words += [f"to {principals}"] if principals else []
    words += [f"if {conditions}"] if (conditions := _list_conditions(statement.get("Condition"))) else []
    return " ".join(word for word in words if word)


def _list_values(statement: Json, element: str, first: Sequence[Json] = ()) -> str:
    """The values of an element of the statement, or `all but` those of its opposite."""
    values = _flatten(statement.get(element))
    if values:
        rest = [value for value in values if value not in first]
        return _join([*first, *rest][: max(len(first), 1) if first else len(values)], len(values))
    others = _flatten(statement.get(f"Not{element}"))
    return f"all but {_join(others, len(others))}" if others else ""


def _flatten(value: Json) -> list[Json]:
    """A value, a list of them, or principals by their kind, as a list."""
    if isinstance(value, dict):
        return [one for many in value.values() for one in as_list(many)]
    return as_list(value)


def _join(values: Sequence[Json], number: int) -> str:
    shown = [_shorten(value) for value in values[:_MOST]]
    more = number - len(shown)
    return ", ".join(shown) + (f" (and {more} more)" if more else "")


def _list_conditions(condition: Json) -> str:
    if not isinstance(condition, dict):
        return _shorten(condition) if condition is not None else ""
    tests = [
        f"{operator} {key}" for operator, keys in condition.items() for key in (keys if isinstance(keys, dict) else ())
    ]
    return _join_words(tests)


def _join_words(words: Iterable[str]) -> str:
    listed = [*words]
    more = len(listed) - _MOST
    return ", ".join(listed[:_MOST]) + (f" (and {more} more)" if more > 0 else "")


def _shorten(value: Json) -> str:
    text = render_value(value, False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
