"""In production a parameter has the value that is made for it, where its Default is made for another environment."""

import pytest

from cdkguard.config.environments import EnvironmentRule, assign_environments
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.language.checking import prepare_requirement
from cdkguard.model import Outcome, Rule, Stack

ENV = {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]}
IS_PROD = {"Fn::Equals": [{"Ref": "Env"}, "prod"]}
GOOD_IN_PROD = {"Fn::If": ["IsProd", "Retain", "Delete"]}
BAD_IN_PROD = {"Fn::If": ["IsProd", "Delete", "Retain"]}
BY_MAP = {"Fn::FindInMap": ["Kept", {"Ref": "Env"}, "policy"]}


def template(value, env=ENV, in_prod="Retain", resource=None, conditions=True):
    return {
        "Parameters": {"Env": env},
        "Conditions": {"IsProd": IS_PROD} if conditions else {},
        "Mappings": {"Kept": {"dev": {"policy": "Delete"}, "prod": {"policy": in_prod}}},
        "Resources": {"X": resource or {"Type": "A::B::C", "DeletionPolicy": value}},
    }


def judge(stacks, environment="prod", given=(), rules=()):
    require = prepare_requirement({"path": "$.DeletionPolicy", "equals": "Retain"}, (), {}, {})
    rule = Rule("r", "t", "high", "p", types=("A::B::C",), require=require)
    placed = assign_environments(stacks, rules, environment, {}).stacks
    return evaluate_resources(placed, [rule], EngineSettings(template_parameters=dict(given))).findings


def outcome(value, environment="prod", given=(), **options):
    found = judge([Stack("S", template(value, **options), "s.json")], environment, given)
    return found[0].message if found else ""


def test_the_value_for_production_is_judged_in_production():
    assert "when Env is prod" in outcome(BAD_IN_PROD)
    assert outcome(BY_MAP, in_prod="Delete") != ""


def test_the_default_is_judged_too_until_the_value_is_given():
    for value in (GOOD_IN_PROD, BY_MAP):
        assert "when Env is dev, its Default" in outcome(value)
        assert outcome(value, given={"Env": "prod"}) == ""


def test_nothing_changes_elsewhere_or_where_a_value_is_given():
    for one in ({"environment": "dev"}, {"given": {"Env": "dev"}}):
        assert outcome(GOOD_IN_PROD, **one) != ""
        assert "Env is" not in outcome(GOOD_IN_PROD, **one)
        assert outcome(BAD_IN_PROD, **one) == ""


def test_a_finding_that_no_value_changes_names_none():
    assert "Env is" not in outcome("Delete")
    assert "Env is" not in outcome(BY_MAP, in_prod="Delete")


@pytest.mark.parametrize("env, is_presumed", [
    ({"Default": "dev"}, True),  # the condition offers prod
    ({"Default": "", "AllowedValues": ["", "prod"]}, True),
    ({"Default": "dev", "AllowedValues": ["dev", "test"]}, False),
    ({"Default": "production", "AllowedValues": ["production", "prod"]}, False),
    ({"Default": "dev", "AllowedValues": ["dev", "preprod"]}, False),
    ({"Default": "dev", "Type": "AWS::SSM::Parameter::Value<String>", "AllowedValues": ["prod"]}, False),
])  # fmt: skip
def test_which_parameters_have_a_value_for_production(env, is_presumed):
    env = {"Type": "String", **env}
    assert ("Env is prod" in outcome(BAD_IN_PROD, env=env)) is is_presumed


def test_a_map_alone_offers_its_keys():
    body = template(BY_MAP, env={"Type": "String", "Default": "dev"}, in_prod="Delete", conditions=False)
    body["Mappings"]["Kept"]["dev"]["policy"] = "Retain"
    (found,) = judge([Stack("S", body, "s.json")])
    assert "when Env is prod" in found.message


def test_a_parameter_of_something_else_keeps_its_default():
    values = {"Type": "String", "Default": "small", "AllowedValues": ["small", "prod"]}
    body = template({"Fn::If": ["IsProd", "Delete", "Retain"]})
    body["Parameters"] = {"Size": values}
    body["Conditions"] = {"IsProd": {"Fn::Equals": [{"Ref": "Size"}, "prod"]}}
    assert not judge([Stack("S", body, "s.json")])


def test_a_strict_environment_of_the_configuration_is_production():
    rules = [EnvironmentRule("customer", strict=True), EnvironmentRule("play", stacks=("*",))]
    stacks = [Stack("S", template(BAD_IN_PROD), "s.json")]
    assert [f.outcome for f in judge(stacks, "customer", rules=rules)] == [Outcome.FAIL]
    assert not judge(stacks, "play", rules=rules)


@pytest.mark.parametrize("passed, message", [
    ({"Ref": "Env"}, "when Env is prod"), ("prod", "found"), ("dev", None),
])  # fmt: skip
def test_what_a_parent_passes_is_certain_only_where_the_parent_is(passed, message):
    nest = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Env": passed}}}
    parent = Stack("S", template(None, resource=nest), "s.json")
    child = Stack("N", template(BAD_IN_PROD), "n.json", parent=parent, parent_logical_id="X")
    found = judge([parent, child])
    assert bool(found) is (message is not None)
    assert ("Env is prod" in "".join(f.message for f in found)) is (message == "when Env is prod")
