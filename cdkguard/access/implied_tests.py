"""What else is true of a request that passes the tests and principal of a statement.

A topic of account 111122223333 is less than everything of that account: `aws:SourceArn` implies `aws:SourceAccount`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard.access.conditions import ConditionTest
from cdkguard.access.implication import implies
from cdkguard.access.patterns import EVERYTHING, Pattern, UnknownPart, Wildcard, make_pattern
from cdkguard.access.principals import account_of_arn, account_of_principal, is_account
from cdkguard.access.statements import Statement
from cdkguard.logic import Tri, all_of, any_of

# Key whose values are ARNs -> keys whose value is then the account in the ARN.
_ACCOUNT_IN_ARN: Mapping[str, tuple[str, ...]] = {
    "aws:sourcearn": ("aws:sourceaccount", "aws:sourceowner"),
    "aws:principalarn": ("aws:principalaccount", "kms:calleraccount"),
    "s3:dataaccesspointarn": ("s3:dataaccesspointaccount",),
}
# Key -> keys that then have the same value. aws:SourceOwner is the older name, which SNS uses.
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#source-account-versus-source-owner
_SAME_VALUE: Mapping[str, tuple[str, ...]] = {
    "aws:principalaccount": ("kms:calleraccount",),
    "kms:calleraccount": ("aws:principalaccount",),
    "aws:sourceaccount": ("aws:sourceowner",),
}
# Key whose values are paths, `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*` -> the key of the organization in front.
_ORGANIZATION_IN_PATH: Mapping[str, str] = {
    "aws:principalorgpaths": "aws:principalorgid",
    "aws:sourceorgpaths": "aws:sourceorgid",
    "aws:resourceorgpaths": "aws:resourceorgid",
    "aws:vpceorgpaths": "aws:vpceorgid",
}
# Key that is there only in some requests -> the key that is then true.
_TRUE_IF_THERE: Mapping[str, str] = {
    "aws:multifactorauthage": "aws:multifactorauthpresent",
    "aws:calledvia": "aws:viaawsservice",
    "aws:calledviafirst": "aws:viaawsservice",
    "aws:calledvialast": "aws:viaawsservice",
    "aws:principalservicename": "aws:principalisawsservice",
}
# Key of an organization -> the key of the account that is in it.
_ACCOUNT_OF_ORGANIZATION: Mapping[str, str] = {
    "aws:principalorgid": "aws:principalaccount",
    "aws:principalorgpaths": "aws:principalaccount",
    "aws:sourceorgid": "aws:sourceaccount",
    "aws:sourceorgpaths": "aws:sourceaccount",
}
# The keys that these are about: of another, nothing follows.
_KEYS = {
    *_ACCOUNT_IN_ARN,
    *_SAME_VALUE,
    *_ORGANIZATION_IN_PATH,
    *_ORGANIZATION_IN_PATH.values(),
    *_TRUE_IF_THERE,
    *_TRUE_IF_THERE.values(),
    *(key for keys in (*_ACCOUNT_IN_ARN.values(), *_SAME_VALUE.values()) for key in keys),
}
_TRUE = make_pattern("true")


def conditions_imply(narrow: Statement, wide: Statement) -> Tri:
    """Whether the tests and the principal of `narrow` let through only what passes all tests of `wide`."""
    return all_of(is_implied(narrow, test) for test in wide.conditions)


def is_implied(one: Statement, wanted: ConditionTest) -> Tri:
    """Whether every request that a statement matches passes a test; None where that depends on an unknown part."""
    found = any_of(implies(test, wanted) for test in one.conditions)
    if found is True or wanted.key not in _KEYS:
        return found

    given = [*one.conditions, *_tests_of_principal(one)]
    given += [derived for test in given for derived in _derive(test, one.account)]
    more = (implies(test, wanted) for test in given[len(one.conditions) :])
    found = any_of((found, *more, _is_in_organization(given, wanted, one.account)))
    if not wanted.negative or found is True:
        return found

    # Who is not in an account is none of its topics.
    derived = [_without_not(wanted), *_derive(_without_not(wanted), one.account)]
    excluded = [_without_not(test) for test in one.conditions if test.negative]
    found = any_of((found, *(implies(a, b) for a in derived for b in excluded)))
    return any_of((found, *(_is_in_organization(derived, b, one.account) for b in excluded)))


def _is_in_organization(known: list[ConditionTest], wanted: ConditionTest, own: Pattern) -> Tri:
    """Whether an organization is asked for, and all requests are of an account in it.

    Nothing says which accounts are in it. One that a policy of the own account names is taken to be that of the account:
    at worst, the account lets in itself.
    """
    key = _ACCOUNT_OF_ORGANIZATION.get(wanted.key)
    accounts = [test.patterns for test in known if test.key == key and _asks_for_key(test)]
    if wanted.negative or not accounts:
        return False
    return True if (own,) in accounts else None


def _without_not(test: ConditionTest) -> ConditionTest:
    return test._replace(negative=False, if_exists=False)


def _asks_for_key(test: ConditionTest) -> bool:
    return not (test.negative or test.may_lack or test.family == "null")


# -- of a test


def _derive(test: ConditionTest, own: Pattern) -> Iterator[ConditionTest]:
    """The tests that every request passes that passes one; `own` is the account of the stack."""
    key = test.key
    if not _asks_for_key(test):
        return
    if key in _TRUE_IF_THERE:
        yield ConditionTest("bool", _TRUE_IF_THERE[key], (_TRUE,))
    if test.family != "string":
        return

    if key in _SAME_VALUE:
        yield from (test._replace(key=other) for other in _SAME_VALUE[key])
    if key in _ACCOUNT_IN_ARN:
        accounts = [account_of_arn(pattern, own, test.by_parts) for pattern in test.patterns]
        yield from _equal_one_of(_ACCOUNT_IN_ARN[key], accounts)
    if key in _ORGANIZATION_IN_PATH:
        yield from _equal_one_of((_ORGANIZATION_IN_PATH[key],), [_head_of_path(p) for p in test.patterns])
    for path, organization in _ORGANIZATION_IN_PATH.items():
        if organization == key and not test.qualifier:
            whole = tuple((*pattern, "/", Wildcard.ANY) for pattern in test.patterns)
            yield test._replace(key=path, patterns=whole, qualifier="foranyvalue")


def _equal_one_of(keys: tuple[str, ...], values: list[Pattern | None]) -> Iterator[ConditionTest]:
    """The tests that each of the keys has one of the values, unless one of them may be anything."""
    known = [value for value in values if value is not None]
    if known and len(known) == len(values):
        yield from (ConditionTest("string", key, tuple(dict.fromkeys(known))) for key in keys)


def _head_of_path(path: Pattern) -> Pattern | None:
    head = path[: path.index("/")] if "/" in path else ()
    return None if not head or any(isinstance(symbol, Wildcard) for symbol in head) else head


# -- of a principal


def _tests_of_principal(one: Statement) -> Iterator[ConditionTest]:
    """The tests that every request of the principal of a statement passes, where it is one."""
    if one.principal.negated or len(one.principal.patterns) != 1:
        return
    (principal,) = one.principal.patterns
    if principal[:8] == tuple("Service:"):
        yield ConditionTest("string", "aws:principalservicename", (principal[8:],))
        return

    account = account_of_principal(principal, one.account)
    if account is None:
        return
    yield ConditionTest("string", "aws:principalaccount", (account,))
    arn = principal[4:] if isinstance(principal[4], UnknownPart) and len(principal) == 5 else None
    if arn is None and principal[-1] is not Wildcard.ANY:
        arn = (*"arn:aws:iam::", *principal[4:])
    if arn is not None:
        yield ConditionTest("string", "aws:principalarn", (arn,))


def principals_left(one: Statement) -> Iterator[tuple[Pattern, ...]]:
    """For each test of a statement that names accounts or principals: those that it leaves of everybody, or an account."""
    if one.principal.negated or not all(p == EVERYTHING or is_account(p) for p in one.principal.patterns):
        return
    for test in one.conditions:
        if test.family != "string" or not _asks_for_key(test):
            continue
        if test.key in ("aws:principalaccount", "kms:calleraccount"):
            yield tuple((*"AWS:", *account, ":", Wildcard.ANY) for account in test.patterns)
        elif test.key == "aws:principalarn":
            yield tuple(_principal_of_arn(arn) for arn in test.patterns)


def _principal_of_arn(arn: Pattern) -> Pattern:
    start = tuple("arn:aws:iam::")
    return (*"AWS:", *(arn[len(start) :] if arn[: len(start)] == start else arn))
