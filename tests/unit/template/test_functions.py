"""What intrinsic functions are worth before deployment."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.engine.texts import find_texts
from cdkguard.template.functions import flatten
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Branch, Deferred

TEMPLATE = {
    "Parameters": {
        "Env": {"Type": "String", "AllowedValues": ["prod", "dev"]},
        "Size": {"Type": "Number", "Default": 3},
        "Names": {"Type": "CommaDelimitedList", "Default": "a,b"},
        "Ami": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/ami"},
    },
    "Mappings": {"Map": {"eu": {"cidr": "10.0.0.0/8", "zones": ["x", "y"], "password": "{{resolve:secretsmanager:x}}"}}},
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "Big": {"Fn::Equals": [{"Ref": "Size"}, "3"]},
    },
}  # fmt: skip


def scope(**options):
    return Scope(TEMPLATE, **options)


@pytest.mark.parametrize(
    "value, worth",
    [
        ("x", "x"),
        ({"Ref": "Size"}, 3),
        ({"Ref": "AWS::NoValue"}, ABSENT),
        ({"Fn::FindInMap": ["Map", "eu", "cidr"]}, "10.0.0.0/8"),
        ({"Fn::Select": [1, {"Fn::FindInMap": ["Map", "eu", "zones"]}]}, "y"),
        ({"Fn::Select": ["0", {"Fn::Split": [",", "a,b"]}]}, "a"),
        ({"Fn::Select": [1, {"Ref": "Names"}]}, "b"),
        ({"Fn::Split": [",", "a,,b"]}, ["a", "", "b"]),
        ({"Fn::Split": ["::", "a::b:c"]}, ["a", "b:c"]),
        ({"Fn::Sub": "${!!x}${!}"}, "${!x}${}"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Size"}, {"Ref": "AWS::NoValue"}, "c"]]}, "a-3-c"),
        ({"Fn::Sub": "n${Size}-${!Literal}"}, "n3-${Literal}"),
        ({"Fn::Sub": ["${x}y", {"x": {"Ref": "Size"}}]}, "3y"),
        ({"Fn::Base64": {"Fn::Sub": "v${Size}"}}, "v3"),
        ({"Fn::If": ["Big", "yes", "no"]}, "yes"),
        ({"Fn::Length": [1, 2]}, 2),
        ({"Fn::ToJsonString": {"a": {"Ref": "Size"}}}, '{"a": 3}'),
        ({"Fn::FindInMap": ["Map", "us", "cidr", {"DefaultValue": "d"}]}, "d"),
    ],
)
def test_known_values(value, worth):
    assert scope().resolve(value) == worth


@pytest.mark.parametrize(
    "value, kind",
    [
        ({"Ref": "Env"}, "parameter"),
        ({"Ref": "Ami"}, "parameter"),
        ({"Ref": "Bucket"}, "resource"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "resource"),
        ({"Ref": "AWS::AccountId"}, "pseudo"),
        ({"Fn::ImportValue": "x"}, "import"),
        ("{{resolve:secretsmanager:x}}", "dynamic"),
        ({"Fn::Join": ["", ["{{resolve:", "ssm:x}}"]]}, "dynamic"),
        ({"Fn::Sub": "arn:${Bucket.Arn}"}, "text"),
        ({"Fn::FindInMap": ["Map", "us", "cidr"]}, "unknown"),
        ({"Fn::Split": ["", "a"]}, "unknown"),
        ({"Fn::Split": [",", {"Ref": "Env"}]}, "unknown"),
        ({"Fn::Split": [",", "a", "b"]}, "unknown"),
        ({"Fn::Split": [1, "a"]}, "unknown"),
        ({"Fn::Split": [",", ["a"]]}, "unknown"),
        ({"Fn::Select": ["x", ["a"]]}, "unknown"),
        ({"Fn::Select": [1, ["a"]]}, "unknown"),
        ({"Fn::Select": ["-1", ["a"]]}, "unknown"),
        ({"Fn::Select": [0, "a"]}, "unknown"),
        ({"Fn::Select": [0]}, "unknown"),
        ({"Fn::ToJsonString": {"a": {"Ref": "Bucket"}, "b": 1}}, "text"),
        ({"Fn::ToJsonString": [1, [{"Ref": "Bucket"}]]}, "text"),
        ({"Fn::Length": {"Ref": "Env"}}, "unknown"),
        ({"Fn::If": [["IsProd"], 1, 2]}, "unknown"),
        ({"Fn::If": ["Big", 1]}, "unknown"),
        ({"Fn::Join": [["-"], ["a"]]}, "unknown"),
        ({"Fn::Join": ["-", {"Ref": "Bucket"}]}, "unknown"),
        ({"Fn::FindInMap": ["Map", "eu", "password"]}, "dynamic"),
        ({"Fn::Select": [9, ["a"]]}, "unknown"),
        ({"Fn::Join": "nonsense"}, "unknown"),
        ({"Fn::If": "nonsense"}, "unknown"),
        ({"Fn::GetAtt": 3}, "unknown"),
    ],
)
def test_values_that_only_the_deployment_knows(value, kind):
    found = scope().resolve(value)
    assert isinstance(found, Deferred) and found.kind == kind


def test_a_known_environment_gives_pseudo_parameters():
    known = scope(account="111111111111", region="cn-north-1")
    text = {"Fn::Sub": "arn:${AWS::Partition}:x:${AWS::Region}:${AWS::AccountId}"}
    assert known.resolve(text) == "arn:aws-cn:x:cn-north-1:111111111111"


def test_dummy_context_values_are_not_values():
    assert scope(dummies=("vpc-12345",)).resolve("vpc-12345").kind == "dummy"


def test_flatten_shows_text_with_holes():
    joined = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::123456789012:role/x"]]}
    assert flatten(joined) == "arn:§:iam::123456789012:role/x"
    assert flatten({"Fn::Sub": ["a${b}c${d}", {"b": "B"}]}) == "aBc§"
    assert flatten({"Ref": "X"}) == "§" and flatten(3) is None and flatten({"a": 1, "b": 2}) is None


def test_flatten_keeps_what_is_written_literally():
    assert flatten({"Fn::Sub": "${!Literal}-${x}-${!a}"}) == "${Literal}-§-${a}"
    assert flatten({"Fn::Join": ["-", ["a", {"Fn::Sub": "${!b}"}]]}) == "a-${b}"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["Ref", "Fn::If", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::FindInMap",
                                         "Fn::GetAtt", "Fn::Base64", "Fn::Equals", "Fn::Not", "A"]), inner, max_size=2),
    ),
    max_leaves=15,
)  # fmt: skip


@given(JSON, st.dictionaries(st.text(max_size=2), JSON, max_size=2))
def test_whatever_a_template_holds_resolving_ends_without_an_error(value, conditions):
    at = Scope({**TEMPLATE, "Conditions": conditions})
    with contextlib.suppress(Branch):
        at.resolve_deep(value)
    flatten(value)


@given(JSON)
def test_resolving_twice_changes_nothing(value):
    try:
        once = scope().resolve_deep(value)
        assert repr(scope().resolve_deep(value)) == repr(once)
    except Branch:
        pass


def test_a_large_value_is_looked_at_once_and_stays_the_same_object():
    at = Scope({"Mappings": {"M": {"a": {"b": ["x"] * 500}}}})
    call = {"Fn::FindInMap": ["M", "a", "b"]}
    assert at.resolve(call) is at.resolve(call)
    spent = at.shared.large_characters
    assert at.resolve(call) == ["x"] * 500 and at.shared.large_characters == spent > 0


SECRET = "AKIAIOSFODNN7EXAMPLE"
CHOICE = {"Fn::If": ["C", SECRET, "x"]}


@pytest.mark.parametrize("written", [
    {"Fn::Join": ["", ["a", {"Fn::Join": ["", ["b", CHOICE]]}]]},
    {"Fn::Join": ["", ["a", {"Fn::Join": ["", ["b", {"Fn::Join": ["", [CHOICE]]}]]}]]},
    {"Fn::Join": ["", ["a", {"Fn::Sub": ["${V}", {"V": CHOICE}]}]]},
    {"Fn::Sub": ["x${V}", {"V": CHOICE}]},
    {"Fn::Sub": ["x${V}", {"V": {"Fn::Join": ["-", ["b", CHOICE]]}}]},
    {"Fn::Base64": CHOICE},
    {"Fn::Base64": {"Fn::Join": ["-", ["b", {"Fn::Sub": ["${Z}", {"Z": CHOICE}]}]]}},
    {"Fn::ToJsonString": {"k": SECRET}},
    {"Fn::FindInMap": ["M", "a", "b", {"DefaultValue": SECRET}]},
])  # fmt: skip
def test_a_text_in_a_branch_inside_other_functions_is_found(written):
    assert SECRET in [text for _path, text in find_texts({"P": written})]


@pytest.mark.parametrize("written", [
    {"Fn::Join": ["/", [{"Ref": "Ip"}, "32"]]}, {"Fn::Sub": "${Ip}/32"}, {"Fn::Join": ["", [{"Ref": "Ip"}, "/", 32]]},
])  # fmt: skip
def test_the_known_text_behind_a_hole_is_one_part(written):
    found = Scope({"Parameters": {"Ip": {"Type": "String"}}}).resolve(written)
    assert found.parts == (Deferred("parameter", {"Ref": "Ip"}, "Ip"), "/32")
