"""Account ids and ARNs that stand in a template as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cdkguard._typing import NamedTuple

# Accounts that only documentation uses: nobody's, so a template that names one was copied and not finished.
EXAMPLE_ACCOUNTS = frozenset({"123456789012", "111122223333", "000000000000"})
_REGION = r"[a-z0-9*§-]*"
# What CDK's bootstrap makes, with the ARN or registry before its name: every synthesized app names them.
_BOOTSTRAP = re.compile(
    rf"(?:arn:(?:aws[a-z-]*|§):[a-z0-9-]*:{_REGION}:(?:\d{{12}}|§)?:[a-z]*[/:]?|\d{{12}}\.dkr[.-]ecr[.-][a-z0-9.§-]+/)?"
    r"cdk-(?:[a-z0-9_]+|§)-(?:assets|container-assets|deploy-role|file-publishing-role|image-publishing-role|lookup-role"
    r"|cfn-exec-role)-(?:\d{12}|§)"
)
_ARN = re.compile(rf"arn:(?:aws[a-z-]*|§|\*):(?:[a-z0-9-]+|§|\*):{_REGION}:(\d{{12}}):[^\s\"',]*")
_ARN_ANY = re.compile(rf"arn:(?:aws[a-z-]*|§|\*):([a-z0-9-]+):{_REGION}:(\d{{12}}|§|\*|):([^\s\"',]+)")
_ECR = re.compile(r"(?<![\w-])(\d{12})\.dkr[.-]ecr[.-]")
_DOMAIN = r"(?:amazonaws\.com(?:\.cn)?|api\.aws|§)"
_SQS = re.compile(rf"(?:sqs\.[a-z0-9§-]+|queue)\.{_DOMAIN}/(\d{{12}})/")
_BARE = re.compile(r"\s*(\d{12})\s*\Z")
_PARTITION = re.compile(r"(?<![\w:§-])arn:(aws(?:-cn|-us-gov)?):")
HAS_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
# A bare 12-digit value is an account where the property says so: `Principal.AWS`, `aws:SourceAccount`, `AccountId` ...
_ACCOUNT_PLACE = re.compile(r"(?:account|principal|owner|registryid|^aws$)", re.IGNORECASE)
_INDEX = re.compile(r"\[\d+\]")
# Places of text that names no resource of AWS's (tags, descriptions, code), or that CDK itself writes.
_SKIPPED = re.compile(
    r"^(?:Metadata|Type|DependsOn|Description)(?:\.|\[|$)|^Properties\.Analytics$"
    r"|\.(?:Description|Comment|ZipFile|InlineCode|FunctionCode|Code\.Script)$|\.Tags(?:\.|\[)"
)


class Facts(NamedTuple):
    """What a stack's account literals are compared with."""

    own: str | None  # the stack's account, None when environment-agnostic
    app: frozenset[str]  # accounts of the app's stacks
    allowed: frozenset[str]  # of the configuration
    owned_by_aws: frozenset[str]
    environments: Mapping[str, str]  # account -> environment name, from the configuration
    environment: str | None  # of the stack
    names: Mapping[tuple[str, str], str] = {}  # (service, resource part) of own resources' ARNs -> `owner`
    place: tuple[str, str] = ("", "")  # account and region of the stack, "" where it is environment-agnostic


class Literal(NamedTuple):
    """A 12-digit account in a text, and the text that it stands in."""

    account: str
    text: str


def skipped(path: str) -> bool:
    """Whether text at this property path is never read for accounts and ARNs."""
    return _SKIPPED.search(path) is not None


def accounts(path: str, text: str) -> Iterator[Literal]:
    """Account ids in a flattened string, without the CDK bootstrap resources' names."""
    if not HAS_ACCOUNT.search(text):
        return
    text = _BOOTSTRAP.sub("§", text)
    seen = set()
    for found in _ARN.finditer(text):
        seen.add(found.group(1))
        yield Literal(found.group(1), found.group(0))
    for pattern in (_ECR, _SQS):
        for found in pattern.finditer(text):
            if found.group(1) not in seen:
                seen.add(found.group(1))
                yield Literal(found.group(1), text)
    bare = _BARE.match(text)
    if bare and _ACCOUNT_PLACE.search(_last_name(path)):
        yield Literal(bare.group(1), text)


def _last_name(path: str) -> str:
    """The last name of a property path, without list indexes."""
    return _INDEX.sub("", path).rsplit(".", 1)[-1]


def classify(account: str, facts: Facts) -> str | None:
    """foreign | example | own-in-agnostic | cross-environment, or None where the literal is in order."""
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


def partition_literals(text: str) -> Iterator[str]:
    """`arn:aws:` written out, where CDK would write a reference to AWS::Partition."""
    for found in _PARTITION.finditer(text):
        yield found.group(0)


def owner(logical_id: str, account: str | None, region: str | None) -> str:
    """A named resource and where it is, in one text."""
    return f"{logical_id} {account or ''} {region or ''}"


def own_resources(text: str, facts: Facts, subject: str = "") -> Iterator[str]:
    """Literal ARNs of resources that the app itself defines by that name, and that a reference reaches. It reaches none in
    another account or region, where CDK spells them out; a reference of a resource to itself would be circular."""
    for found in _ARN_ANY.finditer(text):
        service, account, rest = found.groups()
        if account not in ("", "§", facts.own, *facts.app):
            continue
        owners = {facts.names.get((service, name), "") for name in _names_in(rest)} - {""}
        if any(_reached(one, facts.place, subject) for one in owners):
            yield found.group(0)


def _reached(one: str, place: tuple[str, str], subject: str) -> bool:
    logical_id, *there = one.rsplit(" ", 2)
    return logical_id != subject and all("" in pair or pair[0] == pair[1] for pair in zip(place, there, strict=False))


def _names_in(rest: str) -> Iterator[str]:
    """An ARN's resource part, and what is left of it when sub-resources (`/index/x`, `:alias`, `/*`) are cut off."""
    rest = rest[:1024]  # longer than any ARN
    yield rest
    for cut in range(len(rest) - 1, 0, -1):
        if rest[cut] in "/:":
            yield rest[:cut]


# ARN of a resource from its type and its name: service and the part after the account.
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
