"""The credentials for each account: its role, assumed with a policy that lets it list and read stacks and no more."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cdkguard.baselines.aws_calls import AwsError, Refused, ask_aws, call_aws
from cdkguard.baselines.aws_session import Access, Keys, Session, read_keys
from cdkguard.errors import ConfigError, InputError

# A role that another role assumes has an hour, whatever its own limit:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
LASTS = timedelta(hours=1)
RENEWED_BEFORE = timedelta(minutes=20)  # More than a unit takes, throttled though it may be.
# DescribeStacks without a name needs ListStacks, too:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
ACTIONS = ("DescribeStacks", "GetTemplate", "ListStackResources", "ListStacks")
SESSION_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": [f"cloudformation:{action}" for action in ACTIONS], "Resource": "*"}
        ],
    },
    separators=(",", ":"),
)


class RoleSettings(NamedTuple):
    """The role of each account, by name or ARN, and how it is assumed."""

    name: str = ""  # A name, a path with a name, or an ARN with ${AWS::AccountId}; "": no role.
    external_id: str = ""
    session_name: str = "cdkguard-audit"

    def arn(self, account: str, partition: str) -> str:
        """The ARN of the role in an account; raises ConfigError where it is no name of a role."""
        filled = self.name.replace("${AWS::AccountId}", account).replace("${AWS::Partition}", partition)
        arn = filled if filled.startswith("arn:") else f"arn:{partition}:iam::{account}:role/{filled.lstrip('/')}"
        if not re.fullmatch(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+", arn):
            raise ConfigError(f"--role '{self.name}' is no name of a role")
        if f"::{account}:" not in arn:
            raise ConfigError(
                f"--role '{self.name}' is of one account: name the role alone, or write ${{AWS::AccountId}}"
            )
        return arn


class SignedOut(InputError):
    """The user's own credentials are not valid any more, so that no other role can be assumed; the audit can be resumed."""


class KeyRing:
    """Assumes the role of each account once, and again before its keys expire."""

    def __init__(
        self,
        session: Session,
        role: RoleSettings,
        region: str,
        counts: Counter[str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session, self._role, self._counts, self._now = session, role, counts, now
        self._sts = session.client("sts", region)  # The region's own endpoint: its keys are valid in every region.
        self._partition = session.partition_of(region)
        self._keys: dict[str, Keys] = {}
        self._failures: dict[str, AwsError] = {}  # An account that refused once is not asked again for each region.
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self.own_account = str(self._call("the credentials", "get_caller_identity")["Account"])
        self._reads_own = False

    def keys_for(self, account: str) -> Keys | None:
        """Keys of the account with more than 20 minutes to go; None: the credentials at hand are to be used.

        That is so of their own account alone, where it has no such role. Raises AwsError where the account cannot be read, and
        SignedOut where none can.
        """
        with self._lock:
            lock = self._locks.setdefault(account, threading.Lock())
        with lock:
            if account == self.own_account and (self._reads_own or not self._role.name):
                return None
            if account in self._failures:
                raise self._failures[account]
            keys = self._keys.get(account)
            if keys is None or datetime.fromisoformat(keys.expires) - self._now() < RENEWED_BEFORE:
                try:
                    keys = self._assume(account)
                except AwsError as problem:
                    self._failures[account] = problem
                    raise
            if keys is not None:
                self._keys[account] = keys
            return keys

    def is_shut(self, account: str) -> bool:
        """Whether the account itself let us in no more."""
        return account in self._failures

    def _assume(self, account: str) -> Keys | None:
        subject = f"account {account}"
        if not self._role.name:
            reason = f"no role was named, and the credentials are of account {self.own_account}"
            raise AwsError(subject, "denied", reason, "name the role of the accounts by --role")
        arn = self._role.arn(account, self._partition)
        options = {"RoleArn": arn, "RoleSessionName": self._role.session_name, "Policy": SESSION_POLICY}
        if self._role.external_id:
            options["ExternalId"] = self._role.external_id
        try:
            keys, theirs = ask_aws(subject, lambda: read_keys(self._assume_role(options)), role=arn)
        except AwsError as problem:
            if problem.kind in (
                "expired",
                "invalid",
            ):  # Of the user's own credentials: no other account can be read, either.
                raise SignedOut(f"{problem.reason}; {problem.advice}, and run again with --resume") from problem
            raise
        except Refused as refused:
            if account == self.own_account and account not in self._keys:
                self._reads_own = True
                return None
            advice = "create the role there, let it trust these credentials, and let them assume it (docs/audit.md)"
            raise AwsError(subject, "denied", str(refused), advice) from refused
        if theirs != account:
            raise AwsError(subject, "denied", f"role {arn} is of account {theirs}", "name a role of this account")
        return keys

    def _assume_role(self, options: dict[str, str]) -> dict[str, object]:
        self._counts["assume_role"] += 1
        return call_aws(self._sts, "assume_role", **options)

    def _call(self, subject: str, method: str) -> dict[str, object]:
        self._counts[method] += 1
        return ask_aws(subject, lambda: call_aws(self._sts, method))


def open_session(profile: str | None, endpoint_url: str | None, attempts: int) -> Session:
    """The session of the user's own credentials; raises BaselineError where there are none."""
    return Session(Access(profile, endpoint_url, attempts=attempts), "the accounts cannot be read")
