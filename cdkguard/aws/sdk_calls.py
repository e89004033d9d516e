"""Calls of the AWS SDK that a custom resource carries as JSON, read as the resources of CloudFormation that they stand for.

CDK's AwsCustomResource makes its calls during the deployment, so that what they open or destroy stands in no other resource:
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources.AwsCustomResource.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.aws.policies import as_list
from cdkguard.template.json_text import read_json_text
from cdkguard.template.values import Deferred

# What data/sdk_calls.json holds: `names`, `prefixes` and `stands_for`.
CallTable = Mapping[str, Json]

EVENTS = ("Create", "Update", "Delete")
_NO_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]")
_VERSION_3 = re.compile(r"(?:@aws-sdk/)?client-")
_RANGES = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6"}


class Call(NamedTuple):
    """One call: `iam` and `AttachRolePolicy` with its parameters, made by the service `iam` of the SDK."""

    service: str
    prefix: str
    action: str
    parameters: Mapping[str, Json]


def read_call(value: Json, table: CallTable) -> Call | None:
    """The call that a resolved value says, as JSON text or as a mapping; None where that cannot be read."""
    found = read_json_text(value) if isinstance(value, str | Deferred) else value
    if not isinstance(found, dict):
        return None
    service, action, parameters = found.get("service"), found.get("action"), found.get("parameters", {})
    if not isinstance(service, str) or not isinstance(action, str) or not isinstance(parameters, dict):
        return None

    key = _NO_LETTER_OR_DIGIT.sub("", _VERSION_3.sub("", service.lower(), count=1))
    key = table["names"].get(key, key)
    action = action.removesuffix("Command")
    return Call(key, table["prefixes"].get(key, key), action[:1].upper() + action[1:], parameters)


def find_counterparts(call: Call, table: CallTable) -> Iterator[dict[str, Json]]:
    """The resources that the call stands for, with those properties alone that it names."""
    row = table["stands_for"].get(call.service, {}).get(call.action)
    if row is None:
        return

    kind, renamed = (row, {}) if isinstance(row, str) else row
    if "@permissions" in renamed.values():
        for properties in _list_group_rules(call.parameters):
            yield {"Type": kind, "Properties": properties}
        return
    if properties := _make_properties(call.parameters, renamed):
        yield {"Type": kind, "Properties": properties}


def _make_properties(parameters: Mapping[str, Json], renamed: Mapping[str, Json]) -> dict[str, Json]:
    """The parameters under the names of CloudFormation; tools/sdk_calls/overlay.yaml says what `renamed` may hold."""
    properties: dict[str, Json] = {
        key[1:]: value for key, value in renamed.items() if key[0] == "=" and key != "=Attribute"
    }
    given = {str(key): value for key, value in parameters.items()}
    if "=Attribute" in renamed:
        name, value = (given.pop(key, None) for key in renamed["=Attribute"])
        given |= {name: value} if isinstance(name, str) else {}
    for key in [key for key, target in renamed.items() if target == "*"]:
        spread = given.pop(key, None)
        given |= spread if isinstance(spread, dict) else {}

    for key, value in given.items():
        value = _unwrap(_capitalize(value) if key[:1].islower() else value)
        _put(properties, renamed.get(key, key[:1].upper() + key[1:]), value)
    return properties


def _put(properties: dict[str, Json], target: str, value: Json) -> None:
    """Puts a value in its place: `A.B`, `A[]` for a list of it, `A^` for a word that CloudFormation writes in capitals."""
    if target.endswith("[]"):
        target, value = target[:-2], [value]
    elif target.endswith("^"):
        target = target[:-1]
        value = "".join(word.capitalize() for word in value.split("-")) if isinstance(value, str) else value
    outer, _, inner = target.partition(".")
    if inner:
        around = properties.get(outer)
        properties[outer] = {**(around if isinstance(around, dict) else {}), inner: value}
    else:
        properties[outer] = value


def _unwrap(value: Json) -> Json:
    """EC2 wraps a changed attribute: {"Value": false}."""
    return value["Value"] if isinstance(value, dict) and list(value) == ["Value"] else value


def _capitalize(value: Json) -> Json:
    """The value with names in it as CloudFormation writes them: services whose API says `roleArn` have `RoleArn` there."""
    if isinstance(value, dict):
        return {str(key)[:1].upper() + str(key)[1:]: _capitalize(inner) for key, inner in value.items()}
    return [_capitalize(inner) for inner in value] if isinstance(value, list) else value


def _list_group_rules(parameters: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    """The rules of a security group that a call adds, by its own parameters or by a list with several ranges in each."""
    common = {key: value for key, value in parameters.items() if key != "IpPermissions"}
    if "IpPermissions" not in parameters:
        yield common
    for permission in as_list(parameters.get("IpPermissions")):
        if not isinstance(permission, dict):
            yield {**common, "IpProtocol": permission}
            continue
        rule = {**common, **{key: value for key, value in permission.items() if key not in _RANGES}}
        for key, name in _RANGES.items():
            for one in as_list(permission.get(key)):
                yield {**rule, name: one.get(name, one.get("CidrIpv6")) if isinstance(one, dict) else one}
