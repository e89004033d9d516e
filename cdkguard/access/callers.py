"""Whom the Condition of a statement for everybody leaves: an organization, an account, or somebody in particular.

All tests of a Condition must be passed, so that the narrowest of them decides; of the values of one test any is enough,
so that the widest of them does.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from cdkguard._typing import Json
from cdkguard.access.conditions import ConditionTest
from cdkguard.access.patterns import Pattern, Symbol, UnknownPart, make_pattern, render_pattern
from cdkguard.access.principals import account_of_arn
from cdkguard.aws import condition_tests
from cdkguard.aws.condition_tests import ConditionEntry, binds_caller
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
_FALSE = make_pattern("false")
_ANY, _LINK = Deferred("parameter", None), Deferred("resource", None)


def find_reach(tests: Sequence[ConditionTest], own: Pattern) -> Reach:
    """Who can pass all of some tests; `own` is the account of the stack."""
    demanded = {test.key for test in tests if test.family == "null" and test.patterns == (_FALSE,)}
    return min((_reach_of(test, own, test.key in demanded) for test in tests), default=Reach.EVERYBODY)


def _reach_of(test: ConditionTest, own: Pattern, is_demanded: bool) -> Reach:
    if test.family == "opaque":
        return Reach.EVERYBODY if any(_is_any(s) for p in test.patterns for s in p) else Reach.SOMEBODY
    is_lax = test.negative or test.family == "null" or test.may_lack and not is_demanded
    if is_lax or not condition_tests.restricts_caller(test.key):
        return Reach.EVERYBODY

    values = [_value_of(pattern) for pattern in test.patterns]
    binds = binds_caller(ConditionEntry(test.operator, test.key, values, negative=False, may_lack=False))
    # StringEquals takes `*` for a star, so that a parameter there is one value in any case.
    is_one_value = binds is None and test.operator.startswith("stringequals")
    return _reach_of_values(test, own) if binds is True or is_one_value else Reach.EVERYBODY


def _reach_of_values(test: ConditionTest, own: Pattern) -> Reach:
    if test.key.endswith(_ORGANIZATION_KEYS):
        return Reach.ORGANIZATION
    if test.key.endswith(_ACCOUNT_KEYS):
        mine = Reach.OWN_ACCOUNT if test.key in _PRINCIPAL_ACCOUNT_KEYS else Reach.SOMEBODY
        return max((_reach_of_account(account, own, mine) for account in test.patterns), default=mine)
    if test.key.endswith(_ARN_KEYS):
        accounts = [account_of_arn(arn, own) for arn in test.patterns]
        known = [_reach_of_account(account, own, Reach.SOMEBODY) for account in accounts if account is not None]
        return max(known, default=Reach.SOMEBODY)
    return Reach.SOMEBODY


def _reach_of_account(account: Pattern, own: Pattern, mine: Reach) -> Reach:
    if account == own:
        return mine
    return Reach.UNKNOWN_ACCOUNT if any(isinstance(symbol, UnknownPart) for symbol in account) else Reach.OTHER_ACCOUNT


def _value_of(pattern: Pattern) -> Json:
    """The value of the template that a pattern was made of, as far as it matters here."""
    if not any(isinstance(symbol, UnknownPart) for symbol in pattern):
        return render_pattern(pattern)
    parts = [_ANY if _is_any(s) else _LINK if isinstance(s, UnknownPart) else render_pattern((s,)) for s in pattern]
    return parts[0] if len(parts) == 1 else Deferred("text", None, parts=tuple(parts))


def _is_any(symbol: Symbol) -> bool:
    """Whether it is a parameter, which may be given any value, and no link to somebody in particular."""
    if not isinstance(symbol, UnknownPart) or isinstance(symbol.key, tuple):  # A tuple names a resource.
        return False
    return not isinstance(symbol.key, Deferred) or symbol.key.kind in ("parameter", "unknown")
