"""Which resource that goes is one that comes."""

from __future__ import annotations

from cdkguard.renames import Candidate, matches

TABLE = "AWS::DynamoDB::Table"


def one(logical_id, path=None, kind=TABLE, stack="Shop", **properties):
    return Candidate(stack, logical_id, kind, path or logical_id, {"Type": kind, "Properties": properties})


def paired(gone, come):
    return {(a.logical_id, b.logical_id) for a, b in matches(gone, come)}


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
