"""Connections to the accounts and regions that are read, with their credentials; nothing else here uses the network.

Roles are assumed with a session policy that allows the calls of `aws_calls` and no other:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from cdkguard._typing import Json
from cdkguard.baselines.aws_calls import Refused, ask_aws, call_aws
from cdkguard.errors import BaselineError

TIMEOUTS = (10, 60)  # seconds to connect, and to wait for an answer
RETRIES = "adaptive"  # slows down when throttled: half the time and a fifth of the refusals of "standard"
NO_ROLE = "none"  # Access.role: assume nothing
_ACTIONS = {"describe_stacks": "DescribeStacks", "get_template": "GetTemplate", "list_stack_resources": "ListStackResources"}  # fmt: skip
READ_ONLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": [f"cloudformation:{a}" for a in _ACTIONS.values()], "Resource": "*"}
        ],
    },
    separators=(",", ":"),
)


class Access(NamedTuple):
    """The credentials with which CloudFormation is read, and how many calls are made at once and repeated."""

    profile: str | None = None
    endpoint_url: str | None = None  # else AWS_ENDPOINT_URL, which botocore reads itself
    role: str | None = None  # assumed instead of the bootstrap's lookup role; "none": own credentials only
    region: str | None = None  # of environment-agnostic stacks; else AWS_REGION or the profile's
    workers: int = 16
    attempts: int = 8  # of each call_aws, when AWS throttles or has a fault


class Role(NamedTuple):
    """A role that a manifest names for reading; the ARN may hold placeholders such as ${AWS::AccountId}."""

    arn: str
    options: Mapping[str, Json] = {}  # more arguments of AssumeRole


class Connection(NamedTuple):
    """A client that may read the stacks of an account and region."""

    client: Any
    account: str
    region: str
    notice: str | None = None  # for the user, about the credentials that are used

    @property
    def words(self) -> str:
        """The account and region, as messages name them."""
        return f"account {self.account}, region {self.region}"


class Session:
    """Connects to accounts and regions: through a role, or with the user's own credentials where they are of that account."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.Lock()
        self._own: str | None = None
        boto3, config = _boto3()
        self._config = config(
            retries={"mode": RETRIES, "total_max_attempts": max(1, access.attempts)}, user_agent_appid="cdkguard",
            connect_timeout=TIMEOUTS[0], read_timeout=TIMEOUTS[1], max_pool_connections=max(10, access.workers),
        )  # fmt: skip
        # Signing in happens here and not in a thread, because a profile can ask for the code of a second factor.
        self._session = ask_aws("deployed stacks cannot be read", lambda: self._log_in(boto3.Session))

    def _log_in(self, session_class: Any) -> Any:
        session = session_class(profile_name=self.access.profile)
        credentials = session.get_credentials()
        if credentials is None:
            advice = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in (aws sso login)"
            raise BaselineError(f"deployed stacks cannot be read: no AWS credentials; {advice}")
        credentials.get_frozen_credentials()
        return session

    def connect(self, account: str | None, region: str | None, manifest_role: Role | None, stack: str) -> Connection:
        """A connection to read `stack`; `manifest_role` is the one that its manifest names. Raises BaselineError."""
        region = region or self._own_region(stack)
        subject = f"stack '{stack}' of account {account or '(of the credentials)'}, region {region}"
        sts = self._client("sts", region)
        role = Role(self.access.role) if self.access.role else manifest_role
        refusal = ""
        if role is not None and role.arn != NO_ROLE:
            try:
                return self._assume(sts, role, account, region, subject)
            except Refused as refused:
                refusal = str(refused)
                if self.access.role:
                    raise BaselineError(
                        f"{subject}: {refusal}; check its trust policy, or name another role"
                    ) from refused
        own = self._own_account(sts, subject)
        if account not in (None, own):
            why = f"{refusal}, and " if refusal else ""
            advice = "sign in there, or let them assume a role that may read (docs/deployed.md)"
            raise BaselineError(f"{subject}: {why}the credentials are of account {own}, not of {account}; {advice}")
        notice = f"{refusal}: read with the credentials at hand, which are of account {own}" if refusal else None
        return Connection(self._client("cloudformation", region), own, region, notice)

    def _client(self, service: str, region: str, keys: Mapping[str, str] = {}) -> Any:
        with self._lock:
            # boto3's sessions must not be shared by threads; its clients may be.
            return self._session.client(
                service, region_name=region, endpoint_url=self.access.endpoint_url, config=self._config, **keys
            )

    def _own_region(self, stack: str) -> str:
        region = self.access.region or os.environ.get("AWS_REGION") or self._session.region_name
        if not region:
            advice = "set AWS_REGION, or the region of the profile"
            raise BaselineError(
                f"stack '{stack}': the app leaves its region open, and nothing else names one; {advice}"
            )
        return str(region)

    def _own_account(self, sts: Any, subject: str) -> str:
        if self._own is None:
            self._own = str(ask_aws(subject, lambda: call_aws(sts, "get_caller_identity")["Account"]))
        return self._own

    def _assume(self, sts: Any, role: Role, account: str | None, region: str, subject: str) -> Connection:
        arn = self._fill_in(role.arn, account, region, sts, subject)
        if account is None and not self.access.role:
            account = self._own_account(sts, subject)
        options = {**role.options, "RoleArn": arn, "RoleSessionName": "cdkguard", "Policy": READ_ONLY}
        keys, theirs = ask_aws(subject, lambda: _session_keys(call_aws(sts, "assume_role", **options)), role=arn)
        if account not in (None, theirs):
            raise BaselineError(
                f"{subject}: role {arn} is of account {theirs}, not of {account}; name a role of {account}"
            )
        return Connection(self._client("cloudformation", region, keys), theirs, region)

    def _fill_in(self, arn: str, account: str | None, region: str, sts: Any, subject: str) -> str:
        """The role's ARN with the placeholders replaced that CDK writes into manifests."""
        if "${AWS::AccountId}" in arn:
            arn = arn.replace("${AWS::AccountId}", account or self._own_account(sts, subject))
        partition = self._session.get_partition_for_region(region)
        arn = arn.replace("${AWS::Partition}", partition).replace("${AWS::Region}", region)
        if not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/\S+", arn):
            raise BaselineError(f"{subject}: '{arn}' is no ARN of a role")
        return arn


def _session_keys(answer: Mapping[str, Json]) -> tuple[dict[str, str], str]:
    """(a client's arguments with the keys of the assumed role, the role's account)."""
    keys = answer["Credentials"]
    named = {"access_key_id": "AccessKeyId", "secret_access_key": "SecretAccessKey", "session_token": "SessionToken"}
    account = str(answer["AssumedRoleUser"]["Arn"].split(":")[4])
    return {f"aws_{name}": keys[field] for name, field in named.items()}, account


def _boto3() -> tuple[Any, Any]:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as problem:
        raise BaselineError("deployed stacks are read with boto3, which is missing: pip install 'cdkguard[aws]'") from problem  # fmt: skip
    return boto3, Config
