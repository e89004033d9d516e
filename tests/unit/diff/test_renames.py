"""Which resource that goes is one that comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.diff import renames
from cdkguard.diff.renames import match_renames
from cdkguard.model import Change
from tests.support.changes import stack

TABLE = "AWS::DynamoDB::Table"


SHOP = stack({}, "Shop")


def one(logical_id, path=None, kind=TABLE, **properties):
    body = {"Type": kind, "Properties": properties}
    return Change("WILL_CREATE", SHOP, logical_id, kind, path or logical_id, after=body)


def paired(gone, come):
    return {(a.logical_id, b.logical_id) for a, b in match_renames(gone, come)}


BODY = {"Mode": "X", "Name": "orders", "Ttl": 5, "Keys": ["a", "b"]}


def test_equal_values_are_the_same_resource():
    assert paired([one("A", **BODY)], [one("B", **BODY)]) == {("A", "B")}


def test_one_of_many_values_may_differ():
    assert paired([one("A", **BODY)], [one("B", **{**BODY, "Ttl": 6, "More": 1})]) == set()
    assert paired([one("A", **BODY)], [one("B", **{**BODY, "More": 1})]) == {("A", "B")}


def test_another_type_is_another_resource():
    assert not paired([one("A", **BODY)], [one("B", kind="AWS::S3::Bucket", **BODY)])


def test_the_construct_path_decides_between_twins():
    gone = [one("A1", "Shop/Old/Orders/Resource"), one("A2", "Shop/Old/Users/Resource")]
    come = [one("B2", "Shop/New/Users/Resource"), one("B1", "Shop/New/Orders/Resource")]
    assert paired(gone, come) == paired(gone[::-1], come[::-1]) == {("A1", "B1"), ("A2", "B2")}


def test_each_is_in_one_pair_at_most():
    gone, come = [one("A", **BODY), one("B", **BODY)], [one("C", **BODY)]
    assert len(paired(gone, come)) == 1


def test_many_of_one_type_are_matched_by_equal_values():
    gone = [one(f"A{i}", Name=f"n{i}", Ttl=i) for i in range(30)]
    come = [one(f"B{i}", Name=f"n{i}", Ttl=i) for i in range(30)]
    assert paired(gone, come) == {(f"A{i}", f"B{i}") for i in range(30)}


@pytest.mark.parametrize("count", [2, 30])
def test_a_resource_that_goes_is_one_that_comes_at_most(count):
    gone, come = [one("A", **BODY)], [one(f"C{i}", **BODY) for i in range(count)]
    assert len(paired(gone, come)) == len(paired(come, gone)) == 1


PARTS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4)
SIDES = st.lists(st.tuples(PARTS, st.sampled_from([{}, {"Ttl": 1}, {"Ttl": 2}])), max_size=6)


@given(SIDES, SIDES)
def test_each_side_is_used_once_and_pairs_are_alike(olds, news):
    def side(name, rows):
        return [one(f"{name}{i}", "/".join(path), **values) for i, (path, values) in enumerate(rows)]

    found = list(match_renames(side("A", olds), side("B", news)))
    assert all(a.logical_id[0] == "A" and b.logical_id[0] == "B" and a.after == b.after for a, b in found)
    assert len({a.logical_id for a, _ in found}) == len({b.logical_id for _, b in found}) == len(found)
    for values in ({"Ttl": 1}, {"Ttl": 2}):  # what has values finds a partner as long as there is one
        counts = [sum(v == values for _path, v in rows) for rows in (olds, news)]
        assert sum(a.after["Properties"] == values for a, _ in found) == min(counts)


@given(PARTS, PARTS)
def test_how_near_two_paths_are(one_path, other_path):
    near = renames._compare_paths("/".join(one_path), "/".join(other_path))
    assert near == renames._compare_paths("/".join(other_path), "/".join(one_path))
    assert 0 <= near <= 1 and (near == 1) == (one_path == other_path)


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [("a/b/c", "a/x/c", 2 / 3), ("a/b", "a/b/c", 2 / 3), ("a/b/c", "b/c", 2 / 3), ("a", "b", 0), ("a/b/c/d", "a/c/d", 3 / 4), ("a/a", "a", 1 / 2)],
)  # fmt: skip
def test_a_path_is_compared_from_both_ends(old, new, near):
    assert renames._compare_paths(old, new) == near


def test_empty_resources_are_the_same_only_where_nothing_else_could_be():
    assert paired([one("A", "x/y")], [one("B", "p/q")]) == {("A", "B")}
    assert paired([one("A", "x/y"), one("C", "x/z")], [one("B", "p/q")]) == set()
    assert paired([one("A", "x/y"), one("C", "r/s")], [one("B", "x/q")]) == {("A", "B")}


def test_very_many_equal_ones_are_taken_in_their_order():
    gone, come = [one(f"A{i:03}", **BODY) for i in range(201)], [one(f"B{i:03}", **BODY) for i in range(201)]
    assert paired(gone, come) == {(f"A{i:03}", f"B{i:03}") for i in range(201)}
