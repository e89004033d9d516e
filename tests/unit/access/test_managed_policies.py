"""Managed policies that are attached by their ARN."""

import pytest

from cdkguard.template.values import Deferred
from tests.support.access import allow, compare, kinds, only, role, text


def arn(name):
    return text("arn:", Deferred("pseudo", {}, "AWS::Partition"), f":iam::aws:policy/{name}")


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("AdministratorAccess", "critical"),
        ("PowerUserAccess", "critical"),
        ("IAMFullAccess", "critical"),
        ("AmazonS3FullAccess", "high"),
        ("AmazonEC2ContainerServiceEventsRole", "medium"),
        ("ReadOnlyAccess", "medium"),
        ("AmazonS3ReadOnlyAccess", "low"),
    ],
)
def test_managed_policies_of_aws(name, severity):
    found = only({"R": role(allow())}, {"R": role(allow(), ManagedPolicyArns=[arn(name)])})
    assert (found.kind, found.severity, found.path) == ("managed-policy", severity, "Properties.ManagedPolicyArns[0]")
    assert name in found.message


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        ("AdministratorAccess", "PowerUserAccess", False),
        ("PowerUserAccess", "AdministratorAccess", True),
        ("AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", False),
        ("AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", True),
        ("AdministratorAccess", "AmazonSQSFullAccess", False),
    ],
)
def test_another_managed_policy(before, after, wider):
    pair = ({"R": role(ManagedPolicyArns=[arn(name)])} for name in (before, after))
    assert bool(compare(*pair)) is wider


def test_managed_policy_and_its_contents():
    full, inline = role(ManagedPolicyArns=["arn:aws:iam::aws:policy/AmazonS3FullAccess"]), role(allow("s3:*"))
    assert kinds({"R": full}, {"R": inline}) == []
    assert kinds({"R": role(allow("*"))}, {"R": full}) == []
