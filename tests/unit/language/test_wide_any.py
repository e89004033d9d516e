"""An `any` of many alternatives is passed over where none can hold, and answers as if all had been asked."""

import pytest

from cdkguard.language.requirements import Binding, bind_requirement
from cdkguard.language.subject import Subject
from cdkguard.template.jsonpath import parse_path
from cdkguard.template.scope import Scope
from cdkguard.template.values import Branch

TABLE = "AWS::DynamoDB::Table"
TEMPLATE = {"Parameters": {"Name": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "Name"}, "x"]}}}


def ask(path, **operators):
    return {"steps": parse_path(path), **operators}


ONE = ask("$.Properties.One", equals="x")
TWO = ask("$.Properties.Two.Inner", exists=True)
SOME = {"steps": parse_path("$.Properties.List[*]"), "some": ask("$.Name", equals="x")}
EACH = ask("$.Properties.List[*]", equals="x")
TYPED = {"all": [ask("$.Type", **{"in": "@tables"}), ask("$.Properties.Three", exists=False)]}
ABSENT_IS_TRUE = [
    ask("$.Properties.One", exists=False),
    ask("$.Properties.One", not_equals="x"),
    ask("$.Properties.One", cidr_open=False),
    ask("$.Properties.One", cidr_open={"with": "wanted"}),
    {"not": ONE},
    {"steps": parse_path("$.Properties.List[*]"), "every": ask("$.Name", equals="x")},
    {"steps": parse_path("$.Properties.List[*]"), "none": ask("$.Name", equals="x")},
]
BINDING = Binding({"wanted": False}, {"tables": frozenset({TABLE})}, {})


def both(nodes, body, universal):
    """The answers of the wide `any`, and of the same alternatives two by two."""
    subject = Subject(body, Scope(TEMPLATE))
    narrow = {"any": [{"any": nodes[:2]}, {"any": nodes[2:]}]}
    answers = []
    for node in ({"any": nodes}, narrow):
        try:
            answers.append(bind_requirement(node, BINDING, universal)(subject))
        except Branch as branch:
            answers.append(branch.condition)
    return answers


BODIES = [
    {"Type": "A", "Properties": {"Other": 1, "More": 2}},
    {"Type": "A", "Properties": {"Other": 1}},
    {"Type": "A", "Properties": {}},
    {"Type": "A"},
    {"Type": "A", "Properties": {"One": "x"}},
    {"Type": "A", "Properties": {"One": {"Ref": "Name"}}},
    {"Type": "A", "Properties": {"One": {"Fn::If": ["C", "x", "y"]}}},
    {"Type": "A", "Properties": {"Two": {"Inner": 1}}},
    {"Type": "A", "Properties": {"List": [{"Name": "x"}]}},
    {"Type": "A", "Properties": {"List": ["x"]}},
    {"Type": "A", "Properties": {"Fn::If": ["C", {"One": "x"}, {}]}},
    {"Type": "A", "Properties": {"Fn::Transform": {"Name": "Macro"}}},
    {"Type": "A", "Properties": {"Other": 1, "Fn::Transform": {"Name": "Macro"}}},
    {"Type": TABLE, "Properties": {"Other": 1}},
    {"Type": TABLE, "Properties": {"Three": 1}},
    "text",
    {"Ref": "Name"},
]


@pytest.mark.parametrize("universal", [False, True])
@pytest.mark.parametrize("last", [SOME, EACH, TYPED, *ABSENT_IS_TRUE], ids=str)
@pytest.mark.parametrize("body", BODIES, ids=str)
def test_the_answer_is_that_of_all_alternatives(body, last, universal):
    wide, narrow = both([ONE, TWO, SOME, last], body, universal)
    assert wide == narrow


def test_alternatives_without_their_properties_are_not_asked(monkeypatch):
    asked = []
    monkeypatch.setattr("cdkguard.template.paths.find_value", lambda scope, value, names: asked.append(names))
    decide = bind_requirement({"any": [ONE, TWO, SOME, TYPED]}, BINDING, False)

    assert decide(Subject(BODIES[0], Scope(TEMPLATE))) is False
    assert not asked


def test_for_the_evidence_each_alternative_is_asked():
    nodes = [ONE, TWO, {"steps": parse_path("$.Properties.Four"), "equals": 1}, TYPED]
    evidence = []
    decide = bind_requirement({"any": nodes}, BINDING, True)

    assert decide(Subject(BODIES[0], Scope(TEMPLATE), evidence=evidence)) is False
    assert [path for path, _value in evidence] == ["Properties.One", "Properties.Two.Inner", "Properties.Four", "Type"]
