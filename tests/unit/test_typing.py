"""Named tuples that are made without `typing` and `collections` behave as theirs do."""

import copy
import pickle
from collections import namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard._typing import NamedTuple


class Place(NamedTuple):
    """A record with a default, a property and a method."""

    file: str
    line: int = 1

    @property
    def label(self):
        return f"{self.file}:{self.line}"

    def moved(self, lines):
        return self._replace(line=self.line + lines)


class Empty(NamedTuple):
    """A record of nothing."""

    __annotations__ = {}


Model = namedtuple("Model", "file line", defaults=[1])
CALLS = st.tuples(st.lists(st.integers(), max_size=3), st.dictionaries(st.sampled_from(["file", "line", "other"]), st.integers(), max_size=3))  # fmt: skip


def result(kind, call):
    args, kwargs = call
    try:
        return tuple(kind(*args, **kwargs))
    except TypeError:
        return "refused"


@given(CALLS)
def test_calls_are_taken_and_refused_as_those_of_namedtuple(call):
    assert result(Place, call) == result(Model, call)


@given(CALLS)
def test_replacing_is_as_that_of_namedtuple(call):
    def replaced(kind):
        try:
            return tuple(kind("a", 2)._replace(**call[1]))
        except (TypeError, ValueError):
            return "refused"

    assert replaced(Place) == replaced(Model)


def test_the_first_and_later_ones_are_alike():
    class Fresh(NamedTuple):
        value: int

    first = Fresh(1)
    assert (first, first.value, Fresh(1), Fresh(value=1)) == ((1,), 1, first, first)


def test_a_first_call_that_is_refused_leaves_the_class_usable():
    class Fresh(NamedTuple):
        value: int

    with pytest.raises(TypeError):
        Fresh()
    assert Fresh(2).value == 2


def test_what_records_offer():
    place = Place("app.py", 3)
    assert (place.label, place.moved(2).line, repr(place)) == ("app.py:3", 5, "Place(file='app.py', line=3)")
    assert Place._fields == Place.__match_args__ == ("file", "line") and Place._field_defaults == {"line": 1}
    assert place._asdict() == {"file": "app.py", "line": 3} and Place._make(["x", 1]) == ("x", 1)
    assert Place.__name__ == "Place" and Place.__module__ == __name__ and "default" in Place.__doc__
    with pytest.raises(AttributeError):
        place.line = 4
    with pytest.raises(AttributeError):
        place.other = 4
    with pytest.raises(TypeError):
        Place._make(["x"])


def test_they_are_copied_and_sent_to_other_processes():
    place = Place("app.py", 3)
    for other in (copy.copy(place), copy.deepcopy(place), pickle.loads(pickle.dumps(place))):
        assert other == place and type(other) is Place


def test_they_match_by_position_and_keyword():
    match Place("app.py", 3):
        case Place(file, line=3):
            assert file == "app.py"
        case _:
            raise AssertionError


def test_a_record_without_fields():
    assert Empty() == () and repr(Empty()) == "Empty()"
