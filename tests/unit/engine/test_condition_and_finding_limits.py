"""Conditions that are not known: an honest template is judged whole, and what is too much is unknown, never a pass."""

import pytest

from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.language.checking import prepare_requirement
from cdkguard.model import Missing, Outcome, Rule, Stack

ON = {"path": "$.Properties.On", "equals": True}
PATHS = {f"p{n}": {"path": f"$.Properties.K{n}", "equals": "x"} for n in range(4)}


def rule(name, require):
    return Rule(name, "t", "high", "p", types=("A::B::C",), require=prepare_requirement(require, (), {}, {}))


def judge(resources, conditions, rules):
    template = {
        "Parameters": {f"P{n}": {"Type": "String"} for n in range(conditions)},
        "Conditions": {f"C{n}": {"Fn::Equals": [{"Ref": f"P{n}"}, "x"]} for n in range(conditions)},
        "Resources": resources,
    }
    judged = evaluate_resources([Stack("S", template, "s.json", environment="prod")], rules, EngineSettings())
    return judged.findings, judged.problems


def either(number, yes, no):
    return {"Fn::If": [f"C{number}", yes, no]}


@pytest.mark.parametrize("conditions", [1, 60, 90])
def test_as_many_resources_and_conditions_as_a_template_may_have_are_judged(conditions):
    """500 resources, each under two of the conditions: those that fail in a branch fail, the others pass."""
    resources = {
        f"R{n}": {
            "Type": "A::B::C",
            "Condition": f"C{n % conditions}",
            "Properties": {"On": either((n + 1) % conditions, True, n % 2 == 0)},
        }
        for n in range(500)
    }
    findings, problems = judge(resources, conditions, [rule("r", ON)])
    assert not problems and {f.outcome for f in findings} <= {Outcome.FAIL}
    wrong = {f"R{n}" for n in range(500) if n % 2} if conditions > 1 else set()
    assert {f.logical_id for f in findings} == wrong


def test_what_is_beyond_the_bound_is_unknown():
    """All of it: no resource passes that was not judged in every branch."""
    resources = {
        f"R{n}": {"Type": "A::B::C", "Properties": {f"K{k}": either((n * 7 + k * 3) % 40, "x", "x") for k in range(4)}}
        for n in range(6_000)
    }
    findings, problems = judge(resources, 40, [rule("r", {"all": list(PATHS.values())})])
    assert not problems and len(findings) > 1_000
    assert {f.outcome for f in findings} == {Outcome.UNKNOWN}
    assert all("combinations of conditions in the whole template" in f.message for f in findings)


def test_a_template_of_very_many_findings_says_that_it_was_not_judged_whole(monkeypatch):
    monkeypatch.setattr("cdkguard.engine.run.MAX_FINDINGS", 10)
    monkeypatch.setattr("cdkguard.engine.rules.MAX_FINDINGS", 10)
    resources = {f"R{n}": {"Type": "A::B::C"} for n in range(20)}
    findings, (problem,) = judge(resources, 0, [rule("r", ON)])
    assert len(findings) == 11 and problem.fatal and "'R11' and what follows is not judged" in problem.message


def test_two_thousand_findings_are_reported_whole():
    resources = {f"R{n}": {"Type": "A::B::C"} for n in range(2_000)}
    findings, problems = judge(resources, 0, [rule("r", ON), rule("s", ON), rule("t", ON)])
    assert len(findings) == 6_000 and not problems


@pytest.mark.parametrize(("number", "expected"), [(0, []), (200, []), (201, [Outcome.UNKNOWN])])
def test_beyond_very_many_dummy_values_no_text_is_known(number, expected):
    missing = tuple(Missing(f"k{n}", "p", (f"ami-{n}!",), "cdk.out") for n in range(number))
    resources = {"A": {"Type": "A::B::C", "Properties": {"On": "true"}}}
    stack = Stack("S", {"Resources": resources}, "s.json", environment="prod", missing=missing)
    judged = evaluate_resources([stack], [rule("r", ON)], EngineSettings())
    assert [f.outcome for f in judged.findings] == expected
