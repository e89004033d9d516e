"""Template values as a comparison sees them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.diff.asset_hashes import hide_asset_hashes
from cdkguard.diff.comparable import as_json, as_text, make_comparable, spell_out_condition
from cdkguard.diff.compared_scope import ComparedScope
from cdkguard.diff.differences import are_equal, find_differences
from cdkguard.diff.references import find_references
from cdkguard.template.scope import Scope
from cdkguard.template.values import Deferred

A, B = "a" * 64, "b" * 64
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "a", "1", "true", "${X}", "{{resolve:ssm:/x}}"])
)
NAMES = st.sampled_from(["Ref", "Fn::If", "Fn::Sub", "Fn::Join", "Fn::GetAtt", "Fn::FindInMap", "Fn::Select", "Fn::ImportValue", "a", "b", "P", "On"])  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12
)
TEMPLATE = {
    "Parameters": {"P": {"Type": "String"}, "D": {"Type": "String", "Default": "d"}},
    "Mappings": {"M": {"a": {"b": "mapped"}}},
    "Conditions": {"On": {"Fn::Equals": [{"Ref": "P"}, "x"]}, "Yes": {"Fn::Equals": ["1", 1]}},
}


def scope(**changed):
    return ComparedScope(Scope({**TEMPLATE, **changed}, account="111111111111", region="eu-west-1"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "D"}, "d"),
        ({"Fn::Sub": "${D}-x"}, "d-x"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "mapped"),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["On", 1, "1"]}, 1),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}]}, {"b": []}),
        ({"Ref": "P"}, Deferred("parameter", {"Ref": "P"}, "P")),
    ],
)
def test_what_is_known_is_resolved(value, expected):
    assert make_comparable(scope(), value) == expected


def test_an_undecided_condition_keeps_both_branches():
    (condition, yes, no) = make_comparable(scope(), {"Fn::If": ["On", "a", {"Ref": "AWS::NoValue"}]})["Fn::If"]
    assert (yes, no) == ("a", {"Ref": "AWS::NoValue"})
    assert condition == spell_out_condition(scope(), "On")


@pytest.mark.parametrize(
    "value",
    [
        {"Fn::ImportValue": {"Fn::Sub": "${D}-x"}},
        {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "D"}, ":", {"Ref": "Secret"}, "}}"]]},
        {"Fn::Cidr": [{"Ref": "D"}, 2]},
        {"Fn::Join": ["", [{"Fn::If": ["On", "a", "b"]}, {"Ref": "D"}]]},
        {"Fn::Sub": ["${X}-${D}", {"X": {"Fn::If": ["On", "a", "b"]}}]},
        {"Fn::If": ["On", {"Ref": "D"}, "b"]},
        {"Fn::Join": ["", [{"Ref": "R"}, {"Ref": "D"}]]},
    ],
    ids=json.dumps,
)
def test_another_default_inside_an_unknown_value_is_another_value(value):
    """What cannot be resolved must not hide what can."""
    other = scope(Parameters={**TEMPLATE["Parameters"], "D": {"Type": "String", "Default": "e"}})
    assert not are_equal(make_comparable(scope(), value), make_comparable(other, value))
    assert as_json(make_comparable(scope(), value)) != as_json(make_comparable(other, value))
    assert are_equal(make_comparable(scope(), value), make_comparable(scope(), value))


def test_another_secret_is_another_value():
    one = {"Fn::Sub": "{{resolve:secretsmanager:${One}:SecretString:password}}"}
    two = {"Fn::Sub": "{{resolve:secretsmanager:${Two}:SecretString:password}}"}
    assert not are_equal(make_comparable(scope(), one), make_comparable(scope(), two))


def test_a_condition_is_compared_by_its_definition():
    renamed = scope(Conditions={"Off": {"Fn::Equals": [{"Ref": "P"}, {"Ref": "D"}]}, "Also": {"Condition": "Off"}})
    written = scope(Conditions={"On": {"Fn::Equals": [{"Ref": "P"}, "d"]}})
    assert (
        spell_out_condition(renamed, "Also")
        == spell_out_condition(renamed, "Off")
        == spell_out_condition(written, "On")
    )
    assert spell_out_condition(written, "On") != spell_out_condition(scope(), "On")


def test_conditions_in_a_circle_end():
    circle = scope(Conditions={"A": {"Condition": "B"}, "B": {"Condition": "A"}})
    assert spell_out_condition(circle, "A")


@settings(max_examples=150, deadline=None)
@given(VALUES, VALUES)
def test_no_difference_is_the_same_value(one, other):
    values = [make_comparable(scope(), value) for value in (one, other)]
    assert not list(find_differences(values[0], values[0]))
    assert bool(list(find_differences(*values))) is not are_equal(*values)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_any_value_can_be_made_comparable_written_and_searched(value):
    found = make_comparable(scope(), value)
    json.dumps(as_json(found))
    list(find_references(found))
    hide_asset_hashes(found)


def test_values_beyond_the_bound_are_unequal_where_they_are():
    """What is too much to be looked at is unknown, but a change of it is a change."""
    named = {"Fn::FindInMap": ["M", "a", "b"]}

    def sides(mapped, listed):
        template = {
            "Mappings": {"M": {"a": {"b": mapped}}},
            "Parameters": {"P": {"Type": "CommaDelimitedList", "Default": listed}},
        }
        scope = ComparedScope(Scope(template))
        return [make_comparable(scope, dict(call)) for _time in range(40) for call in (named, {"Ref": "P"})]

    many, listed = ["x"] * 10_000, "a," * 1_000
    one = sides(many, listed)
    assert isinstance(one[-1], Deferred) and are_equal(one, sides(list(many), listed))
    assert not are_equal(one[-2], sides([*many[:-1], "y"], listed)[-2])
    assert not are_equal(one[-1], sides(many, listed + "b")[-1])


def test_texts_that_stand_side_by_side_are_one():
    joined = make_comparable(scope(), {"Fn::Join": ["", ["a", "b", {"Ref": "Table"}, "c", {"Ref": "D"}]]})
    assert joined.parts[0] == "ab" and joined.parts[-1] == "cd" and len(joined.parts) == 3
    assert are_equal(joined, make_comparable(scope(), {"Fn::Sub": "ab${Table}cd"}))
    alone = make_comparable(scope(), {"Fn::Join": ["", ["", {"Ref": "Table"}, ""]]})
    assert alone.kind == "resource" and alone.target == "Table"


def test_a_value_as_text():
    assert as_text(make_comparable(scope(), {"Ref": "P"})) == "P"
    assert as_text(make_comparable(scope(), {"Fn::GetAtt": ["Table", "Arn"]})) == "Table.Arn"
    assert as_text(make_comparable(scope(), {"Ref": "AWS::StackId"})) == "AWS::StackId"
    assert as_text(make_comparable(scope(), {"Ref": "D"})) == '"d"'
    assert json.loads(as_text(make_comparable(scope(), {"Fn::ImportValue": "x"})))


def test_a_condition_of_many_values_is_known_by_all_of_them():
    def of(values):
        at = scope(Conditions={"Many": {"Fn::Or": [{"Fn::Equals": [{"Ref": "P"}, v]} for v in values]}})
        return spell_out_condition(at, "Many")

    few, many = [str(n) for n in range(3)], [str(n) for n in range(100)]
    assert of(few).count("Fn::Equals") == 3 and "Fn::Equals" not in of(many)
    assert of(many) == of(list(many)) != of([*many[:-1], "other"])
