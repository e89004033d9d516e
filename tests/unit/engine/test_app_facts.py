"""What the stacks of an app know of each other: exports, and protections that another stack gives."""

import pytest

from cdkguard.engine.app_facts import find_facts, merge_facts
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.language.checking import prepare_requirement
from cdkguard.model import Outcome, Rule, Stack
from cdkguard.packs.load import load_packs
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Deferred

RULES = {rule.id: rule for rule in load_packs().rules}
SETS = load_packs().sets
VPC = {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}
EXPORTED = {"O": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "Net:Vpc"}}}


def stack(name, resources, account="222222222222", region="eu-west-1", **template):
    return Stack(
        name, {"Resources": resources, **template}, f"{name}.json", construct_path=name, account=account, region=region,
        environment="prod",
    )  # fmt: skip


def flow_log(name, **more):
    return {"Flow": {"Type": "AWS::EC2::FlowLog", "Properties": {"ResourceId": {"Fn::ImportValue": name}}, **more}}


def outcomes(rule, *stacks):
    judged = evaluate_resources(stacks, [RULES[rule]], EngineSettings(sets=SETS))
    assert not judged.problems
    return [found.outcome.value for found in judged.findings]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (stack("Ops", flow_log("Net:Vpc")), []),
        (stack("Ops", flow_log("Net:Other")), ["fail"]),
        (stack("Ops", flow_log("Net:Vpc"), region="us-east-1"), ["fail"]),
        (stack("Ops", flow_log("Net:Vpc"), account="333333333333"), ["fail"]),
        (stack("Ops", flow_log("Net:Vpc", Condition="C"), Conditions={"C": {"Fn::Equals": ["a", "b"]}}), ["fail"]),
        (stack("Ops", flow_log("Net:Vpc", Condition="Unknown")), ["fail"]),
    ],
    ids=["imported", "another export", "another region", "another account", "not deployed", "perhaps not deployed"],
)
def test_a_protection_in_another_stack_counts_where_it_imports_the_resource(other, expected):
    assert outcomes("vpc-flow-logs", stack("Net", VPC, Outputs=EXPORTED), other) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10.1.0.0/16", []),
        ({"Fn::GetAtt": ["Vpc", "CidrBlock"]}, []),
        ("0.0.0.0/0", ["fail"]),
        ({"Fn::If": ["Unknown", "0.0.0.0/0", "10.0.0.0/8"]}, ["unknown"]),
    ],
)
def test_an_import_of_an_export_of_the_app_is_its_value(value, expected):
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": {"Fn::ImportValue": "Net:Cidr"}}
    group = {"Sg": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupIngress": [rule]}}}
    net = stack("Net", VPC, Outputs={"O": {"Value": value, "Export": {"Name": "Net:Cidr"}}})
    assert outcomes("sg-ingress-open-sensitive-ports", net, stack("App", group)) == expected
    assert outcomes("sg-ingress-open-sensitive-ports", stack("App", group)) == ["unknown"]


def test_a_backup_selection_of_another_stack_takes_what_its_pattern_matches():
    table = stack("Data", {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {}}})
    everything = {"BackupSelection": {"Resources": ["*"]}}
    selection = {"S": {"Type": "AWS::Backup::BackupSelection", "Properties": everything}}
    assert outcomes("dynamodb-backup-plan", table, stack("Backup", selection)) == []
    assert outcomes("dynamodb-backup-plan", table, stack("Backup", selection, region="us-east-1")) == ["fail"]


def test_an_export_that_only_the_deployment_knows_keeps_its_attribute():
    outputs = {
        "O": {"Value": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-c"}}}
    }
    facts = find_facts([stack("Net", VPC, Outputs=outputs)], StackScopes())
    (value,) = [v for (kind, place), v in facts.items() if place == "222222222222/eu-west-1/Net-c"]
    assert isinstance(value, Deferred) and (value.kind, value.attribute) == ("import", "CidrBlock")


def test_what_several_stacks_give_is_all_kept():
    facts = {("a", "x"): (1,), ("b", "x"): 1}
    merge_facts(facts, {("a", "x"): (1, 2), ("b", "x"): 2, ("c", "x"): (3,)})
    assert facts == {("a", "x"): (1, 2), ("b", "x"): 2, ("c", "x"): (3,)}


def test_a_rule_that_forbids_a_referrer_asks_its_own_stack_alone():
    forbid = {"not": {"referrer": {"types": ["AWS::EC2::FlowLog"], "path": "$.Properties.ResourceId"}}}
    rule = Rule("r", "t", "high", "p", types=("AWS::EC2::VPC",), require=prepare_requirement(forbid, (), {}, {}))
    stacks = [stack("Net", VPC, Outputs=EXPORTED), stack("Ops", flow_log("Net:Vpc"))]
    found = evaluate_resources(stacks, [rule], EngineSettings()).findings
    assert Outcome.FAIL not in [one.outcome for one in found]
