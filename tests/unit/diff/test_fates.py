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


# -- what CloudFormation or the service refuses

REFUSED_DELETIONS = [
    ("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": True}, {}, "protected"),
    ("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": "true"}, {}, "protected"),
    ("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": False}, {}, "destroyed"),
    ("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": {"Ref": "P"}}, {}, "unknown"),
    ("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": {"Fn::If": ["C", True, False]}}, {}, "unknown"),
    ("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": {"Fn::If": ["C", True, "true"]}}, {}, "protected"),
    ("AWS::DynamoDB::Table", {"DeletionProtectionEnabled": True}, RETAIN, "retained"),
    (
        "AWS::DynamoDB::GlobalTable",
        {"Replicas": [{"Region": "a"}, {"DeletionProtectionEnabled": True}]},
        {},
        "protected",
    ),
    ("AWS::DynamoDB::GlobalTable", {"Replicas": [{"Region": "a"}]}, {}, "destroyed"),
    ("AWS::RDS::DBInstance", {"DeletionProtection": True}, {}, "protected"),
    ("AWS::RDS::DBInstance", {"DeletionProtection": False}, {}, "snapshot"),
    ("AWS::Cognito::UserPool", {"DeletionProtection": "ACTIVE"}, {}, "protected"),
    ("AWS::Cognito::UserPool", {"DeletionProtection": "INACTIVE"}, {}, "destroyed"),
    ("AWS::DSQL::Cluster", {}, {}, "protected"),
    ("AWS::DSQL::Cluster", {"DeletionProtectionEnabled": False}, {}, "destroyed"),
    ("AWS::OpenSearchServerless::Collection", {"DeletionProtection": "ENABLED"}, {}, "protected"),
    ("AWS::VerifiedPermissions::PolicyStore", {"DeletionProtection": {"Mode": "ENABLED"}}, {}, "protected"),
    ("AWS::VerifiedPermissions::PolicyStore", {"DeletionProtection": {"Ref": "P"}}, {}, "unknown"),
    ("AWS::AutoScaling::AutoScalingGroup", {"DeletionProtection": "prevent-force-deletion"}, {}, "destroyed"),
    ("AWS::AutoScaling::AutoScalingGroup", {"DeletionProtection": "prevent-all-deletion"}, {}, "protected"),
    ("AWS::S3::Bucket", {}, {}, "if-empty"),
    ("AWS::ECR::Repository", {}, {}, "if-empty"),
    ("AWS::ECR::Repository", {"EmptyOnDelete": "false"}, {}, "if-empty"),
    ("AWS::ECR::Repository", {"EmptyOnDelete": True}, {}, "destroyed"),
    ("AWS::ECR::Repository", {"EmptyOnDelete": {"Ref": "P"}}, {}, "destroyed"),
]


@pytest.mark.parametrize(("kind", "properties", "policies", "fate"), REFUSED_DELETIONS)
def test_a_deletion_that_the_service_refuses(kind, properties, policies, fate):
    sections = {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}}}
    before = [stack({"It": {"Type": kind, **policies, "Properties": properties}, "Q": QUEUE}, **sections)]
    assert find_change(compare(before, [stack({"Q": QUEUE}, **sections)])).fate == fate


@pytest.mark.parametrize(
    ("attributes", "fate"),
    [
        ([{"Key": "deletion_protection.enabled", "Value": "true"}], "protected"),
        ([{"Key": "idle_timeout.timeout_seconds", "Value": "true"}], "destroyed"),
        ([{"Key": "deletion_protection.enabled", "Value": {"Ref": "P"}}], "unknown"),
        ([], "destroyed"),
    ],
)
def test_the_deletion_protection_of_a_load_balancer(attributes, fate):
    kind, sections = "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Parameters": {"P": {"Type": "String"}}}
    before = [
        stack({"It": {"Type": kind, "Properties": {"LoadBalancerAttributes": attributes}}, "Q": QUEUE}, **sections)
    ]
    assert find_change(compare(before, [stack({"Q": QUEUE}, **sections)])).fate == fate


@pytest.mark.parametrize("target", [{"Ref": "It"}, {"Fn::Sub": "${It}"}])
def test_a_bucket_that_is_emptied_first_is_deleted(target):
    emptied = {"Type": "Custom::S3AutoDeleteObjects", "Properties": {"BucketName": target}}
    changes = compare({"It": {"Type": "AWS::S3::Bucket"}, "E": emptied, "Q": QUEUE}, {"Q": QUEUE})
    assert {c.logical_id: c.fate for c in changes} == {"It": "destroyed", "E": "destroyed"}


def test_the_protection_of_the_deployed_template_decides_on_a_replacement():
    def side(name, on):
        properties = {"TableName": name, "DeletionProtectionEnabled": on}
        return {"It": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}

    assert find_change(compare(side("a", True), side("b", False))).fate == "protected"
    assert find_change(compare(side("a", False), side("b", True))).fate == "destroyed"


def keyed(key, policies=RETAIN, **name):
    return {
        "It": {
            "Type": "AWS::DynamoDB::Table",
            **policies,
            "Properties": {**name, "KeySchema": [{"AttributeName": key}]},
        }
    }


NAMES = [
    ({"TableName": "a"}, {"TableName": "a"}, "refused"),
    ({"TableName": "a"}, {"TableName": "b"}, "destroyed"),
    ({"TableName": "a"}, {}, "destroyed"),
    ({}, {}, "destroyed"),
    ({"TableName": {"Ref": "P"}}, {"TableName": {"Ref": "P"}}, "refused"),
    ({"TableName": {"Fn::If": ["C", "a", {"Ref": "AWS::NoValue"}]}},) * 2 + ("destroyed",),
    ({"TableName": {"Fn::Sub": "a-${AWS::Region}"}}, {"TableName": {"Fn::Sub": "a-${AWS::Region}"}}, "refused"),
]


@pytest.mark.parametrize(("old", "new", "fate"), NAMES)
def test_the_replacement_of_a_resource_that_keeps_its_name_is_refused(old, new, fate):
    sections = {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}}}
    sides = [[stack(keyed(key, {}, **name), **sections)] for key, name in (("a", old), ("b", new))]
    change = find_change(compare(*sides))
    assert (change.impact, change.fate) == ("WILL_REPLACE", fate)
    assert change.has_detail("same-name") == (fate == "refused")


COPIES = [
    ("AWS::RDS::DBInstance", {"SourceDBInstanceIdentifier": "main"}, False),
    ("AWS::RDS::DBInstance", {"SourceDBInstanceIdentifier": "main", "UseLatestRestorableTime": True}, True),
    ("AWS::RDS::DBInstance", {"DBClusterIdentifier": "main"}, False),
    ("AWS::RDS::DBInstance", {}, True),
    ("AWS::ElastiCache::CacheCluster", {"Engine": "memcached"}, False),
    ("AWS::ElastiCache::CacheCluster", {"Engine": "redis"}, True),
]


@pytest.mark.parametrize(("kind", "properties", "expected"), COPIES)
def test_a_copy_is_no_data_of_its_own(kind, properties, expected):
    change = find_change(compare({"It": {"Type": kind, "Properties": properties}, "Q": QUEUE}, {"Q": QUEUE}))
    assert change.stateful == expected
