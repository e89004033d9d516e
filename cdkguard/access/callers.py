"""Whom the Condition of a statement for everybody leaves: an organization, an account, or somebody in particular.

All tests of a Condition must be passed, so that the narrowest of them decides; of the values of one test any is enough,
so that the widest of them does.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from cdkguard._typing import Json
from cdkguard.aws import condition_tests
from cdkguard.aws.condition_tests import ConditionEntry
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred


class Reach(IntEnum):
    """Who can meet a Condition, from few to all."""

    SOMEBODY = 0  # one network, address, source, identity
    OWN_ACCOUNT = 1  # every principal of the account of the stack
    UNKNOWN_ACCOUNT = 2  # those of an account that only a parameter names
    OTHER_ACCOUNT = 3
    ORGANIZATION = 4  # those of every account of an organization, the own one or another
    EVERYBODY = 5


# The ends of condition keys, in lower case, that name an organization or a part of one: aws:PrincipalOrgID,
# aws:SourceOrgPaths, aws:VpceOrgID ...
_ORGANIZATION_KEYS = ("orgid", "orgpaths")
# ... an account: aws:PrincipalAccount, kms:CallerAccount, aws:SourceAccount, s3:DataAccessPointAccount ...
_ACCOUNT_KEYS = ("account", "aws:sourceowner")
# Of these, the keys that say no more of a principal than his account. A source is a service that acts for one resource,
# an access point has a policy of its own.
_PRINCIPAL_ACCOUNT_KEYS = ("aws:principalaccount", "kms:calleraccount")
# ... an ARN, with an account in it: aws:PrincipalArn, aws:SourceArn, s3:DataAccessPointArn ...
_ARN_KEYS = ("arn",)


def find_reach(conditions: Iterable[Json], account: str | None) -> Reach:
    """Who can meet all of some Conditions of the template, resolved; `account` is that of the stack, where known."""
    return min((_reach_of(condition, account) for condition in conditions), default=Reach.EVERYBODY)


def _reach_of(condition: Json, account: str | None) -> Reach:
    statement = {"Condition": condition}
    return min(
        (
            _reach_of_entry(entry, account)
            for entry, binds in condition_tests.list_bindings(statement, condition_tests.restricts_caller)
            if binds is True or _is_one_value(entry, binds)
        ),
        default=Reach.EVERYBODY,
    )


def _is_one_value(entry: ConditionEntry | None, binds: Tri) -> bool:
    """Whether a test that might bind nobody compares with a parameter: StringEquals takes `*` for a star."""
    return binds is None and entry is not None and entry.operator.startswith("stringequals")


def _reach_of_entry(entry: ConditionEntry | None, account: str | None) -> Reach:
    if entry is None:
        return Reach.SOMEBODY
    if entry.key.endswith(_ORGANIZATION_KEYS):
        return Reach.ORGANIZATION
    if entry.key.endswith(_ACCOUNT_KEYS):
        own = Reach.OWN_ACCOUNT if entry.key in _PRINCIPAL_ACCOUNT_KEYS else Reach.SOMEBODY
        return max((_reach_of_account(value, account, own) for value in entry.values), default=Reach.SOMEBODY)
    if entry.key.endswith(_ARN_KEYS):
        return max((_reach_of_arn(value, account) for value in entry.values), default=Reach.SOMEBODY)
    return Reach.SOMEBODY


def _reach_of_account(value: Json, account: str | None, own: Reach) -> Reach:
    if isinstance(value, Deferred):
        return own if value.kind in ("pseudo", "resource") else Reach.UNKNOWN_ACCOUNT
    return own if str(value) == account else Reach.OTHER_ACCOUNT


def _reach_of_arn(value: Json, account: str | None) -> Reach:
    """Only a number that is not the own account's says that the ARN is of another one."""
    text = value.text() if isinstance(value, Deferred) else str(value)
    parts = text.split(":", 5)
    is_number = len(parts) > 4 and parts[4].isdigit()
    return Reach.OTHER_ACCOUNT if is_number and parts[4] != account else Reach.SOMEBODY
