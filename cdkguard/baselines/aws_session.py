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


class Keys(NamedTuple):
    """The credentials of an assumed role; `expires` is an ISO time in UTC."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: str = ""

    @property
    def client_options(self) -> dict[str, str]:
        """The arguments with which a client takes them."""
        return {
            "aws_access_key_id": self.access_key_id, "aws_secret_access_key": self.secret_access_key,
            "aws_session_token": self.session_token,
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"Keys(expires={self.expires!r})"  # A traceback or log must not show them.


class Session:
    """Connects to accounts and regions: through a role, or with the user's own credentials where they are of that account.

    `subject` begins the message where nobody is signed in.
    """

    def __init__(self, access: Access, subject: str = "deployed stacks cannot be read") -> None:
        self.access, self.subject = access, subject
        self._lock = threading.Lock()
        self._own: str | None = None
        boto3, _config = _boto3(subject)
        self._config = client_config(access.attempts, access.workers)
        # Signing in happens here and not in a thread, because a profile can ask for the code of a second factor.
        self._session = ask_aws(subject, lambda: self._log_in(boto3.Session))

    def _log_in(self, session_class: Any) -> Any:
        session = session_class(profile_name=self.access.profile)
        credentials = session.get_credentials()
        if credentials is None:
            advice = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in (aws sso login)"
            raise BaselineError(f"{self.subject}: no AWS credentials; {advice}")
        credentials.get_frozen_credentials()
        return session

    def connect(self, account: str | None, region: str | None, manifest_role: Role | None, stack: str) -> Connection:
        """A connection to read `stack`; `manifest_role` is the one that its manifest names. Raises BaselineError."""
        region = region or self._own_region(stack)
        subject = f"stack '{stack}' of account {account or '(of the credentials)'}, region {region}"
        sts = self.client("sts", region)
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
        return Connection(self.client("cloudformation", region), own, region, notice)

    def client(self, service: str, region: str, keys: Mapping[str, str] = {}) -> Any:
        """A client of a service, with the session's own credentials or with these (`Keys.client_options`)."""
        with self._lock:
            # boto3's sessions must not be shared by threads; its clients may be.
            return self._session.client(
                service, region_name=region, endpoint_url=self.access.endpoint_url, config=self._config, **keys
            )

    @property
    def region(self) -> str | None:
        """The region that the environment or the profile names."""
        return self.access.region or os.environ.get("AWS_REGION") or self._session.region_name

    def partition_of(self, region: str) -> str:
        """AWS's partition of a region: aws, aws-cn, aws-us-gov."""
        return str(self._session.get_partition_for_region(region))

    def known_regions(self) -> frozenset[str]:
        """The regions with CloudFormation that this boto3 knows, of all partitions."""
        partitions = self._session.get_available_partitions()
        return frozenset(
            name
            for partition in partitions
            for name in self._session.get_available_regions("cloudformation", partition)
        )

    def _own_region(self, stack: str) -> str:
        region = self.region
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
        keys, theirs = ask_aws(subject, lambda: read_keys(call_aws(sts, "assume_role", **options)), role=arn)
        if account not in (None, theirs):
            raise BaselineError(
                f"{subject}: role {arn} is of account {theirs}, not of {account}; name a role of {account}"
            )
        return Connection(self.client("cloudformation", region, keys.client_options), theirs, region)

    def _fill_in(self, arn: str, account: str | None, region: str, sts: Any, subject: str) -> str:
        """The role's ARN with the placeholders replaced that CDK writes into manifests."""
        if "${AWS::AccountId}" in arn:
            arn = arn.replace("${AWS::AccountId}", account or self._own_account(sts, subject))
        arn = arn.replace("${AWS::Partition}", self.partition_of(region)).replace("${AWS::Region}", region)
        if not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/\S+", arn):
            raise BaselineError(f"{subject}: '{arn}' is no ARN of a role")
        return arn


def read_keys(answer: Mapping[str, Json]) -> tuple[Keys, str]:
    """(the keys of an assumed role, the role's account) from the answer of AssumeRole."""
    keys = answer["Credentials"]
    expires = keys["Expiration"]
    written = expires.isoformat() if hasattr(expires, "isoformat") else str(expires)
    account = str(answer["AssumedRoleUser"]["Arn"].split(":")[4])
    return Keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], written), account


def client_config(attempts: int, connections: int) -> Any:
    """How clients call: patient, again when AWS throttles, and slower then."""
    _boto3_module, config = _boto3("deployed stacks cannot be read")
    return config(
        retries={"mode": RETRIES, "total_max_attempts": max(1, attempts)}, user_agent_appid="cdkguard",
        connect_timeout=TIMEOUTS[0], read_timeout=TIMEOUTS[1], max_pool_connections=max(10, connections),
    )  # fmt: skip


def _boto3(subject: str) -> tuple[Any, Any]:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as problem:
        raise BaselineError(f"{subject}: boto3 is missing: pip install 'cdkguard[aws]'") from problem
    return boto3, Config
