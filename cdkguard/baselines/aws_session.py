"""Accounts and regions to read in, with which credentials, and what their answers mean; the only network.

Nothing is ever written: `_CALLS` lists every call that is made, and roles are assumed with a session policy that allows
no other.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from cdkguard._typing import Json
from cdkguard.errors import BaselineError

T = TypeVar("T")
TIMEOUTS = (10, 60)  # seconds to connect, and to wait for an answer
RETRIES = "adaptive"  # slows down when throttled: half the time and a fifth of the refusals of "standard"
OWN = "none"  # Access.role: assume nothing
_CALLS = {
    "cloudformation": ("describe_stacks", "get_template", "list_stack_resources"),
    "sts": ("assume_role", "get_caller_identity"),
}
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
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_INVALID = ("InvalidClientTokenId", "UnrecognizedClientException", "UnrecognizedClient", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken", "AuthFailure", "OptInRequired")  # fmt: skip
_THROTTLED = ("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown")  # fmt: skip


class Access(NamedTuple):
    """With which credentials, and how, CloudFormation is read."""

    profile: str | None = None
    endpoint_url: str | None = None  # else AWS_ENDPOINT_URL, which botocore reads itself
    role: str | None = None  # assumed instead of the bootstrap's lookup role; "none": own credentials only
    region: str | None = None  # of environment-agnostic stacks; else AWS_REGION or the profile's
    workers: int = 16
    attempts: int = 8  # of each call, when AWS throttles or has a fault


class Role(NamedTuple):
    """A role that a manifest names for reading, with its placeholders."""

    arn: str
    options: Mapping[str, Json] = {}


class Place(NamedTuple):
    """An account and region with a client that may read there."""

    client: Any
    account: str
    region: str
    notice: str | None = None  # what the user should know of how it was opened

    @property
    def words(self) -> str:
        return f"account {self.account}, region {self.region}"


class Places:
    """Opens accounts and regions: through a role, or with the credentials at hand where they are of that account."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.Lock()
        self._own: str | None = None
        boto3, config = _boto3()
        self._config = config(
            retries={"mode": RETRIES, "total_max_attempts": max(1, access.attempts)}, user_agent_appid="cdkguard",
            connect_timeout=TIMEOUTS[0], read_timeout=TIMEOUTS[1], max_pool_connections=max(10, access.workers),
        )  # fmt: skip
        # Here and not in a thread, because a profile can ask for a code of a second factor.
        self._session = told("deployed stacks cannot be read", lambda: self._log_in(boto3.Session))

    def _log_in(self, session_class: Any) -> Any:
        session = session_class(profile_name=self.access.profile)
        credentials = session.get_credentials()
        if credentials is None:
            advice = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in (aws sso login)"
            raise BaselineError(f"deployed stacks cannot be read: no AWS credentials; {advice}")
        credentials.get_frozen_credentials()
        return session

    def open(self, account: str | None, region: str | None, named: Role | None, stack: str) -> Place:
        """A place to read `stack` in; `named` is the role of its manifest. Raises BaselineError."""
        region = region or self._own_region(stack)
        what = f"stack '{stack}' of account {account or '(of the credentials)'}, region {region}"
        sts = self._client("sts", region)
        role = Role(self.access.role) if self.access.role else named
        refusal = ""
        if role is not None and role.arn != OWN:
            try:
                return self._assume(sts, role, account, region, what)
            except Refused as refused:
                refusal = str(refused)
                if self.access.role:
                    raise BaselineError(f"{what}: {refusal}; check its trust policy, or name another role") from refused
        own = self._own_account(sts, what)
        if account not in (None, own):
            why = f"{refusal}, and " if refusal else ""
            advice = "sign in there, or let them assume a role that may read (docs/deployed.md)"
            raise BaselineError(f"{what}: {why}the credentials are of account {own}, not of {account}; {advice}")
        notice = f"{refusal}: read with the credentials at hand, which are of account {own}" if refusal else None
        return Place(self._client("cloudformation", region), own, region, notice)

    def _client(self, service: str, region: str, keys: Mapping[str, str] = {}) -> Any:
        with self._lock:  # a session is not made for several threads; its clients are
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

    def _own_account(self, sts: Any, what: str) -> str:
        if self._own is None:
            self._own = str(told(what, lambda: call(sts, "get_caller_identity")["Account"]))
        return self._own

    def _assume(self, sts: Any, role: Role, account: str | None, region: str, what: str) -> Place:
        arn = self._filled(role.arn, account, region, sts, what)
        if account is None and not self.access.role:
            account = self._own_account(sts, what)
        options = {**role.options, "RoleArn": arn, "RoleSessionName": "cdkguard", "Policy": READ_ONLY}
        keys, theirs = told(what, lambda: _session_keys(call(sts, "assume_role", **options)), role=arn)
        if account not in (None, theirs):
            raise BaselineError(
                f"{what}: role {arn} is of account {theirs}, not of {account}; name a role of {account}"
            )
        return Place(self._client("cloudformation", region, keys), theirs, region)

    def _filled(self, arn: str, account: str | None, region: str, sts: Any, what: str) -> str:
        """The role's name with the placeholders replaced that CDK writes into manifests."""
        if "${AWS::AccountId}" in arn:
            arn = arn.replace("${AWS::AccountId}", account or self._own_account(sts, what))
        partition = self._session.get_partition_for_region(region)
        arn = arn.replace("${AWS::Partition}", partition).replace("${AWS::Region}", region)
        if not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/\S+", arn):
            raise BaselineError(f"{what}: '{arn}' is no ARN of a role")
        return arn


def _session_keys(answer: Mapping[str, Json]) -> tuple[dict[str, str], str]:
    """The keys of an assumed role, named as a client takes them, and the account that it is of."""
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


# -- calls and what they can end in


class Refused(Exception):
    """STS does not let these credentials assume a role."""


class NoSuchStack(Exception):
    """CloudFormation says that there is no such stack."""


def call(client: Any, method: str, **arguments: Json) -> dict[str, Json]:
    """The only place that calls AWS."""
    if method not in _CALLS.get(client.meta.service_model.service_name, ()):
        raise AssertionError(f"{method} is no call that cdkguard makes")
    answer: dict[str, Json] = getattr(client, method)(**arguments)
    return answer


def told(what: str, work: Callable[[], T], role: str | None = None) -> T:
    """The result of `work`, which asks AWS about `what`, or to assume `role`.

    Raises BaselineError for all that botocore raises; NoSuchStack and Refused (the role) are answers.
    """
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError
    from botocore.parsers import ResponseParserError

    try:
        try:
            return work()
        except ResponseParserError:  # an answer that was cut off: botocore tries again for all but this
            return work()
    except ClientError as problem:
        raise _answered(what, problem, role) from problem
    except (HTTPClientError, ConnectionError) as problem:
        advice = "check the network, the region and AWS_ENDPOINT_URL"
        raise BaselineError(f"{what}: AWS cannot be reached: {_short(problem)}; {advice}") from problem
    except BotoCoreError as problem:
        raise BaselineError(f"{what}: {_not_sent(problem)}") from problem
    except ResponseParserError as problem:  # its text holds the answer, which is not for a log
        raise BaselineError(f"{what}: half an answer from AWS (no whole XML); run again") from problem
    except LookupError as problem:
        raise BaselineError(f"{what}: half an answer from AWS (without {problem}); run again") from problem


def _not_sent(problem: Exception) -> str:
    name = type(problem).__name__
    if re.search("Credential|SSO|Token|Profile|Login|Auth", name):
        return f"the credentials cannot be used: {_short(problem)}; sign in again (aws sso login) or set AWS_PROFILE"
    if name == "ParamValidationError":
        return f"a role, profile or stack is named in a way that AWS does not take: {_short(problem)}"
    return f"no usable answer from AWS ({name}): {_short(problem)}; run again"


def _answered(what: str, problem: Any, role: str | None) -> Exception:
    """What an error that AWS sent means."""
    error, meta = problem.response.get("Error", {}), problem.response.get("ResponseMetadata", {})
    code, message, action = str(error.get("Code", "")), _short(error.get("Message") or ""), problem.operation_name
    if code == "ValidationError" and "does not exist" in message and action == "DescribeStacks":
        return NoSuchStack(message)
    if role and code in (*_DENIED, "ValidationError", "RegionDisabledException"):
        return Refused(f"role {role} cannot be assumed ({code}: {message})")
    if code in _EXPIRED:
        text = f"the credentials are expired ({code}); sign in again (aws sso login)"
    elif code in _INVALID:
        text = f"AWS does not accept the credentials ({code}: {message}); check AWS_PROFILE and the keys"
    elif code in _DENIED:
        service = "sts" if action in ("AssumeRole", "GetCallerIdentity") else "cloudformation"
        text = f"no permission for {service}:{action} ({message}); allow it, docs/deployed.md has the policy"
    elif code in _THROTTLED:
        tries = int(meta.get("RetryAttempts", 0)) + 1
        text = f"{action} was throttled {tries} times ({code}); run again later, or with fewer workers"
    else:
        text = f"{action} failed: {meta.get('HTTPStatusCode', '')} {code}: {message}; run again"
    return BaselineError(f"{what}: {text}")


def _short(problem: object) -> str:
    text = " ".join(str(problem).split())
    return text if len(text) <= 300 else text[:297] + "..."
