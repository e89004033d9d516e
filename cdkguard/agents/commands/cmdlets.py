"""Cmdlets of the AWS Tools for PowerShell: `Remove-CFNStack -StackName Shop` is `aws cloudformation delete-stack --stack-name Shop`.

Verb, prefix of the service and noun are Amazon's rule; the operation of that name is looked up in the table of calls. A
verb that takes away, with a noun that no operation has, is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.agents.commands.aws import CLOUDFORMATION, read_aws
from cdkguard.agents.commands.aws_names import to_cli_name
from cdkguard.agents.commands.call import Call
from cdkguard.agents.nouns import Action

VERBS: dict[str, tuple[str, ...]] = {
    "remove": ("delete", "remove", "terminate", "deregister", "release", "batch-delete", "detach"),
    "update": ("update", "modify", "put"),
    "edit": ("modify", "update", "change"),
    "set": ("put", "set", "modify", "update"),
    "write": ("put", "write", "batch-write", "upload"),
    "new": ("create",),
    "add": ("add", "attach", "put", "create"),
    "register": ("attach", "register", "put", "associate"),
    "unregister": ("detach", "deregister", "disassociate"),
    "grant": ("authorize", "grant", "add"),
    "revoke": ("revoke",),
    "disable": ("disable", "deactivate"),
    "reset": ("reset",),
    "restore": ("restore",),
    "stop": ("stop", "cancel"),
    "start": ("start", "execute"),
    "invoke": ("execute", "invoke"),
    "send": ("send", "put"),
    "copy": ("copy",),
    "dismount": ("detach",),
    "request": ("request",),
}
_TAKE_AWAY = ("remove", "reset", "disable")
# Prefix of a noun -> the service of the AWS CLI.
PREFIXES = {
    "cfn": "cloudformation", "ddb": "dynamodb", "s3": "s3api", "rds": "rds", "rdsd": "rds-data", "ec2": "ec2", "iam": "iam", "kms": "kms",
    "sec": "secretsmanager", "ssm": "ssm", "lm": "lambda", "sqs": "sqs", "sns": "sns", "ecs": "ecs", "ecr": "ecr", "eks": "eks",
    "efs": "efs", "ec": "elasticache", "cgip": "cognito-idp", "cgi": "cognito-identity", "r53": "route53", "cf": "cloudfront",
    "cwl": "logs", "eb": "elasticbeanstalk", "evb": "events", "kin": "kinesis", "kinf": "firehose", "rs": "redshift", "bak": "backup",
    "as": "autoscaling", "elb2": "elbv2", "sfn": "stepfunctions", "agc": "apigateway", "ag2": "apigatewayv2", "glc": "glacier",
    "doc": "docdb", "npt": "neptune", "ct": "cloudtrail", "ctl": "cloudtrail", "org": "organizations", "gd": "guardduty", "os": "opensearch", "es": "es", "msk": "kafka",
    "mdb": "memorydb", "fsx": "fsx", "glue": "glue", "ath": "athena", "dms": "dms", "wat": "wafv2", "waf2": "wafv2",
}  # fmt: skip
_BY_LENGTH = sorted(PREFIXES, key=len, reverse=True)


def is_cmdlet(name: str) -> bool:
    """Whether the name is that of a cmdlet that may write to AWS."""
    verb, _, noun = name.lower().partition("-")
    return verb in VERBS and any(noun.startswith(prefix) and len(noun) > len(prefix) for prefix in _BY_LENGTH)


def read_cmdlet(call: Call) -> Iterator[Action]:
    """What the cmdlet would do, as the call of the AWS CLI that it stands for."""
    verb, _, noun = call.words[0].lower().partition("-")
    if "-whatif" in map(str.lower, call.words):
        return
    is_unsure = False
    for prefix in _BY_LENGTH:
        if not noun.startswith(prefix) or noun == prefix:
            continue
        service = PREFIXES[prefix]
        operations = _operations_of(service)
        is_unsure = is_unsure or bool(operations)
        operation = next((found for each in VERBS[verb] if (found := operations.get(f"{each}{noun[len(prefix):]}".replace("-", "")))), "")  # fmt: skip
        if operation:
            yield from read_aws(call._replace(words=("aws", service, operation, *_read_parameters(call.words[1:]))))
            return
    if is_unsure and verb in _TAKE_AWAY and not noun.endswith(("tag", "tags")):
        yield call.act("hidden", "aws", "", unread=f"which operation {call.words[0]} calls is not known")


def _operations_of(service: str) -> dict[str, str]:
    """Operation without its dashes -> the operation, singular as cmdlets have it, too."""
    from cdkguard.data.loader import agent_calls

    known = CLOUDFORMATION if service == "cloudformation" else agent_calls().get(service, {})
    found = {name.replace("-", ""): name for name in known}
    return {**{name.removesuffix("s"): each for name, each in found.items()}, **found}


def _read_parameters(words: tuple[str, ...]) -> Iterator[str]:
    names = {"profilename": "profile", "bucketname": "bucket", "region": "region"}
    for word in words:
        if word[:1] == "-" and word[1:2].isalpha():
            name, colon, value = word[1:].partition(":")
            if name.lower() in ("force", "confirm", "passthru", "verbose"):
                continue
            yield f"--{names.get(name.lower()) or to_cli_name(name)}"
            if colon and value:
                yield value
        elif not word.startswith("$"):
            yield word
