"""The values of one resource that change, and which changes are noise."""

from __future__ import annotations

from tests.support.changes import compare, find_change

TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}}


def test_numbers_compare_as_cloudformation_does():
    def side(value):
        return {"It": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": value, "FifoQueue": True}}}

    assert not compare(side(30), side("30"))
    assert compare(side("5.10"), side("5.1"))


def test_dependencies_have_no_order():
    assert not compare({"It": {**QUEUE, "DependsOn": ["A", "B"]}}, {"It": {**QUEUE, "DependsOn": ["B", "A"]}})
    assert not compare({"It": {**QUEUE, "DependsOn": "A"}}, {"It": {**QUEUE, "DependsOn": ["A"]}})
    assert not compare(
        {"It": {**QUEUE, "DependsOn": [{"a": 1, "b": 2}]}}, {"It": {**QUEUE, "DependsOn": [{"b": 2, "a": 1}]}}
    )


def test_metadata_is_noise():
    (change,) = compare({"It": {**TABLE, "Metadata": {"a": 1}}}, {"It": {**TABLE, "Metadata": {"a": 2}}})
    assert (change.noise, change.detail, change.impact) == (True, ("metadata",), "WILL_UPDATE")


def test_a_new_asset_of_what_it_replaces_is_no_noise():
    def side(letter):
        return {"It": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": f"x/{letter * 64}", "UserData": "u"}}}

    change = find_change(compare(side("a"), side("b")))
    assert change.impact == "WILL_REPLACE"


def test_metadata_beside_a_change_hides_nothing():
    after = {**TABLE, "Metadata": {"a": 2}, "Properties": {**TABLE["Properties"], "TableName": "x"}}
    assert find_change(compare({"It": {**TABLE, "Metadata": {"a": 1}}}, {"It": after})).impact == "WILL_REPLACE"


def test_what_becomes_metadata_is_no_noise():
    assert not find_change(compare({"It": TABLE}, {"It": {"Type": "AWS::CDK::Metadata"}})).noise
