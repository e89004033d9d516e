"""Writes fuzz/corpus/: inputs of our own that together use every function, section and resource that matters."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"

Json = Any
ALLOW = {
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["s3:Get*", "s3:PutObject"],
    "Resource": {"Fn::Sub": "${A.Arn}/*"},
}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}]}}],
        "ManagedPolicyArns": [{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/AdministratorAccess"]]}],
    },
}  # fmt: skip
DATA = {
    "A": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"BucketName": {"Fn::If": ["C", "b", {"Ref": "AWS::NoValue"}]}, "VersioningConfiguration": {"Status": {"Ref": "P"}}}},
    "B": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "A"}, "PolicyDocument": {"Statement": [ALLOW, {"Fn::If": ["D", {**ALLOW, "Effect": "Deny"}, {"Ref": "AWS::NoValue"}]}]}}},
    "T": {"Type": "AWS::DynamoDB::GlobalTable", "DeletionPolicy": "Delete", "Properties": {"TableName": "t", "Replicas": [{"Region": "eu-west-1"}, {"Region": {"Ref": "AWS::Region"}}]}},
}  # fmt: skip
CONDITIONS = {
    "C": {"Fn::Equals": [{"Ref": "P"}, "yes"]},
    "D": {"Fn::And": [{"Condition": "C"}, {"Fn::Not": [{"Fn::Or": [{"Condition": "D"}, {"Fn::Equals": [{"Ref": "AWS::Region"}, {"Ref": "Q"}]}]}]}]},
}  # fmt: skip
PARAMETERS = {
    "P": {"Type": "String", "AllowedValues": ["yes", "no"]},
    "Q": {"Type": "CommaDelimitedList", "Default": "a,b"},
    "N": {"Type": "String", "NoEcho": True},
}
RICH = {
    "Parameters": PARAMETERS, "Conditions": CONDITIONS, "Mappings": {"M": {"eu-west-1": {"B": "v", "L": ["x", "y"]}}}, "Transform": "AWS::LanguageExtensions",
    "Resources": {
        **DATA,
        "R": ROLE,
        "F": {"Type": "AWS::Lambda::Function", "Condition": "D", "DependsOn": ["A", "F"], "Metadata": {"aws:cdk:path": "App/Main/F"}, "Properties": {"Environment": {"Variables": {"SECRET": {"Fn::Select": [0, {"Fn::Split": [",", {"Fn::Join": [",", {"Ref": "Q"}]}]}]}, "PASSWORD": "hunter2hunter2", "MAP": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "B"]}, "J": {"Fn::ToJsonString": {"a": {"Ref": "P"}}}, "N": {"Fn::Length": {"Ref": "Q"}}}}, "Role": {"Fn::GetAtt": ["R", "Arn"]}, "Tags": [{"Key": "env", "Value": {"Fn::ImportValue": "x"}}]}},
        "G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}, {"IpProtocol": "-1", "CidrIpv6": "::/0"}]}},
        "Fn::ForEach::L": ["X", ["One", "Two"], {"Topic${X}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "X"}, "KmsMasterKeyId": {"Fn::Base64": "${X}"}}}}],
    },
    "Outputs": {"O": {"Value": {"Fn::GetAtt": "A.Arn"}, "Export": {"Name": "x"}}},
}  # fmt: skip
PLAIN = {"Resources": {"D": {"Type": "AWS::RDS::DBInstance", "Properties": {"StorageEncrypted": "false", "MasterUserPassword": {"Ref": "N"}, "PubliclyAccessible": True}}, "Q": {"Type": "AWS::SQS::Queue"}, "I": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Fn::GetAtt": ["G", "GroupId"]}, "CidrIp": {"Fn::Sub": "10.0.0.0/${Bits}"}}}}, "Parameters": {"N": {"Type": "String", "NoEcho": "true", "Default": "x"}, "Bits": {"Type": "Number", "Default": 8}}}  # fmt: skip
YAML = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters: {P: {Type: String, Default: &d "x"}}
Conditions:
  C: !Not [!Equals [!Ref P, *d]]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${P}-b"   # a comment
      Tags: [{Key: a, Value: !If [C, 0x1F, 1e3]}, {Key: ~, Value: 2020-01-01}]
  'Quoted': &q
    Type: Custom::X
    Properties:
      Text: |
        two
         lines
      Arn: !GetAtt Bucket.Arn
      More: >-
        folded
  Again: *q
"""
TOML = """[tool.cdkguard]
rules = ["recommended", "s3-*"]
fail_on = "medium"
[tool.cdkguard.environments.prod]
accounts = ["111122223333"]
"""
CONFIG = """\
rules: [recommended]
skip: [s3-versioning]
packs: [./rules]
fail_on: high
environments:
  prod: {accounts: ["111122223333"], stacks: ["Prod*"]}
severity: {"s3-*": low, rds-deletion-protection: {dev: low}}
suppressions:
  - {rule: s3-versioning, path: "Shop/*", reason: logs only, owner: me, expires: 2030-01-31}
"""
PATHS = [
    "$.Properties.A", "$.Properties.A[*].Key", "$.Properties.A[?(@.Key=='env')].Value", "$..Value", "$.A.*", "$.Properties.A[0]", "$.Properties.A[-1].Key", "$", "$.'a b'.c", "$.A[?(@.B)]", "$.A[?(@.B!=1)]", "$.A[0:2]", "$.A|$.B",
]  # fmt: skip
RULE = {
    "id": "x", "title": "t", "severity": "high", "types": ["AWS::S3::Bucket", "AWS::*::Queue", "@s"], "why": "w", "remedy": {"text": "r", "python": "x"}, "with": {"least": 3},
    "where": {"path": "$.Properties.B", "exists": True}, "message": "{logical_id} has {found} at {path}",
    "require": {"all": [{"path": "$.Properties.A", "at_least": {"with": "least"}}, {"any": [{"path": "$.Properties.L[*]", "every": {"path": "$.X", "in": ["a", "b"]}}, {"not": {"path": "$.Properties.D", "has_statement": {"public": True, "action_matches": "^s3:"}}}]}]},
    "examples": {"pass": [{"A": 3, "B": 1}], "fail": [{"A": 1, "B": 1}], "unknown": [{"A": {"Ref": "P"}, "B": 1}]},
}  # fmt: skip
FORBID = {
    "id": "x", "title": "t", "severity": "low", "types": ["AWS::IAM::Role"], "why": "w", "remedy": "r", "on_unknown": "fail", "environments": ["prod"], "profiles": ["strict"],
    "forbid": {"any": [{"path": "$..Password", "matches": "^[a-z]+$"}, {"target": {"path": "$.Properties.Role", "types": ["AWS::IAM::Role"], "otherwise": "pass"}}, {"referrer": {"types": ["AWS::S3::BucketPolicy"], "path": "$.Properties.Bucket", "satisfies": {"path": "$.Properties.PolicyDocument", "exists": True}}}]},
    "examples": {"pass": [{}], "fail": [{"Password": "a"}]},
}  # fmt: skip
MANIFEST = {
    "version": "36.0.0",
    "artifacts": {
        "Main": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "displayName": "Main", "properties": {"templateFile": "Main.template.json", "terminationProtection": True, "tags": {"a": "b"}, "parameters": {"P": "yes"}}, "metadata": {"/Main/A": [{"type": "aws:cdk:logicalId", "data": "A", "trace": ["at x (/app/a.ts:1:2)"]}], "/Main": [{"type": "aws:cdk:warning", "data": "w"}]}, "dependencies": ["Main.assets", "Main"]},
        "Main.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Main.assets.json"}},
        "Stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "nested"}},
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
    },
    "missing": [{"key": "ami:x", "provider": "ami", "props": {"account": "1", "region": "eu-west-1"}}],
}  # fmt: skip
NESTED = {
    "Resources": {
        **DATA,
        "N": {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": "x", "Parameters": {"P": {"Ref": "AWS::Region"}}},
            "Metadata": {
                "aws:asset:path": "N.nested.template.json",
                "aws:asset:property": "TemplateURL",
                "aws:cdk:path": "Main/N.NestedStack/N.NestedStackResource",
            },
        },
    }
}
FILES = {
    "manifest.json": MANIFEST,
    "Main.template.json": NESTED,
    "N.nested.template.json": PLAIN,
    "Main.assets.json": {"version": "1", "files": {"x": {"source": {"path": "N.nested.template.json"}}}},
    "tree.json": {
        "version": "tree-0.1",
        "tree": {"id": "App", "path": "", "children": {"Main": {"id": "Main", "path": "Main"}}},
    },
}


def _pairs() -> dict[str, Json]:
    less = {
        "Parameters": PARAMETERS,
        "Conditions": CONDITIONS,
        "Resources": {
            "A": {**DATA["A"], "DeletionPolicy": "Delete", "Properties": {"BucketName": "other"}},
            "T2": {**DATA["T"], "Properties": {"TableName": "t", "Replicas": []}},
            "R": {**ROLE, "Properties": {**ROLE["Properties"], "ManagedPolicyArns": []}},
        },
    }
    return {
        "rich-less": {"before": RICH, "after": less},
        "less-rich": {"before": less, "after": RICH},
        "plain": {"before": PLAIN, "after": PLAIN},
    }


def _doors() -> dict[str, Json]:
    old = {
        **DATA,
        "R": ROLE,
        "G": RICH["Resources"]["G"],
        "U": {"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "AWS_IAM"}},
    }
    new = json.loads(json.dumps(old))
    new["U"]["Properties"]["AuthType"] = "NONE"
    new["G"]["Properties"]["SecurityGroupIngress"].append(
        {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIp": "10.0.0.0/8"}
    )
    new["R"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": ["arn:aws:s3:::*", {"Ref": "P"}]}
    )
    del new["B"]["Properties"]["PolicyDocument"]["Statement"][1]
    return {"doors": {"Parameters": PARAMETERS, "before": old, "after": new}, "same": {"before": new, "after": new}}


def seeds() -> dict[str, dict[str, str]]:
    """Target -> name -> text."""
    bodies = {"rich.json": json.dumps(RICH), "plain.json": json.dumps(PLAIN), "empty.json": '{"Resources": {}}'}
    return {
        "template": {**bodies, "pretty.json": json.dumps(PLAIN, indent=1), "short.yaml": YAML},
        "yaml": {"short.yaml": YAML, "flow.yaml": json.dumps(PLAIN), "alias.yaml": "a: &a [x, x]\nb: &b [*a, *a]\nResources: {c: *b}\n"},
        "path": {f"{number}.txt": text for number, text in enumerate(PATHS)},
        "resolve": bodies,
        "judge": bodies,
        "render": bodies,
        "compare": {f"{name}.json": json.dumps(pair) for name, pair in _pairs().items()},
        "widen": {f"{name}.json": json.dumps(pair) for name, pair in _doors().items()},
        "rule": {"require.json": json.dumps(RULE), "forbid.json": json.dumps(FORBID)},
        "config": {"cdkguard.yaml": CONFIG, "pyproject.toml": TOML},
        "assembly": {"nested.json": json.dumps({"files": FILES})},
    }  # fmt: skip


def write() -> None:
    """The corpus anew; a regression input (regression-*) stays."""
    for target, texts in seeds().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if not old.name.startswith("regression-"):
                old.unlink()
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    for folder in CORPUS.iterdir():
        if folder.name not in seeds():
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(write())
