"""What runs, read by the function in its own account: only where `read_stack` says so, with the boto3 of Lambda's runtime."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.api.nouns import NestedTemplate, StackContext
from cdkguard.baselines.aws_calls import NoSuchStack, ask_aws, call_aws
from cdkguard.errors import BaselineError

MAX_LEVELS, MAX_NESTED = 5, 40  # of nested stacks; the function has 30 s
_NESTED = "AWS::CloudFormation::Stack"


class RunningStack(NamedTuple):
    """A stack as it runs."""

    template: str
    context: StackContext


def connect(region: str) -> Any:
    """A client of CloudFormation; raises BaselineError without boto3."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as problem:
        raise BaselineError("`read_stack` needs boto3, which Lambda's Python runtimes have") from problem
    patient = Config(connect_timeout=3, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.client("cloudformation", region_name=region or None, config=patient)


def read_running(client: Any, stack: str, known: StackContext) -> RunningStack | None:
    """The stack with those nested in it; None where it is not there yet. Raises BaselineError."""
    left = [MAX_NESTED]
    return _read(client, stack, known, 0, left)


def is_there(client: Any, stack: str) -> bool:
    """Whether the function's account and region have the stack, which may be one that nothing was deployed to. Raises
    BaselineError."""
    try:
        return bool(_ask(client, "describe_stacks", StackName=stack).get("Stacks"))
    except NoSuchStack:
        return False


def _read(client: Any, stack: str, known: StackContext, level: int, left: list[int]) -> RunningStack | None:
    try:
        found = _ask(client, "describe_stacks", StackName=stack).get("Stacks") or []
    except NoSuchStack:
        return None
    if len(found) != 1:
        raise BaselineError(f"stack {known.name}: DescribeStacks answers with {len(found)} stacks")
    if found[0].get("StackStatus") in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return None

    described = found[0]
    body = _ask(client, "get_template", StackName=stack, TemplateStage="Original").get("TemplateBody")
    if not body:
        raise BaselineError(f"stack {known.name}: GetTemplate answers without a template")
    template = body if isinstance(body, str) else json.dumps(body)
    context = known._replace(
        parameters=_values(described.get("Parameters")),
        tags=_tags(described.get("Tags")),
        termination_protection=described.get("EnableTerminationProtection") is True,
    )
    if _NESTED in template:
        context = context._replace(nested=dict(_read_nested(client, stack, known, level, left)))
    return RunningStack(template, context)


def _read_nested(
    client: Any, stack: str, known: StackContext, level: int, left: list[int]
) -> Iterator[tuple[str, NestedTemplate]]:
    """(logical id, template) of the nested stacks; what is too deep or too much stays unread, which a finding says."""
    more: dict[str, Json] = {}
    while True:
        answer = _ask(client, "list_stack_resources", StackName=stack, **more)
        for resource in answer.get("StackResourceSummaries") or ():
            physical = resource.get("PhysicalResourceId")
            if resource.get("ResourceType") != _NESTED or not physical or level >= MAX_LEVELS or left[0] <= 0:
                continue
            left[0] -= 1
            inner = _read(client, physical, StackContext(resource["LogicalResourceId"]), level + 1, left)
            if inner is not None:
                yield resource["LogicalResourceId"], NestedTemplate(inner.template, inner.context)
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}


def read_change_set(client: Any, change_set: str, known: StackContext) -> StackContext:
    """What is known of the stack that a change set makes: its parameters and tags. Raises BaselineError."""
    described = _ask(client, "describe_change_set", ChangeSetName=change_set)
    return known._replace(parameters=_values(described.get("Parameters")), tags=_tags(described.get("Tags")))


def name_of_change_set(client: Any, change_set: str) -> str:
    """The name of the stack that a change set is for. Raises BaselineError."""
    return str(_ask(client, "describe_change_set", ChangeSetName=change_set)["StackName"])


def _ask(client: Any, method: str, **arguments: Json) -> dict[str, Json]:
    return ask_aws("the hook", lambda: call_aws(client, method, **arguments))


def _values(listed: Json) -> dict[str, Json]:
    """Name -> value; what NoEcho hides is left out: it is not known."""
    pairs = [(p.get("ParameterKey"), p.get("ResolvedValue", p.get("ParameterValue"))) for p in listed or ()]
    return {str(name): value for name, value in pairs if value is not None and value != "****"}


def _tags(listed: Json) -> Mapping[str, str]:
    return {str(tag.get("Key")): str(tag.get("Value")) for tag in listed or ()}
