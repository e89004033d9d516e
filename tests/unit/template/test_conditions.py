"""Conditions that the deployment decides, and the branches that they make."""

import pytest

from cdkguard.template.scope import Scope
from cdkguard.template.values import Branch

TEMPLATE = {
    "Parameters": {
        "Env": {"Type": "String", "AllowedValues": ["prod", "dev"]},
        "Size": {"Type": "Number", "Default": 3},
    },
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
    assert plain.shared is at.shared and plain.conditions is not at.conditions and at.without_assumptions() is at


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
