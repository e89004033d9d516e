"""What an action on a resource is worth to somebody who should not have it."""

import pytest

from cdkguard.access.risk import rate_risk
from tests.support.access import allow, read


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("*", "*", "critical"),
        ("iam:PassRole", "*", "critical"),
        ("iam:PassRole", "arn:aws:iam::1:role/x", "high"),
        ("kms:*", "*", "high"),
        ("s3:PutObject", "*", "high"),
        ("s3:PutObject", "arn:aws:s3:::b/*", "medium"),
        ("s3:GetObject", "*", "medium"),
        ("s3:GetObject", "arn:aws:s3:::b/*", "low"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:1:function:x:*", "medium"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:1:*", "high"),
        ("s3:PutObject", "arn:aws:s3:::*", "high"),
        ("xray:PutTraceSegments", "*", "low"),
    ],
)
def test_risk(action, resource, expected):
    assert rate_risk(read(allow(action, resource))[0]) == expected
