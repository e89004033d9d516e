"""Fingerprints identify a finding across runs: the same value in the same place, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.check.run import check
from cdkguard.config.settings import Config
from cdkguard.engine.fingerprints import fingerprint, mark_evidence
from cdkguard.model import Outcome

FAIL = Outcome.FAIL
OPEN = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
READ = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::web/*"}
WRITE = {**READ, "Action": ["s3:PutObject", "s3:DeleteObject"]}
OWN = {**READ, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
BOUND = {**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": "shop"}}}

hashes = st.text("0123456789ABCDEF", min_size=8, max_size=8)


@given(hashes, hashes)
def test_a_fingerprint_survives_another_hash_where_the_construct_path_is_known(one, two):
    a = fingerprint("r", FAIL, "S", "S/B", f"Bucket{one}", ())
    assert a == fingerprint("r", FAIL, "S", "S/B", f"Bucket{two}", ())
    assert len(a) == 24 and int(a, 16) >= 0
    plain = [fingerprint("r", FAIL, "S", "", f"Bucket{x}", ()) for x in (one, two)]
    assert (plain[0] == plain[1]) is (one == two)


def test_a_fingerprint_tells_everything_else_apart():
    base = ("r", FAIL, "S", "", "Bucket01234567", ("A=1",))
    others = [
        ("q", *base[1:]),
        ("r", Outcome.UNKNOWN, *base[2:]),
        ("r", FAIL, "T", *base[3:]),
        ("r", FAIL, "S", "S/B", *base[4:]),
        (*base[:4], "Other01234567", base[5]),
        (*base[:5], ("B=1",)),
        (*base[:5], ("A=1", "B=1")),
        (*base[:5], ()),
    ]
    assert len({fingerprint(*facts) for facts in [base, *others]}) == len(others) + 1


def test_a_fingerprint_does_not_change_from_version_to_version():
    marks = mark_evidence([("Properties.A[1].B", {"C": [2, "1"]})], secret=False)
    assert marks == ('Properties.A[].B={"C": ["\\"1\\"", "\\"2\\""]}',)
    assert fingerprint("s3-versioning", FAIL, "Prod/Data", "Prod/Data/B", "B01", marks) == "1329e8e697029455f66d16b5"


def test_no_secret_is_in_a_mark():
    assert mark_evidence([("Properties.P", "hunter2!")], secret=True) == ("Properties.P=(hidden, 8 characters)",)
    ((mark,)) = mark_evidence([("Properties.P", ["ghp_" + "Ab1" * 12])], secret=False)
    assert "ghp_" not in mark


def find(tmp_path, kind, properties, rule, **template):
    file = tmp_path / "t.json"
    file.write_text(json.dumps({"Resources": {"X": {"Type": kind, "Properties": properties}}, **template}))
    report = check(Config(paths=(str(file),), environment="prod", rules=(rule,)))
    return [f.fingerprint for f in report.findings if f.rule_id == rule]


def policy(*statements):
    return {"Bucket": "web", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}


def group(*rules):
    return {"GroupDescription": "g", "SecurityGroupIngress": list(rules)}


def role(*statements):
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}


def function(**variables):
    return {"Environment": {"Variables": variables}}


def task(image, *variables, **options):
    return {"ContainerDefinitions": [{"Name": "app", "Image": image, "Environment": list(variables), **options}]}


def variable(name, value):
    return {"Name": name, "Value": value}


S3 = "AWS::S3::BucketPolicy", "s3-policy-wildcard-principal"
SG = "AWS::EC2::SecurityGroup", "sg-ingress-open-sensitive-ports"
ROLE = "AWS::IAM::Role", "iam-public-trust"
FUNCTION = "AWS::Lambda::Function", "secret-in-lambda-env"
TASK = "AWS::ECS::TaskDefinition", "secret-in-ecs-env"
RULE = "AWS::EC2::SecurityGroupIngress", "sg-ingress-open-sensitive-ports"


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (S3, policy(READ), policy(READ, OWN)),
        (S3, policy(OWN, READ), policy(READ, OWN)),
        (S3, policy(READ), policy({**READ, "Sid": "Web"})),
        (S3, policy(READ), policy({**READ, "Action": ["s3:GetObject"]})),
        (S3, policy(READ), {"Bucket": "web", "PolicyDocument": {"Version": "2012-10-17", "Statement": READ}}),
        (SG, group(OPEN), group({**OPEN, "CidrIp": "10.0.0.0/8"}, OPEN)),
        (SG, group(OPEN), group({**OPEN, "Description": "for a while"})),
        (SG, group(OPEN), group({**OPEN, "FromPort": "22"})),
        (ROLE, role(TRUST, BOUND), role(BOUND, TRUST)),
        (FUNCTION, function(DB_PASSWORD="Passw0rd!", LEVEL="info"), function(DB_PASSWORD="Passw0rd!", LOG_LEVEL="info")),
        (FUNCTION, function(DB_PASSWORD="Passw0rd!"), function(DB_PASSWORD="Passw0rd!", LEVEL="info")),
        (TASK, task("a:1", variable("DB_PASSWORD", "Passw0rd!")),
         task("a:2", variable("LEVEL", "info"), variable("DB_PASSWORD", "Passw0rd!"))),
    ],
)  # fmt: skip
def test_what_was_accepted_stays_accepted(tmp_path, kind, before, after):
    found = [find(tmp_path, kind[0], properties, kind[1]) for properties in (before, after)]
    assert found[0] == found[1] and found[0]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (S3, policy(READ), policy(READ, WRITE)),
        (S3, policy(READ), policy(WRITE)),
        (S3, policy(READ), policy({**READ, "Resource": "arn:aws:s3:::web*"})),
        (SG, group(OPEN), group({**OPEN, "ToPort": 3389})),
        (SG, group(OPEN), group(OPEN, {**OPEN, "FromPort": 3389, "ToPort": 3389})),
        (RULE, {**OPEN, "GroupId": "sg-1"}, {**OPEN, "GroupId": "sg-1", "ToPort": 3389}),
        (RULE, {**OPEN, "GroupId": "sg-1"}, {**OPEN, "GroupId": "sg-2"}),
        (ROLE, role(BOUND), role(BOUND, TRUST)),
        (FUNCTION, function(DB_PASSWORD="Passw0rd!"), function(DB_PASSWORD="Passw0rd!", ADMIN_PASSWORD="Passw0rd!")),
        (TASK, task("a:1", variable("DB_PASSWORD", "Passw0rd!")),
         task("a:1", variable("DB_PASSWORD", "Passw0rd!"), variable("ADMIN_PASSWORD", "Passw0rd!"))),
    ],
)  # fmt: skip
def test_what_is_new_or_worse_is_another_finding(tmp_path, kind, before, after):
    found = [find(tmp_path, kind[0], properties, kind[1]) for properties in (before, after)]
    assert found[1] and not set(found[0]) >= set(found[1])


def test_a_missing_protection_stays_accepted_whatever_else_is_allowed(tmp_path):
    bucket = {"B": {"Type": "AWS::S3::Bucket"}, "X": {"Type": S3[0], "Properties": policy(OWN)}}
    more = {**bucket, "X": {"Type": S3[0], "Properties": policy(OWN, READ)}}
    found = [find(tmp_path, "AWS::S3::Bucket", {}, "s3-ssl-only", Resources=r) for r in (bucket, more)]
    assert found[0] == found[1] and found[0]


def test_two_plain_resources_of_dates_are_two(tmp_path):
    table = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}
    found = find(tmp_path, "", {}, "data-retention", Resources={"T20240101": table, "T20250101": table})
    assert len(set(found)) == 2


# Rule id -> a resource that breaks it, and the fingerprint of version 1.0: whoever accepted it has accepted it for good.
ACCEPTED = {
    "iam-passrole-any-role": (
        {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": "p",
                "PolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
                        {"Effect": "Allow", "Action": ["ec2:RunInstances", "iam:PassRole"], "Resource": "*"},
                    ]
                },
            },
        },
        "9be5b999dcaef4cccd078ce3",
    ),
    "secret-in-lambda-env": (
        {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"STAGE": "x", "DB_PASSWORD": "hunter22"}}},
        },
        "1ee13c51e73b0c7e66af2694",
    ),
    "secret-in-ecs-env": (
        {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {
                "ContainerDefinitions": [
                    {"Environment": [{"Name": "A", "Value": "b"}, {"Name": "API_TOKEN", "Value": "hunter22hunter"}]}
                ]
            },
        },
        "8a9f8b2d34e1c6470caadd84",
    ),
    "secret-in-ec2-userdata": (
        {
            "Type": "AWS::EC2::Instance",
            "Properties": {"UserData": {"Fn::Base64": "export MYSQL_PASSWORD=Passw0rdShop1"}},
        },
        "2a043ff60e0c2d0d3edc6956",
    ),
    "ec2-imdsv2": (
        {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"ImageId": "ami-1"}}},
        "88daa692a0e769f49f09dd17",
    ),
    "eks-public-endpoint": (
        {"Type": "AWS::EKS::Cluster", "Properties": {"ResourcesVpcConfig": {"EndpointPublicAccess": True}}},
        "42a691035c0201661ea40f77",
    ),
    "rds-instance-encryption": (
        {"Type": "AWS::RDS::DBInstance", "Properties": {"StorageEncrypted": {"Ref": "Flag"}, "Engine": "mysql"}},
        "833e7d1c87930c2d8aa8abc2",
    ),
}


@pytest.mark.parametrize("rule_id", ACCEPTED)
def test_what_a_message_says_and_which_part_it_names_is_no_part_of_the_fingerprint(tmp_path, monkeypatch, rule_id):
    resource, accepted = ACCEPTED[rule_id]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.json").write_text(
        json.dumps({"Parameters": {"Flag": {"Type": "String"}}, "Resources": {"X": resource}})
    )
    report = check(Config(paths=("t.json",), environment="prod", rules=(rule_id,)))
    assert [f.fingerprint for f in report.findings if f.rule_id == rule_id] == [accepted]
