"""Account ids and ARNs that a template writes out as text.

The form of an ARN: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
In a text, § stands for each part that only the deployment knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cdkguard._typing import NamedTuple
from cdkguard.text.regexes import lazy_pattern

# AWS's documentation uses these accounts in examples: a template that names one was copied and not finished.
EXAMPLE_ACCOUNTS = frozenset({"123456789012", "111122223333", "000000000000"})
_REGION = r"[a-z0-9*§-]*"
# Resources of CDK's bootstrap stack, with the ARN or registry before their name: every synthesized app names them.
# https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
_BOOTSTRAP = lazy_pattern(
    rf"(?:arn:(?:aws[a-z-]*|§):[a-z0-9-]*:{_REGION}:(?:\d{{12}}|§)?:[a-z]*[/:]?|\d{{12}}\.dkr[.-]ecr[.-][a-z0-9.§-]+/)?"
    r"cdk-(?:[a-z0-9_]+|§)-(?:assets|container-assets|deploy-role|file-publishing-role|image-publishing-role|lookup-role"
    r"|cfn-exec-role)-(?:\d{12}|§)"
)
_ARN = lazy_pattern(rf"arn:(?:aws[a-z-]*|§|\*):(?:[a-z0-9-]+|§|\*):{_REGION}:(\d{{12}}):[^\s\"',]*")
_ARN_ANY = lazy_pattern(rf"arn:(?:aws[a-z-]*|§|\*):([a-z0-9-]+):{_REGION}:(\d{{12}}|§|\*|):([^\s\"',]+)")
_ECR = lazy_pattern(r"(?<![\w-])(\d{12})\.dkr[.-]ecr[.-]")
_DOMAIN = r"(?:amazonaws\.com(?:\.cn)?|api\.aws|§)"
_SQS = lazy_pattern(rf"(?:sqs\.[a-z0-9§-]+|queue)\.{_DOMAIN}/(\d{{12}})/")
_BARE = lazy_pattern(r"\s*(\d{12})\s*\Z")
_PARTITION = lazy_pattern(r"(?<![\w:§-])arn:(aws(?:-cn|-us-gov)?):")
HAS_ACCOUNT = lazy_pattern(r"(?<!\d)\d{12}(?!\d)")
# Twelve digits alone are an account where the property's name says so: `Principal.AWS`, `aws:SourceAccount`, `AccountId`.
_ACCOUNT_PLACE = lazy_pattern(r"(?:account|principal|owner|registryid|^aws$)", re.IGNORECASE)
_INDEX = lazy_pattern(r"\[\d+\]")
# Properties whose text names no resource (tags, descriptions, code), or is written by CDK itself.
_SKIPPED = lazy_pattern(
    r"^(?:Metadata|Type|DependsOn|Description)(?:\.|\[|$)|^Properties\.Analytics$"
    r"|\.(?:Description|Comment|ZipFile|InlineCode|FunctionCode|Code\.Script)$|\.Tags(?:\.|\[)"
)


class AccountFacts(NamedTuple):
    """The accounts and names that the texts of a stack are compared with."""

    # The stack's account; None for an environment-agnostic stack.
    own: str | None
    # The accounts of all stacks of the app.
    app: frozenset[str]
    # The accounts that the configuration allows.
    allowed: frozenset[str]
    # Accounts of AWS, such as those that hold its images.
    owned_by_aws: frozenset[str]
    # Account -> name of its environment, from the configuration.
    environments: Mapping[str, str]
    # The stack's environment.
    environment: str | None
    # (service, resource part) of the ARNs of the app's resources -> `describe_owner`.
    names: Mapping[tuple[str, str], str] = {}
    # Account and region of the stack, "" where it is environment-agnostic.
    place: tuple[str, str] = ("", "")


class Literal(NamedTuple):
    """A 12-digit account, and the ARN or text that holds it."""

    account: str
    text: str


def is_skipped(path: str) -> bool:
    """Whether no account or ARN is looked for in the text at this property path."""
    return _SKIPPED.search(path) is not None


def find_accounts(path: str, text: str) -> Iterator[Literal]:
    """Find the account ids in a text, except in the names of CDK's bootstrap resources."""
    if not HAS_ACCOUNT.search(text):
        return
    text = _BOOTSTRAP.sub("§", text)
    seen = set()
    for found in _ARN.finditer(text):
        seen.add(found.group(1))
        if found.group(0).split(":", 3)[2] == "organizations":
            continue  # of an organization or unit of it: the account that manages it, which is let into nothing
        yield Literal(found.group(1), found.group(0))
    for pattern in (_ECR, _SQS):
        for found in pattern.finditer(text):
            if found.group(1) not in seen:
                seen.add(found.group(1))
                yield Literal(found.group(1), text)
    bare = _BARE.match(text)
    if bare and _ACCOUNT_PLACE.search(_last_name_of(path)):
        yield Literal(bare.group(1), text)


def _last_name_of(path: str) -> str:
    """The last name of a property path, without list indexes."""
    return _INDEX.sub("", path).rsplit(".", 1)[-1]


def classify_account(account: str, facts: AccountFacts) -> str | None:
    """foreign, example, own-in-agnostic or cross-environment; None where a stack may name the account."""
    if account in facts.owned_by_aws:
        return None
    other = facts.environments.get(account)
    if other is not None and facts.environment is not None and other != facts.environment and account != facts.own:
        return "cross-environment"
    if account == facts.own:
        return None
    if facts.own is None and (account in facts.app or other is not None):
        return "own-in-agnostic"
    if account in facts.app or account in facts.allowed or other is not None:
        return None
    return "example" if account in EXAMPLE_ACCOUNTS else "foreign"


def find_partition_literals(text: str) -> Iterator[str]:
    """Find `arn:aws:` written out, where CDK writes a reference to AWS::Partition."""
    for found in _PARTITION.finditer(text):
        yield found.group(0)


def describe_owner(logical_id: str, account: str | None, region: str | None) -> str:
    """A resource with its account and region, as a text that the values of `AccountFacts.names` are."""
    return f"{logical_id} {account or ''} {region or ''}"


def find_own_arns(text: str, facts: AccountFacts, subject: str = "") -> Iterator[str]:
    """Find ARNs written out of named resources of the app, to which the template could refer instead.

    A reference reaches no resource in another account or region, where CDK writes the ARN out, and a resource cannot
    refer to itself: `subject` is its logical id.
    """
    for found in _ARN_ANY.finditer(text):
        service, account, rest = found.groups()
        if account not in ("", "§", facts.own, *facts.app):
            continue
        owners = {facts.names.get((service, name), "") for name in _names_in_arn(rest)} - {""}
        if any(_is_reachable(one, facts.place, subject) for one in owners):
            yield found.group(0)


def _is_reachable(one: str, place: tuple[str, str], subject: str) -> bool:
    logical_id, *there = one.rsplit(" ", 2)
    return logical_id != subject and all("" in pair or pair[0] == pair[1] for pair in zip(place, there, strict=False))


def _names_in_arn(rest: str) -> Iterator[str]:
    """An ARN's resource part, and each shorter form of it without sub-resources (`/index/x`, `:alias`, `/*`)."""
    rest = rest[:1024]  # No ARN is longer.
    yield rest
    for cut in range(len(rest) - 1, 0, -1):
        if rest[cut] in "/:":
            yield rest[:cut]


# Resource type -> (property with its physical name, service in its ARN, resource part of its ARN).
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
OWN_NAMES: Mapping[str, tuple[str, str, str]] = {
    "AWS::S3::Bucket": ("BucketName", "s3", "{}"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb", "table/{}"),
    "AWS::DynamoDB::GlobalTable": ("TableName", "dynamodb", "table/{}"),
    "AWS::SQS::Queue": ("QueueName", "sqs", "{}"),
    "AWS::SNS::Topic": ("TopicName", "sns", "{}"),
    "AWS::Lambda::Function": ("FunctionName", "lambda", "function:{}"),
    "AWS::IAM::Role": ("RoleName", "iam", "role/{}"),
    "AWS::IAM::User": ("UserName", "iam", "user/{}"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "iam", "policy/{}"),
    "AWS::Kinesis::Stream": ("StreamName", "kinesis", "stream/{}"),
    "AWS::ECR::Repository": ("RepositoryName", "ecr", "repository/{}"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "states", "stateMachine:{}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs", "log-group:{}"),
    "AWS::Events::EventBus": ("Name", "events", "event-bus/{}"),
    "AWS::ECS::Cluster": ("ClusterName", "ecs", "cluster/{}"),
    "AWS::RDS::DBInstance": ("DBInstanceIdentifier", "rds", "db:{}"),
    "AWS::RDS::DBCluster": ("DBClusterIdentifier", "rds", "cluster:{}"),
}
