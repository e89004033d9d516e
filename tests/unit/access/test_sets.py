"""What a statement says of its actions, resources and principals, as sets."""

import pytest

from cdkguard.access.patterns import make_pattern
from cdkguard.access.sets import NameSet, is_subset, may_intersect
from cdkguard.template.values import Deferred
from tests.support.access import PARAMETER

TABLE = Deferred("resource", {"Ref": "Table"}, "Table")


def item(*values, negated=False):
    return NameSet(tuple(make_pattern(v) for v in values), negated)


@pytest.mark.parametrize(
    "narrow, wide, expected",
    [
        (item("a"), item("a", "b"), True),
        (item("a", "c"), item("a", "b"), False),
        (item("a"), item("b", negated=True), True),
        (item("a"), item("a", negated=True), False),
        (item("a*"), item("ab", negated=True), False),
        (item(PARAMETER), item("b", negated=True), None),
        (item("b"), item(PARAMETER, negated=True), None),
        (item(PARAMETER), item(PARAMETER, negated=True), False),
        (item("a", negated=True), item("*"), True),
        (item("a", negated=True), item("b"), False),
        (item("a", "b", negated=True), item("a", negated=True), True),
        (item("a", negated=True), item("a", "b", negated=True), False),
        (item(TABLE), item("b", negated=True), True),
    ],
)
def test_items(narrow, wide, expected):
    assert is_subset(narrow, wide) is expected


def test_what_may_be_both():
    assert may_intersect(item("a*"), item("*b"))
    assert not may_intersect(item("a"), item("b"))
    assert may_intersect(item("a", negated=True), item("b", negated=True))
    assert not may_intersect(item("a", negated=True), item("a"))
    assert not may_intersect(item("a"), item("a*", negated=True))
    assert may_intersect(item("b"), item("a", negated=True))
    assert may_intersect(item("a", negated=True), item("b"))


def test_items_in_words():
    assert item("a", "b", "c").render() == "a, b, c"
    assert item("a", "b", "c", "d").render() == "a, b, c, ..."
    assert item("a", negated=True).render() == "everything but a"
