"""The credentials of each account: assumed once, again before they expire, and never those of another account."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

pytest.importorskip("botocore")
from botocore.exceptions import ClientError, ParamValidationError, SSOTokenLoadError, UnauthorizedSSOTokenError  # noqa: E402

from cdkguard.audit.key_ring import KeyRing, RoleSettings, SignedOut  # noqa: E402
from cdkguard.baselines.aws_calls import AwsError  # noqa: E402
from cdkguard.errors import ConfigError  # noqa: E402

OWN, OTHER = "111122223333", "444455556666"
START = datetime(2030, 1, 31, 12, tzinfo=UTC)


class Sts:
    meta = SimpleNamespace(service_model=SimpleNamespace(service_name="sts"))

    def __init__(self, clock, refuses=(), owner=None):
        self.clock, self.refuses, self.owner, self.asked = clock, refuses, owner, []
        self.problem = None  # That is raised instead of an answer.

    def get_caller_identity(self):
        return {"Account": OWN}

    def assume_role(self, **options):
        self.asked.append(options)
        if self.problem is not None:
            raise self.problem
        account = options["RoleArn"].split(":")[4]
        if account in self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
        keys = {"AccessKeyId": f"ASIA{len(self.asked)}", "SecretAccessKey": "s", "SessionToken": "t"}
        arn = f"arn:aws:sts::{self.owner or account}:assumed-role/audit/x"
        return {"Credentials": {**keys, "Expiration": self.clock.now + timedelta(hours=1)}, "AssumedRoleUser": {"Arn": arn}}  # fmt: skip


def ring(role="audit", **more):
    clock = SimpleNamespace(now=START)
    sts = Sts(clock, **more)
    session = SimpleNamespace(client=lambda *_: sts, partition_of=lambda region: "aws")
    settings = role if isinstance(role, RoleSettings) else RoleSettings(role)
    return KeyRing(session, settings, "eu-west-1", Counter(), lambda: clock.now), sts, clock


def test_a_role_is_assumed_once_and_may_read_alone():
    keys, sts, _clock = ring(RoleSettings("path/audit", "secret-id", "nightly"))
    assert keys.keys_for(OTHER).access_key_id == "ASIA1"
    assert keys.keys_for(OTHER).access_key_id == "ASIA1"
    (asked,) = sts.asked
    assert asked["RoleArn"] == f"arn:aws:iam::{OTHER}:role/path/audit"
    assert (asked["RoleSessionName"], asked["ExternalId"]) == ("nightly", "secret-id")
    (statement,) = json.loads(asked["Policy"])["Statement"]
    assert statement["Action"] == [
        "cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:ListStackResources", "cloudformation:ListStacks",
    ]  # fmt: skip


def test_keys_are_renewed_before_they_expire():
    keys, _sts, clock = ring()
    keys.keys_for(OTHER)
    clock.now += timedelta(minutes=39)
    assert keys.keys_for(OTHER).access_key_id == "ASIA1"
    clock.now += timedelta(minutes=2)
    assert keys.keys_for(OTHER).access_key_id == "ASIA2"


def test_an_account_that_refuses_is_asked_once_and_named():
    keys, sts, _clock = ring(refuses=(OTHER,))
    for _ in range(3):
        with pytest.raises(AwsError, match=f"{OTHER}.*cannot be assumed.*docs/audit.md"):
            keys.keys_for(OTHER)
    assert len(sts.asked) == 1
    assert keys.is_shut(OTHER) and not keys.is_shut(OWN)


def test_the_own_account_is_read_with_the_credentials_at_hand_where_it_has_no_such_role():
    keys, sts, _clock = ring(refuses=(OWN,))
    assert keys.keys_for(OWN) is None
    assert keys.keys_for(OWN) is None
    assert len(sts.asked) == 1


def test_without_a_role_only_the_own_account_is_read():
    keys, sts, _clock = ring(role="")
    assert keys.keys_for(OWN) is None
    with pytest.raises(AwsError, match="no role was named"):
        keys.keys_for(OTHER)
    assert not sts.asked


def test_keys_of_another_account_are_refused():
    keys, _sts, _clock = ring(owner=OWN)
    with pytest.raises(AwsError, match=f"is of account {OWN}"):
        keys.keys_for(OTHER)


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("audit", f"arn:aws:iam::{OTHER}:role/audit"),
        ("/team/audit", f"arn:aws:iam::{OTHER}:role/team/audit"),
        ("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/audit", f"arn:aws:iam::{OTHER}:role/audit"),
    ],
)
def test_a_role_may_be_written_as_name_or_arn(name, arn):
    assert RoleSettings(name).arn(OTHER, "aws") == arn


@pytest.mark.parametrize("name", [f"arn:aws:iam::{OWN}:role/audit", "two words", "arn:aws:iam::x:user/me"])
def test_a_role_of_one_account_or_of_none_is_a_mistake(name):
    with pytest.raises(ConfigError, match="--role"):
        RoleSettings(name).arn(OTHER, "aws")


def test_keys_are_not_in_a_traceback():
    keys, _sts, _clock = ring()
    assert "ASIA" not in repr(keys.keys_for(OTHER))


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "AssumeRole")


@pytest.mark.parametrize(
    "problem",
    [
        refused("ExpiredToken"), refused("ExpiredTokenException"), refused("InvalidClientTokenId"),
        UnauthorizedSSOTokenError(), SSOTokenLoadError(error_msg="expired"),
    ],
    ids=lambda problem: getattr(problem, "response", {}).get("Error", {}).get("Code") or type(problem).__name__,
)  # fmt: skip
def test_credentials_that_end_in_the_middle_stop_the_audit_and_fail_no_account(problem):
    keys, sts, _clock = ring()
    keys.keys_for(OTHER)
    sts.problem = problem
    with pytest.raises(SignedOut, match="credentials.*, and run again with --resume"):
        keys.keys_for("777788889999")
    assert not keys.is_shut("777788889999")
    sts.problem = None
    assert keys.keys_for("777788889999")


@pytest.mark.parametrize("problem", [refused("ThrottlingException"), ParamValidationError(report="no role")])
def test_other_errors_are_of_the_account_alone(problem):
    keys, sts, _clock = ring()
    sts.problem = problem
    with pytest.raises(AwsError):
        keys.keys_for(OTHER)
    assert keys.is_shut(OTHER)
