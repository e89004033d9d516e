"""What resource-based policies allow, before and after."""

import json

import pytest

from cdkguard.template.values import Deferred
from tests.support.access import FOREIGN, OWN, PUBLIC, body, compare, document, kinds, only, ref, text

GUARDED = {
    "AWS::S3::BucketPolicy": ("AWS::S3::Bucket", lambda d: {"Bucket": ref("T"), "PolicyDocument": d}),
    "AWS::SNS::TopicPolicy": ("AWS::SNS::Topic", lambda d: {"Topics": [ref("T")], "PolicyDocument": d}),
    "AWS::SNS::TopicInlinePolicy": ("AWS::SNS::Topic", lambda d: {"TopicArn": ref("T"), "PolicyDocument": d}),
    "AWS::SQS::QueuePolicy": ("AWS::SQS::Queue", lambda d: {"Queues": [ref("T")], "PolicyDocument": d}),
    "AWS::KMS::Key": (None, lambda d: {"KeyPolicy": d}),
    "AWS::ECR::Repository": (None, lambda d: {"RepositoryPolicyText": d}),
    "AWS::SecretsManager::ResourcePolicy": (
        "AWS::SecretsManager::Secret",
        lambda d: {"SecretId": ref("T"), "ResourcePolicy": d},
    ),
    "AWS::Events::EventBus": (None, lambda d: {"Policy": d}),
    "AWS::Events::EventBusPolicy": (
        "AWS::Events::EventBus",
        lambda d: {"EventBusName": ref("T"), "StatementId": "s", "Statement": d["Statement"][0]},
    ),
    "AWS::OpenSearchService::Domain": (None, lambda d: {"AccessPolicies": d}),
    "AWS::Backup::BackupVault": (None, lambda d: {"AccessPolicy": d}),
    "AWS::CodeArtifact::Repository": (None, lambda d: {"PermissionsPolicyDocument": d}),
    "AWS::MediaStore::Container": (None, lambda d: {"Policy": json.dumps(d)}),
    "AWS::S3::AccessPoint": (None, lambda d: {"Policy": d}),
    "AWS::S3Tables::TableBucketPolicy": (
        "AWS::S3Tables::TableBucket",
        lambda d: {"TableBucketARN": ref("T"), "ResourcePolicy": d},
    ),
    "AWS::DynamoDB::Table": (None, lambda d: {"ResourcePolicy": {"PolicyDocument": d}}),
    "AWS::Comprehend::EntityRecognizer": (None, lambda d: {"ModelPolicy": json.dumps(d)}),
    "AWS::ECR::RepositoryCreationTemplate": (None, lambda d: {"RepositoryPolicy": json.dumps(d)}),
    "AWS::DynamoDB::GlobalTable": (
        None,
        lambda d: {"Replicas": [{"Region": "eu-west-1", "ResourcePolicy": {"PolicyDocument": d}}]},
    ),
    "AWS::DSQL::Cluster": (None, lambda d: {"PolicyDocument": json.dumps(d)}),
    "AWS::BedrockAgentCore::ResourcePolicy": (
        "AWS::BedrockAgentCore::Runtime",
        lambda d: {"ResourceArn": ref("T", "AgentRuntimeArn"), "Policy": json.dumps(d)},
    ),
    "AWS::Lambda::ResourcePolicy": (
        "AWS::Lambda::Function",
        lambda d: {"ResourceArn": ref("T", "Arn"), "PolicyDocument": d},
    ),
}


def guarded(kind, statement):
    target, make = GUARDED[kind]
    found = {"P": body(kind, **make(document(statement)))}
    return found if target is None else {**found, "T": body(target)}


def test_another_organization():
    def side(*organizations):
        condition = {"StringEquals": {"aws:PrincipalOrgID": list(organizations)}}
        return guarded("AWS::S3::BucketPolicy", {**PUBLIC, "Condition": condition})

    found = only(side("o-1"), side("o-1", "o-2"))
    assert (found.kind, found.severity) == ("condition", "high")
    assert not compare(side("o-1", "o-2"), side("o-2"))


def test_a_condition_that_everybody_meets_binds_nobody():
    def bound(operator, value):
        statement = {**PUBLIC, "Condition": {operator: {"aws:PrincipalOrgID": value}}}
        return guarded("AWS::S3::BucketPolicy", statement)

    for operator, value in (("StringLike", "o-*"), ("StringEquals", "${aws:PrincipalOrgID}")):
        assert kinds(bound(operator, "o-1"), bound(operator, value)) == ["public"], value


@pytest.mark.parametrize("kind", GUARDED)
def test_a_resource_policy_that_opens(kind):
    mine = {**PUBLIC, "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}}
    foreign = {**PUBLIC, "Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:role/x"}}
    found = only(guarded(kind, mine), guarded(kind, PUBLIC))
    assert (found.logical_id, found.kind, found.severity) == ("P", "public", "critical")
    found = only(guarded(kind, mine), guarded(kind, foreign))
    assert (found.kind, found.severity) == ("cross-account", "high")
    assert kinds(guarded(kind, PUBLIC), guarded(kind, foreign)) == []
    bound = {**PUBLIC, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
    assert kinds(guarded(kind, bound), guarded(kind, PUBLIC)) == ["public"]
    assert kinds(guarded(kind, PUBLIC), guarded(kind, bound)) == []
    assert kinds({}, guarded(kind, PUBLIC)) == []


STREAM = {
    "AWS::DynamoDB::Table": lambda d: {"StreamSpecification": {"ResourcePolicy": {"PolicyDocument": d}}},
    "AWS::DynamoDB::GlobalTable": lambda d: {
        "Replicas": [{"Region": "eu-west-1", "ReplicaStreamSpecification": {"ResourcePolicy": {"PolicyDocument": d}}}]
    },
}


@pytest.mark.parametrize("kind", STREAM)
def test_a_policy_of_a_stream_that_opens(kind):
    def side(principal):
        statement = {"Effect": "Allow", "Principal": principal, "Action": "dynamodb:GetRecords", "Resource": "*"}
        return {"T": body(kind, **STREAM[kind](document(statement)))}

    found = only(side(OWN), side("*"))
    assert found.severity == "critical"
    assert "Stream" in found.path


def test_a_new_policy_on_a_bucket_that_was_there():
    found = only({"T": body("AWS::S3::Bucket")}, guarded("AWS::S3::BucketPolicy", PUBLIC))
    assert (found.kind, found.logical_id) == ("public", "P")


def test_a_removed_policy_takes_its_deny_along():
    enforce = {**PUBLIC, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    before = guarded("AWS::S3::BucketPolicy", enforce)
    found = only(before, {"T": before["T"]})
    assert (found.kind, found.logical_id, found.severity) == ("deny-removed", "P", "high")
    assert kinds(before, {}) == []
    assert kinds(before, {"T": before["T"], "Q": before["P"]}) == []


def test_the_own_root_in_a_key_policy_is_ordinary():
    mine = {**PUBLIC, "Principal": {"AWS": text("arn:aws:iam::", Deferred("pseudo", {}, "AWS::AccountId"), ":root")}}
    assert kinds({"P": body("AWS::KMS::Key")}, guarded("AWS::KMS::Key", mine)) == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::EC2::VPCEndpoint", "PolicyDocument"),
        ("AWS::EFS::FileSystem", "FileSystemPolicy"),
        ("AWS::ApiGateway::RestApi", "Policy"),
    ],
)
def test_types_that_are_open_without_a_policy(kind, name):
    mine = document({**PUBLIC, "Principal": {"AWS": OWN}})
    assert kinds({"P": body(kind, **{name: mine})}, {"P": body(kind)}) == ["public"]
    assert kinds({"P": body(kind)}, {"P": body(kind, **{name: mine})}) == []


@pytest.mark.parametrize(
    ("target", "plain", "names", "inline", "name"),
    [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "AWS::SQS::QueueInlinePolicy", "Queue"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics", "AWS::SNS::TopicInlinePolicy", "TopicArn"),
    ],
)
def test_an_inline_policy_adds_to_the_others_of_its_target(target, plain, names, inline, name):
    before = {"T": body(target), "P": body(plain, **{names: [ref("T")]}, PolicyDocument=document(PUBLIC))}
    moved = {"T": body(target), "P": body(inline, **{name: ref("T")}, PolicyDocument=document(PUBLIC))}
    assert kinds(before, moved) == [] and kinds({"T": body(target)}, moved) == ["public"]
