"""Deletion policies and update replace policies: what becomes of the resource that runs."""

from __future__ import annotations

import pytest

from tests.support.changes import compare, find_change, stack

TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}}


QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}}


RETAIN, SNAPSHOT = {"DeletionPolicy": "Retain"}, {"DeletionPolicy": "Snapshot"}


FATES = [
    ("AWS::DynamoDB::Table", {}, "WILL_DESTROY", "destroyed"),
    ("AWS::DynamoDB::Table", RETAIN, "WILL_ORPHAN", "retained"),
    ("AWS::DynamoDB::Table", {"DeletionPolicy": "RetainExceptOnCreate"}, "WILL_ORPHAN", "retained"),
    ("AWS::DynamoDB::Table", SNAPSHOT, "WILL_DESTROY", "destroyed"),
    ("AWS::RDS::DBCluster", {}, "WILL_DESTROY", "snapshot"),
    ("AWS::RDS::DBCluster", {"DeletionPolicy": "Delete"}, "WILL_DESTROY", "destroyed"),
    ("AWS::RDS::DBInstance", {}, "WILL_DESTROY", "snapshot"),
    ("AWS::RDS::DBInstance", {"Properties": {"DBClusterIdentifier": "c"}}, "WILL_DESTROY", "destroyed"),
    ("AWS::Neptune::DBCluster", SNAPSHOT, "WILL_DESTROY", "snapshot"),
    ("AWS::DynamoDB::Table", {"DeletionPolicy": {"Ref": "P"}}, "WILL_DESTROY", "unknown"),
    ("AWS::DynamoDB::Table", {"DeletionPolicy": {"Fn::If": ["C", "Retain", "Delete"]}}, "WILL_DESTROY", "unknown"),
]


@pytest.mark.parametrize(("kind", "more", "impact", "fate"), FATES)
def test_fate_of_a_removed_resource(kind, more, impact, fate):
    sections = {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}}}
    before = [stack({"It": {"Type": kind, **more}, "Q": QUEUE}, **sections)]
    change = find_change(compare(before, [stack({"Q": QUEUE}, **sections)]))
    assert (change.impact, change.fate) == (impact, fate)


@pytest.mark.parametrize("kind", ["AWS::RDS::DBInstance", "AWS::DocDB::DBCluster"])
def test_snapshot_on_replacement(kind):
    def side(zone):
        names = {"AWS::RDS::DBInstance": "DBName", "AWS::DocDB::DBCluster": "MasterUsername"}
        return {"It": {"Type": kind, "UpdateReplacePolicy": "Snapshot", "Properties": {names[kind]: zone}}}

    assert find_change(compare(side("a"), side("b"))).fate == ("snapshot" if "RDS" in kind else "destroyed")


def test_the_weaker_of_both_policies_decides_on_replacement():
    def side(name, policy):
        return {"It": {**TABLE, "UpdateReplacePolicy": policy, "Properties": {"TableName": name}}}

    assert find_change(compare(side("a", "Delete"), side("b", "Retain"))).fate == "destroyed"
    assert find_change(compare(side("a", "Retain"), side("b", "Delete"))).fate == "destroyed"
    assert find_change(compare(side("a", "Retain"), side("b", "Retain"))).fate == "retained"
