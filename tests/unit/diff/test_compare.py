"""Two assemblies -> changes: impacts, fates, details, and the laws that hold for any pair."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.diff.compare import compare_stacks, find_destroy_changes
from cdkguard.diff.sides import Sides
from cdkguard.template.stack_scopes import StackScopes
from tests.support.changes import TABLES, compare, find_change, impacts, stack

TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}}
RETAIN = {"DeletionPolicy": "Retain"}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}}


def test_another_type_is_a_replacement_that_loses_data():
    change = find_change(compare({"It": TABLE}, {"It": QUEUE}))
    assert (change.impact, change.detail, change.stateful) == ("WILL_REPLACE", ("type-changed",), True)


# -- nested stacks


def make_nested(resources, **policies):
    root = stack({"Data": {"Type": "AWS::CloudFormation::Stack", **policies}, "Q": QUEUE}, "Root")
    return [root, stack(resources, "Root/Data", parent=root, at="Data")]


@pytest.mark.parametrize(
    ("own", "parents", "impact"),
    [({}, {}, "WILL_DESTROY"), (RETAIN, {}, "WILL_ORPHAN"), ({}, RETAIN, "WILL_ORPHAN")],
)
def test_a_removed_nested_stack(own, parents, impact):
    changes = impacts(compare(make_nested({"It": {**TABLE, **own}}, **parents), [stack({"Q": QUEUE}, "Root")]))
    assert changes["It"] == impact


def test_a_nested_stack_that_was_not_read():
    root = {"Data": {"Type": "AWS::CloudFormation::Stack"}, "Q": QUEUE}
    change = find_change(compare(root, {"Q": QUEUE}))
    assert (change.fate, change.stateful) == ("unknown", True)


def test_cdk_destroy_takes_what_its_policies_leave():
    stacks = make_nested({"It": TABLE, "Kept": {**TABLE, **RETAIN}})
    found = {c.logical_id: c.impact for c in find_destroy_changes(stacks, TABLES, StackScopes())}
    assert found == {"Data": "WILL_DESTROY", "Q": "WILL_DESTROY", "It": "WILL_DESTROY", "Kept": "WILL_ORPHAN"}


# -- laws

SCALARS = (
    st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "a", "b", "a" * 64, "${It}", "AWS::NoValue", "It", "P", "C"])
)
KEYS = st.sampled_from(
    ["TableName", "Replicas", "Region", "Ref", "Fn::If", "Fn::Sub", "Fn::GetAtt", "Fn::Join", "x", "ShardCount"]
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
TYPES = st.sampled_from(["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::RDS::DBInstance", "AWS::Kinesis::Stream",
                         "AWS::S3::Bucket", "AWS::CloudFormation::Stack", "AWS::AutoScaling::AutoScalingGroup", "Custom::X"])  # fmt: skip
RESOURCES = st.fixed_dictionaries(
    {"Type": TYPES},
    optional={"Properties": st.dictionaries(KEYS, VALUES, max_size=4) | VALUES, "DeletionPolicy": VALUES, "Condition": VALUES,
              "UpdateReplacePolicy": VALUES, "DependsOn": VALUES, "Metadata": VALUES, "UpdatePolicy": VALUES},
)  # fmt: skip
TEMPLATES = st.fixed_dictionaries(
    {"Resources": st.dictionaries(st.sampled_from(["It", "A", "B", "New"]), RESOURCES, max_size=4)},
    optional={"Parameters": st.just({"P": {"Type": "String"}}), "Conditions": st.dictionaries(st.just("C"), VALUES)},
)


def make_stacks(template):
    return [stack(template["Resources"], **{k: v for k, v in template.items() if k != "Resources"})]


def reverse_keys(value):
    """The same value with every mapping's keys in reverse."""
    if isinstance(value, dict):
        return {k: reverse_keys(v) for k, v in reversed(value.items())}
    return [reverse_keys(v) for v in value] if isinstance(value, list) else value


@settings(max_examples=100, deadline=None)
@given(TEMPLATES)
def test_nothing_changes_between_a_template_and_itself(template):
    assert not compare(make_stacks(template), make_stacks(copy.deepcopy(template)))


@settings(max_examples=150, deadline=None)
@given(TEMPLATES, TEMPLATES)
def test_any_two_templates_can_be_compared_and_order_is_irrelevant(one, other):
    found = compare(make_stacks(one), make_stacks(other))
    again = compare(make_stacks(reverse_keys(one)), make_stacks(reverse_keys(other)))
    assert sorted((c.logical_id, c.impact, c.token) for c in found) == sorted(
        (c.logical_id, c.impact, c.token) for c in again
    )


@settings(max_examples=60, deadline=None)
@given(TEMPLATES, TEMPLATES)
def test_what_goes_one_way_comes_the_other_way(one, other):
    there, back = (
        {c.logical_id: c.impact for c in compare(make_stacks(a), make_stacks(b)) if c.logical_id}
        for a, b in ((one, other), (other, one))
    )
    gone = {k for k, v in there.items() if v in ("WILL_DESTROY", "WILL_ORPHAN")}
    assert gone == {k for k, v in back.items() if v == "WILL_CREATE"}


def test_both_sides_may_share_their_values():
    stacks, scopes = [stack({"It": TABLE})], StackScopes()
    assert not compare_stacks(stacks, stacks, TABLES, Sides(scopes, scopes))


def test_another_template_of_a_product_is_no_noise():
    def side(digit):
        url = f"https://s3.eu-west-1.amazonaws.com/assets/{digit * 64}.json"
        artifact = {"Info": {"LoadTemplateFromURL": url}}
        properties = {"ProvisioningArtifactParameters": [artifact]}
        return {"It": {"Type": "AWS::ServiceCatalog::CloudFormationProduct", "Properties": properties}}

    assert impacts(compare(side("a"), side("b"))) == {"It": "WILL_UPDATE"}
