"""One stack as CloudFormation has it: its template, parameters, status and nested stacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cdkguard._typing import Json
from cdkguard.baselines.aws_calls import NoSuchStack, ask_aws, call_aws
from cdkguard.baselines.aws_session import Connection
from cdkguard.baselines.deployed_targets import Target
from cdkguard.errors import BaselineError, TemplateError
from cdkguard.inputs.assembly_stacks import nested_path
from cdkguard.inputs.shapes import construct_path_of, mapping_or_empty
from cdkguard.inputs.template_file import check_template, parse
from cdkguard.inputs.template_json import parse_json
from cdkguard.model import Stack
from cdkguard.template.values import Deferred

_NESTED = "AWS::CloudFormation::Stack"
# Stack status codes: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
_NO_STACK = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")  # a first change set that nobody ran; a stack that is gone
STABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
          "IMPORT_ROLLBACK_COMPLETE")  # fmt: skip


class IncompleteStack(BaselineError):
    """CloudFormation answered without something that a stack has; `reason` says what."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(f"{subject}: {reason}, so there is no baseline to compare with")
        self.reason = reason


class DeployedStack(NamedTuple):
    """One stack as CloudFormation describes it, with the stacks nested in it, which are read one level later."""

    stack: Stack
    connection: Connection
    status: str
    nested: Mapping[str, str]  # logical id -> physical id of the stacks nested in it
    rollback_triggers: tuple[str, ...] = ()  # ARNs of the alarms that roll an update back


def read_root(target: Target, connection: Connection) -> DeployedStack | None:
    """The target's stack; None where it is not deployed. Raises BaselineError."""
    description = _describe(target.name, target.name, connection, may_be_missing=True)
    if description is None or description["StackStatus"] in _NO_STACK:
        return None

    template = _read_template(target.name, target.name, connection)
    paths = _construct_paths(template)
    stack = Stack(
        target.name, template, _shown(connection, target.name), construct_path=_stack_path(paths) or target.construct_path,
        account=target.account, region=target.region, tags={t["Key"]: t["Value"] for t in description.get("Tags", ())},
        termination_protection=description.get("EnableTerminationProtection") is True,
        parameters=_read_parameters(description, template), construct_paths=paths, from_assembly=True,
    )  # fmt: skip
    status = description["StackStatus"]
    nested = _find_nested(target.name, stack, status, connection)
    return DeployedStack(stack, connection, status, nested, _rollback_triggers(description))


def read_nested(job: tuple[DeployedStack, str, str]) -> DeployedStack | None:
    """A nested stack by (parent, logical id, physical id); None where somebody deleted it, so that nothing of it runs."""
    outer, logical_id, physical_id = job
    parent, connection = outer.stack, outer.connection
    label = f"{_label(parent)}/{logical_id}"
    description = _describe(physical_id, label, connection)
    if description is None or description["StackStatus"] in _NO_STACK:
        return None

    template = _read_template(physical_id, label, connection)
    path, root = nested_path(parent.construct_paths.get(logical_id), logical_id, parent.construct_path), parent.root
    stack = Stack(
        f"{root.name}/{path.rpartition('/')[2]}", template, _shown(connection, str(description.get("StackName") or physical_id)),
        construct_path=path, account=root.account, region=root.region, tags=root.tags,
        termination_protection=root.termination_protection, parameters=_read_parameters(description, template),
        parent=parent, parent_logical_id=logical_id, construct_paths=_construct_paths(template), from_assembly=True,
    )  # fmt: skip
    status = description["StackStatus"]
    return DeployedStack(stack, connection, status, _find_nested(physical_id, stack, status, connection))


def _rollback_triggers(description: Mapping[str, Json]) -> tuple[str, ...]:
    triggers = mapping_or_empty(description.get("RollbackConfiguration")).get("RollbackTriggers") or ()
    return tuple(str(trigger.get("Arn")) for trigger in triggers)


def _describe(
    stack_id: str, label: str, connection: Connection, may_be_missing: bool = False
) -> dict[str, Json] | None:
    try:
        stacks = _ask(connection, "describe_stacks", label, StackName=stack_id).get("Stacks") or []
    except NoSuchStack as problem:
        if may_be_missing:
            return None
        raise _incomplete(label, connection, f"cannot be read: {problem}") from problem
    if len(stacks) != 1 or not stacks[0].get("StackStatus"):
        raise _incomplete(label, connection, f"DescribeStacks described {len(stacks)} stacks instead of this one")
    return dict(stacks[0])


def read_body(stack_id: str, label: str, connection: Connection, stage: str = "Original") -> Json:
    """The template as GetTemplate gives it: YAML as text, JSON as a value. Raises BaselineError.

    `stage`: "Original", as it was sent, or "Processed", after CloudFormation ran its transforms.
    """
    body = _ask(connection, "get_template", label, StackName=stack_id, TemplateStage=stage).get("TemplateBody")
    if body is None or body == "":
        raise _incomplete(label, connection, "GetTemplate answered without a template")
    return body


def _read_template(stack_id: str, label: str, connection: Connection) -> dict[str, Json]:
    body = read_body(stack_id, label, connection)
    shown = _shown(connection, label)
    try:
        # boto3 parses JSON itself; written out and read again it passes the same tests as every template.
        template = parse(body, shown) if isinstance(body, str) else parse_json(json.dumps(body), shown)
        check_template(template, shown)
    except (TemplateError, RecursionError) as problem:
        raise _incomplete(label, connection, f"its template cannot be read: {problem}") from problem
    return dict(template)


def _find_nested(stack_id: str, stack: Stack, status: str, connection: Connection) -> dict[str, str]:
    """Logical id -> physical id of the stacks nested in it; a macro can create some that the template does not show."""
    resources = stack.template["Resources"]
    declared = {logical_id for logical_id, body in resources.items() if mapping_or_empty(body).get("Type") == _NESTED}
    macros = "Transform" in stack.template or "Fn::Transform" in stack.template
    if not declared and not macros:
        return {}
    listed, present = list_nested(stack_id, _label(stack), connection)
    missing = [i for i in sorted(declared - listed) if "Condition" not in resources[i]]
    if missing and not macros and status in STABLE:
        raise _incomplete(
            _label(stack), connection, f"ListStackResources does not name its nested stack '{missing[0]}'"
        )
    return present


def list_nested(stack_id: str, label: str, connection: Connection) -> tuple[set[str], dict[str, str]]:
    """(the logical ids of all its resources, logical id -> physical id of the nested stacks that are there)."""
    listed = list(_list_resources(stack_id, label, connection))
    present = {
        r["LogicalResourceId"]: r["PhysicalResourceId"] for r in listed
        if r.get("ResourceType") == _NESTED and r.get("PhysicalResourceId") and r.get("ResourceStatus") != "DELETE_COMPLETE"
    }  # fmt: skip
    return {str(r.get("LogicalResourceId")) for r in listed}, present


def _list_resources(stack_id: str, label: str, connection: Connection) -> Iterator[dict[str, Json]]:
    more: dict[str, Json] = {}
    seen: set[str] = set()
    while True:
        answer = _ask(connection, "list_stack_resources", label, StackName=stack_id, **more)
        if "StackResourceSummaries" not in answer:
            raise _incomplete(label, connection, "ListStackResources answered without a list")
        yield from answer["StackResourceSummaries"]
        token = answer.get("NextToken")
        if not token:
            return
        if token in seen:
            raise _incomplete(label, connection, "ListStackResources gives the same page again and again")
        seen.add(token)
        more = {"NextToken": token}


def _ask(connection: Connection, method: str, label: str, **arguments: Json) -> dict[str, Json]:
    return ask_aws(f"stack '{label}' of {connection.words}", lambda: call_aws(connection.client, method, **arguments))


def _label(stack: Stack) -> str:
    return stack.template_path.rpartition("/")[2]


def _shown(connection: Connection, name: str) -> str:
    return f"aws://{connection.account}/{connection.region}/{name}"


def _incomplete(label: str, connection: Connection, text: str) -> BaselineError:
    return IncompleteStack(f"stack '{label}' of {connection.words}", text)


def _construct_paths(template: Mapping[str, Json]) -> dict[str, str]:
    """Logical id -> construct path, from the metadata in the deployed template."""
    return {
        logical_id: path for logical_id, resource in template["Resources"].items()
        if (path := construct_path_of(resource)) is not None
    }  # fmt: skip


def _stack_path(paths: Mapping[str, str]) -> str | None:
    """The stack's own construct path, from that of CDKMetadata, the resource that CDK puts at the top of every stack."""
    path, end = paths.get("CDKMetadata", ""), "/CDKMetadata/Default"
    return path.removesuffix(end) if path.endswith(end) else None


def _read_parameters(description: Mapping[str, Json], template: Mapping[str, Json]) -> dict[str, Json]:
    """Name -> value of the stack's parameters.

    CloudFormation hides the value of a NoEcho parameter; it is left out, or Deferred where the template has a default,
    which would otherwise count as the value.
    """
    declared, values = mapping_or_empty(template.get("Parameters")), dict[str, Json]()
    for parameter in description.get("Parameters", ()):
        name = parameter["ParameterKey"]
        value = parameter.get("ResolvedValue", parameter.get("ParameterValue"))
        declaration = mapping_or_empty(declared.get(name))
        hidden = value is None or value == "****" or str(declaration.get("NoEcho")).lower() == "true"
        if not hidden:
            values[name] = value
        elif "Default" in declaration:
            values[name] = Deferred("parameter", {"Ref": name}, name)
    return values
