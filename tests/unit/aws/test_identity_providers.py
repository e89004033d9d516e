"""Tokens of identity providers with many customers: which claims name one of them."""

import pytest

from cdkguard.aws.identity_providers import SHARED_PROVIDERS, names_owner
from cdkguard.template.values import Deferred

EVERY_GROUP = ("github", "shared", "cluster")
PARAMETER = Deferred("parameter", {"Ref": "Org"}, "Org")


def trusts(issuer, condition):
    provider = f"arn:aws:iam::111122223333:oidc-provider/{issuer}"
    return names_owner({"Principal": {"Federated": provider}, "Condition": condition}, EVERY_GROUP)


@pytest.mark.parametrize(
    ("key", "value", "answer"),
    [
        ("token.actions.githubusercontent.com:sub", "repo:acme/shop:*", True),
        ("token.actions.githubusercontent.com:sub", "repo:acme/*", True),
        ("token.actions.githubusercontent.com:sub", "repo:acme@123/shop@456:ref:refs/heads/main", True),
        ("token.actions.githubusercontent.com:sub", "repository_owner:acme:*", True),
        ("token.actions.githubusercontent.com:sub", "repo:acme*", False),
        ("token.actions.githubusercontent.com:sub", "repo:acme*/shop:*", False),
        ("token.actions.githubusercontent.com:sub", "repo:*/shop:*", False),
        ("token.actions.githubusercontent.com:sub", "repo:?cme/shop:*", False),
        ("token.actions.githubusercontent.com:sub", "*:ref:refs/heads/main", False),
        ("token.actions.githubusercontent.com:sub", "*acme/shop*", False),
        ("token.actions.githubusercontent.com:sub", "environment:prod", False),
        ("token.actions.githubusercontent.com:repository", "acme/*", True),
        ("token.actions.githubusercontent.com:repository", "*/shop", False),
        ("token.actions.githubusercontent.com:actor", "somebody", False),
        ("token.actions.githubusercontent.com:ref", "refs/heads/main", False),
        ("gitlab.com:sub", "project_path:acme/shop:*", True),
        ("gitlab.com:sub", "project_path:acme*", False),
        ("gitlab.com:namespace_id", "72", True),
        ("gitlab.com:ref", "main", False),
        ("app.terraform.io:sub", "organization:acme:project:*", True),
        ("app.terraform.io:sub", "organization:acme*:project:*", False),
        ("app.terraform.io:aud", "aws.workload.identity", False),
        ("agent.buildkite.com:sub", "organization:acme:*", True),
        ("agent.buildkite.com:sub", "organization:*:pipeline:deploy:*", False),
        ("oidc.vercel.com:aud", "https://vercel.com/acme", True),
        ("api.pulumi.com/oidc:sub", "pulumi:deploy:org:acme:project:*", True),
        ("api.pulumi.com/oidc:sub", "pulumi:deploy:org:*:project:shop:*", False),
        ("cognito-identity.amazonaws.com:aud", "eu-west-1:0f7c", True),
        ("cognito-identity.amazonaws.com:aud", "eu-west-1:*", False),
        ("cognito-identity.amazonaws.com:amr", "authenticated", False),
        ("accounts.google.com:oaud", "https://example.com", False),
        ("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d:aud", "api://x", False),
        ("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub", "system:serviceaccount:orders:*", True),
        ("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub", "system:serviceaccount:*:api", False),
        ("oidc.eks.cn-north-1.amazonaws.com.cn/id/ABC:aud", "sts.amazonaws.com", False),
    ],
)
def test_a_claim_names_the_owner(key, value, answer):
    assert trusts(key.rpartition(":")[0], {"StringLike": {key: value}}) is answer
    assert trusts("other.example.com", {"StringLike": {key.upper(): [value]}}) is answer


def test_each_of_several_values_names_the_owner():
    key = "token.actions.githubusercontent.com:sub"
    assert trusts("x", {"StringLike": {key: ["repo:acme/shop:*", "repo:*"]}}) is False
    assert trusts("x", {"StringNotLike": {key: "repo:acme/shop:*"}}) is False
    assert trusts("x", {"StringLikeIfExists": {key: "repo:acme/shop:*"}}) is False


def test_a_private_provider_needs_no_owner():
    assert trusts("oidc.circleci.com/org/2f1c", {"StringEquals": {"oidc.circleci.com/org/2f1c:aud": "2f1c"}}) is True
    assert trusts("acme.eu.auth0.com/", {}) is True
    assert trusts("gitlab.acme.example", {"StringEquals": {"gitlab.acme.example:aud": "aws"}}) is True


def test_the_principal_alone_names_the_provider():
    for issuer in SHARED_PROVIDERS:
        assert trusts(issuer, {}) is False
    assert names_owner({"Principal": {"Federated": "cognito-identity.amazonaws.com"}}, EVERY_GROUP) is False
    assert names_owner({"Principal": {"Federated": "cognito-identity.amazonaws.com"}}, ["github"]) is True


def test_what_is_filled_in_later():
    key = "token.actions.githubusercontent.com:sub"
    text = Deferred("text", None, parts=("repo:", PARAMETER, "/shop:*"))
    assert trusts("x", {"StringLike": {key: text}}) is None
    assert trusts("x", {"StringLike": {key: PARAMETER}}) is None
    assert trusts("gitlab.com", {"StringEquals": Deferred("resource", None, "Json", "Value")}) is True
    assert trusts("gitlab.com", PARAMETER) is None


@pytest.mark.parametrize("condition", [PARAMETER, {"StringEquals": PARAMETER}])
def test_a_macro_may_name_any_provider(condition):
    provider = {"Principal": {"Federated": Deferred("resource", None, "Provider")}}
    assert names_owner({**provider, "Condition": condition}, ["github"]) is None
    known = {"StringEquals": {"oidc.circleci.com/org/2f1c:aud": "2f1c"}, "StringLike": PARAMETER}
    assert names_owner({**provider, "Condition": known}, ["github"]) is True
    assert names_owner({"Principal": {"Federated": "acme.eu.auth0.com/"}, "Condition": condition}, ["github"]) is True
    link = Deferred("resource", None, "Json", "Value")
    assert names_owner({**provider, "Condition": {"StringEquals": link}}, ["github"]) is True
