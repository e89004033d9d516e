"""What `cdkguard diff` calls deleted for good is a finding of `check --against` in production, by the default rules."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.model import Change
from cdkguard.outputs.diff.common import FATES, describe_change
from tests.support.changes import SETS, judged
from tests.support.paths import ROOT

REPLACING = json.loads((ROOT / "cdkguard/data/replacement.json").read_text())
STORES = sorted(frozenset().union(*(SETS[name] for name in SETS if name.startswith("stateful"))))
OTHERS = ["AWS::SNS::Topic", "AWS::S3::BucketPolicy", "AWS::ECS::TaskDefinition", "AWS::IAM::Role", "AWS::EKS::Cluster"]
POLICIES = ({}, {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}, {"DeletionPolicy": "Snapshot", "UpdateReplacePolicy": "Snapshot"})  # fmt: skip
TOPIC = {"Kept": {"Type": "AWS::SNS::Topic"}}


def is_called_lost(change: Change) -> bool:
    return any(FATES["destroyed"] in text for text in describe_change(change))


def assert_told(report):
    """Each change that the diff calls so has a finding of its own."""
    told = {f.logical_id for f in report.active if f.impact}
    called = {c.logical_id: c for c in report.changes if is_called_lost(c)}
    assert {k: (c.resource_type, c.impact) for k, c in called.items() if k not in told} == {}
    return called


def body(kind, policies, **properties):
    return {"Type": kind, **policies, "Properties": properties}


@pytest.mark.parametrize("policies", POLICIES)
def test_what_is_removed(tmp_path, policies):
    before = {f"It{n}": body(kind, policies) for n, kind in enumerate([*STORES, *OTHERS])}
    called = assert_told(judged(tmp_path, {**before, **TOPIC}, TOPIC))
    assert len(called) > 50


@pytest.mark.parametrize("policies", POLICIES)
@pytest.mark.parametrize(("row", "given"), [(0, "a"), (1, "a"), (0, {"Ref": "Name"})])
def test_what_is_replaced(tmp_path, policies, row, given):
    """By each property in turn that replaces, or may; the last time by the Default of a parameter."""
    before, after = {}, {}
    for kind in [*STORES, *OTHERS]:
        for path in REPLACING.get(kind, [[], []])[row : row + 1] or [[]]:
            for name in (n for n in path if n.isalnum()):
                key = f"It{len(before)}"
                before[key] = body(kind, policies, **{name: given})
                after[key] = body(kind, policies, **{name: "b" if given == "a" else given})
    sides = [{"Resources": side, "Parameters": {"Name": {"Type": "String", "Default": value}}} for side, value in ((before, "a"), (after, "b"))]  # fmt: skip
    assert_told(judged(tmp_path, *sides))


KINDS = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::SQS::Queue", "AWS::Kinesis::Stream",
         "AWS::ECR::Repository", "AWS::Cognito::UserPool", "AWS::SecretsManager::Secret", "AWS::EFS::FileSystem"]  # fmt: skip
NAMES = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName", "AWS::Kinesis::Stream": "Name"}
RESOURCE = st.builds(
    lambda kind, policies, name, protected: body(
        kind,
        policies,
        **({NAMES[kind]: name} if kind in NAMES and name else {}),
        **({"DeletionProtectionEnabled": protected} if protected is not None else {}),
    ),
    st.sampled_from(KINDS),
    st.sampled_from([*POLICIES, {"DeletionPolicy": "Retain"}, {"UpdateReplacePolicy": "Retain"}]),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from([None, True, "false", {"Ref": "AWS::StackName"}]),
)
SIDE = st.dictionaries(st.sampled_from(["One", "Two", "Three"]), RESOURCE)


@settings(max_examples=25)
@given(before=SIDE, after=SIDE)
def test_whatever_changes(tmp_path_factory, before, after):
    assert_told(judged(tmp_path_factory.mktemp("sides"), {**before, **TOPIC}, {**after, **TOPIC}))
