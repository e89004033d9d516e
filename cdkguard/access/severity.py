"""How severe a widening of a policy is: by what it allows, whom it lets in, and which conditions it drops."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.access.callers import Reach, find_reach
from cdkguard.access.grants import NewGrant
from cdkguard.access.lost_conditions import find_lost_guards, names_source_otherwise, rate_lost_conditions
from cdkguard.access.patterns import EVERYTHING, Pattern, UnknownPart, Wildcard, render_pattern
from cdkguard.access.risk import rate_risk
from cdkguard.access.sets import NameSet
from cdkguard.access.statements import Statement
from cdkguard.aws import condition_tests
from cdkguard.model import severity_rank
from cdkguard.text.regexes import lazy_pattern

# Condition keys, in lower case, that say to whose account or organization the caller belongs.
_CALLER_ORIGIN_KEYS = (
    "principalorg",
    "principalaccount",
    "calleraccount",
    "sourceaccount",
    "sourceorg",
)

# Principals that a CDK app lets in as a matter of course, besides the own account: the roles of its custom resources.
_OWN_PRINCIPAL = lazy_pattern(r".*CustomResourceProviderRole[0-9A-F]{8}\b.*")


class PolicySubject(NamedTuple):
    """The identity or resource that policies are attached to."""

    # Its name in messages: `role Worker`, `Bucket`.
    label: str
    # Its policies name principals: a resource-based policy, or a role's trust policy.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
    names_principals: bool = False
    # The account that the stack is deployed to, where known.
    account: str | None = None
    # The kind of every widening, where the policies have one of their own: trust, permission.
    kind: str = ""
    # The right of its principals, in messages, where that is always the same: `become role Worker`.
    right: str = ""
    # Without a policy it lets everybody in, such as a REST API: a policy can only take away.
    open_by_default: bool = False
    # The logical IDs of resources that the change itself creates.
    new_ids: Collection[str] = ()


# -- whom a statement lets in

_NAMES_OF_REACH = {
    Reach.EVERYBODY: "public",
    Reach.ORGANIZATION: "organization",
    Reach.OTHER_ACCOUNT: "cross-account",
    Reach.UNKNOWN_ACCOUNT: "other",
    Reach.OWN_ACCOUNT: "other",
    Reach.SOMEBODY: "other",
}


def classify_principals(grant: NewGrant, subject: PolicySubject) -> str:
    """public | organization | cross-account | other: whom the statement of a resource-based policy lets in."""
    one = grant.statement
    if not subject.names_principals or grant.kind == "deny-removed" or one.unknown is not None:
        return "other"
    if lets_in_everybody(one):
        return _NAMES_OF_REACH[reach_of(one)]
    if _is_open_provider(one):
        return "public"

    account = "".join(s for s in one.principal.patterns[0][4:17] if isinstance(s, str))  # of `AWS:<account>:<rest>`
    is_account = account[:12].isdigit() and account[12:] == ":"
    return "cross-account" if is_account and account[:12] != subject.account else "other"


def lets_in_everybody(one: Statement) -> bool:
    """Whether its Principal stands for everybody, but for its Condition: `*`, NotPrincipal, a pattern of accounts."""
    return one.principal.negated or any(p == EVERYTHING or p[4:5] == (Wildcard.ANY,) for p in one.principal.patterns)


def reach_of(one: Statement) -> Reach:
    """Whom the Condition of a statement leaves, whomever its Principal names."""
    return find_reach(one.conditions, one.account)


def _is_open_provider(one: Statement) -> bool:
    """Whether it lets in whoever an identity provider knows: everybody with an account of Google or GitHub, say.

    The users of a SAML provider are those of the organization that set it up.
    """
    who = render_pattern(one.principal.patterns[0]).lower()
    if not who.startswith("federated:") or ":saml-provider/" in who:
        return False
    from cdkguard.aws.identity_providers import names_owner  # Few changes are about such a trust.

    body = one.element.body
    return not is_restricted(one) or isinstance(body, dict) and names_owner(body, ("github", "shared")) is False


def is_restricted(one: Statement) -> bool:
    """Whether a Condition binds the statement to somebody, whomever its Principal names."""
    body = one.element.body
    return isinstance(body, dict) and condition_tests.is_restricted(body) is True


def _is_bound(one: Statement) -> bool:
    """Whether a Condition binds it to somebody: for everybody or a service, to less than an account."""
    reach = reach_of(one)
    is_wide = lets_in_everybody(one) or any(p[:8] == tuple("Service:") for p in one.principal.patterns)
    return reach == Reach.SOMEBODY or not is_wide and reach != Reach.EVERYBODY


def _is_for_own_source(one: Statement) -> bool:
    """Whether it lets in services on behalf of resources of this template alone: its own API, rule, bucket or topic.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    are_services = all(p[:8] == tuple("Service:") for p in one.principal.patterns) and not one.principal.negated
    return are_services and any(
        test.key == "aws:sourcearn" and not test.negative and not test.may_lack and all(map(_is_own, test.patterns))
        for test in one.conditions
    )


def _is_own(pattern: Pattern) -> bool:
    """Whether a text contains what belongs to one resource of the template."""
    return any(isinstance(part, UnknownPart) and not part.may_be_anything for part in pattern)


def _is_own_principal(one: Statement) -> bool:
    if lets_in_everybody(one):
        return reach_of(one) == Reach.OWN_ACCOUNT
    root = (*"AWS:", *one.account, ":", Wildcard.ANY)
    return all(p == root or _OWN_PRINCIPAL.fullmatch(render_pattern(p)) is not None for p in one.principal.patterns)


# -- severity


def rate_severity(grants: Sequence[NewGrant], subject: PolicySubject, principals: str) -> str:
    """The severity of grants of one statement and one kind; `principals` as `classify_principals` says."""
    if not subject.names_principals:
        return _rate_identity_policy(grants)

    first = grants[0]
    if first.was_delegated:
        return "medium" if _rate_rights(grants) in ("high", "critical") else "low"
    if first.kind == "deny-removed":
        return "medium" if subject.open_by_default else "high"
    if principals == "public":
        return "high" if subject.open_by_default else "critical"
    if principals == "organization" and subject.open_by_default:
        return "medium"
    if principals in ("organization", "cross-account") or first.kind == "not-action":
        return "high"
    if all(_is_for_own_source(g.statement) for g in grants):
        return "low"
    if first.kind == "condition":
        return _rate_loosened_resource(first, subject)

    if _is_bound(first.statement):
        return "low"
    if all(_is_own_principal(g.statement) for g in grants):
        return "medium"
    return _rate_rights(grants)


def _rate_rights(grants: Sequence[NewGrant]) -> str:
    """By the actions: the policy is about one resource, whatever its statement says of it."""
    one_resource = NameSet((tuple("one"),))
    return _find_worst("medium", *(rate_risk(g.statement._replace(resource=one_resource)) for g in grants))


def _rate_identity_policy(grants: Sequence[NewGrant]) -> str:
    first = grants[0]
    worst = _find_worst(*(rate_risk(g.statement) for g in grants))
    if first.kind == "not-action":
        return _find_worst(worst, "high")
    if first.kind in ("deny-removed", "unknown"):
        return _find_worst(worst, "medium")
    return _find_worst(worst, rate_lost_conditions(first)) if first.kind == "condition" else worst


def _rate_loosened_resource(grant: NewGrant, subject: PolicySubject) -> str:
    """The severity of a resource-based policy whose condition is gone or looser."""
    if reach_of(grant.statement) == Reach.SOMEBODY and names_source_otherwise(grant):
        return "medium"
    lost = find_lost_guards(grant)
    is_for_all = EVERYTHING in grant.statement.principal.patterns
    lost_origin = is_for_all and any(word in test.key for test in lost for word in _CALLER_ORIGIN_KEYS)
    return "high" if lost_origin or subject.kind == "trust" and lost else rate_lost_conditions(grant)


def _find_worst(*severities: str) -> str:
    """The strongest of several severities."""
    return max(severities, key=severity_rank)
