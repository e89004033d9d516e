"""Identity providers that sign tokens for all of their customers, and the claims that say whose a token is.

Everybody gets a token of such a provider for the audience that AWS expects, so that a role has to compare a claim that
names the owner. The providers and their claims are those of
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
and those that IAM itself knows: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html

Providers whose address holds the customer are not among them, since any claim will do there: CircleCI
(oidc.circleci.com/org/ID), Bitbucket (api.bitbucket.org/2.0/workspaces/NAME), Vercel's of a team (oidc.vercel.com/NAME),
Auth0, Okta and other tenants, a GitLab of one's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.aws.condition_tests import list_entries
from cdkguard.aws.policies import list_principals, text_of
from cdkguard.logic import Tri, all_of, any_of
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import lazy_pattern

# The forms of claims that name an owner. A wildcard may stand behind the owner's name and its end only: `repo:acme*`
# is also `repo:acme-and-others`.
_WHOLE = r"[^*?]+"
_PATH = r"[^*?/]+/.*|[^*?]+"  # acme/shop


def _after(*words: str) -> str:
    """The form `organization:acme:...`, of claims that begin with one of the words."""
    return rf"(?:{'|'.join(words)}):[^*?/:]+(?:[/:].*)?"


class SharedProvider(NamedTuple):
    """A provider with many customers."""

    # github | shared | cluster (of Kubernetes: its customers are its service accounts).
    group: str
    # Claim -> the form in which it names an owner; a claim with a colon is a whole condition key.
    claims: Mapping[str, str]


_GITHUB = SharedProvider(
    "github",
    {
        "sub": _after(
            "repo", "repository(?:_owner)?(?:_id)?", "organization", "enterprise(?:_id)?", "job_workflow_ref"
        ),
        "repository": _PATH,
        "job_workflow_ref": _PATH,
        "repository_owner": _WHOLE,
        "repository_id": _WHOLE,
        "repository_owner_id": _WHOLE,
        "enterprise": _WHOLE,
        "enterprise_id": _WHOLE,
    },
)
_ANY_OWNER = SharedProvider("shared", {"sub": _after("[a-z_-]+")})
_AUDIENCE = SharedProvider("shared", {"aud": _WHOLE})

# Issuer, as it stands in front of a condition key, in lower case.
SHARED_PROVIDERS: Mapping[str, SharedProvider] = {
    "token.actions.githubusercontent.com": _GITHUB,
    "vstoken.actions.githubusercontent.com": _GITHUB,
    "oidc-configuration.audit-log.githubusercontent.com": SharedProvider("shared", {"sub": _WHOLE}),
    "gitlab.com": SharedProvider(
        "shared",
        {
            "sub": _after("project_path", "project_id", "namespace_path", "namespace_id"),
            "project_path": _PATH,
            "namespace_path": _PATH,
            "project_id": _WHOLE,
            "namespace_id": _WHOLE,
        },
    ),
    "app.terraform.io": SharedProvider(
        "shared",
        {
            "sub": _after("organization"),
            "terraform_organization_id": _WHOLE,
            "terraform_organization_name": _WHOLE,
            "terraform_project_id": _WHOLE,
            "terraform_workspace_id": _WHOLE,
        },
    ),
    "agent.buildkite.com": SharedProvider(
        "shared", {"sub": _after("organization(?:_id)?", "pipeline_id"), "organization_id": _WHOLE}
    ),
    "oidc.codefresh.io": SharedProvider("shared", {"sub": _after("account")}),
    "studio.datachain.ai/api": _ANY_OWNER,
    "scalr.io": SharedProvider("shared", {"sub": _after("account")}),
    "tokens.cloud.shisho.dev": _ANY_OWNER,
    "proidc.upbound.io": _ANY_OWNER,
    "oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb": SharedProvider("shared", {"sub": _WHOLE}),
    "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": SharedProvider("shared", {"sts:rolesessionname": _WHOLE}),
    "oidc.vercel.com": SharedProvider("shared", {"aud": _WHOLE, "sub": _after("owner")}),
    "api.pulumi.com/oidc": SharedProvider("shared", {"aud": _WHOLE, "sub": r"pulumi:[a-z]+:org:[^*?:]+:.*|[^*?]+"}),
    "sandboxes.cloud": _AUDIENCE,
    "cognito-identity.amazonaws.com": SharedProvider("shared", {"aud": _WHOLE, "sub": _WHOLE}),
    "accounts.google.com": SharedProvider("shared", {"aud": _WHOLE, "sub": _WHOLE}),
    "graph.facebook.com": SharedProvider("shared", {"app_id": _WHOLE, "id": _WHOLE}),
    "www.amazon.com": SharedProvider("shared", {"app_id": _WHOLE, "user_id": _WHOLE}),
}
# Every pod of a cluster gets a token for sts.amazonaws.com; the subject says of which namespace it is.
# https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
_CLUSTER = SharedProvider("cluster", {"sub": r"system:serviceaccount:[^*?:]+:.+"})
_CLUSTER_ISSUER = lazy_pattern(r"oidc\.eks\.[^/]+/id/.+")


def names_owner(statement: dict[str, Json], groups: Collection[str]) -> Tri:
    """Whether the tokens that a trust takes from shared providers of these groups are those of one owner.

    None where neither the principal nor a condition key says which provider it is, and a macro may write the keys.
    """
    issuers = _list_issuers(statement)
    if _are_filled_in(statement, issuers):
        return None
    providers = [(issuer, one) for issuer, one in _find_providers(issuers) if one.group in groups]
    return all_of(_is_bound(statement, issuer, provider) for issuer, provider in providers)


def _list_issuers(statement: dict[str, Json]) -> list[str]:
    """The issuers that the principals and the condition keys of a trust name; § where the deployment names one."""
    federated = (text_of(value) for kind, value in list_principals(statement) if kind == "Federated")
    entries = (entry for entry in list_entries(statement.get("Condition")) if not isinstance(entry, Deferred))
    of_principals = [text.lower().rpartition(":oidc-provider/")[2] for text in federated]
    return list(dict.fromkeys([*of_principals, *(entry.key.rpartition(":")[0] for entry in entries)]))


def _are_filled_in(statement: dict[str, Json], issuers: list[str]) -> bool:
    if not any("§" in issuer for issuer in issuers) or any("." in issuer and "§" not in issuer for issuer in issuers):
        return False
    return any(
        isinstance(entry, Deferred) and _may_be_anything(entry) for entry in list_entries(statement.get("Condition"))
    )


def _may_be_anything(value: Deferred) -> bool:
    return value.kind in ("parameter", "unknown")


def _find_providers(issuers: list[str]) -> Iterator[tuple[str, SharedProvider]]:
    """The shared providers among issuers."""
    for issuer in issuers:
        provider = SHARED_PROVIDERS.get(issuer) or (_CLUSTER if _CLUSTER_ISSUER.fullmatch(issuer) else None)
        if provider is not None:
            yield issuer, provider


def _is_bound(statement: dict[str, Json], issuer: str, provider: SharedProvider) -> Tri:
    """Whether a claim names the owner; CDK's CfnJson, whose keys only the deployment knows, counts as one that does."""
    forms = {claim if ":" in claim else f"{issuer}:{claim}": form for claim, form in provider.claims.items()}
    answers: list[Tri] = []
    for entry in list_entries(statement.get("Condition")):
        if isinstance(entry, Deferred):
            answers.append(None if _may_be_anything(entry) else True)
        elif entry.key in forms and entry.operator.startswith("string") and not (entry.negative or entry.may_lack):
            answers.append(all_of(_names_owner(value, forms[entry.key]) for value in entry.values))
    return any_of(answers)


def _names_owner(value: Json, form: str) -> Tri:
    """Whether a value of a claim names an owner; None where a parameter that is given `*` would not."""
    if not isinstance(value, Deferred):
        return _has_form(str(value), form)
    if value.kind != "text":
        return None if _may_be_anything(value) else True
    if not _has_form(value.text(), form):
        return False
    given = (p if isinstance(p, str) else "*" if _may_be_anything(p) else "§" for p in value.parts)
    return True if _has_form("".join(given), form) else None


def _has_form(text: str, form: str) -> bool:
    return re.fullmatch(form, text, re.IGNORECASE) is not None
