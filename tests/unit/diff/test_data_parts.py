"""Parts of a resource that go though the resource stays."""

from __future__ import annotations

import pytest

from cdkguard.diff.data_parts import find_lost_parts
from cdkguard.template.values import Deferred

UNKNOWN = Deferred("parameter", {"Ref": "P"}, "P")
GLOBAL, CACHE = "AWS::DynamoDB::GlobalTable", "AWS::ElastiCache::ReplicationGroup"
EU, US = {"Region": "eu-west-1"}, {"Region": "us-east-1"}


def either(yes, no):
    return {"Fn::If": ["c", yes, no]}


NO_VALUE = {"Ref": "AWS::NoValue"}
CASES = [
    ("one goes", GLOBAL, {"Replicas": [EU, US]}, {"Replicas": [EU]}, [("replica in us-east-1", True)]),
    ("another order", GLOBAL, {"Replicas": [EU, US]}, {"Replicas": [US, EU]}, []),
    ("all go", GLOBAL, {"Replicas": [EU]}, {}, [("replica in eu-west-1", True)]),
    ("not known any more", GLOBAL, {"Replicas": [EU]}, {"Replicas": UNKNOWN}, [("replica in eu-west-1", False)]),
    ("stays in one branch", GLOBAL, {"Replicas": [EU, US]}, {"Replicas": [EU, either(US, NO_VALUE)]}, [("replica in us-east-1", False)]),
    ("stays in both branches", GLOBAL, {"Replicas": [EU]}, {"Replicas": either([EU, US], [EU])}, []),
    ("was there in one branch", GLOBAL, {"Replicas": either([EU, US], [EU])}, {"Replicas": [EU]}, [("replica in us-east-1", False)]),
    ("fewer", CACHE, {"NumNodeGroups": 3}, {"NumNodeGroups": "1"}, [("2 node groups of 3", True)]),
    ("more", CACHE, {"NumNodeGroups": 1}, {"NumNodeGroups": 3}, []),
    ("default", CACHE, {"NumNodeGroups": 2}, {}, [("1 node group of 2", True)]),
    ("perhaps fewer", CACHE, {"NumNodeGroups": 3}, {"NumNodeGroups": UNKNOWN}, [("perhaps node groups of 3", False)]),
    ("perhaps fewer than before", CACHE, {"NumNodeGroups": UNKNOWN}, {"NumNodeGroups": 2}, [("perhaps node groups", False)]),
    ("as little known as before", CACHE, {"NumNodeGroups": UNKNOWN}, {"NumNodeGroups": UNKNOWN}, []),
    ("another type", "AWS::SQS::Queue", {"Replicas": [EU]}, {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "before", "after", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_lost_parts(kind, before, after, expected):
    found = find_lost_parts(kind, {"Type": kind, "Properties": before}, {"Type": kind, "Properties": after})
    assert [(part.text, part.certain) for part in found] == expected


def test_a_switch_is_no_number():
    assert not [*find_lost_parts(CACHE, {"Type": CACHE, "Properties": {"NumNodeGroups": True}}, {"Type": CACHE, "Properties": {"NumNodeGroups": False}})]  # fmt: skip
    assert not [*find_lost_parts(CACHE, {"Type": CACHE, "Properties": {"NumNodeGroups": True}}, {"Type": CACHE, "Properties": {"NumNodeGroups": 0}})]  # fmt: skip
