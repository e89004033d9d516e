"""Finds the texts of a template that rules of scope `value` could be about: credentials, ARNs, account ids."""

from __future__ import annotations

import re
from functools import lru_cache

from cdkguard._typing import Any, Json
from cdkguard.template.functions import FUNCTIONS, flatten, nothing
from cdkguard.text.credentials import has_long_mark

# All other text is passed over unread. Two patterns, because `re` looks for the first characters of alternatives quickly
# only where each begins with a letter of its own.
_ACCOUNT = re.compile(r"\d{12}")
_MARK = re.compile(r"arn:|-----BEGIN|AKIA|ASIA|://|gh[pousr]_|github_pat_|xox|sk[-_]|rk_live|AIza|glpat-")
_OTHERS = ("Metadata", "Type")  # of a resource: the one is asked for by itself, the other is no text of the user's
# Functions that hold no text of the user's: a Ref, an attribute, and what is imported.
_WITHOUT_TEXTS = frozenset(f.name for f in FUNCTIONS.values() if f.flatten is None and f.parts is nothing)
_SHORT = 200  # characters of a text that is remembered; long ones would take memory, and are there once
_SMALLEST_ACCOUNT = 10**11  # as a number: of twelve digits

_Steps = tuple[Any, Any]  # (the steps before, key or index), written out only for a text of interest


def find_texts(value: Json, *path: str) -> list[tuple[str, str]]:
    """(property path, text) of every text of interest, those of intrinsic functions flattened.

    `path` is where the value stands. Without one it is a resource, of which Metadata and Type are left out.
    """
    steps: _Steps | None = None
    for step in path:
        steps = (steps, step)
    texts: list[tuple[str, str]] = []
    _gather(value, steps, texts)
    return texts


def _is_of_interest(text: str) -> bool:
    return _is_short_of_interest(text) if len(text) < _SHORT else _has_mark(text)


@lru_cache(maxsize=4096)  # most texts of an app are there many times: actions, principals, names of attributes
def _is_short_of_interest(text: str) -> bool:
    return _has_mark(text)


def _has_mark(text: str) -> bool:
    return bool(_MARK.search(text) or _ACCOUNT.search(text) or len(text) > 23 and has_long_mark(text))


def _gather(value: Json, steps: _Steps | None, texts: list[tuple[str, str]]) -> None:
    kind = type(value)
    if kind is str:
        if len(value) > 7 and _is_of_interest(value):
            texts.append((_render(steps), value))

    elif kind is dict:
        if len(value) == 1 and (name := next(iter(value))) in FUNCTIONS:
            if name not in _WITHOUT_TEXTS:
                _gather_from_intrinsic(value, steps, texts)
            return
        for key, item in value.items():
            kind = type(item)
            if kind is str:  # tested here, since most values are texts, and a call for each is dear
                if len(item) > 7 and _is_of_interest(item) and (steps is not None or key not in _OTHERS):
                    texts.append((_render((steps, key)), item))
            elif kind is bool or kind is int and item < _SMALLEST_ACCOUNT:
                continue
            elif steps is not None or key not in _OTHERS:
                _gather(item, (steps, key), texts)

    elif kind is list:
        for index, item in enumerate(value):
            if type(item) is not str or len(item) > 7:
                _gather(item, (steps, index), texts)

    elif kind is int and _SMALLEST_ACCOUNT <= value < 10 * _SMALLEST_ACCOUNT:  # YAML without quotes
        texts.append((_render(steps), str(value)))


def _render(steps: _Steps | None) -> str:
    """`Properties.Policies[0].Name`."""
    text = ""
    while steps is not None:
        steps, step = steps
        text = f"[{step}]{text}" if isinstance(step, int) else f".{step}{text}"
    return text.removeprefix(".")


def _gather_from_intrinsic(value: Json, steps: _Steps | None, texts: list[tuple[str, str]]) -> None:
    """The text that a function makes, and those of its operands that are no part of that text."""
    ((name, operand),) = value.items()
    function = FUNCTIONS[name]
    if function.flatten is not None:
        text = flatten(value)
        if text and text != "§" and _is_of_interest(text):
            texts.append((_render(steps), text))
    for part in function.parts(operand):
        _gather(part, steps, texts)
