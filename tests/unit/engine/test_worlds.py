"""A resource with a Condition is judged where it exists, and what protects others counts only where it exists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.language.checking import prepare_requirement
from cdkguard.model import Outcome, Rule, Stack

ON = {"path": "$.Properties.On", "equals": True}
NOT_OPEN = {"path": "$.Properties.Cidr", "cidr_open": False}
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN

STAGE = {"Type": "String", "AllowedValues": ["dev", "prod"]}
CONDITIONS = {
    "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
    "IsDev": {"Fn::Not": [{"Condition": "IsProd"}]},
    "Always": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsDev"}]},
    "Never": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsDev"}]},
    "Named": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]},
    "InMap": {"Fn::Equals": [{"Fn::FindInMap": ["Kinds", {"Ref": "Stage"}, "kind"]}, "real"]},
    "InText": {"Fn::Equals": [{"Fn::Sub": "x-${Stage}"}, "x-prod"]},
}
MAPPINGS = {"Kinds": {"dev": {"kind": "play", "on": False}, "prod": {"kind": "real", "on": True}}}


def judge(resources, require=ON, default="dev", given=(), **parameters):
    rule = Rule("r", "t", "high", "p", types=("A::B::C",), require=prepare_requirement(require, (), {}, {}))
    stage = STAGE if default is None else {**STAGE, "Default": default}
    template = {
        "Parameters": {"Stage": stage, "Name": {"Type": "String", "Default": ""}, **parameters},
        "Conditions": CONDITIONS,
        "Mappings": MAPPINGS,
        "Resources": resources,
    }
    stack = Stack("S", template, "s.json", environment="prod")
    judged = evaluate_resources([stack], [rule], EngineSettings(template_parameters=dict(given)))
    assert not judged.problems
    return judged.findings


def outcome(value, condition, **options):
    """The outcome for a resource whose property has the value and which exists under the condition."""
    found = judge({"X": {"Type": "A::B::C", "Condition": condition, "Properties": {"On": value}}}, **options)
    return found[0].outcome if found else PASS


def only_in(condition, value, otherwise):
    return {"Fn::If": [condition, value, otherwise]}


@pytest.mark.parametrize("default", ["dev", "prod", None])
@pytest.mark.parametrize("condition", ["IsProd", "IsDev"])
@pytest.mark.parametrize("value", [True, False])
def test_a_resource_is_judged_by_the_values_of_the_world_where_it_exists(default, condition, value):
    assert outcome(only_in(condition, value, not value), condition, default=default) is (PASS if value else FAIL)
    other = "IsProd" if condition == "IsDev" else "IsDev"
    assert outcome(only_in(other, not value, value), condition, default=default) is (PASS if value else FAIL)


@pytest.mark.parametrize("default", ["dev", "prod", None])
def test_a_mapping_is_read_by_the_parameter_of_that_world(default):
    value = {"Fn::FindInMap": ["Kinds", {"Ref": "Stage"}, "on"]}
    assert outcome(value, "IsProd", default=default) is PASS
    assert outcome(value, "IsDev", default=default) is FAIL


def test_a_world_that_cannot_be_is_not_judged():
    assert outcome(False, "Never") is PASS
    assert outcome(False, "IsProd", given={"Stage": "dev"}) is PASS
    assert outcome(False, "IsProd", given={"Stage": "prod"}) is FAIL


def test_a_default_counts_where_the_condition_holds_with_it():
    assert outcome({"Ref": "Stage"}, "Always", require={"path": "$.Properties.On", "equals": "dev"}) is PASS
    assert outcome(only_in("IsProd", False, True), "IsDev", default="dev") is PASS


def test_a_default_that_makes_the_condition_false_is_no_value():
    """`Condition: HasName` says that there is a name: it is not the empty Default."""
    assert outcome({"Ref": "Name"}, "Named", require={"path": "$.Properties.On", "not_equals": ""}) is not FAIL
    assert outcome({"Ref": "Name"}, "Named", require={"path": "$.Properties.On", "equals": ""}) is not PASS


def test_a_default_of_another_parameter_counts():
    size = {"Type": "Number", "Default": 7}
    at_least = {"path": "$.Properties.On", "at_least": 7}
    assert outcome({"Ref": "Days"}, "IsProd", require=at_least, Days=size) is PASS


@pytest.mark.parametrize("condition", ["InMap", "InText"])
@pytest.mark.parametrize("value, expected", [(True, PASS), (False, FAIL)])
def test_a_condition_by_a_mapping_or_a_text_may_hold(condition, value, expected):
    assert outcome(value, condition, default="dev") is expected


def test_the_finding_names_the_world():
    (found,) = judge({"X": {"Type": "A::B::C", "Condition": "IsProd", "Properties": {"On": False}}})
    assert "IsProd is true" in found.message


REFERRED = {"referrer": {"types": ["O::O"], "path": "$.Properties.To"}}


def protected(condition_of_referrer, condition=None, **options):
    resources = {
        "X": {"Type": "A::B::C", **({"Condition": condition} if condition else {})},
        "O": {"Type": "O::O", "Condition": condition_of_referrer, "Properties": {"To": {"Ref": "X"}}},
    }
    found = judge(resources, REFERRED, **options)
    return found[0].outcome if found else PASS


def test_what_protects_counts_only_where_it_exists():
    assert protected("IsProd", default=None) is FAIL
    assert protected("IsProd", default="dev") is FAIL
    assert protected("IsProd", default="prod") is PASS
    assert protected("IsProd", given={"Stage": "prod"}) is PASS
    assert protected("Always", default=None) is PASS


@pytest.mark.parametrize("default", ["dev", "prod", None])
def test_what_exists_with_the_resource_protects_it(default):
    for condition in ("IsDev", "IsProd"):
        assert protected(condition, condition, default=default) is PASS
        assert protected(condition, "IsProd" if condition == "IsDev" else "IsDev", default=default) is FAIL


def test_two_that_exist_by_turns_protect_together():
    resources = {
        "X": {"Type": "A::B::C"},
        **{c: {"Type": "O::O", "Condition": c, "Properties": {"To": {"Ref": "X"}}} for c in ("IsProd", "IsDev")},
    }
    for default in ("dev", "prod", None):
        assert not judge(resources, REFERRED, default=default)


@pytest.mark.parametrize("default", ["dev", None])
def test_what_a_rule_asks_for_in_where_is_assumed_to_exist(default):
    where = {"not": REFERRED}
    resources = {
        "X": {"Type": "A::B::C"},
        "O": {"Type": "O::O", "Condition": "IsProd", "Properties": {"To": {"Ref": "X"}}},
    }
    assert judge(resources, where, default=default)


@pytest.mark.parametrize("default", ["dev", "prod"])
def test_the_links_of_each_world_are_its_own(default):
    """In the world of the bucket the policy is for it; with the Defaults it may be for another."""
    to = only_in("IsProd", {"Ref": "P"}, {"Ref": "D"})
    resources = {
        "P": {"Type": "A::B::C", "Condition": "IsProd"},
        "D": {"Type": "A::B::C", "Condition": "IsDev"},
        "O": {"Type": "O::O", "Properties": {"To": to}},
    }
    assert not judge(resources, REFERRED, default=default)


@given(st.sampled_from(sorted(CONDITIONS)), st.sampled_from(["dev", "prod", None]), st.booleans())
def test_a_constant_is_judged_alike_in_every_world_that_can_be(condition, default, value):
    expected = PASS if value or condition == "Never" else FAIL
    assert outcome(value, condition, default=default) is expected


def selected(condition):
    require = {"backup_selected": {"arn": "x:y/", "named": "$.Properties.Name", "tags": "$.Properties.Tags"}}
    selection = {"BackupSelection": {"Resources": ["*"]}}
    resources = {
        "X": {"Type": "A::B::C"},
        "S": {"Type": "AWS::Backup::BackupSelection", "Condition": condition, "Properties": selection},
    }
    found = judge(resources, require)
    return found[0].outcome if found else PASS


def test_a_backup_selection_counts_only_where_it_exists():
    assert selected("Always") is PASS
    assert selected("IsDev") is PASS
    assert selected("IsProd") is FAIL


MAPS = {
    "Same": {"us-east-1": {"v": True}, "eu-west-1": {"v": True}},
    "Good": {"us-east-1": {"v": 7}, "eu-west-1": {"v": 30}},
    "Bad": {"us-east-1": {"v": 0}, "eu-west-1": {"v": 3}},
    "Mixed": {"us-east-1": {"v": 7}, "eu-west-1": {"v": 0}},
    "Lists": {"us-east-1": {"v": [7]}, "eu-west-1": {"v": [30]}},
    "Stages": {"dev": {"v": 7}, "prod": {"v": 30}, "other": {"v": 0}},
}


@pytest.mark.parametrize("name, key, expected", [
    ("Good", "AWS::Region", PASS), ("Bad", "AWS::Region", FAIL), ("Mixed", "AWS::Region", UNKNOWN),
    ("Lists", "AWS::Region", UNKNOWN), ("Stages", "Stage", PASS), ("Stages", "AWS::Region", UNKNOWN),
])  # fmt: skip
def test_a_map_of_known_values_is_judged_value_by_value(monkeypatch, name, key, expected):
    monkeypatch.setitem(globals(), "MAPPINGS", MAPS)
    value = {"Fn::FindInMap": [name, {"Ref": key}, "v"]}
    require = {"path": "$.Properties.On", "at_least": 7}
    assert outcome(value, "Always", require=require, default=None) is expected


@pytest.mark.parametrize("allowed, expected", [
    (["10.0.0.0/8", "172.16.0.0/12"], PASS), (["0.0.0.0/0", "::/0"], FAIL), (["0.0.0.0/0", "10.0.0.0/8"], UNKNOWN),
])  # fmt: skip
def test_the_allowed_values_of_a_parameter_are_judged_one_by_one(allowed, expected):
    found = judge(
        {"X": {"Type": "A::B::C", "Properties": {"Cidr": {"Ref": "Range"}}}},
        NOT_OPEN,
        Range={"Type": "String", "AllowedValues": allowed},
    )
    assert (found[0].outcome if found else PASS) is expected
