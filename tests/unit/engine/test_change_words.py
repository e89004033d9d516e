"""The words of findings on changes: what is meant, what is new, and advice that fits."""

from __future__ import annotations

import pytest

from tests.support.changes import judged, write_assembly


def one(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


def find(tmp_path, before, after, rule):
    return [f for f in judged(tmp_path, before, after).active if f.rule_id == rule]


def api(endpoint, deployment):
    """A REST API and its stage, whose deployment gets another ID with each change."""
    return {
        "Api": one("ApiGateway::RestApi", Name="orders", EndpointConfiguration={"Types": [endpoint]}),
        "Stage": one("ApiGateway::Stage", RestApiId={"Ref": "Api"}, StageName="v1", DeploymentId=deployment),
    }


def test_a_property_that_does_not_matter_is_not_called_the_cause(tmp_path):
    """The API became public, so that a firewall is asked for; the ID of the deployment has no part in that."""
    found = find(tmp_path, api("PRIVATE", "d1"), api("REGIONAL", "d2"), "protection-weakened")
    (finding,) = [f for f in found if "apigw-waf" in f.message]
    assert "DeploymentId" not in finding.message
    assert '"Web application firewall stands before the REST API" was in order before' in finding.message


@pytest.mark.parametrize(
    ("kind", "before", "after", "advice", "never"),
    [
        (
            "Cognito::UserPool",
            {"Schema": [{"Name": "plan"}]},
            {"Schema": [{"Name": "tier"}]},
            "Put the attribute back",
            "shards",
        ),
        ("Kinesis::Stream", {"ShardCount": 2}, {"ShardCount": 10}, "twice", "user pool"),
        ("RDS::DBInstance", {"AllocatedStorage": 200}, {"AllocatedStorage": 100}, "Put the old size back", "user pool"),
    ],
)
def test_the_advice_on_a_refused_update_fits_the_type(tmp_path, kind, before, after, advice, never):
    (finding,) = find(tmp_path, {"It": one(kind, **before)}, {"It": one(kind, **after)}, "update-refused")
    assert advice in finding.remedy.text and never not in finding.remedy.text


def test_the_last_call_of_a_custom_resource_says_what_it_deletes(tmp_path):
    call = '{"service": "RDS", "action": "deleteDBInstance", "parameters": {"DBInstanceIdentifier": "shop", "SkipFinalSnapshot": true}}'
    before = {"Drop": {"Type": "Custom::AWS", "Properties": {"Delete": call}}, "Q": one("SQS::Queue")}
    (finding,) = find(tmp_path, before, {"Q": one("SQS::Queue")}, "delete-call-destroys-data")
    assert "rds:DeleteDBInstance (DBInstanceIdentifier shop, SkipFinalSnapshot true)" in finding.message


def test_a_detector_is_switched_off_and_an_alarm_watches_less(tmp_path):
    sides = {"D": one("GuardDuty::Detector", Enable=True)}, {"D": one("GuardDuty::Detector", Enable=False)}
    (finding,) = find(tmp_path, *sides, "safeguard-off")
    assert "is switched off: Properties.Enable true -> false" in finding.message


def test_a_server_that_is_deleted_is_not_said_to_be_another_one_now(tmp_path):
    server = one("Transfer::Server", Protocols=["SFTP"], Domain="S3")
    (finding,) = find(tmp_path, {"Old": server}, {"New": server}, "address-lost")
    assert "is deleted, and New takes its place" in finding.message and "host key" in finding.remedy.text


def role(**properties):
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    return {"Role": one("IAM::Role", AssumeRolePolicyDocument=trust, **properties)}


def test_a_lost_boundary_is_named_and_its_advice_is_its_own(tmp_path):
    boundary = "arn:aws:iam::111111111111:policy/limit"
    (finding,) = find(tmp_path, role(PermissionsBoundary=boundary), role(), "access-widened")
    assert "policy/limit" in finding.message and "permissions_boundary=" in finding.remedy.python


def nested(tmp_path, name, table):
    """An assembly whose nested stack Data names its table by a parameter that the parent passes."""
    body = {
        **one("DynamoDB::Table", TableName={"Ref": "TableName"}),
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
    }
    parent = {"Resources": {"Data": one("CloudFormation::Stack", Parameters={"TableName": table})}}
    data = {"Parameters": {"TableName": {"Type": "String"}}, "Resources": {"It": body}}
    return write_assembly(tmp_path / name, Shop={"template": parent, "nested": {"Data": data}})


def test_a_value_that_the_parent_passes_is_said_with_its_parameter(tmp_path):
    sides = nested(tmp_path, "old", "orders"), nested(tmp_path, "new", "orders-2")
    (finding,) = find(tmp_path, *sides, "data-replaced-empty")
    assert "orders -> orders-2 (its parent passes it as the parameter TableName)" in finding.message
