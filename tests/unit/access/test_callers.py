"""Whom the Condition of a statement for everybody leaves, and how severe it is to let them in."""

import pytest

from cdkguard.access.callers import Reach, find_reach
from cdkguard.access.conditions import read_condition
from cdkguard.access.principals import find_own_account
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.widening import ResolvedStack
from cdkguard.template.values import Deferred
from tests.support.access import FOREIGN, OWN, PARAMETER, PUBLIC, allow, body, compare, document, only, ref, role, text

ACCOUNT = Deferred("pseudo", {"Ref": "AWS::AccountId"}, "AWS::AccountId")
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
SOURCE = "arn:aws:sns:eu-west-1:{}:orders"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, Reach.EVERYBODY),
        (ORGANIZATION, Reach.ORGANIZATION),
        ({"StringEquals": {"AWS:principalorgid": PARAMETER}}, Reach.ORGANIZATION),
        ({"StringEquals": {"aws:PrincipalAccount": PARAMETER}}, Reach.UNKNOWN_ACCOUNT),
        ({"StringLike": {"aws:PrincipalOrgID": PARAMETER}}, Reach.EVERYBODY),  # It may be `*`.
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-1/*"}}, Reach.ORGANIZATION),
        ({"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}, Reach.ORGANIZATION),
        ({"StringEquals": {"aws:VpceOrgID": "o-a1b2c3d4e5"}}, Reach.ORGANIZATION),
        ({"StringEquals": {"aws:PrincipalAccount": FOREIGN}}, Reach.OTHER_ACCOUNT),
        ({"StringEquals": {"aws:PrincipalAccount": [OWN, FOREIGN]}}, Reach.OTHER_ACCOUNT),
        ({"StringEquals": {"aws:PrincipalAccount": OWN}}, Reach.OWN_ACCOUNT),
        ({"StringEquals": {"kms:CallerAccount": ACCOUNT}}, Reach.OWN_ACCOUNT),
        ({"StringEquals": {"aws:SourceAccount": OWN}}, Reach.SOMEBODY),
        ({"StringEquals": {"aws:SourceOwner": FOREIGN}}, Reach.OTHER_ACCOUNT),
        ({"StringEquals": {"s3:DataAccessPointAccount": FOREIGN}}, Reach.OTHER_ACCOUNT),
        ({"ArnLike": {"aws:SourceArn": SOURCE.format(FOREIGN)}}, Reach.OTHER_ACCOUNT),
        ({"ArnLike": {"aws:SourceArn": SOURCE.format(OWN)}}, Reach.SOMEBODY),
        ({"ArnLike": {"aws:SourceArn": ref("T")}}, Reach.SOMEBODY),
        ({"ArnLike": {"aws:SourceArn": text("arn:aws:sns:eu-west-1:", ACCOUNT, ":x")}}, Reach.SOMEBODY),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::shop-files"}}, Reach.SOMEBODY),
        ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, Reach.EVERYBODY),
        ({"StringNotEquals": {"aws:PrincipalAccount": FOREIGN}}, Reach.EVERYBODY),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, Reach.EVERYBODY),
        (PARAMETER, Reach.EVERYBODY),
        (ref("T"), Reach.SOMEBODY),
        (
            {"StringEquals": ref("Json", "Value")},
            Reach.SOMEBODY,
        ),  # CDK's CfnJson: its keys hold the issuer of a cluster.
        (
            {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}, "Null": {"aws:PrincipalOrgID": "false"}},
            Reach.ORGANIZATION,
        ),
        ({**ORGANIZATION, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reader"}}, Reach.ORGANIZATION),
        ({**ORGANIZATION, "StringEqualsIfExists": {"aws:PrincipalAccount": FOREIGN}}, Reach.ORGANIZATION),
        ({**ORGANIZATION, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, Reach.SOMEBODY),
        (
            {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:PrincipalAccount": FOREIGN}},
            Reach.OTHER_ACCOUNT,
        ),
    ],
)
def test_whom_a_condition_leaves(condition, expected):
    stack = StackIndex(ResolvedStack({"T": body("AWS::SNS::Topic"), "Json": body("Custom::AWSCDKCfnJson")}, OWN), {})
    assert find_reach(read_condition(condition, stack.spell), find_own_account(stack.spell)) == expected


def key(*statements):
    return {"K": body("AWS::KMS::Key", KeyPolicy=document(*statements))}


ROOT = {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "kms:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("principal", "condition", "kind", "severity"),
    [
        ("*", ORGANIZATION, "cross-account", "high"),
        ({"AWS": ["*"]}, ORGANIZATION, "cross-account", "high"),
        ({"AWS": "arn:aws:iam::*:root"}, ORGANIZATION, "cross-account", "high"),
        ({"AWS": "arn:aws:iam::*:role/x"}, {}, "public", "critical"),
        ("*", {"StringEquals": {"kms:CallerAccount": FOREIGN}}, "cross-account", "high"),
        ("*", {"StringEquals": {"kms:CallerAccount": OWN}}, "principal", "medium"),
        (
            "*",
            {"StringEquals": {"kms:CallerAccount": OWN}, "IpAddress": {"aws:SourceIp": "203.0.113.7/32"}},
            "principal",
            "low",
        ),
        ("*", {"StringLike": {"kms:CallerAccount": "*"}}, "public", "critical"),
        ({"Service": "sns.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": OWN}}, "principal", "low"),
        ({"Service": "sns.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": FOREIGN}}, "principal", "medium"),
        (
            {"Service": "sns.amazonaws.com"},
            {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}},
            "principal",
            "medium",
        ),
    ],
)
def test_an_opening_to_whom_a_condition_leaves(principal, condition, kind, severity):
    opened = {**ROOT, "Principal": principal, "Action": "kms:Decrypt", "Condition": condition}
    found = only(key(ROOT), key(ROOT, opened))
    assert (found.kind, found.severity, found.certain) == (kind, severity, True)
    assert compare(key(ROOT, opened), key(ROOT)) == []


def test_an_organization_may_assume_a_role():
    trust = [allow("sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"})]
    opened = [*trust, allow("sts:AssumeRole", Principal={"AWS": "*"}, Condition=ORGANIZATION)]
    before, after = ({"R": role(AssumeRolePolicyDocument=document(*many))} for many in (trust, opened))
    found = only(before, after)
    assert (found.kind, found.severity) == ("trust", "high")


def test_what_is_open_by_default_to_an_organization():
    def endpoint(**more):
        return {"E": body("AWS::EC2::VPCEndpoint", PolicyDocument=document({**PUBLIC, **more}))}

    assert only(endpoint(Principal={"AWS": OWN}), endpoint(Condition=ORGANIZATION)).severity == "medium"
    assert compare({"E": body("AWS::EC2::VPCEndpoint")}, endpoint(Condition=ORGANIZATION)) == []


@pytest.mark.parametrize("key", ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"])
def test_the_loss_of_multi_factor_authentication(key):
    operator, value = ("Bool", "true") if key.endswith("Present") else ("NumericLessThan", "3600")
    trusted = allow("sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{OWN}:user/admin"})
    guarded = {**trusted, "Condition": {operator: {key: value}}}
    before, after = ({"R": role(AssumeRolePolicyDocument=document(one))} for one in (guarded, trusted))
    found = only(before, after)
    assert (found.kind, found.severity) == ("trust", "high")
    assert compare(after, before) == []


def test_a_longer_age_of_multi_factor_authentication():
    def side(age):
        condition = {"NumericLessThan": {"aws:MultiFactorAuthAge": age}}
        trusted = allow("sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{OWN}:user/admin"}, Condition=condition)
        return {"R": role(AssumeRolePolicyDocument=document(trusted))}

    assert only(side("3600"), side("7200")).severity == "medium"
    assert compare(side("7200"), side("3600")) == []
