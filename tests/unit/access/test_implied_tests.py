"""What a request that passes one statement passes besides: rewritten conditions, principals instead of conditions."""

import pytest

from cdkguard.template.values import Deferred
from tests.support.access import FOREIGN, OWN, PARAMETER, body, compare, document, ref, text

ACCOUNT = Deferred("pseudo", {"Ref": "AWS::AccountId"}, "AWS::AccountId")
IMPORT = Deferred("import", {"Fn::ImportValue": "TopicArn"})
RESOURCES = {
    "Topic": body("AWS::SNS::Topic"),
    "Rule": body("AWS::Events::Rule"),
    "Bucket": body("AWS::S3::Bucket"),
    "Nested": body("AWS::CloudFormation::Stack"),
    "Role": body("AWS::IAM::Role"),
    "Queue": body("AWS::SQS::Queue"),
}
SOURCE_ACCOUNT = {"StringEquals": {"aws:SourceAccount": OWN}}
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
ROLE, FOREIGN_ROLE = f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{FOREIGN}:role/app"
SNS = {"Service": "sns.amazonaws.com"}
ROOT = {"AWS": f"arn:aws:iam::{OWN}:root"}
FOREIGN_ROOT = {"AWS": f"arn:aws:iam::{FOREIGN}:root"}


def side(condition=None, principal=SNS, effect="Allow"):
    one = {"Effect": effect, "Principal": principal, "Action": "sqs:SendMessage", "Resource": "*"}
    statement = one if condition is None else {**one, "Condition": condition}
    policy = body("AWS::SQS::QueuePolicy", Queues=[ref("Queue")], PolicyDocument=document(statement))
    return {**RESOURCES, "P": policy}


def source(value, operator="ArnLike"):
    return {operator: {"aws:SourceArn": value}}


def verdict(before, after):
    """True: wider for certain; None: perhaps; False: not wider."""
    found = compare(before, after)
    return False if not found else True if any(one.certain for one in found) else None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"arn:aws:sns:eu-west-1:{OWN}:orders", False),
        (f"arn:aws:sns:*:{OWN}:*", False),
        (f"arn:aws:sns:eu-west-1:{FOREIGN}:orders", True),
        ([f"arn:aws:sns:eu-west-1:{OWN}:a", f"arn:aws:sns:eu-west-1:{OWN}:b"], False),
        ([f"arn:aws:sns:eu-west-1:{OWN}:a", f"arn:aws:sns:eu-west-1:{FOREIGN}:b"], True),
        ("arn:aws:sns:*:*:*", True),
        ("*", True),
        (text("arn:aws:sns:eu-west-1:", ACCOUNT, ":orders"), False),
        (ref("Topic"), False),
        (ref("Topic", "TopicArn"), False),
        (ref("Rule", "Arn"), False),
        (ref("Bucket", "Arn"), False),
        (text("arn:aws:s3:::", ref("Bucket")), False),
        ("arn:aws:s3:::another-bucket", True),
        (PARAMETER, None),
        (text("arn:aws:sns:eu-west-1:", PARAMETER, ":x"), None),
        (IMPORT, None),
        (ref("Nested", "Outputs.TopicArn"), None),
    ],
)
def test_an_arn_says_the_account_of_its_source(value, expected):
    assert verdict(side(SOURCE_ACCOUNT), side(source(value))) is expected
    assert verdict(side(source(value)), side(SOURCE_ACCOUNT)) is True
    both = {**SOURCE_ACCOUNT, **source(value)}
    assert verdict(side(both), side(source(value))) is expected
    assert verdict(side(SOURCE_ACCOUNT), side(both)) is False


def test_a_wildcard_of_string_like_reaches_over_the_account():
    spanning = f"arn:aws:lambda:*:{OWN}:*"  # also function 111122223333 of another account
    assert verdict(side(SOURCE_ACCOUNT), side(source(spanning, "StringLike"))) is True
    assert verdict(side(SOURCE_ACCOUNT), side(source(spanning, "ArnLike"))) is False
    fixed = f"arn:aws:lambda:eu-west-1:{OWN}:*"
    assert verdict(side(SOURCE_ACCOUNT), side(source(fixed, "StringLike"))) is False


def test_tests_that_requests_without_the_key_pass_imply_nothing():
    own = f"arn:aws:sns:eu-west-1:{OWN}:orders"
    for operator in ("ArnLikeIfExists", "ForAllValues:ArnLike", "ArnNotLike"):
        assert verdict(side(SOURCE_ACCOUNT), side(source(own, operator))) is True, operator


def test_a_bucket_that_is_named_instead_of_its_account_is_one_bucket():
    (found,) = compare(side(SOURCE_ACCOUNT), side(source("arn:aws:s3:::another-bucket")))
    assert (found.kind, found.severity) == ("condition", "medium")
    (found,) = compare(side(SOURCE_ACCOUNT), side(source("arn:aws:s3:::*")))
    assert found.severity == "high"
    (found,) = compare(side(source(ref("Topic"))), side(SOURCE_ACCOUNT))
    assert (found.kind, found.severity) == ("condition", "medium")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # An account instead of everybody under a condition on the account.
        (("*", {"StringEquals": {"aws:PrincipalAccount": OWN}}), (ROOT, None), False),
        (("*", {"StringEquals": {"kms:CallerAccount": OWN}}), (ROOT, None), False),
        (("*", {"StringEquals": {"aws:PrincipalAccount": FOREIGN}}), (FOREIGN_ROOT, None), False),
        (("*", {"StringEquals": {"aws:PrincipalAccount": OWN}}), (FOREIGN_ROOT, None), True),
        ((FOREIGN_ROOT, None), ("*", {"StringEquals": {"aws:PrincipalAccount": FOREIGN}}), False),
        ((FOREIGN_ROOT, None), ("*", {"StringEqualsIfExists": {"aws:PrincipalAccount": FOREIGN}}), True),
        # The own account as a whole leaves it to policies of IAM; everybody in it may at once.
        ((ROOT, None), ("*", {"StringEquals": {"aws:PrincipalAccount": OWN}}), True),
        # A role instead of everybody under a condition on the role, and the other way round.
        (("*", {"ArnLike": {"aws:PrincipalArn": ROLE}}), ({"AWS": ROLE}, None), False),
        (({"AWS": ROLE}, None), ("*", {"ArnEquals": {"aws:PrincipalArn": ROLE}}), False),
        (("*", {"StringEquals": {"aws:PrincipalAccount": OWN}}), ({"AWS": ref("Role", "Arn")}, None), False),
        (("*", {"StringEquals": {"aws:PrincipalAccount": OWN}}), ("*", {"ArnLike": {"aws:PrincipalArn": ROLE}}), False),
        (({"AWS": ROLE}, None), ("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}}), True),
        (({"AWS": FOREIGN_ROLE}, None), (FOREIGN_ROOT, {"ArnEquals": {"aws:PrincipalArn": FOREIGN_ROLE}}), False),
        ((FOREIGN_ROOT, {"ArnEquals": {"aws:PrincipalArn": FOREIGN_ROLE}}), ({"AWS": FOREIGN_ROLE}, None), False),
        # A part of an organization instead of the organization.
        (
            ("*", ORGANIZATION),
            ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}}),
            False,
        ),
        (("*", ORGANIZATION), ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-zzzzzzzzzz/*"}}), True),
        (("*", ORGANIZATION), ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}}), True),
        (("*", ORGANIZATION), ("*", {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}), True),
        (("*", ORGANIZATION), (ROOT, None), False),
        (("*", ORGANIZATION), ("*", {"StringEquals": {"aws:PrincipalAccount": OWN}}), False),
        (("*", ORGANIZATION), (FOREIGN_ROOT, None), None),
        # Another spelling of the same.
        (("*", {"StringEquals": {"AWS:SourceOwner": OWN}}), ("*", SOURCE_ACCOUNT), False),
        (("*", {"StringEquals": {"AWS:SourceOwner": OWN}}), ("*", source(ref("Topic"))), False),
        (
            ("*", {"StringEquals": {"s3:DataAccessPointAccount": OWN}}),
            ("*", {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:eu-west-1:{OWN}:accesspoint/a"}}),
            False,
        ),
        (
            (ROOT, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            (ROOT, {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
            False,
        ),
        (
            (ROOT, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            (ROOT, {"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}),
            True,
        ),
    ],
)
def test_conditions_and_principals_that_say_the_same_or_less(before, after, expected):
    assert verdict(side(before[1], before[0]), side(after[1], after[0])) is expected


def test_who_is_not_in_an_account_is_none_of_its_topics():
    account = {"StringNotEquals": {"aws:SourceAccount": OWN}}
    topic = {"ArnNotLike": {"aws:SourceArn": f"arn:aws:sns:eu-west-1:{OWN}:orders"}}
    assert verdict(side(account, "*", "Deny"), side(topic, "*", "Deny")) is False
    assert verdict(side(topic, "*", "Deny"), side(account, "*", "Deny")) is True
    organization = {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    own = {"StringNotEquals": {"aws:PrincipalAccount": OWN}}
    assert verdict(side(organization, "*", "Deny"), side(own, "*", "Deny")) is False
    assert verdict(side(own, "*", "Deny"), side(organization, "*", "Deny")) is True
