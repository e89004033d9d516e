"""Calls of AWS's services, by the table `data/agent_calls.json`: what touches data, protections or access."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from cdkguard._typing import Any
from cdkguard.agents.commands.aws import CLOUD_CONTROL, GLOBALS
from cdkguard.agents.commands.aws_names import to_cli_name
from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.options import read_options
from cdkguard.agents.commands.statements import DESTROYING, find_statement, table_of, words_of, writes
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known


def find_row(service: str, operation: str) -> list[Any] | None:
    """[kind, type, argument that names the target, what switches it on] of a call in the CLI's words; None where none."""
    from cdkguard.data.loader import agent_calls

    row: list[Any] | None = agent_calls().get(service, {}).get(operation)
    return row


def read_operation(
    call: Call, service: str, operation: str, rest: list[str], shared: dict[str, object]
) -> Iterator[Action]:
    """What `aws SERVICE OPERATION` would do; nothing of what only reads."""
    given = _read_input(call, rest)
    if service == "cloudcontrol" and operation in CLOUD_CONTROL:
        yield _read_cloud_control(call, operation, rest, shared, given)
        return
    row = find_row(service, operation)
    if row is None or "--dry-run" in rest:
        return
    kind, resource_type, argument, condition = row
    if condition and not _is_switched(condition, rest, given):
        return
    target = _find_target(argument, rest, given)
    if condition.startswith("sql:"):
        statement = find_statement(condition[4:], rest, given)
        kind = "data-delete" if DESTROYING & words_of(statement) else kind
        target = target or table_of(statement)
    fields: dict[str, Any] = {**shared, **_of_arn(target)}
    yield call.act(
        kind,
        "aws",
        f"{service} {operation}",
        target=_name_of(target) if is_known(target) else "",
        resource_type=resource_type,
        flags=_flags(rest),
        **fields,
    )


def read_api_call(call: Call, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Action]:
    """What a call of the API would do, as tools of MCP servers name it: `dynamodb`, `DeleteTable`, its parameters."""
    plain = to_cli_name(operation)
    words = [service.lower().replace("_", "-").replace(" ", ""), plain]
    for name, value in parameters.items():
        flag = f"--{to_cli_name(str(name))}"
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag[2:]}")
        else:
            words += [flag, value if isinstance(value, str) else json.dumps(value)]
    made = call._replace(words=("aws", *words))
    from cdkguard.agents.commands.aws import read_aws

    yield from read_aws(made)


def _read_input(call: Call, rest: list[str]) -> Mapping[str, Any]:
    """The parameters in `--cli-input-json`, where they stand in the line or in a file that can be read."""
    text = read_options(rest, {"cli-input-json"}).last("cli-input-json")
    if not text:
        return {}
    if text.startswith("file://"):
        text = call.read(text.removeprefix("file://")) or ""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_cloud_control(
    call: Call, operation: str, rest: list[str], shared: dict[str, object], given: Mapping[str, Any]
) -> Action:
    options = read_options(
        rest, GLOBALS | {"type-name", "identifier", "desired-state", "patch-document", "role-arn", "cli-input-json"}
    )
    kind = options.last("type-name") or str(given.get("TypeName") or "")
    target = options.last("identifier") or str(given.get("Identifier") or "")
    return call.act(
        CLOUD_CONTROL[operation],
        "aws",
        f"cloudcontrol {operation}",
        target=target if is_known(target) else "",
        resource_type=kind if is_known(kind) else "",
        **shared,
    )


def _is_switched(condition: str, rest: list[str], given: Mapping[str, Any]) -> bool:
    """Whether one of the condition's words stands in the call: `--no-deletion-protection`, `deletion_protection.enabled,Value=false`."""
    if condition.startswith("sql:"):
        return writes(find_statement(condition[4:], rest, given))
    text = " ".join(rest)
    if given:
        text += " " + " ".join(f"{to_cli_name(str(key))}={json.dumps(value)}" for key, value in given.items())
    if not is_known(text):
        return True
    return any(word in text for word in condition.split("|"))


def _find_target(argument: str, rest: list[str], given: Mapping[str, Any]) -> str:
    for name in argument.split("|"):
        if not name:
            continue
        options = read_options(rest, (), several={name})
        if values := options.values.get(name):
            return _plain_target(values[0])
        for key, value in given.items():
            if to_cli_name(str(key)) == name:
                return _plain_target(value if isinstance(value, str) else json.dumps(value))
    return ""


def _plain_target(value: str) -> str:
    """The name in a value; the table in the JSON of `batch-write-item` and `transact-write-items`."""
    text = value.strip()
    if text[:1] not in "{[":
        return text.removeprefix("file://") if not text.startswith("file://") else ""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    while isinstance(found, list) and found:
        found = found[0]
    if not isinstance(found, dict) or not found:
        return found if isinstance(found, str) else ""
    name, inside = next(iter(found.items()))
    if isinstance(inside, dict) and isinstance(inside.get("TableName"), str):
        return str(inside["TableName"])
    return str(name)


def _flags(rest: list[str]) -> tuple[str, ...]:
    names = ("--skip-final-snapshot", "--force", "--force-delete-without-recovery", "--no-deletion-protection", "--delete-automated-backups",
             "--no-deletion-protection-enabled", "--bypass-governance-retention", "--force-delete", "--delete-replicas")  # fmt: skip
    return tuple(word for word in rest if word in names)


def _name_of(target: str) -> str:
    if not target.startswith("arn:"):
        return target
    last = target.split(":", 5)[-1]
    return last.rpartition("/")[2] or last


def _of_arn(target: str) -> dict[str, Any]:
    parts = target.split(":")
    if parts[0] != "arn" or len(parts) < 6:
        return {}
    return {key: value for key, value in (("region", parts[3]), ("account", parts[4])) if value and is_known(value)}
