"""Where two comparable values differ, by CloudFormation's own notion of equal values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard._typing import Any, Json
from cdkguard.template.values import ABSENT, Deferred, scalar_text

IF = "Fn::If"


_MANY = 200  # equal elements of which one is looked for


_WHOLE = re.compile(r"(-?\d+)\.0+\Z")


def are_equal(one: Json, other: Json) -> bool:
    """Whether CloudFormation takes both for the same value: 5 is "5" and true is "true", but "5.10" is not "5.1"."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_equal(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(are_equal, one, other))
    text, other_text = scalar_text(one), scalar_text(other)
    if text is None or other_text is None:
        return bool(one == other)
    numbers = [type(v) in (int, float) for v in (one, other)]
    return text == other_text or (all(numbers) and bool(one == other))


def find_differences(before: Json, after: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Json, Json]]:
    """(path, before, after) of the smallest parts that differ; the elements of unequal lists as added or removed."""
    if isinstance(before, dict) and isinstance(after, dict) and IF not in before and IF not in after:
        for key in {**before, **after}:
            yield from find_differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) == len(after):
            for index, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from find_differences(one, other, (*path, index))
        else:
            yield from _elements(before, after, path)
    elif not are_equal(before, after):
        yield path, before, after


def _elements(before: list[Json], after: list[Json], path: tuple[str | int, ...]) -> Iterator[tuple[Any, Json, Json]]:
    alike: dict[Json, list[int]] = {}  # by what equal elements have in common: long lists in linear time
    for index, other in enumerate(after):
        alike.setdefault(_likeness(other), []).append(index)
    found = set()
    for index, one in enumerate(before):
        among = alike.get(_likeness(one), [])
        match = next((place for place in among[:_MANY] if are_equal(one, after[place])), None)
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
