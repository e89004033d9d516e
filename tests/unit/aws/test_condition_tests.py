"""Conditions: which bind a public principal to somebody, and which limit an identity at all."""

import pytest

from cdkguard.aws.condition_tests import is_limited, is_restricted, meets_without_tls, spares_somebody
from cdkguard.template.values import Deferred

ACCOUNT = Deferred("pseudo", {"Ref": "AWS::AccountId"}, "AWS::AccountId")
PARAMETER = Deferred("parameter", {"Ref": "Who"}, "Who")
ROLE_ID = Deferred("text", None, parts=(Deferred("resource", None, "Role", "RoleId"), ":*"))


def binds(operator, key, *values):
    return is_restricted({"Condition": {operator: {key: values[0] if len(values) == 1 else list(values)}}})


def limits(operator, key, *values):
    return is_limited({"Condition": {operator: {key: values[0] if len(values) == 1 else list(values)}}})


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-*/*"),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "*/r-ab12/*"),
        ("StringLike", "aws:PrincipalOrgID", "o-*"),
        ("StringLike", "aws:SourceVpc", "vpc-*"),
        ("StringLike", "aws:SourceVpce", "vpce-?*"),
        ("StringLike", "aws:userid", "AROA*"),
        ("StringLike", "aws:userid", "*:deploy"),
        ("StringLike", "aws:username", "admin"),
        ("StringLike", "aws:SourceAccount", "????????????"),
        ("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
        ("ArnLike", "aws:SourceArn", "arn:*:sns:*:*:orders"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"),
        ("StringEquals", "aws:PrincipalTag/team", "shop"),
        ("StringEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com"),
        ("Bool", "aws:PrincipalIsAWSService", "true"),
        ("Bool", "aws:SecureTransport", "true"),
        ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
        ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"),
        ("StringEquals", "lambda:FunctionUrlAuthType", "AWS_IAM"),
        ("StringEquals", "aws:PrincipalServiceName", "*.amazonaws.com"),
        ("Null", "aws:PrincipalOrgID", "false"),
        ("StringNotEquals", "aws:PrincipalAccount", "111122223333"),
        ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
    ],
)
def test_everybody_meets_the_condition(operator, key, value):
    assert binds(operator, key, value) is False


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"),
        ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        ("StringEquals", "aws:SourceVpc", "vpc-0123456789abcdef0"),
        ("StringLike", "aws:userid", "AROAIDPPEZS35WEXAMPLE:*"),
        ("StringLike", "aws:userid", ROLE_ID),
        ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        ("ArnLike", "aws:SourceArn", "arn:aws:sns:eu-west-1:111122223333:*"),
        ("ArnLike", "s3:DataAccessPointArn", "arn:aws:s3:*:111122223333:accesspoint/*"),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ],
)
def test_the_condition_binds_to_somebody(operator, key, value):
    assert binds(operator, key, value) is True


def test_address_ranges_count_together():
    assert binds("IpAddress", "aws:SourceIp", "3.0.0.0/8", "52.0.0.0/8", "54.0.0.0/8") is False
    assert binds("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1") is False
    assert binds("IpAddress", "aws:SourceIp", "3.0.0.0/9", "3.128.0.0/9") is True
    assert binds("IpAddress", "aws:SourceIp", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16") is True


def test_a_key_that_another_test_asks_for_binds_though_it_might_lack():
    organization = {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-1/"}}
    assert is_restricted({"Condition": organization}) is False
    assert is_restricted({"Condition": {**organization, "Null": {"aws:PrincipalOrgPaths": False}}}) is True


def test_a_parameter_may_be_given_the_star():
    assert binds("StringEquals", "aws:PrincipalOrgID", PARAMETER) is None


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("Bool", "aws:SecureTransport", "true"),
        ("StringLike", "aws:UserAgent", "shop/*"),
        ("StringLike", "aws:Referer", "https://example.com/*"),
        ("StringLike", "aws:PrincipalArn", "*"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
        ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        ("DateGreaterThan", "aws:CurrentTime", "1999-01-01T00:00:00Z"),
        ("DateLessThan", "aws:CurrentTime", "2099-01-01T00:00:00Z"),
        ("NumericLessThan", "aws:EpochTime", 4070908800),
        ("StringLike", "iam:PassedToService", "*.amazonaws.com"),
        ("StringLike", "iam:PassedToService", "*"),
        ("StringNotEquals", "iam:PassedToService", "lambda.amazonaws.com"),
        ("StringNotEquals", "aws:RequestedRegion", "us-east-1"),
        ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.7/32"),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
        ("Bool", "aws:MultiFactorAuthPresent", "false"),
        ("Null", "aws:MultiFactorAuthAge", "true"),
        ("Null", "aws:PrincipalArn", "false"),
        ("ForAllValues:StringEquals", "aws:TagKeys", "team"),
    ],
)
def test_the_condition_limits_no_identity(operator, key, value):
    assert limits(operator, key, value) is False


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("Bool", "aws:MultiFactorAuthPresent", "true"),
        ("Null", "aws:MultiFactorAuthAge", "false"),
        ("StringEquals", "iam:PassedToService", "lambda.amazonaws.com"),
        ("StringEqualsIfExists", "iam:PassedToService", ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]),
        ("StringEquals", "aws:ResourceTag/team", "shop"),
        ("StringNotEquals", "aws:ResourceTag/stage", "prod"),
        ("StringEquals", "aws:ResourceOrgID", "o-a1b2c3d4e5"),
        ("StringLike", "kms:ViaService", "s3.*.amazonaws.com"),
        ("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z"),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        ("StringEquals", "iam:PermissionsBoundary", PARAMETER),
    ],
)
def test_the_condition_limits_an_identity(operator, key, value):
    assert limits(operator, key, value) is True


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringLike", "iam:PassedToService", PARAMETER),
        ("ArnLike", "iam:PermissionsBoundary", PARAMETER),
        ("Bool", "aws:MultiFactorAuthPresent", PARAMETER),
        ("Null", "aws:MultiFactorAuthAge", PARAMETER),
        ("DateLessThan", "aws:CurrentTime", PARAMETER),
    ],
)
def test_whether_a_parameter_limits_an_identity_is_not_known(operator, key, value):
    assert limits(operator, key, value) is None


def test_a_parameter_is_no_limit_where_no_value_is_one():
    assert limits("StringLike", "aws:UserAgent", PARAMETER) is False
    assert limits("DateGreaterThan", "aws:CurrentTime", PARAMETER) is False


def test_a_condition_that_a_macro_writes_may_limit_an_identity():
    assert is_limited({"Condition": PARAMETER}) is None
    assert is_limited({"Condition": {"StringLike": PARAMETER}}) is None
    assert is_limited({"Condition": {"StringLike": PARAMETER, "StringEquals": {"aws:ResourceTag/a": "b"}}}) is True


def test_of_several_conditions_one_is_enough():
    condition = {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:ResourceTag/team": "shop"}}
    assert is_limited({"Condition": condition}) is True
    assert is_limited({}) is False
    assert is_limited({"Condition": Deferred("resource", None, "Json", "Value")}) is True


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"AWS:SecureTransport": False}}, True),
        ({"BoolIfExists": {"aws:SecureTransport": ["false"]}}, True),
        ({"StringEquals": {"aws:SecureTransport": "false"}}, True),
        ({"StringNotEquals": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"Null": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}, False),
        ({"NumericLessThanIfExists": {"s3:TlsVersion": 1.2}}, True),
        ({"NumericLessThan": {"s3:TlsVersion": 1.2}}, False),
        ({"Bool": {"aws:SecureTransport": PARAMETER}}, None),
        (PARAMETER, None),
        ({}, False),
        (None, False),
    ],
)
def test_every_request_without_tls_meets_the_condition(condition, answer):
    assert meets_without_tls({"Condition": condition}) is answer


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.7/32"}}, True),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}, True),
        ({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, True),
        ({"Null": {"aws:SourceVpce": "true"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "1.2.3.4/32"}, "StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"StringNotEquals": {"aws:UserAgent": "shop"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "1.2.3.4/32"}, "Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Null": {"aws:SourceVpce": PARAMETER}}, None),
        ({"StringNotEquals": {"aws:SourceVpce": PARAMETER}}, None),
        (PARAMETER, None),
        (None, False),
    ],
)
def test_everybody_but_somebody_meets_the_condition(condition, answer):
    assert spares_somebody({"Condition": condition}) is answer
