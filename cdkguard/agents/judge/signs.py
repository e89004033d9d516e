"""What names and variables around a command say of the environment that it is for; the strictest counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cdkguard._typing import NamedTuple
from cdkguard.config import environment_words as words
from cdkguard.config.environments import EnvironmentRule, is_strict

# Variables whose whole value names an environment.
_ENVIRONMENTS = frozenset(
    {"NODE_ENV", "APP_ENV", "STAGE", "ENVIRONMENT", "ENV", "ENV_NAME", "DEPLOY_ENV", "DEPLOYMENT_ENV", "DEPLOY_STAGE",
     "CDK_ENV", "CDK_STAGE", "CDK_ENVIRONMENT", "SST_STAGE", "SLS_STAGE", "AMPLIFY_ENV", "RAILS_ENV", "RACK_ENV", "FLASK_ENV",
     "DJANGO_ENV", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "PYTHON_ENV", "GO_ENV", "TARGET_ENV", "ENVIRONMENT_NAME"}
)  # fmt: skip
# Variables whose value is a name in which a word may stand for an environment: `acme-prod-admin`.
_NAMES = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_VAULT", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"})
_ACCOUNTS = frozenset({"CDK_DEFAULT_ACCOUNT", "AWS_ACCOUNT_ID", "CDK_DEPLOY_ACCOUNT"})


class Sign(NamedTuple):
    """What speaks for an environment."""

    environment: str  # "prod", "staging", "dev", or a name of the configuration
    source: str  # a variable, or what it is a name of: "NODE_ENV", "profile", "table"
    value: str


def signs_of_variables(variables: Mapping[str, str], rules: Iterable[EnvironmentRule]) -> Iterator[Sign]:
    """What environment variables say."""
    listed = list(rules)
    for name, value in variables.items():
        upper = name.upper()
        if upper in _ENVIRONMENTS:
            yield from _signs_of_value(name, value, listed)
        elif upper in _NAMES:
            yield from signs_of_name(name, value, listed)
        elif upper in _ACCOUNTS:
            yield from signs_of_account(value, listed)


def signs_of_context(context: Mapping[str, str], rules: Iterable[EnvironmentRule]) -> Iterator[Sign]:
    """What `-c KEY=VALUE` says."""
    listed = list(rules)
    for key, value in context.items():
        if words.is_environment_key(key):
            yield from _signs_of_value(f"-c {key}", value, listed)


def _signs_of_value(source: str, value: str, rules: list[EnvironmentRule]) -> Iterator[Sign]:
    named = next((rule.name for rule in rules if rule.name.lower() == value.strip().lower()), None)
    found = named or words.environment_of_value(value)
    if found is not None:
        yield Sign(found, source, value)


def signs_of_name(source: str, value: str, rules: Iterable[EnvironmentRule]) -> Iterator[Sign]:
    """What the words of a profile's, table's or other resource's name say."""
    segments = words.split_name(value)
    parts = {"-".join(segment) for segment in segments} | {word for segment in segments for word in segment}
    for rule in rules:
        if rule.name.lower() in parts:
            yield Sign(rule.name, source, value)
    for environment in dict.fromkeys(words.environments_in_name(segments, first_counts=True)):
        yield Sign(environment, source, value)


def signs_of_account(account: str, rules: Iterable[EnvironmentRule]) -> Iterator[Sign]:
    """The environments whose accounts list it."""
    yield from (Sign(rule.name, "account", account) for rule in rules if account in rule.accounts)


def strictest_sign(signs: Iterable[Sign], strict: Iterable[str], rules: Iterable[EnvironmentRule]) -> Sign | None:
    """The sign for the strictest environment; None without signs."""
    severe = set(strict)
    named = {rule.name: rule for rule in rules}
    order = {name: place for place, name in enumerate(words.BUILTIN)}

    def leniency(sign: Sign) -> tuple[bool, int]:
        rule = named.get(sign.environment)
        is_severe = sign.environment in severe or (rule is not None and is_strict(rule))
        return not is_severe, order.get(sign.environment, 1)

    return min(signs, key=leniency, default=None)
