"""What a widening says: what is new against before."""

from __future__ import annotations

import pytest

from tests.support.access import compare, ref, text

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def key(*organizations):
    condition = {"StringEquals": {"aws:PrincipalOrgID": list(organizations)}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}
    return {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [statement]}}}}


def test_of_a_list_only_what_is_added_is_new():
    (found,) = compare(key("o-a1b2c3d4e5"), key("o-a1b2c3d4e5", "o-z9y8x7w6v5"))
    assert found.message.endswith("also where aws:principalorgid is o-z9y8x7w6v5 (before: only o-a1b2c3d4e5)")


def passing(resource, **more):
    statement = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource, **more}
    policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": policies}}}


def test_a_wider_resource_says_what_it_was_before():
    condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    (found,) = compare(passing("arn:aws:iam::1:role/shop-*", Condition=condition), passing("*"))
    assert (
        "on * (before: on arn:aws:iam::1:role/shop-* where iam:passedtoservice is lambda.amazonaws.com)"
        in found.message
    )


def permission(function, source, principal="apigateway.amazonaws.com"):
    return {"Type": "AWS::Lambda::Permission", "Properties": {
        "Action": "lambda:InvokeFunction", "FunctionName": ref(function), "Principal": principal, "SourceArn": source}}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        (text("arn:aws:execute-api:eu-west-1:1:", ref("Api"), "/*/*/orders"), "low"),  # a new route of the own API
        (ref("Rule", "Arn"), "low"),
        ("arn:aws:execute-api:eu-west-1:1:*/*/*/orders", "medium"),  # any API
    ],
)
def test_the_own_sources_of_a_template_weigh_little(source, severity):
    own = {
        "Fn": {"Type": "AWS::Lambda::Function", "Properties": {}},
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {}},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": {}},
        "P": permission("Fn", text("arn:aws:execute-api:eu-west-1:1:", ref("Api"), "/*/*/items")),
    }
    found = compare(own, {**own, "P2": permission("Fn", source)})
    assert [widening.severity for widening in found] == [severity]
