"""What a Deny leaves of an Allow beside it."""

import pytest

from tests.support.access import FOREIGN, OWN, body, compare, document, only, ref

ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
ROLE = f"arn:aws:iam::{OWN}:role/app"
OWN_READS = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "s3:GetObject", "Resource": "*"}
EVERYBODY_READS = {**OWN_READS, "Principal": "*"}


def side(*statements):
    policy = body("AWS::S3::BucketPolicy", Bucket=ref("B"), PolicyDocument=document(*statements))
    return {"B": body("AWS::S3::Bucket"), "P": policy}


def deny(condition=None, **more):
    one = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", **more}
    return one if condition is None else {**one, "Condition": condition}


@pytest.mark.parametrize(
    ("denied", "kind", "severity"),
    [
        (deny({"Bool": {"aws:SecureTransport": "false"}}), "public", "critical"),
        (deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), "cross-account", "high"),
        (deny({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), "cross-account", "high"),
        (deny({"StringNotEquals": {"aws:PrincipalAccount": FOREIGN}}), "cross-account", "high"),
        (deny({"StringNotEquals": {"aws:PrincipalAccount": OWN}}), "principal", "medium"),
        (deny({"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d5e6f"}}), "principal", "low"),
        (deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "principal", "low"),
        (deny({"Null": {"aws:SourceVpce": "true"}}), "public", "critical"),
        (
            deny({"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}),
            "cross-account",
            "high",
        ),
        # What else it denies does not count, nor does a Deny of something else.
        (deny({"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d5e6f"}}, Action="s3:Put*"), "public", "critical"),
        (deny({"StringEquals": {"aws:PrincipalAccount": FOREIGN}}), "public", "critical"),
    ],
)
def test_everybody_beside_a_deny(denied, kind, severity):
    found = only(side(OWN_READS), side(EVERYBODY_READS, denied))
    assert (found.kind, found.severity) == (kind, severity)


def test_a_deny_is_a_condition_of_the_allow_beside_it():
    bound = {**EVERYBODY_READS, "Condition": ORGANIZATION}
    denied = deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})
    assert compare(side(bound), side(EVERYBODY_READS, denied)) == []
    (found,) = compare(side(EVERYBODY_READS, denied), side(EVERYBODY_READS))
    assert found.kind == "deny-removed"


def test_a_deny_for_all_but_one_leaves_that_one():
    rest = {**deny(), "NotPrincipal": {"AWS": ROLE}}
    del rest["Principal"]
    assert compare(side(OWN_READS), side(EVERYBODY_READS, rest)) == []


def test_a_deny_of_two_tests_leaves_who_fails_either():
    two = deny({"StringNotEquals": {"aws:PrincipalAccount": OWN, "aws:SourceVpce": "vpce-1a2b3c4d5e6f"}})
    found = compare(side(OWN_READS), side(EVERYBODY_READS, two))
    assert {(one.kind, one.severity) for one in found} == {("principal", "medium"), ("principal", "low")}
