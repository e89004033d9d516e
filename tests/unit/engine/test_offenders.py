"""Which value a finding names: the statement, variable or member at fault, and what of it is not known."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.check.run import check
from cdkguard.config.settings import Config
from cdkguard.engine.statement_words import describe_statement, is_statement

READ = {"Effect": "Allow", "Action": ["s3:GetObject*", "s3:List*"], "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}
PASS = {"Sid": "Deploy", "Effect": "Allow", "Action": ["ec2:RunInstances", "iam:PassRole"], "Resource": "*"}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
ROLE = {"Effect": "Allow", "Principal": {"AWS": {"Ref": "Role"}}, "Action": "s3:GetObject", "Resource": {"Fn::GetAtt": ["F", "Arn"]}}  # fmt: skip


def judge(folder, resources, **sections):
    """Rule id -> its finding on a template of these resources."""
    path = folder / "t.json"
    path.write_text(json.dumps({"Resources": resources, **sections}, indent=1))
    report = check(Config(paths=(str(path),), environment="prod"))
    return {finding.rule_id: finding for finding in report.findings}


def policy(*statements):
    return {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "p", "PolicyDocument": {"Statement": [*statements]}},
    }


def test_the_statement_at_fault_is_named_and_quoted(tmp_path):
    found = judge(tmp_path, {"Pol": policy(READ, PASS)})["iam-passrole-any-role"]
    assert found.property_paths == ("Properties.PolicyDocument.Statement[1]",)
    assert found.looked_at == "Properties.PolicyDocument"
    quote = "Sid Deploy: Allow iam:PassRole (and 1 more) on *"
    assert found.found == quote
    assert found.message.endswith(f": {found.property_paths[0]} ({quote})")
    line = (tmp_path / "t.json").read_text().splitlines()[found.template_line]
    assert '"Sid": "Deploy"' in line


def test_each_statement_at_fault_is_named(tmp_path):
    found = judge(tmp_path, {"Pol": policy(PASS, READ, {**PASS, "Sid": "Two"})})["iam-passrole-any-role"]
    assert [path[-12:] for path in found.property_paths] == ["Statement[0]", "Statement[2]"]
    assert "Sid Deploy:" in found.message and "Sid Two:" in found.message


@given(st.permutations([READ, DENY, PASS]))
def test_the_fingerprint_is_the_same_wherever_the_statement_stands(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("t")
    at = order.index(PASS)
    found = judge(folder, {"Pol": policy(*order)})["iam-passrole-any-role"]
    assert found.property_paths == (f"Properties.PolicyDocument.Statement[{at}]",)
    assert found.fingerprint == judge(folder, {"Pol": policy(PASS)})["iam-passrole-any-role"].fingerprint


SECRETS = {
    "AWS::Lambda::Function": ({"Environment": {"Variables": {"STAGE": "x", "DB_PASSWORD": "hunter22"}}}, "Environment.Variables.DB_PASSWORD"),
    "AWS::ECS::TaskDefinition": (
        {"ContainerDefinitions": [{"Environment": [{"Name": "A", "Value": "b"}, {"Name": "API_TOKEN", "Value": "hunter22hunter"}]}]},
        "ContainerDefinitions[0].Environment[1] (API_TOKEN)",
    ),
    "AWS::EC2::Instance": ({"UserData": {"Fn::Base64": "#!/bin/sh\nexport STAGE=prod\nexport MYSQL_PASSWORD=Passw0rdShop1\n"}}, "UserData (MYSQL_PASSWORD)"),
    "AWS::Scheduler::Schedule": ({"Target": {"Input": '{"user": "app", "password": "hunter22hunter"}'}}, "Target.Input (password)"),
    "AWS::Amplify::App": ({"EnvironmentVariables": [{"Name": "API_TOKEN", "Value": "q7Zk2Lw9Xe4Vb1Nm8Rt5Y"}]}, "EnvironmentVariables[0] (API_TOKEN)"),
}  # fmt: skip


@pytest.mark.parametrize("resource_type", SECRETS)
def test_a_secret_is_named_and_never_shown(tmp_path, resource_type):
    properties, place = SECRETS[resource_type]
    findings = judge(tmp_path, {"X": {"Type": resource_type, "Properties": properties}})
    (found,) = [f for rule, f in findings.items() if rule.startswith("secret-in-")]
    assert place in found.message
    assert not any(word in f"{found}" for word in ("hunter22", "Passw0rd", "q7Zk"))


def test_what_is_not_known_is_named_with_the_way_to_make_it_known(tmp_path):
    resources = {
        "F": {"Type": "AWS::S3::Bucket"},
        "P": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Statement": [DENY, ROLE]}}},
    }
    found = judge(tmp_path, resources, Parameters={"Role": {"Type": "String"}})["s3-policy-wildcard-principal"]
    place = "Properties.PolicyDocument.Statement[1].Principal.AWS is ${Role}"
    assert f"({place}: the parameter Role has no value (--parameter Role=...))" in found.message
    assert "F.Arn" not in found.message  # whatever the bucket's ARN is, the answer is the same


UNKNOWN = {
    "the parameter Flag has no value (--parameter Flag=...)": {"Ref": "Flag"},
    "no stack of this run gives the export shop-flag a value (judge the stack that exports it as well)": {"Fn::ImportValue": "shop-flag"},
    "the parameter Path is read from Parameter Store by the deployment (--parameter Path=...)": {"Ref": "Path"},
    "only the deployment reads what the reference names": "{{resolve:ssm:/shop/flag}}",
    "the parameter List has no value (--parameter List=...)": {"Fn::Select": [0, {"Ref": "List"}]},
}  # fmt: skip


@pytest.mark.parametrize("words", UNKNOWN)
def test_each_kind_of_unknown_value_is_told(tmp_path, words):
    resource = {"Type": "AWS::RDS::DBInstance", "Properties": {"StorageEncrypted": UNKNOWN[words], "Engine": "mysql"}}
    parameters = {
        "Flag": {"Type": "String"},
        "List": {"Type": "CommaDelimitedList"},
        "Path": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/flag"},
    }
    found = judge(tmp_path, {"Db": resource, "Key": {"Type": "AWS::KMS::Key"}}, Parameters=parameters)
    assert words in found["rds-instance-encryption"].message


def test_a_launch_template_is_not_told_of_the_properties_of_an_instance(tmp_path):
    resource = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"ImageId": "ami-1"}}}
    found = judge(tmp_path, {"T": resource})["ec2-imdsv2"]
    assert found.property_paths == ("Properties.LaunchTemplateData.MetadataOptions.HttpTokens",)


def test_a_native_cluster_is_not_told_of_the_properties_of_the_custom_resource(tmp_path):
    cluster = {"Type": "AWS::EKS::Cluster", "Properties": {"ResourcesVpcConfig": {"EndpointPublicAccess": True}}}
    assert "Config.resources" not in judge(tmp_path, {"C": cluster})["eks-public-endpoint"].message
    assert (
        "Config.resources" not in judge(tmp_path, {"C": {"Type": "AWS::EKS::Cluster"}})["eks-public-endpoint"].message
    )


def test_a_statement_in_a_few_words():
    everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "NotAction": "iam:*", "NotResource": "arn:x"}
    assert describe_statement(everybody) == "Allow all but iam:* on all but arn:x to *"
    many = {
        "Effect": "Allow",
        "Action": [f"s3:{n}" for n in range(9)],
        "Resource": "*",
        "Condition": {"Bool": {"a": 1}},
    }
    assert describe_statement(many) == "Allow s3:0, s3:1, s3:2 (and 6 more) on * if Bool a"
    assert describe_statement(many, ["s3:7"]) == "Allow s3:7 (and 8 more) on * if Bool a"
    assert is_statement(PASS, "Properties.Policy") and not is_statement({"Statement": [PASS]}, "Properties.Policy")


def test_the_known_part_of_a_secret_is_not_shown_where_the_rest_is_not_known(tmp_path):
    password = {"Fn::Join": ["", ["hunter22", {"Fn::Select": [0, {"Ref": "Rest"}]}]]}
    resource = {"Type": "AWS::RDS::DBInstance", "Properties": {"MasterUserPassword": password}}
    findings = judge(tmp_path, {"Db": resource}, Parameters={"Rest": {"Type": "CommaDelimitedList"}})
    assert "hunter22" not in f"{findings}"
