"""The values of both sides: which are equal, and what parameters, mappings and places have to do with it."""

from __future__ import annotations

import pytest

from tests.support.changes import compare, find_change, impacts, stack

TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}}


def table_named(value, **sections):
    return [stack({"It": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": value}}}, **sections)]


EQUAL = [
    ("a Ref of equal value", table_named("a"), table_named({"Ref": "P"}, Parameters={"P": {"Type": "String", "Default": "a"}})),
    ("a Sub of equal value", table_named("a-eu-west-1"), table_named({"Fn::Sub": "a-${AWS::Region}"}, region="eu-west-1")),
    ("a mapping of equal value", table_named("a"), table_named({"Fn::FindInMap": ["M", "x", "y"]}, Mappings={"M": {"x": {"y": "a"}}})),
    ("GetAtt as text", table_named({"Fn::GetAtt": ["T", "Arn"]}), table_named({"Fn::GetAtt": "T.Arn"})),
    ("Join and Sub", table_named({"Fn::Join": ["-", ["a", {"Ref": "T"}]]}), table_named({"Fn::Sub": "a-${T}"})),
    ("a condition that holds", table_named("a"), table_named({"Fn::If": ["C", "a", "b"]}, Conditions={"C": {"Fn::Equals": [1, "1"]}})),
    ("NoValue", table_named("a"), [stack({"It": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "a", "Tags": {"Ref": "AWS::NoValue"}}}})]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [c[1:] for c in EQUAL], ids=[c[0] for c in EQUAL])
def test_equal_values_are_no_change(before, after):
    sides = [[side[0]._replace(region="eu-west-1"), *side[1:]] for side in (before, after)]
    assert not compare(*sides)


def test_a_mapping_counts_where_only_the_deployment_knows_the_key():
    def side(value, other="x", **more):
        rows = {"eu-west-1": {"Name": value, "Other": other}, "us-east-1": {"Name": "b"}, **more}
        return table_named({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "Name"]}, Mappings={"M": rows})

    assert impacts(compare(side("a"), side("c"))) == {"It": "WILL_REPLACE"}
    assert not compare(side("a"), side("a", other="y"))
    assert not compare(side("a"), side("a", new={"Name": "c"}))  # where it was not, nothing was deployed


def parameter(default, kind="String"):
    return {"Parameters": {"P": {"Type": kind, "Default": default}}}


def test_a_new_default_may_be_taken():
    change = find_change(
        compare(table_named({"Ref": "P"}, **parameter("a")), table_named({"Ref": "P"}, **parameter("b")))
    )
    assert (change.impact, change.detail) == ("MAY_REPLACE", ("parameter-default",))


def test_an_old_default_may_be_kept():
    """With the new Default the value stays, but what runs may keep the old one."""
    change = find_change(compare(table_named("b", **parameter("a")), table_named({"Ref": "P"}, **parameter("b"))))
    assert (change.impact, change.detail) == ("MAY_REPLACE", ("parameter-kept",))


def test_another_place_in_the_parameter_store_is_another_value():
    kind = "AWS::SSM::Parameter::Value<String>"
    change = find_change(
        compare(table_named({"Ref": "P"}, **parameter("/a", kind)), table_named({"Ref": "P"}, **parameter("/b", kind)))
    )
    assert change.impact == "WILL_REPLACE"
    assert not compare(
        table_named({"Ref": "P"}, **parameter("/a", kind)), table_named({"Ref": "P"}, **parameter("/a", kind))
    )


def test_a_mapping_row_of_one_side_changes_no_resource_that_holds_a_nested_stack():
    def side(*regions):
        by_region = {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "Size"]}
        nested = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": "x", "Parameters": {"P": by_region}},
        }
        parent = stack({"Nest": nested}, Mappings={"M": {region: {"Size": "big"} for region in regions}})
        return [
            parent,
            stack({"It": TABLE}, "Shop/Nest", parent=parent, at="Nest", Parameters={"P": {"Type": "String"}}),
        ]

    assert not compare(side("eu-west-1"), side("eu-west-1", "us-east-1"))


@pytest.mark.parametrize(
    ("value", "before", "after"),
    [
        ({"Fn::FindInMap": ["M", "x", "y"]}, {"Mappings": {"M": {"x": {"y": "a"}}}}, {"Mappings": {"M": {"x": {"y": "b"}}}}),
        ({"Fn::If": ["C", "a", "b"]}, {"Conditions": {"C": {"Fn::Equals": [1, 1]}}}, {"Conditions": {"C": {"Fn::Equals": [1, 2]}}}),
        ({"Fn::ImportValue": {"Fn::FindInMap": ["M", "x", "y"]}}, {"Mappings": {"M": {"x": {"y": "a"}}}}, {"Mappings": {"M": {"x": {"y": "b"}}}}),
    ],
    ids=["mapping", "condition", "import by a mapping"],
)  # fmt: skip
def test_another_effective_value_is_a_change(value, before, after):
    assert find_change(compare(table_named(value, **before), table_named(value, **after))).impact == "WILL_REPLACE"
