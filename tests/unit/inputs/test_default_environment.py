"""Which account and region an app is told, by what is there; AWS is never asked here."""

import json

import pytest

from cdkguard.inputs import aws_account
from cdkguard.inputs.default_environment import find_default_environment

A, B = "111122223333", "444455556666"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without credentials, and an app's folder in no repository; asking AWS is an error."""
    for name in ("home", "app"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(aws_account, "reaches_instance", lambda: False)
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)  # importing it fails
    return tmp_path


def found(home, *keys, profile=None, config="", variables=None, monkeypatch=None):
    for name, value in (variables or {}).items():
        monkeypatch.setenv(name, value)
    if config:
        (home / "home/.aws").mkdir()
        (home / "home/.aws/config").write_text(config)
    if keys:
        (home / "app/cdk.context.json").write_text(json.dumps(dict.fromkeys(keys, "x")))
    return find_default_environment(str(home / "app"), profile)


def key_of(account, region="eu-west-1", provider="vpc-provider"):
    return f"{provider}:account={account}:filter.isDefault=true:region={region}:returnAsymmetricSubnets=true"


@pytest.mark.parametrize(
    "variables, config, profile, account, region",
    [
        ({"CDK_DEFAULT_ACCOUNT": A}, "", None, A, "us-east-1"),
        ({"CDK_DEFAULT_ACCOUNT": A, "CDK_DEFAULT_REGION": "x", "AWS_REGION": "y", **KEYS}, "", None, A, "x"),
        ({"CDK_DEFAULT_ACCOUNT": "", **KEYS}, "", None, None, "us-east-1"),
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "[default]\nregion = c\n", None, None, "a"),
        ({}, f"[default]\nrole_arn = arn:aws:iam::{A}:role/x\nregion = c\n", None, A, "c"),
        ({"AWS_PROFILE": "p"}, f"[profile p]\nsso_account_id = {B}\n[default]\nregion = c\n", None, B, "c"),
        (
            {"AWS_PROFILE": "p"},
            f"[profile p]\n[profile q]\nrole_arn = arn:aws-cn:iam::{A}:role/x\n",
            "q",
            A,
            "us-east-1",
        ),
        ({"AWS_ROLE_ARN": f"arn:aws:iam::{A}:role/ci", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "", None, A, "us-east-1"),
        ({"AWS_ROLE_ARN": f"arn:aws:iam::{A}:role/ci"}, "", None, None, "us-east-1"),
    ],
)
def test_what_this_machine_says(home, monkeypatch, variables, config, profile, account, region):
    got = found(home, profile=profile, config=config, variables=variables, monkeypatch=monkeypatch)
    assert (got.account, got.region, got.note) == (account, region, "")
    assert got.variables.get("CDK_DEFAULT_ACCOUNT") == account and got.variables["CDK_DEFAULT_REGION"] == region


@pytest.mark.parametrize(
    "keys, account, region",
    [
        ([key_of(A)], A, "eu-west-1"),
        ([key_of(A), key_of(A, "eu-west-1", "ssm")], A, "eu-west-1"),
        ([key_of(A), key_of(A, "eu-north-1")], A, "us-east-1"),
        ([key_of(A), key_of(B)], None, "us-east-1"),
        ([key_of("unknown-account")], None, "us-east-1"),
        (["@aws-cdk/core:flag"], None, "us-east-1"),
    ],
)
def test_what_the_answers_of_lookups_say(home, keys, account, region):
    got = found(home, *keys)
    assert (got.account, got.region) == (account, region)
    assert bool(got.note) == (account is not None) and bool(got.advice) == (account is None)


def test_the_region_of_the_environment_wins_over_that_of_lookups(home, monkeypatch):
    got = found(home, key_of(A), variables={"AWS_REGION": "eu-north-1"}, monkeypatch=monkeypatch)
    assert (got.account, got.region) == (A, "eu-north-1")
    assert f"account {A}, the only one in cdk.context.json, and region eu-north-1" in got.note


def test_several_accounts_are_named(home):
    assert f"cdk.context.json names {A} and {B}: set AWS_PROFILE" in found(home, key_of(B), key_of(A)).advice


def test_without_boto3_the_answers_of_lookups_count_and_it_is_said(home, monkeypatch):
    got = found(home, key_of(A), variables=KEYS, monkeypatch=monkeypatch)
    assert got.account == A and "boto3, which is missing" in got.note
    assert "boto3, which is missing" in find_default_environment(str(home)).advice


def test_a_profile_that_is_not_there_is_said(home, monkeypatch):
    got = found(home, variables={"AWS_PROFILE": "nobody"}, monkeypatch=monkeypatch)
    assert "the profile 'nobody' is in no AWS configuration file" in got.advice


@pytest.mark.parametrize("file", ["ours", "theirs"])
@pytest.mark.parametrize("content, account", [(A, A), ("12", None), (None, None)])
def test_an_account_that_was_kept_is_not_asked_again(home, monkeypatch, file, content, account):
    if file == "ours":
        aws_account._keep(KEYS["AWS_ACCESS_KEY_ID"], content)
        kept = (home / "cache/cdkguard/accounts/accounts.json").read_text()
        assert KEYS["AWS_ACCESS_KEY_ID"] not in kept
    else:
        (home / "home/.cdk/cache").mkdir(parents=True)
        entry = {KEYS["AWS_ACCESS_KEY_ID"]: {"accountId": content, "partition": "aws"}}
        (home / "home/.cdk/cache/accounts_partitions.json").write_text(json.dumps(entry))
    assert found(home, variables=KEYS, monkeypatch=monkeypatch).account == account


@pytest.mark.parametrize("text", ["", "[", "[]", '{"x": {}}'])
def test_a_damaged_cache_knows_no_account(home, monkeypatch, text):
    aws_account._keep("other", A)
    (home / "cache/cdkguard/accounts/accounts.json").write_text(text)
    assert found(home, variables=KEYS, monkeypatch=monkeypatch).account is None
