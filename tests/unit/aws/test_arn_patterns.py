"""Patterns of ARNs: every resource of a kind, everything of a service, and the resources of everybody."""

import pytest

from cdkguard.aws.arn_patterns import EVERY, covers_every, is_every, names_nobody


@pytest.mark.parametrize(
    ("pattern", "kind", "answer"),
    [
        ("*", "role", True),
        ("?*", "role", True),
        ("*:*", "role", True),
        ("arn:*", "secret", True),
        ("arn:aws:*", "role", True),
        ("arn:aws:*:*:*:*", "role", True),
        ("arn:aws:iam::*", "role", True),
        ("arn:aws:iam::*:*", "role", True),
        ("arn:aws:iam::*:*/*", "user", True),
        ("arn:§:iam::*:role/*", "role", True),
        ("arn:§:iam::§:role/?*", "role", True),
        ("arn:aws:iam::111122223333:role/*", "role", True),
        ("arn:aws-cn:iam::*:role/*", "role", True),
        ("arn:aws:iam::*:role/deploy-*", "role", False),
        ("arn:aws:iam::*:role/§", "role", False),
        ("arn:aws:iam::*:role/team/*", "role", False),
        ("arn:aws:iam::*:role/*", "user", False),
        ("arn:aws:iam::aws:policy/*", "policy", False),
        ("arn:aws:iam:::role/*", "role", False),
        ("arn:aws:secretsmanager:*:*:secret:*", "secret", True),
        ("arn:aws:secretsmanager:eu-west-1:§:secret:*-??????", "secret", True),
        ("arn:aws:secretsmanager:eu-west-1:§:secret:shop/*", "secret", False),
        ("arn:*:s3:::*/*", "object", True),
        ("arn:*:s3:::*/*", "bucket", False),
        ("arn:aws:s3:::*", "object", True),
        ("arn:aws:s3:::shop-files/*", "object", False),
        ("arn:aws:kms:§:§:key/*", "key", True),
        ("arn:aws:kms:§:§:alias/*", "key", False),
    ],
)
def test_a_pattern_covers_every_resource_of_a_kind(pattern, kind, answer):
    assert covers_every(pattern, kind) is answer


@pytest.mark.parametrize("kind", EVERY)
def test_the_resource_of_each_kind_is_covered_by_the_star_alone(kind):
    assert covers_every("*", kind)
    assert not covers_every(EVERY[kind], kind)


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("*", True),
        ("?*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::*/*", True),
        ("arn:aws:s3:::shop/*", False),
        ("arn:aws:sns:*:*:*", True),
        ("arn:aws:sqs:§:§:*", True),
        ("arn:aws:sqs:§:§:shop-*", False),
        ("arn:aws:lambda:*:*:function:*", True),
        ("arn:aws:lambda:*:*:function:shop:*", False),
        ("arn:aws:dynamodb:*:*:table/*", True),
        ("arn:aws:dynamodb:*:*:table/*/index/*", False),
        ("arn:aws:logs:*:*:*", True),
        ("arn:aws:logs:*:*:log-group:*:*", True),
        ("arn:aws:apigateway:§::/restapis/*", True),
        ("arn:aws:execute-api:§:§:abc/*", False),
        ("shop-*", False),
        ("§/*", False),
        ("arn:aws:s3:::§", False),
    ],
)
def test_a_pattern_covers_everything_of_a_type(pattern, answer):
    assert is_every(pattern) is answer


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::shop-files", False),
        ("arn:aws:s3:::shop-files*", False),
        ("arn:aws:s3:::§", False),
        ("arn:aws:sns:*:*:*", True),
        ("arn:aws:sns:*:*:orders", True),
        ("arn:aws:sns:eu-west-1:111122223333:*", False),
        ("arn:§:sns:§:§:*", False),
        ("arn:aws:sns:*", True),
        ("arn:*:111122223333:*", False),
        ("arn:aws:iam::*:role/deploy", True),
        ("arn:aws:iam::*", True),
        ("arn:aws:iam::§:*", False),
        ("*:role/deploy", True),
        ("arn*", True),
        ("arn:aws:cloudfront::*:distribution/*", True),
        ("arn:aws:route53:::healthcheck/*", True),
        ("arn:aws:route53:::healthcheck/0f7c", False),
    ],
)
def test_a_pattern_names_nobody(pattern, answer):
    assert names_nobody(pattern) is answer
