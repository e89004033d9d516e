"""What a custom resource stands for is judged by the rules about that, and told of the custom resource."""

import json

import pytest

from cdkguard.data.loader import sdk_calls
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.model import Stack
from cdkguard.packs.load import load_packs

LOADED = load_packs()
SETTINGS = EngineSettings(sets=LOADED.sets, sdk_calls=sdk_calls)
RECOMMENDED = [rule for rule in LOADED.rules if rule.scope == "resource" and "recommended" in rule.profiles]


def judge(resources, rules=RECOMMENDED, **sections):
    stack = Stack("S", {"Resources": resources, **sections}, "s.json", environment="prod")
    judged = evaluate_resources([stack], rules, SETTINGS)
    return judged.findings, judged.problems


def call(service, action, event="Create", **parameters):
    text = json.dumps({"service": service, "action": action, "parameters": parameters})
    return {"Type": "Custom::AWS", "Properties": {"ServiceToken": "arn", event: text}}


def told(findings):
    return {(f.rule_id, f.logical_id, f.property_paths) for f in findings}


def test_a_call_is_judged_by_the_rules_about_what_it_changes():
    found, _ = judge({"Call": call("RDS", "modifyDBInstance", DBInstanceIdentifier="orders", PubliclyAccessible=True)})
    assert told(found) == {("rds-public-access", "Call", ("Properties.Create.parameters.PubliclyAccessible",))}
    assert found[0].resource_type == "Custom::AWS"


def test_what_a_call_leaves_out_stays_as_it_is():
    assert judge({"Call": call("RDS", "modifyDBInstance", DBInstanceIdentifier="orders", AllocatedStorage=9)})[0] == []


def test_a_rule_is_told_once_for_all_calls_of_a_resource():
    one = call("S3", "deleteBucket", "Delete", Bucket="a")
    one["Properties"]["Update"] = one["Properties"]["Delete"]
    assert told(judge({"Call": one})[0]) == {("sdk-call-destroys-data", "Call", ("Properties.Update",))}


def test_a_call_on_a_resource_of_the_template_is_judged_with_what_stands_there():
    policy = json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"}]}
    )
    text = {"Fn::Join": ["", ['{"service":"OpenSearch","action":"updateDomainConfig","parameters":{"DomainName":"', {"Ref": "Domain"}, '","AccessPolicies":' + json.dumps(policy) + "}}"]]}  # fmt: skip
    custom = {"Type": "Custom::OpenSearchAccessPolicy", "Properties": {"Create": text}}
    rules = [rule for rule in LOADED.rules if rule.id == "opensearch-anonymous-access"]
    inside, outside = ({"Type": "AWS::OpenSearchService::Domain", "Properties": p} for p in ({"VPCOptions": {}}, {}))
    assert judge({"Call": custom, "Domain": inside}, rules)[0] == []
    assert [f.logical_id for f in judge({"Call": custom, "Domain": outside}, rules)[0]] == ["Call"]


def test_the_branch_of_a_call_is_named():
    text = call("S3", "deleteBucket", Bucket="a")["Properties"]["Create"]
    body = {"Type": "Custom::AWS", "Properties": {"Create": {"Fn::If": ["Clean", text, {"Ref": "AWS::NoValue"}]}}}
    found, _ = judge(
        {"Call": body},
        Parameters={"P": {"Type": "String"}},
        Conditions={"Clean": {"Fn::Equals": [{"Ref": "P"}, "yes"]}},
    )
    assert [f.branch for f in found if f.rule_id == "sdk-call-destroys-data"] == ["Clean is true"]


@pytest.mark.parametrize("depth", [50, 5_000])
def test_a_payload_that_is_nested_too_deeply_is_never_a_pass(depth):
    value = "x"
    for _ in range(depth):
        value = {"a": value}
    found, problems = judge({"Call": {"Type": "Custom::AWS", "Properties": {"Create": value}}})
    assert bool(found) or bool(problems)


def test_an_odd_payload_crashes_nothing():
    for parameters in (
        {"Attributes": []},
        {"Attributes": {"Policy": 5}},
        {"AttributeName": ["a"]},
        {"IpPermissions": [1]},
    ):
        for service, action in (("SQS", "setQueueAttributes"), ("SNS", "setTopicAttributes"), ("EC2", "authorizeSecurityGroupIngress")):  # fmt: skip
            assert judge({"Call": call(service, action, **parameters)})[1] == []
