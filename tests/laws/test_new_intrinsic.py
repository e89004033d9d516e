"""A new intrinsic function is one record: whatever walks over template values reads it, a made-up function shows."""

import pytest

from cdkguard.diff.comparable import make_comparable
from cdkguard.diff.compared_scope import ComparedScope
from cdkguard.diff.references import find_references
from cdkguard.diff.uses import find_property_references, find_reads
from cdkguard.engine.texts import find_texts
from cdkguard.inputs.template_file import parse
from cdkguard.language.references import find_named_ids as find_names
from cdkguard.template.functions import FUNCTIONS, Intrinsic, flatten, is_intrinsic
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred

ACCOUNT = "arn:aws:iam::111122223333:root"


@pytest.fixture(autouse=True)
def greet(monkeypatch):
    """{"Fn::Greet": [whom, text, value]}: `Hello`, whom it links to, a text that it holds, a value that it may become."""
    greet = Intrinsic(
        "Fn::Greet",
        evaluate=lambda scope, operand, call: "Hello" if operand[0] == "known" else Deferred("unknown", call),
        holds=lambda scope, operand, call, unknown, level: operand[0] == "known",
        links=lambda operand: [(operand[0], "Name")],
        flatten=lambda operand, flatten: operand[1],
        parts=lambda operand: operand[2:],
    )
    monkeypatch.setitem(FUNCTIONS, "Fn::Greet", greet)


def test_a_scope_evaluates_it():
    scope = Scope({"Conditions": {"C": {"Fn::Greet": ["known"]}, "D": {"Fn::Not": [{"Fn::Greet": ["x"]}]}}})
    assert is_intrinsic({"Fn::Greet": []})
    assert (
        scope.resolve({"Fn::Greet": ["known"]})
        == "Hello"
        == scope.resolve({"Fn::Join": ["", [{"Fn::Greet": ["known"]}]]})
    )
    assert scope.condition_holds("C") and scope.condition_holds("D")


def test_yaml_has_a_short_form_of_it():
    assert parse("A: !Greet [known]", "t.yaml") == {"A": {"Fn::Greet": ["known"]}}


def test_its_text_is_text():
    assert flatten({"Fn::Join": ["-", ["a", {"Fn::Greet": ["x", "b"]}]]}) == "a-b"


def test_texts_in_it_are_judged():
    assert find_texts({"A": {"Fn::Greet": ["x", ACCOUNT, {"Fn::Sub": "arn:${B}"}]}}) == [("A", ACCOUNT), ("A", "arn:§")]


def test_its_links_are_references():
    value = {"A": [{"Fn::Greet": ["Bucket", "b"]}]}
    assert list(find_references(value)) == [("Bucket", "Name")]
    assert list(find_property_references(value, ())) == [(("A", 0), ("Bucket", "Name"))]
    assert find_reads(value, ("Bucket",)) == {("Bucket", "Name")}
    assert list(find_names(value)) == ["Bucket"]


def test_a_comparison_looks_at_what_it_names_in_text():
    before, after = (
        make_comparable(
            ComparedScope(Scope({"Parameters": {"P": {"Type": "String", "Default": n}}})), {"Fn::Greet": ["P", "b"]}
        )
        for n in ("1", "2")
    )
    assert before is not ABSENT and before != after


def test_a_comparison_looks_at_the_mapping_that_it_reads(monkeypatch):
    monkeypatch.setitem(FUNCTIONS, "Fn::Lookup", Intrinsic("Fn::Lookup", looks_up=True))
    before, after = (
        make_comparable(
            ComparedScope(Scope({"Mappings": {"M": {"a": {"b": n}}}})), {"Fn::Lookup": ["M", {"Ref": "R"}, "b"]}
        )
        for n in ("1", "2")
    )
    assert before != after
