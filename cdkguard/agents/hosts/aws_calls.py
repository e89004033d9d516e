"""Tools that call AWS without a shell (MCP servers, `use_aws`), written as the line of the AWS CLI that does the same."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json

# A part of an MCP server's or tool's name -> the service that its tools are about.
_SERVICES = {
    "dynamodb": "dynamodb",
    "s3": "s3api",
    "rds": "rds",
    "aurora": "rds",
    "postgres": "rds-data",
    "mysql": "rds-data",
    "ccapi": "cloudcontrol",
    "cfn": "cloudcontrol",
    "cloudformation": "cloudformation",
    "cloudcontrol": "cloudcontrol",
    "lambda": "lambda",
    "ecs": "ecs",
    "eks": "eks",
    "iam": "iam",
    "sqs": "sqs",
    "sns": "sns",
    "elasticache": "elasticache",
    "neptune": "neptune",
    "documentdb": "docdb",
    "redshift": "redshift",
    "opensearch": "opensearch",
    "secretsmanager": "secretsmanager",
}
_SHORT = {"resource_type": "type-name"}  # the arguments of the Cloud Control servers, as the CLI has them
_VERBS = frozenset(
    (
        "batch", "cancel", "create", "delete", "deploy", "deregister", "describe", "disable", "empty", "execute", "get", "import",
        "invoke", "list", "modify", "purge", "put", "query", "reboot", "remove", "restore", "run", "scan", "start", "stop",
        "terminate", "transact", "update", "upload", "write",
    )
)  # fmt: skip
_NEVER_OPTIONS = (
    "label",
    "explanation",
    "description",
    "reason",
    "max_results",
    "credentials_token",
    "security_scan_token",
)


def is_aws_tool(tool: str, server: str = "") -> bool:
    """Whether the tool calls AWS by itself: `use_aws`, `call_aws`, and the tools of servers that AWS's names stand in."""
    name = tool.lower()
    if name in ("use_aws", "aws", "call_aws", "use-aws", "useaws"):
        return True
    whole = f"{server.lower()} {name}"
    if "aws" not in whole and "amazon" not in whole and not any(mark in whole for mark in ("dynamodb", "ccapi", "cfn")):
        return False
    return (
        bool(server)
        or name.startswith(("mcp", "aws", "@"))
        or "call_aws" in name
        or any(m in name for m in ("___", ":", "/"))
    )


def describe_aws_call(tool: str, server: str, arguments: Json) -> str:
    """The line: the tool's own where it takes one, `aws SERVICE OPERATION --name value`, or the code that it would run."""
    if isinstance(arguments, str):
        return arguments
    if not isinstance(arguments, dict):
        arguments = {}
    for field in ("cli_command", "command", "cli_commands", "commands"):
        given = arguments.get(field)
        if isinstance(given, str):
            return given
        if isinstance(given, list) and given and all(isinstance(item, str) for item in given):
            return "\n".join(given)
    for field in ("code", "script", "query_script"):
        if isinstance(arguments.get(field), str):
            return str(arguments[field])

    service = _first_text(arguments, ("service_name", "service", "serviceName"))
    operation = _first_text(arguments, ("operation_name", "operation", "operationName", "action"))
    rest = {key: value for key, value in arguments.items() if value not in (service, operation)}
    if not operation:
        operation = _operation_of(tool)
        rest = dict(arguments)
    if not service:
        service = next((name for mark, name in _SERVICES.items() if mark in f"{server} {tool}".lower()), "")
    if not service and "resource" in operation and ("resource_type" in rest or "type_name" in rest):
        service = "cloudcontrol"
    return " ".join(["aws", *([kebab(service)] if service else []), kebab(operation), *_options(rest)])


def _operation_of(tool: str) -> str:
    """`mcp__awslabs_dynamodb__delete_table`, `@aws-dynamodb/delete_table`, `awslabs_dynamodb-delete_table` -> `delete-table`"""
    words = kebab(tool.replace("___", "__").rsplit("__", 1)[-1].rsplit(":", 1)[-1].rsplit("/", 1)[-1]).split("-")
    begin = next((at for at, word in enumerate(words) if word in _VERBS), 0)
    return "-".join(words[begin:])


def _first_text(arguments: dict[str, Json], fields: tuple[str, ...]) -> str:
    return next((arguments[name] for name in fields if isinstance(arguments.get(name), str)), "")


def _options(arguments: dict[str, Json]) -> Iterator[str]:
    import json
    import shlex

    for name, value in arguments.items():
        if name in _NEVER_OPTIONS or value is None:
            continue
        if name in ("parameters", "params", "arguments", "operation_parameters") and isinstance(value, dict):
            yield from _options(value)
            continue
        option = {"region_name": "region", "aws_region": "region", "profile_name": "profile"}.get(name) or _SHORT.get(
            name
        )
        yield f"--{option or kebab(name)}"
        if value is not True:
            yield shlex.quote(value if isinstance(value, str) else json.dumps(value))


def kebab(name: str) -> str:
    """`DeleteTable`, `delete_table` -> `delete-table`; `DBInstance` -> `db-instance`, as the CLI spells it."""
    letters: list[str] = []
    for at, letter in enumerate(name):
        before = name[at - 1] if at else ""
        behind = name[at + 1] if at + 1 < len(name) else ""
        starts = letter.isupper() and (before.islower() or before.isdigit() or (before.isupper() and behind.islower()))
        letters.append(f"-{letter.lower()}" if starts and at else letter.lower())
    return "".join(letters).replace("_", "-").replace(" ", "-").strip("-")
