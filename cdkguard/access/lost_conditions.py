"""Conditions that a statement made before and does not make any more, and how severe that is."""

from __future__ import annotations

from cdkguard.access.conditions import ConditionTest
from cdkguard.access.grants import NewGrant
from cdkguard.access.implied_tests import is_implied
from cdkguard.access.patterns import EVERYTHING

# Words of condition keys, in lower case, that are about the caller: who asks, from where, how well identified.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_CALLER_KEYS = (
    "multifactorauth",  # aws:MultiFactorAuthPresent, aws:MultiFactorAuthAge
    "principalorg",  # aws:PrincipalOrgID, aws:PrincipalOrgPaths
    "principalaccount",  # aws:PrincipalAccount
    "source",  # aws:SourceArn, aws:SourceIp, aws:SourceVpc, aws:SourceVpce ...
    "calleraccount",  # kms:CallerAccount
    ":sub",  # the subject of an OpenID Connect token: token.actions.githubusercontent.com:sub
    ":aud",  # the audience of one
    "externalid",  # sts:ExternalId
)
_SOURCE_KEYS = {"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner"}


def rate_lost_conditions(grant: NewGrant) -> str:
    """high where a condition about the caller is gone, or allows other addresses or truths; else medium."""
    kept = {test.key for test in grant.statement.conditions if EVERYTHING not in test.patterns}
    lost = [t for t in find_lost_conditions(grant) if t.key not in kept or t.family in ("bool", "ip")]
    return "high" if any(restricts_caller(test) for test in lost) else "medium"


def find_lost_conditions(grant: NewGrant) -> list[ConditionTest]:
    """The tests that the statement of before made and the new one does not make, or makes less strictly."""
    before = grant.nearest.conditions if grant.nearest is not None else ()
    return [test for test in before if not is_implied(grant.statement, test)]


def find_lost_guards(grant: NewGrant) -> list[ConditionTest]:
    """The lost tests that are about the caller, but for another limit in place of one, such as a longer age of MFA."""
    kept = {test.key for test in grant.statement.conditions}
    lost = find_lost_conditions(grant)
    return [t for t in lost if restricts_caller(t) and not (t.key in kept and t.family.startswith("numeric"))]


def restricts_caller(test: ConditionTest) -> bool:
    return any(word in test.key for word in _CALLER_KEYS)


def names_source_otherwise(grant: NewGrant) -> bool:
    """Whether a Condition asks for the ARN of a source where it asked for its account, or the other way round.

    The ARN of a bucket says no account: it is one bucket, but whoever gets its name next is let in.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/confused-deputy-prevention.html
    """
    lost = {test.key for test in find_lost_conditions(grant)}
    kept = {test.key for test in grant.statement.conditions}
    return set() < lost <= _SOURCE_KEYS and bool(kept & _SOURCE_KEYS)
