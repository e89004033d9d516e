"""What intrinsic functions are worth before deployment."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.template.values import ABSENT, Branch, Deferred, Scope, flatten

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
        "IsDev": {"Fn::Equals": ["dev", {"Ref": "Env"}]},
        "Big": {"Fn::Equals": [{"Ref": "Size"}, "3"]},
        "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "Big"}]},
        "Never": {"Fn::And": [{"Condition": "IsProd"}, {"Fn::Not": [{"Condition": "Big"}]}]},
        "Loop": {"Fn::Not": [{"Condition": "Loop"}]},
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
        ({"Fn::ToJsonString": {"a": {"Ref": "Bucket"}, "b": 1}}, "unknown"),
        ({"Fn::ToJsonString": [1, [{"Ref": "Bucket"}]]}, "unknown"),
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


def branches(value, at):
    try:
        return {at.branch_text(): at.resolve_deep(value)}
    except Branch as branch:
        found = {}
        for truth in (True, False):
            if (fork := at.assume(branch, truth)) is not None:
                found |= branches(value, fork)
        return found


def test_an_unknown_condition_has_two_branches_that_exclude_each_other():
    value = [{"Fn::If": ["IsProd", "p", "n"]}, {"Fn::If": ["IsDev", "d", "m"]}, {"Ref": "Env"}]
    assert branches(value, scope()) == {"IsProd is true": ["p", "m", "prod"], "IsProd is false": ["n", "d", "dev"]}


def test_conditions_combine_and_what_cannot_be_is_no_branch():
    assert branches({"Fn::If": ["Both", 1, 2]}, scope()) == {"Both is true": 1, "Both is false": 2}
    assert branches({"Fn::If": ["Never", 1, 2]}, scope()) == {None: 2}
    assert branches({"Fn::If": ["IsProd", 1, 2]}, scope(given={"Env": "dev"})) == {None: 2}


def test_a_condition_that_asks_itself_ends():
    assert branches({"Fn::If": ["Loop", 1, 2]}, scope()) in (
        {"Loop is true": 1, "Loop is false": 2},
        {"Loop is false": 2, "Loop is true": 1},
    )


def test_flatten_shows_text_with_holes():
    joined = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::123456789012:role/x"]]}
    assert flatten(joined) == "arn:§:iam::123456789012:role/x"
    assert flatten({"Fn::Sub": ["a${b}c${d}", {"b": "B"}]}) == "aBc§"
    assert flatten({"Ref": "X"}) == "§" and flatten(3) is None and flatten({"a": 1, "b": 2}) is None


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


@pytest.mark.parametrize("name", ["Cond", "Own"])
def test_a_choice_inside_a_condition_leaves_it_undecided(name):
    conditions = {
        "Cond": {"Fn::Equals": [{"Fn::If": ["Elsewhere", "a", "b"]}, "a"]},
        "Own": {"Fn::Equals": ["a", {"Fn::If": ["Own", "a", "b"]}]},
    }
    asked = Scope({"Conditions": conditions})
    assert asked.condition_if_known(name) is None
    with pytest.raises(Branch) as raised:
        asked.condition_holds(name)
    for truth in (True, False):
        assert asked.assume(raised.value, truth).condition_holds(name) is truth


def test_flatten_keeps_what_is_written_literally():
    assert flatten({"Fn::Sub": "${!Literal}-${x}-${!a}"}) == "${Literal}-§-${a}"
    assert flatten({"Fn::Join": ["-", ["a", {"Fn::Sub": "${!b}"}]]}) == "a-${b}"


def test_a_large_value_is_looked_at_once_and_stays_the_same_object():
    at = Scope({"Mappings": {"M": {"a": {"b": ["x"] * 500}}}})
    call = {"Fn::FindInMap": ["M", "a", "b"]}
    assert at.resolve(call) is at.resolve(call)
    spent = at.spent[0]
    assert at.resolve(call) == ["x"] * 500 and at.spent[0] == spent > 0


def test_an_undecided_comparison_is_known_by_what_it_compares():
    def asked(*conditions):
        at = Scope({"Conditions": {str(n): {"Fn::Equals": sides} for n, sides in enumerate(conditions)}})
        atoms = []
        for name in at.template["Conditions"]:
            with pytest.raises(Branch) as raised:
                at.condition_holds(name)
            atoms.append(raised.value.atom.key)
        return atoms

    left, right, other = {"Fn::ImportValue": "a"}, {"Fn::ImportValue": "b"}, {"Fn::ImportValue": "c"}
    one, turned, another = asked([left, right], [right, left], [left, other])
    assert one == turned != another
    shared = asked([left, right], [left, other], [left, right])
    assert shared[0] == shared[2] != shared[1]


def test_what_is_found_under_no_assumption_is_found_from_every_fork():
    at = scope()
    with pytest.raises(Branch) as raised:
        at.condition_holds("IsProd")
    fork = at.assume(raised.value, False)
    assert fork is not None and fork.given["Env"] == "dev" and fork.branch_text() == "IsProd is false"
    plain = fork.without_assumptions()
    assert (plain.given, plain.truths, plain.excluded, plain.assumed) == (at.given, {}, {}, ())
    assert plain.about is at.about and plain.notes is not at.notes and at.without_assumptions() is at


YES, NO, MAYBE = {"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}, {"Fn::Equals": [{"Ref": "Env"}, "prod"]}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ({"Fn::Or": [NO, YES]}, True),
        ({"Fn::Or": [NO, NO]}, False),
        ({"Fn::Or": [MAYBE, YES]}, True),
        ({"Fn::Or": [MAYBE, NO]}, None),
        ({"Fn::And": [YES, YES]}, True),
        ({"Fn::And": [YES, NO]}, False),
        ({"Fn::And": [MAYBE, NO]}, False),
        ({"Fn::And": [MAYBE, YES]}, None),
        ({"Fn::Not": [YES]}, False),
        ({"Fn::Not": [NO]}, True),
        ({"Fn::Not": [MAYBE]}, None),
        ({"Fn::Or": []}, None),
        ({"Fn::Not": []}, None),
        ({"Fn::Equals": ["a"]}, None),
        ({"Fn::Equals": [1, "1"]}, True),
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Condition": "Other"}, True),
        ({"Condition": "Nowhere"}, None),
        ({"Fn::Xor": [YES]}, None),
        ("text", None),
    ],
)
def test_conditions_of_conditions(expression, holds):
    conditions = {"It": expression, "Other": YES}
    assert Scope({**TEMPLATE, "Conditions": conditions}).condition_if_known("It") is holds
