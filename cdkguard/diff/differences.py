"""Where two comparable values differ, by CloudFormation's own notion of equal values."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.template.values import ABSENT, Deferred, scalar_text
from cdkguard.text.regexes import lazy_pattern

IF = "Fn::If"  # A value that hangs on an unknown condition is {IF: [the condition's text, value if true, value if false]}.
NO_VALUE = {"Ref": "AWS::NoValue"}  # Stands in such a value for nothing.
_MANY_ALIKE = 200  # Among so many similar elements an equal one is looked for; lists of more would take for ever.
_WHOLE_NUMBER = lazy_pattern(r"(-?\d+)\.0+\Z")

Path = tuple[str | int, ...]
Difference = tuple[Path, Json, Json]  # The path, the value before, the value after.


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
    both_are_numbers = all(type(value) in (int, float) for value in (one, other))
    return text == other_text or (both_are_numbers and bool(one == other))


def find_differences(before: Json, after: Json, path: Path = ()) -> Iterator[Difference]:
    """The smallest parts that differ; ABSENT stands for a part that one side does not have.

    Lists of one length are compared element by element; in others each element is added, removed or unchanged.
    """
    if isinstance(before, dict) and isinstance(after, dict) and IF not in before and IF not in after:
        for key in {**before, **after}:
            yield from find_differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) == len(after):
            for index, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from find_differences(one, other, (*path, index))
        else:
            yield from _find_moved_elements(before, after, path)
    elif not are_equal(before, after):
        yield path, before, after


def _find_moved_elements(before: list[Json], after: list[Json], path: Path) -> Iterator[Difference]:
    """The elements that were removed, then those that were added; a change of their order is no difference."""
    # Only elements with equal keys are compared with each other, so that long lists take linear time.
    places: dict[Json, list[int]] = {}
    for index, other in enumerate(after):
        places.setdefault(_make_key(other), []).append(index)

    unchanged = set()
    for index, one in enumerate(before):
        candidates = places.get(_make_key(one), [])
        match = next((place for place in candidates[:_MANY_ALIKE] if are_equal(one, after[place])), None)
        if match is None:
            yield (*path, index), one, ABSENT
        else:
            candidates.remove(match)
            unchanged.add(match)

    for index, other in enumerate(after):
        if index not in unchanged:
            yield (*path, index), ABSENT, other


def _make_key(value: Json) -> Json:
    """A hashable key that values have in common whenever `are_equal` holds of them; others may share it, too."""
    if isinstance(value, dict):
        return frozenset((key, _make_key(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(map(_make_key, value))
    if isinstance(value, Deferred) or value is ABSENT:
        return value
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else scalar_text(value)
    return text if text is None else _WHOLE_NUMBER.sub(r"\1", text)
