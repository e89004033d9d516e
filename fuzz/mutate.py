"""Changes to JSON text that keep it JSON: libFuzzer's own bytes hardly ever get past the parser."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from cdkguard.template.functions import FUNCTIONS

Json = Any
MAX_DEPTH = 40

TYPES = [
    "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::KMS::Key",
    "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable",
    "AWS::RDS::DBInstance", "AWS::Lambda::Function", "AWS::Lambda::Permission", "AWS::Lambda::Url", "AWS::ECS::TaskDefinition",
    "AWS::CloudFormation::Stack", "AWS::SecretsManager::Secret", "AWS::SQS::Queue", "AWS::CodeBuild::Project", "Custom::X",
]  # fmt: skip
KEYS = [
    "Resources", "Type", "Properties", "Metadata", "Parameters", "Conditions", "Mappings", "Outputs", "Transform", "Default", "AllowedValues", "NoEcho",
    "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Statement", "Effect", "Action", "NotAction", "Resource", "NotResource",
    "Principal", "NotPrincipal", "AWS", "Service", "PolicyDocument", "AssumeRolePolicyDocument", "Policies", "ManagedPolicyArns", "SecurityGroupIngress",
    "CidrIp", "IpProtocol", "FromPort", "ToPort", "Tags", "Key", "Value", "Name", "Environment", "Variables", "TemplateURL", "StringEquals", "StringLike", "ArnLike", "A", "B", "P", "C",
]  # fmt: skip
NAMES = ["A", "B", "P", "Q", "C", "D", "M", "A.Arn", "AWS::NoValue", "AWS::Region", "AWS::AccountId", "AWS::Partition"]
SCALARS = [
    None, True, False, 0, -1, 1, 443, 65535, 1e300, 0.5, "", "*", "Allow", "Deny", "true", "Retain", "Snapshot", "0.0.0.0/0", "::/0", "10.0.0.0/33", "-1",
    "arn:aws:iam::111122223333:root", "arn:aws:s3:::b/*", "s3:*", "iam:Pass*", "*a*b?*", "{{resolve:ssm:x}}", "${A.Arn}", "x${P}y", "${!A}", "${", "2012-10-17",
    "\x1b[31m", "\n::error::x", "\u202e", "\ud800", "<b>&]]>", "`|#@x", "%0A", "AKIAABCDEFGHIJKLMNOP", '{"Statement": [{"Effect": "Allow", "Action": "*"}]}', *NAMES, *TYPES,
]  # fmt: skip
WRAPS: list[Callable[[Json, random.Random], Json]] = [
    lambda v, r: {"Fn::If": [r.choice(NAMES), v, {"Ref": "AWS::NoValue"}]},
    lambda v, r: {"Fn::If": [r.choice(NAMES), {"Ref": r.choice(NAMES)}, v]},
    lambda v, r: {"Fn::Join": [r.choice(["", ",", "/"]), [v, {"Ref": r.choice(NAMES)}]]},
    lambda v, r: {"Fn::Sub": ["a${X}b${" + r.choice(NAMES) + "}", {"X": v}]},
    lambda v, r: {"Fn::Select": [r.choice([0, 1, "0"]), [v, v]]},
    lambda v, r: {"Fn::Split": [",", v]},
    lambda v, r: {"Fn::FindInMap": ["M", v, "B"]},
    lambda v, r: {r.choice(list(FUNCTIONS)): v},
    lambda v, r: {"Fn::Equals": [v, {"Ref": r.choice(NAMES)}]},
    lambda v, r: {r.choice(["Fn::And", "Fn::Or"]): [v, {"Condition": r.choice(NAMES)}]},
    lambda v, r: {"Fn::ForEach::L": ["X", v, {"L${X}": {"Type": "Custom::X"}}]},
    lambda v, r: [v],
    lambda v, r: [v, v],
    lambda v, r: {r.choice(KEYS): v},
    lambda v, r: json.dumps(v),
]  # fmt: skip


def mutated(value: Json, chance: random.Random, mutate_bytes: Callable[[bytes], bytes]) -> Json:
    """The value with one to four changes."""
    value = [copy.deepcopy(value)]
    for _change in range(chance.choice([1, 1, 1, 2, 4])):
        places = list(_places(value, 0))
        holder, key = chance.choice(places)
        old, choice = holder[key], chance.randrange(8)
        if choice == 0:
            holder[key] = chance.choice(SCALARS)
        elif choice in (1, 2):
            holder[key] = chance.choice(WRAPS)(old, chance)
        elif choice == 3:
            other, name = chance.choice(places)
            holder[key] = copy.deepcopy(other[name])
        elif choice == 4 and holder is not value:
            del holder[key]
        elif choice == 5 and isinstance(holder, dict):
            holder[chance.choice(KEYS + NAMES)] = copy.deepcopy(old) if chance.random() < 0.5 else holder.pop(key)
        elif choice == 6 and isinstance(old, str):
            holder[key] = mutate_bytes(old.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
        elif isinstance(old, list):
            old.insert(chance.randint(0, len(old)), chance.choice(SCALARS))
        elif isinstance(old, dict):
            old[chance.choice(KEYS + NAMES)] = chance.choice(SCALARS)
        else:
            holder[key] = str(old) + str(chance.choice(SCALARS))
    return value[0]


def _places(value: Json, depth: int) -> Any:
    """(container, key) of every value in a container; nothing below MAX_DEPTH."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list) and depth < MAX_DEPTH:
            yield from _places(inner, depth + 1)
