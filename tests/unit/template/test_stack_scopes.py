"""What a nested stack knows of its parameters."""

import pytest

from cdkguard.model import Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Deferred

DECLARED = {
    "P": {"Type": "String", "Default": "own"},
    "Without": {"Type": "String"},
    "Ami": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/ami"},
}
CONDITION = {"C": {"Fn::Equals": [{"Ref": "P"}, "other"]}}


def nested(passed, **parent):
    properties = {} if passed is None else {"Parameters": passed}
    resources = {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}
    root = Stack("S", {"Resources": resources, **parent}, "s.json")
    template = {"Parameters": DECLARED, "Conditions": CONDITION, "Resources": {}}
    inner = Stack("N", template, "n.json", parent=root, parent_logical_id="N")
    return StackScopes().of(inner)


@pytest.mark.parametrize("passed", [None, {}, {"P": {"Ref": "AWS::NoValue"}}, {"Other": "x"}])
def test_a_parameter_that_is_not_passed_has_its_default_for_certain(passed):
    scope = nested(passed)
    assert scope.parameter_value("P") == "own"
    assert scope.world_where("C") is None


def test_a_parameter_that_is_passed_has_that_value_for_certain():
    scope = nested({"P": "passed"})
    assert scope.parameter_value("P") == "passed"
    assert scope.world_where("C") is None


def test_a_default_of_the_parent_is_not_certain():
    scope = nested({"P": {"Ref": "Q"}}, Parameters={"Q": {"Type": "String", "Default": "from-parent"}})
    assert scope.parameter_value("P") == "from-parent"
    world = scope.world_where("C")
    assert world is not None and isinstance(world.parameter_value("P"), Deferred)


def test_what_the_parent_does_not_know_is_not_known():
    for passed in ({"P": {"Ref": "Q"}}, {"P": {"Fn::If": ["No", "a", "b"]}}, {"Fn::Transform": {"Name": "M"}}):
        scope = nested(passed, Parameters={"Q": {"Type": "String"}})
        assert isinstance(scope.parameter_value("P"), Deferred)


def test_what_nobody_gives_is_not_known():
    scope = nested({})
    assert isinstance(scope.parameter_value("Without"), Deferred)
    assert isinstance(scope.parameter_value("Ami"), Deferred)
