"""The AWS CLI: CloudFormation, S3's own verbs, and the calls that touch data, protections and access."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.aws_names import to_cli_name
from cdkguard.agents.commands.call import Call, known_only
from cdkguard.agents.commands.options import Options, pairs, read_options
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known

if TYPE_CHECKING:
    from cdkguard.agents.nouns import ActionKind

GLOBALS = frozenset(
    [
        "profile", "region", "output", "query", "endpoint-url", "ca-bundle", "cli-read-timeout", "cli-connect-timeout",
        "cli-binary-format", "color", "cli-error-format",
    ]
)  # fmt: skip
S3_VERBS = frozenset({"cp", "ls", "mb", "mv", "presign", "rb", "rm", "sync", "website"})
LOCAL_HOSTS = (
    "localhost", "127.0.0.1", "[::1]", "0.0.0.0", "localstack", "host.docker.internal", "dynamodb-local", "minio",
)  # fmt: skip
CLOUDFORMATION: dict[str, ActionKind] = {
    "deploy": "deploy",
    "create-stack": "deploy",
    "update-stack": "deploy",
    "execute-change-set": "deploy",
    "create-stack-set": "deploy",
    "update-stack-set": "deploy",
    "create-stack-instances": "deploy",
    "update-stack-instances": "deploy",
    "delete-stack": "destroy",
    "delete-stack-instances": "destroy",
    "delete-stack-set": "destroy",
    "continue-update-rollback": "maintain",
    "rollback-stack": "maintain",
    "cancel-update-stack": "maintain",
    "import-stacks-to-stack-set": "maintain",
    "execute-stack-refactor": "maintain",
    "signal-resource": "maintain",
    "update-termination-protection": "protection",
    "set-stack-policy": "protection",
    "delete-change-set": "maintain",
    "deactivate-type": "protection",
    "deregister-type": "protection",
    "set-type-configuration": "protection",
    "deactivate-organizations-access": "maintain",
}
CLOUDFORMATION_READS = (
    "describe-", "list-", "get-", "validate-", "detect-", "estimate-", "wait", "package", "create-change-set", "test-",
    "create-stack-refactor", "create-generated", "update-generated", "delete-generated", "start-resource-scan", "activate-type",
    "register-", "publish-", "batch-describe", "record-", "stop-stack-set", "set-type-default", "activate-organizations", "tail",
    "help",
)  # fmt: skip
CLOUD_CONTROL: dict[str, ActionKind] = {
    "delete-resource": "data-delete",
    "update-resource": "data-write",
    "create-resource": "data-write",
}
_LISTED = frozenset(["parameter-overrides", "parameters", "capabilities", "tags", "notification-arns", "retain-resources", "resources", "accounts", "regions", "role-arn-list"])  # fmt: skip
_CFN_VALUED = frozenset(
    [
        "stack-name", "template-file", "template-body", "template-url", "change-set-name", "role-arn", "s3-bucket",
        "s3-prefix", "kms-key-id", "stack-set-name", "client-request-token", "on-failure", "stack-policy-body",
        "stack-policy-url", "deletion-mode", "timeout-in-minutes", "logical-resource-id", "unique-id", "status",
        "cli-input-json", "cli-input-yaml", "resources-to-skip", "operation-preferences", "description", "call-as",
        "operation-id", "type-name", "identifier", "desired-state", "patch-document", "stack-refactor-id",
        "deployment-targets", "type", "configuration", "arn",
    ]
)  # fmt: skip


def read_aws(call: Call) -> Iterator[Action]:
    """What a call of the AWS CLI would do."""
    words = list(call.words[1:])
    at = _skip_globals(words, 0)
    if at >= len(words):
        return
    service = words[at]
    shared = _shared(words)
    if _is_local(call, words):
        return
    if not is_known(service):
        yield call.act("hidden", "aws", "", **shared)
        return
    behind = _skip_globals(words, at + 1)
    operation = words[behind] if behind < len(words) else ""
    if is_known(operation) and ("_" in operation or operation[:1].isupper()):  # as a tool of an MCP server may write it
        operation = to_cli_name(operation)
    if service == "s3" and operation not in S3_VERBS and "-" in operation:
        service = "s3api"
    rest = words[behind + 1 :]
    if not operation or "help" in (service, operation) or rest[:1] == ["help"] or "--generate-cli-skeleton" in rest:
        return
    if not is_known(operation):
        yield call.act("hidden", "aws", service, **shared)
    elif service == "cloudformation":
        yield from _read_cloudformation(call, operation, rest, shared)
    elif service == "s3":
        from cdkguard.agents.commands.aws_s3 import read_s3

        yield from read_s3(call, operation, rest, shared)
    elif service == "configure":
        return
    else:
        from cdkguard.agents.commands.aws_calls import read_operation

        yield from read_operation(call, service, operation, rest, shared)


def _skip_globals(words: list[str], at: int) -> int:
    while at < len(words) and words[at][:2] == "--":
        name, has_value, _ = words[at][2:].partition("=")
        if name == "version":
            return len(words)
        at += 2 if name in GLOBALS and not has_value else 1
    return at


def _shared(words: list[str]) -> dict[str, object]:
    options = read_options(words, GLOBALS)
    return {name: value for name in ("profile", "region") if (value := options.last(name))}


def _is_local(call: Call, words: list[str]) -> bool:
    """Whether the call goes to an emulator on this machine."""
    address = read_options(words, GLOBALS).last("endpoint-url") or call.environment.get("AWS_ENDPOINT_URL") or ""
    return is_local_address(str(address))


def is_local_address(address: str) -> bool:
    """Whether an endpoint is of this machine: an emulator, not AWS."""
    host = address.partition("://")[2].rpartition("@")[2].partition("/")[0]
    return host.partition(":")[0] in LOCAL_HOSTS or host.startswith("[::1]")


def _read_cloudformation(call: Call, operation: str, rest: list[str], shared: dict[str, object]) -> Iterator[Action]:
    kind = CLOUDFORMATION.get(operation)
    if kind is None:
        if not operation.startswith(CLOUDFORMATION_READS):
            verb = f"cloudformation {operation}"
            yield call.act("hidden", "aws", verb, unread=f"cdkguard does not know what aws {verb} does", **shared)
        return
    options = read_options(rest, _CFN_VALUED | GLOBALS, several=_LISTED)
    if operation == "update-termination-protection" and not options.has("--no-enable-termination-protection"):
        return
    name = options.last("stack-name") or options.last("stack-set-name") or options.last("arn")
    fields: dict[str, object] = {**shared, **_of_arn(name)}
    if name is None and (options.last("cli-input-json") or options.last("cli-input-yaml")):
        fields["unread"] = "the name of the stack stands in the input file"
    template = options.last("template-file") or options.last("template-body") or options.last("template-url")
    yield call.act(
        kind,
        "aws",
        f"cloudformation {operation}",
        stacks=known_only([_name_of(name)]) if name else (),
        template=template.removeprefix("file://") if template else None,
        change_set=options.last("change-set-name"),
        parameters=_parameters(options),
        target=_name_of(name) if name and kind == "protection" else "",
        resource_type="AWS::CloudFormation::Stack" if kind == "protection" else "",
        flags=_flags(options, operation),
        **fields,
    )


def _parameters(options: Options) -> dict[str, str]:
    found = pairs(options.values.get("parameter-overrides", []))
    for text in options.values.get("parameters", []):
        parts = pairs(text.split(","))
        if "ParameterKey" in parts and "ParameterValue" in parts:
            found[parts["ParameterKey"]] = parts["ParameterValue"]
    return found


def _flags(options: Options, operation: str) -> tuple[str, ...]:
    found = [
        name
        for name in ("--no-execute-changeset", "--disable-rollback", "--force", "--no-retain-stacks")
        if options.has(name)
    ]
    for name in ("role-arn", "deletion-mode", "retain-resources", "stack-policy-during-update-body"):
        if name in options.values:
            found.append(f"--{name} {' '.join(options.values[name])}".strip())
    if operation == "update-termination-protection":
        found.append("--no-enable-termination-protection")
    return tuple(found)


def _name_of(name: str) -> str:
    """The stack's name, of an ARN too."""
    return name.split("/")[1] if name.startswith("arn:") and name.count("/") else name


def _of_arn(name: str | None) -> dict[str, object]:
    parts = (name or "").split(":")
    if parts[0] != "arn" or len(parts) < 6:
        return {}
    return {key: value for key, value in (("region", parts[3]), ("account", parts[4])) if value and is_known(value)}
