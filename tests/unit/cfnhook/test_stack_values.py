"""What a template takes from other stacks becomes a parameter, under one name in both templates."""

import copy

import pytest

from cdkguard.cfnhook.stack_values import name_stack_values

FIRST = {"Ref": "CdkguardStackValue0"}


def body(value, **more):
    return {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": value}}}, **more}


@pytest.mark.parametrize(
    "value, named",
    [
        ({"Fn::ImportValue": "n"}, FIRST),
        ({"Fn::ImportValue": {"Fn::Sub": "${Net}-vpc"}}, FIRST),
        ({"Fn::GetAtt": ["N", "Outputs.A"]}, FIRST),
        ({"Fn::GetAtt": "N.Outputs.A"}, FIRST),
        ({"Fn::Sub": "a-${ N.Outputs.A }-b"}, {"Fn::Sub": "a-${CdkguardStackValue0}-b"}),
        ({"Fn::Sub": ["${X}", {"X": {"Fn::ImportValue": "n"}}]}, {"Fn::Sub": ["${X}", {"X": FIRST}]}),
        ([1, {"Fn::Join": ["", ["a", {"Fn::ImportValue": "n"}]]}], [1, {"Fn::Join": ["", ["a", FIRST]]}]),
    ],
)
def test_what_other_stacks_give_is_named(value, named):
    given = body(value, Parameters={"Net": {"Type": "String"}})
    before = copy.deepcopy(given)
    [found] = name_stack_values([given])
    assert found["Resources"] == body(named)["Resources"]
    assert found["Parameters"] == {"Net": {"Type": "String"}, "CdkguardStackValue0": {"Type": "String"}}
    assert given == before


@pytest.mark.parametrize(
    "value",
    ["Outputs", {"Ref": "P"}, {"Fn::GetAtt": ["Q", "Arn"]}, {"Fn::GetAtt": 7}, {"Fn::Sub": "${Q.Arn}"}, None, {}],
)
def test_a_template_that_takes_nothing_stays_itself(value):
    given = body(value)
    assert name_stack_values([given])[0] is given


def test_the_same_value_has_one_name_on_both_sides():
    first, second = name_stack_values(
        [body({"Fn::ImportValue": "a"}), body([{"Fn::ImportValue": "b"}, {"Fn::ImportValue": "a"}])]
    )
    names = second["Resources"]["T"]["Properties"]["DisplayName"]
    assert first["Resources"]["T"]["Properties"]["DisplayName"] == names[1] != names[0]
