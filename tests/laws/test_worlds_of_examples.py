"""Where a resource stands, and how its values get there, changes no verdict: every rule, by its own examples."""

import copy
import json

import pytest

from cdkguard.check import examples
from cdkguard.engine.run import evaluate_resources
from cdkguard.model import Stack
from cdkguard.template.functions import is_intrinsic
from tests.support.rule_examples import LOADED, in_properties, outcome, rules, with_value
from tests.support.sampling import share

STAGE, WORLD = "FuzzStage", "FuzzWorld"
JSON_PLACES = ("PolicyDocument", "AssumeRolePolicyDocument", "RedrivePolicy", "KeyPolicy", "RepositoryPolicyText")


def all_examples():
    """(rule, what is expected, example) of each example of a rule about resources."""
    for rule in rules():
        if rule.scope == "resource":
            for expected, cases in examples._read_examples(rule).items():
                for case in cases if expected in ("pass", "fail") else ():
                    if isinstance(case, dict) and "stack" not in case:
                        yield rule, expected, case


def behind_a_condition(stack):
    """Its resources exist in a world that the Default of a parameter is not."""
    template = copy.deepcopy(stack.template)
    for body in template["Resources"].values():
        body.setdefault("Condition", WORLD)
    stage = {"Type": "String", "Default": "one", "AllowedValues": ["one", "two"]}
    template["Parameters"] = {**template.get("Parameters", {}), STAGE: stage}
    template["Conditions"] = {**template.get("Conditions", {}), WORLD: {"Fn::Equals": [{"Ref": STAGE}, "two"]}}
    return [stack._replace(template=template)]


def in_a_loop(stack):
    """Each resource is the only one that a loop makes, beside one that nobody can write out."""
    template = copy.deepcopy(stack.template)
    resources = template["Resources"].items()
    template["Resources"] = {
        f"Fn::ForEach::L{n}": ["LoopId", [i], {"${LoopId}": b}] for n, (i, b) in enumerate(resources)
    }
    declared = template.get("Transform", [])
    template["Transform"] = [*(declared if isinstance(declared, list) else [declared]), "AWS::LanguageExtensions"]
    return [stack._replace(template=template)]


def in_a_nested_stack(stack):
    """Its parent passes no parameters."""
    parent_body = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://here"}}
    parent = Stack("Parent", {"Resources": {"Nested": parent_body}}, "parent.json", environment=stack.environment)
    return [stack._replace(parent=parent, parent_logical_id="Nested")]


@pytest.mark.parametrize("move", [behind_a_condition, in_a_loop, in_a_nested_stack])
def test_where_a_resource_stands_changes_no_verdict(move):
    wrong = []
    for rule, expected, case in share(all_examples(), 3):
        stack, settings, subject = examples.build_stack(rule, case, LOADED.sets)
        judged = evaluate_resources(move(stack), [rule], settings)
        assert not judged.problems, (rule.id, judged.problems)
        found = {f.outcome.value for f in judged.findings if subject is None or f.logical_id in (subject, None)}
        verdict = "fail" if "fail" in found else "unknown" if found else "pass"
        if verdict != expected:
            wrong.append((rule.id, expected, verdict, case))
    assert not wrong


def as_text(key, value):
    """A document as JSON text."""
    is_plain = key in JSON_PLACES and isinstance(value, dict) and "Fn::" not in json.dumps(value)
    return json.dumps(value) if is_plain and '"Ref"' not in json.dumps(value) else None


def as_json_string(key, value):
    """A document by Fn::ToJsonString."""
    return {"Fn::ToJsonString": value} if key in JSON_PLACES and isinstance(value, dict) else None


def by_region(_key, value):
    """A value in a map by region, which the rule's stack may be in either."""
    is_plain = isinstance(value, str | int) and not (isinstance(value, str) and "{{" in value)
    return {"Fn::FindInMap": ["FuzzMap", {"Ref": "AWS::AccountId"}, json.dumps(value)]} if is_plain else None


def by_import(_key, value):
    """A text that another stack of the app exports."""
    is_plain = isinstance(value, str) and "{{" not in value
    return {"Fn::ImportValue": "FuzzExport"} if is_plain else None


@pytest.mark.parametrize("spelling", [as_text, as_json_string, by_region, by_import])
def test_how_a_value_is_written_changes_no_verdict(spelling, monkeypatch):
    wrong = []
    for rule, expected, case in share(all_examples(), 4):
        for path, value in in_properties(case):
            other = spelling(path[-1], value)
            if other is None or is_intrinsic(value):
                continue
            changed = with_value(case, path, other)
            if spelling is by_region:
                verdict = outcome_with_map(rule, changed, value)
            elif spelling is by_import:
                verdict = outcome_with_export(rule, changed, value)
            else:
                verdict = outcome(rule, changed)
            if verdict != expected and not (verdict == "unknown" and expected == "fail"):
                wrong.append((rule.id, expected, verdict, path))
    assert not wrong


def outcome_with_map(rule, case, value):
    stack, settings, subject = examples.build_stack(rule, case, LOADED.sets)
    rows = {account: {json.dumps(value): value} for account in ("111111111111", "222222222222")}
    stack.template["Mappings"] = {**stack.template.get("Mappings", {}), "FuzzMap": rows}
    judged = evaluate_resources([stack._replace(account=None)], [rule], settings)
    found = {f.outcome.value for f in judged.findings if subject is None or f.logical_id in (subject, None)}
    return "fail" if "fail" in found else "unknown" if found else "pass"


def outcome_with_export(rule, case, value):
    stack, settings, subject = examples.build_stack(rule, case, LOADED.sets)
    output = {"Value": value, "Export": {"Name": "FuzzExport"}}
    other = Stack("Other", {"Resources": {}, "Outputs": {"O": output}}, "other.json", account=stack.account,
                  region=stack.region, environment=stack.environment)  # fmt: skip
    judged = evaluate_resources([stack, other], [rule], settings)
    found = {f.outcome.value for f in judged.findings if subject is None or f.logical_id in (subject, None)}
    return "fail" if "fail" in found else "unknown" if found else "pass"
