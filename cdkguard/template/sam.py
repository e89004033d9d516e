"""Reads the short forms of AWS SAM as the CloudFormation resources that they stand for, as far as rules ask about those.

The transform itself runs in CloudFormation:
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard._typing import Json

PREFIX = "AWS::Serverless::"
MAX_CHOICES = 8  # Fn::If inside each other, around one policy
MAX_SHARED = 200_000  # members of Globals, times the resources that take them over

_SERVICES = {"Function": "lambda.amazonaws.com", "StateMachine": "states.amazonaws.com"}
# Type of SAM -> type of CloudFormation, and the properties that have another name in SAM.
_COUNTERPARTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Function": ("AWS::Lambda::Function", {"DeadLetterConfig": "DeadLetterQueue"}),
    "Api": ("AWS::ApiGateway::Stage", {}),
    "HttpApi": ("AWS::ApiGatewayV2::Stage", {}),
    "SimpleTable": ("AWS::DynamoDB::Table", {}),
    "StateMachine": ("AWS::StepFunctions::StateMachine", {"LoggingConfiguration": "Logging"}),
    "LayerVersion": ("AWS::Lambda::LayerVersion", {}),
}

_If = tuple[Json, bool]  # a condition's name, and the truth that it has where the value counts


class GlobalsTooLarge(ValueError):
    """Globals are too large for the number of resources that share them."""


def read_globals(template: Mapping[str, Json]) -> dict[str, Json]:
    """Type -> the properties that `Globals` gives to each resource of it; raises GlobalsTooLarge."""
    found = template.get("Globals")
    sections = {PREFIX + k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}
    if sections:
        resources = template.get("Resources") or {}
        takers = sum(isinstance(body, dict) and body.get("Type") in sections for body in resources.values())
        if takers * sum(map(_size, sections.values())) > MAX_SHARED:
            raise GlobalsTooLarge("Globals are too large to be judged with each resource that shares them")
    return sections


def apply_globals(body: Mapping[str, Json], globals_: Mapping[str, Json]) -> dict[str, Json]:
    """The resource with the properties that `Globals` gives to its type.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
    """
    common, own = globals_.get(str(body.get("Type"))), body.get("Properties")
    return dict(body) if not common else {**body, "Properties": _merge(common, own if own is not None else {})}


def expand_resource(body: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    """The resources of CloudFormation that a resource of SAM, with its Globals, stands for."""
    name, properties = str(body.get("Type")).removeprefix(PREFIX), body.get("Properties")
    if name not in _COUNTERPARTS or not isinstance(properties, dict | None):
        return

    properties = properties or {}
    kind, renamed = _COUNTERPARTS[name]
    yield {**body, "Type": kind, "Properties": _rename_properties(properties, renamed)}
    if name in _SERVICES and not properties.get("Role"):
        yield {**body, "Type": "AWS::IAM::Role", "Properties": _make_role(properties, _SERVICES[name])}
    if name == "Function" and isinstance(properties.get("FunctionUrlConfig"), dict):
        yield {**body, "Type": "AWS::Lambda::Url", "Properties": properties["FunctionUrlConfig"]}


def _rename_properties(properties: Mapping[str, Json], renamed: Mapping[str, str]) -> dict[str, Json]:
    return {**properties, **{ours: properties[theirs] for ours, theirs in renamed.items() if theirs in properties}}


def _make_role(properties: Mapping[str, Json], service: str) -> dict[str, Json]:
    """The properties of the role that SAM makes for a function: `Policies` are managed policies, by name or ARN, documents, or
    templates of SAM, which are left out."""
    managed: list[Json] = []
    inline: list[Json] = []
    for policy, behind in _list_policies(properties.get("Policies"), ()):
        if isinstance(policy, dict) and "Statement" in policy:
            inline.append(_put_behind(behind, {"PolicyName": "sam", "PolicyDocument": policy}))
        elif isinstance(policy, str) and not policy.startswith("arn:"):
            managed.append(_put_behind(behind, f"arn:aws:iam::aws:policy/{policy}"))
        elif isinstance(policy, str) or (isinstance(policy, dict) and not next(iter(policy), "").endswith("Policy")):
            managed.append(_put_behind(behind, policy))

    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role: dict[str, Json] = {
        "AssumeRolePolicyDocument": properties.get("AssumeRolePolicyDocument")
        or {"Version": "2012-10-17", "Statement": [trust]},
        "ManagedPolicyArns": managed,
        "Policies": inline,
    }
    if "PermissionsBoundary" in properties:
        role["PermissionsBoundary"] = properties["PermissionsBoundary"]
    return role


def _list_policies(written: Json, behind: tuple[_If, ...]) -> Iterator[tuple[Json, tuple[_If, ...]]]:
    """Each policy of `Policies`, with the Fn::If that it stands behind, outermost first."""
    for policy in written if isinstance(written, list) else [written]:
        choice = policy.get("Fn::If") if isinstance(policy, dict) else None
        if isinstance(choice, list) and len(choice) == 3 and len(behind) < MAX_CHOICES:
            yield from _list_policies(choice[1], (*behind, (choice[0], True)))
            yield from _list_policies(choice[2], (*behind, (choice[0], False)))
        elif policy is not None:
            yield policy, behind


def _put_behind(behind: tuple[_If, ...], value: Json) -> Json:
    nothing = {"Ref": "AWS::NoValue"}
    for condition, holds in reversed(behind):
        value = {"Fn::If": [condition, value, nothing] if holds else [condition, nothing, value]}
    return value


def _merge(common: Json, own: Json) -> Json:
    """Mappings are merged, lists are joined; of other values the resource's own counts."""
    if isinstance(common, dict) and isinstance(own, dict) and not _is_function(common) and not _is_function(own):
        return {**common, **{key: _merge(common[key], own[key]) if key in common else own[key] for key in own}}
    return [*common, *own] if isinstance(common, list) and isinstance(own, list) else own


def _is_function(value: Mapping[str, Json]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def _size(value: Json) -> int:
    if isinstance(value, dict | list):
        return 1 + sum(map(_size, value.values() if isinstance(value, dict) else value))
    return 1
