"""What CloudFormation takes as the same value in another spelling is judged the same: every rule, by its own examples."""

import pytest

from cdkguard.aws import condition_tests
from cdkguard.engine import weakening
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.model import Stack
from cdkguard.packs import load as packs
from cdkguard.packs import selection
from cdkguard.template.functions import is_intrinsic
from cdkguard.template.scope import Scope
from tests.support.rule_examples import failing, outcome, with_value

NEVER, ALWAYS = "FuzzNever", "FuzzAlways"


def scalar(value):
    return isinstance(value, str | int | float)


def spelt(value):
    """Another JSON type for a scalar: CloudFormation converts to what the resource's schema asks for."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and value.isdigit() and str(int(value)) == value else None


def substituted(value):
    return {"Fn::Sub": value} if isinstance(value, str) and "${" not in value else None


def joined(value):
    return {"Fn::Join": ["", [value[:3], value[3:]]]} if isinstance(value, str) and value else None


def chosen(value):
    return {"Fn::If": [ALWAYS, value, {"Ref": "AWS::NoValue"}]}


def not_chosen(value):
    return {"Fn::If": [NEVER, {"Ref": "AWS::NoValue"}, value]}


def selected(value):
    return {"Fn::Select": [0, [value, "other"]]} if scalar(value) and not isinstance(value, bool) else None


POLICY_LISTS = ("Action", "NotAction", "Resource", "NotResource", "Statement", "AWS", "Service", "Federated")


def listed(key, value):
    """A policy's list of one, or its one."""
    if key in POLICY_LISTS and isinstance(value, list) and len(value) == 1:
        return value[0]
    return [value] if key in POLICY_LISTS and not isinstance(value, list) else None


def of_everybody(key, value):
    return {"AWS": ["*"]} if key == "Principal" and value == "*" else None


def shouted(key, value):
    """Names of actions have no case."""
    if key not in ("Action", "NotAction"):
        return None
    return [v.swapcase() for v in value] if isinstance(value, list) else value.swapcase()


CONDITIONS = {NEVER: {"Fn::Equals": ["a", "b"]}, ALWAYS: {"Fn::Equals": ["a", "a"]}}
SPELLINGS = (spelt, substituted, joined, chosen, not_chosen, selected)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_what_fails_fails(spelling):
    wrong = []
    for rule, case, path, value in failing():
        other = None if is_intrinsic(value) else spelling(value)
        if other is not None and (found := outcome(rule, with_value(case, path, other), CONDITIONS)) != "fail":
            wrong.append((rule.id, path, value, found))
    assert not wrong


@pytest.mark.parametrize("spelling", [listed, of_everybody, shouted])
def test_another_spelling_of_a_policy_that_fails_fails(spelling):
    wrong, number = [], 0
    for rule, case, path, value in failing():
        inner = value if isinstance(value, list) else [value]
        if rule.scope != "resource" or any(is_intrinsic(v) for v in (value, *inner)):
            continue
        if "Statement" not in path and path[-1] != "Statement":
            continue  # Lambda's permissions and Events' policies have a Principal that is a text
        if path[-1] == "Statement" and isinstance(value, str):
            continue  # A policy in Cedar is a text, for which CloudFormation takes no list
        other = spelling(path[-1], value)
        if other is not None:
            number += 1
            if (found := outcome(rule, with_value(case, path, other))) != "fail":
                wrong.append((rule.id, path, value, found))
    assert not wrong
    assert number > 10


def everybody_when(value, key="aws:SourceArn", operator="ArnLike"):
    return {
        "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": {operator: {key: value}}
    }  # fmt: skip


def restricted(value, **more):
    scope = Scope({"Parameters": {"P": {"Type": "String"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
    return condition_tests.is_restricted(scope.resolve_deep(everybody_when(value, **more)))


ORGANIZATION = {"key": "aws:PrincipalOrgPaths", "operator": "ForAnyValue:StringLike"}


@pytest.mark.parametrize(
    ("value", "more", "answer"),
    [
        ("arn:aws:sns:*:*:*", {}, False),
        ({"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}, {}, False),
        ({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":sns:", {"Ref": "AWS::Region"}, ":*:*"]]}, {}, False),
        ("arn:*", {}, False),
        ("arn:*:*:*:*:*", {}, False),
        ("arn:aws:sns:*:????????????:*", {}, False),
        ("arn:aws:sns:*:**:topic", {}, False),
        ("o-*/*", ORGANIZATION, False),
        ("*:*", {"key": "aws:userid", "operator": "StringLike"}, False),
        ({"Fn::Sub": "${P}"}, {}, None),
        ({"Fn::Sub": "arn:aws:sns:*:${P}:*"}, {}, None),
        ({"Fn::Sub": "o-${P}"}, ORGANIZATION, None),
        ({"Fn::Sub": "arn:${AWS::Partition}:sns:*:${AWS::AccountId}:*"}, {}, True),
        # Everybody may have a bucket of a name that matches *-assets, so that a parameter is not somebody in particular.
        ({"Fn::Sub": "arn:aws:s3:::${P}-assets"}, {}, None),
        ({"Fn::Sub": "arn:aws:s3:::shop-${P}-assets"}, {}, True),
        ("arn:aws:s3:::assets-*", {}, True),
        ("o-a1b2c3/*", ORGANIZATION, True),
        ({"Ref": "T"}, {}, True),
        ({"Fn::Sub": "${P}/0"}, {"key": "aws:SourceIp", "operator": "IpAddress"}, False),
        ({"Fn::Sub": "${P}.0.0.0/7"}, {"key": "aws:SourceIp", "operator": "IpAddress"}, False),
        ({"Fn::Sub": "${P}/24"}, {"key": "aws:SourceIp", "operator": "IpAddress"}, True),
    ],
)
def test_a_condition_that_binds_nobody_does_so_in_any_spelling(value, more, answer):
    assert restricted(value, **more) is answer


SWITCH = {"by": "order", "order": [False, True], "steps": [["f", "On"]]}
LEVELS = {"by": "order", "order": ["OFF", "OPTIONAL", "ON"], "steps": [["f", "On"]]}


@pytest.mark.parametrize(
    ("entry", "before", "after", "outcomes"),
    [
        (SWITCH, True, False, ["fail"]),
        (SWITCH, "True", "false", ["fail"]),
        (SWITCH, "TRUE", "False", ["fail"]),
        (SWITCH, "True", True, []),
        (LEVELS, "ON", "OFF", ["fail"]),
        (LEVELS, "ON", "SOMETHING_NEW", ["unknown"]),
        (LEVELS, "OFF", "SOMETHING_NEW", []),
        (LEVELS, "SOMETHING_NEW", "ON", []),
    ],
)
def test_a_protection_is_weakened_in_any_spelling(entry, before, after, outcomes):
    found = weakening.find_weakenings(entry, {"On": before}, {"On": after}, Scope({}))
    assert [w.outcome.value for w in found] == outcomes


@pytest.mark.parametrize("protocol", ["-1", -1, -1.0, "-1 ", "all", "ALL"])
def test_every_protocol_in_any_spelling(protocol):
    loaded = packs.load_packs()
    ingress = {"CidrIp": "0.0.0.0/0", "IpProtocol": protocol}
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupIngress": [ingress]}}
    rules = selection.select_rules(
        loaded.rules, ["sg-ingress-all-protocols", "sg-ingress-fully-open", "sg-ingress-open-ssh"]
    )
    stack = Stack(
        "S", {"Resources": {"G": group}}, "s.json", construct_path="S", environment="prod", from_assembly=True
    )
    judged = evaluate_resources([stack], rules, EngineSettings(sets=loaded.sets))
    assert {f.rule_id for f in judged.findings if f.outcome.value == "fail"} == {
        r.id for r in rules if r.pack != "unseen"
    }
