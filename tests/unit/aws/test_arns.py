"""Account ids and ARNs in text: which are found, and how they are classed."""

from __future__ import annotations

import pytest

from cdkguard.aws import arns

FOREIGN = "999988887777"
ROLE = "Properties.Role"


def facts(own: str | None = "210987654321", environment: str | None = "prod", **more: object) -> arns.AccountFacts:
    values: dict[str, object] = {
        "app": frozenset({"210987654321", "310987654321"}),
        "allowed": frozenset({"410987654321"}),
        "owned_by_aws": frozenset({"580247275435"}),
        "environments": {"510987654321": "staging", "610987654321": "prod"},
    }
    return arns.AccountFacts(own=own, environment=environment, **{**values, **more})  # type: ignore[arg-type]


def found(path: str, text: str) -> list[str]:
    return [] if arns.is_skipped(path) else [literal.account for literal in arns.find_accounts(path, text)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (ROLE, f"arn:aws:iam::{FOREIGN}:role/x"),
        (ROLE, f"arn:aws-cn:iam::{FOREIGN}:role/x"),
        (ROLE, f"arn:§:iam::{FOREIGN}:role/x"),
        (ROLE, f"arn:*:iam::{FOREIGN}:root"),
        (ROLE, f"arn:§:sqs:§:{FOREIGN}:orders"),
        (ROLE, f"arn:aws:sqs:eu-*:{FOREIGN}:orders"),
        (ROLE, f'{{"Resource":"arn:aws:lambda:eu-west-1:{FOREIGN}:function:x"}}'),
        (
            ROLE,
            f"arn:aws:apigateway:§:lambda:path/2015-03-31/functions/arn:aws:lambda:§:{FOREIGN}:function:x/invocations",
        ),
        ("Properties.Image", f"{FOREIGN}.dkr.ecr.eu-west-1.amazonaws.com/app:1"),
        ("Properties.Image", f"{FOREIGN}.dkr.ecr.§.§/app:1"),
        ("Properties.Image", f"{FOREIGN}.dkr-ecr.eu-west-1.on.aws/app:1"),
        ("Properties.QueueUrl", f"https://sqs.eu-west-1.amazonaws.com/{FOREIGN}/orders"),
        ("Properties.QueueUrl", f"https://sqs.§.§/{FOREIGN}/orders"),
        ("Properties.QueueUrl", f"https://eu-west-1.queue.amazonaws.com/{FOREIGN}/orders"),
        ("Properties.AssumeRolePolicyDocument.Statement[0].Principal.AWS", FOREIGN),
        ("Properties.AssumeRolePolicyDocument.Statement[0].Principal.AWS[1]", FOREIGN),
        ("Properties.Statement[0].Condition.StringEquals.aws:SourceAccount", FOREIGN),
        ("Properties.Statement[0].Condition.StringEquals.aws:PrincipalAccount[0]", FOREIGN),
        ("Properties.Principal", FOREIGN),
        ("Properties.SourceAccount", FOREIGN),
        ("Properties.PeerOwnerId", FOREIGN),
        ("Properties.RegistryId", FOREIGN),
    ],
)
def test_an_account_is_found(path: str, text: str) -> None:
    assert found(path, text) == [FOREIGN]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (ROLE, "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        (ROLE, "arn:aws:s3:::orders-999988887777"),
        (ROLE, "arn:aws:logs:*:*:*"),
        (ROLE, "arn:§:iam::§:role/x"),
        ("Properties.Code.S3Bucket", f"cdk-hnb659fds-assets-{FOREIGN}-eu-west-1"),
        (ROLE, f"arn:§:iam::{FOREIGN}:role/cdk-hnb659fds-deploy-role-{FOREIGN}-eu-west-1"),
        (ROLE, f"arn:§:iam::{FOREIGN}:role/cdk-hnb659fds-lookup-role-§-§"),
        ("Properties.Image", f"{FOREIGN}.dkr.ecr.eu-west-1.§/cdk-hnb659fds-container-assets-{FOREIGN}-eu-west-1:abc"),
        ("Properties.Value", "1717243800000"),
        ("Properties.AccountId", "1717243800000"),
        ("Properties.Value", "0b7c1f0e-4f5a-4c1c-9f7e-999988887777"),
        ("Properties.AccountId", "0b7c1f0e-4f5a-4c1c-9f7e-999988887777"),
        ("Properties.Value", FOREIGN),  # a number like any other
        ("Properties.Description", f"trusts arn:aws:iam::{FOREIGN}:root"),
        ("Properties.DistributionConfig.Comment", f"arn:aws:iam::{FOREIGN}:root"),
        ("Properties.Tags[0].Value", f"arn:aws:iam::{FOREIGN}:root"),
        ("Properties.LaunchTemplateData.TagSpecifications[0].Tags[0].Value", f"arn:aws:iam::{FOREIGN}:root"),
        ("Properties.Code.ZipFile", f"role = 'arn:aws:iam::{FOREIGN}:root'"),
        ("Properties.FunctionCode", f"// arn:aws:iam::{FOREIGN}:root"),
        ("Properties.Analytics", f"v2:deflate64:arn:aws:iam::{FOREIGN}:root"),
        ("Metadata.Note", f"arn:aws:iam::{FOREIGN}:root"),
    ],
)
def test_text_that_names_no_account(path: str, text: str) -> None:
    assert found(path, text) == []


def test_a_bootstrap_name_does_not_hide_another_account() -> None:
    bootstrap = "arn:aws:iam::210987654321:role/cdk-hnb659fds-deploy-role-210987654321-eu-west-1"
    text = f"{bootstrap},arn:aws:iam::{FOREIGN}:role/x"
    assert found(ROLE, text) == [FOREIGN]


@pytest.mark.parametrize(
    ("account", "own", "wanted"),
    [
        (FOREIGN, "210987654321", "foreign"),
        (FOREIGN, None, "foreign"),
        ("123456789012", "210987654321", "example"),
        ("123456789012", "123456789012", None),
        ("210987654321", "210987654321", None),
        ("310987654321", "210987654321", None),  # another stack's
        ("310987654321", None, "own-in-agnostic"),
        ("410987654321", "210987654321", None),  # allowed
        ("410987654321", None, None),
        ("580247275435", "210987654321", None),  # AWS's own
        ("510987654321", "210987654321", "cross-environment"),
        ("510987654321", None, "cross-environment"),
        ("610987654321", "210987654321", None),
        ("610987654321", None, "own-in-agnostic"),
    ],
)
def test_an_account_is_classed(account: str, own: str | None, wanted: str | None) -> None:
    assert arns.classify_account(account, facts(own)) == wanted


def test_a_stack_in_the_other_environments_account_is_no_cross_reference() -> None:
    assert arns.classify_account("510987654321", facts("510987654321")) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("arn:aws:s3:::orders", True),
        ("arn:aws:s3:::orders/*", True),
        ("arn:aws:s3:::orders/in/2026.csv", True),
        ("arn:aws:s3:::orders-archive", False),
        ("arn:§:dynamodb:§:§:table/orders", True),
        ("arn:aws:dynamodb:eu-west-1:210987654321:table/orders/index/by-date", True),
        ("arn:aws:dynamodb:eu-west-1:999988887777:table/orders", False),
        ("arn:aws:dynamodb:eu-west-1:*:table/orders", False),
        ("arn:aws:dynamodb:eu-west-1:210987654321:table/orders2", False),
    ],
)
def test_an_arn_of_the_apps_own_resource(text: str, named: bool) -> None:
    own = facts(names={("s3", "orders"): "Bucket", ("dynamodb", "table/orders"): "Table"})
    assert list(arns.find_own_arns(text, own)) == ([text] if named else [])


def test_a_resource_may_name_itself() -> None:
    own = facts(names={("s3", "orders"): "Bucket"})
    assert not list(arns.find_own_arns("arn:aws:s3:::orders/*", own, "Bucket"))
    assert list(arns.find_own_arns("arn:aws:s3:::orders/*", own, "Role"))


def test_a_long_hostile_name_takes_no_time() -> None:
    assert not list(arns.find_own_arns("arn:aws:s3:::" + "/" * 1_000_000, facts()))


def test_a_partition_is_found_where_it_is_written_out() -> None:
    assert list(arns.find_partition_literals("arn:aws:s3:::x arn:aws-cn:s3:::x")) == ["arn:aws:", "arn:aws-cn:"]
    assert not list(arns.find_partition_literals("arn:§:s3:::x arn:*:s3:::x"))


def test_a_resource_in_another_account_or_region_cannot_be_referred_to():
    text = "arn:§:s3:::orders/*"
    for there, told in (("1 eu", True), ("1 us", False), ("2 eu", False), (" ", True), ("1 ", True)):
        account, region = there.split(" ")
        names = {("s3", "orders"): arns.describe_owner("My Bucket", account, region)}
        assert bool(list(arns.find_own_arns(text, facts(names=names, place=("1", "eu"))))) is told
        assert not list(arns.find_own_arns(text, facts(names=names, place=("1", "eu")), "My Bucket"))
        assert list(arns.find_own_arns(text, facts(names=names)))  # environment-agnostic


def test_the_names_in_an_arn():
    assert list(arns._names_in_arn("table/MAX/index/X")) == [
        "table/MAX/index/X",
        "table/MAX/index",
        "table/MAX",
        "table",
    ]
    assert list(arns._names_in_arn("function:f:live")) == ["function:f:live", "function:f", "function"]
    assert list(arns._names_in_arn("bucket")) == ["bucket"]
