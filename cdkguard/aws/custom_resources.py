"""Reads custom resources of CDK as the resources that their Lambda functions make or change, as far as rules ask about those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.aws.policies import as_list
from cdkguard.aws.sdk_calls import EVENTS, CallTable, find_counterparts, read_call
from cdkguard.template.json_text import read_json_text
from cdkguard.template.scope import Scope
from cdkguard.template.values import Branch, Deferred

UNREAD = "Custom::Unread"  # a payload that is JSON, but cannot be read before the deployment
MAX_BRANCHES = 16  # of the conditions in one payload


class StandIn(NamedTuple):
    """A resource that a custom resource stands for."""

    body: dict[str, Json]
    # Under the assumptions that its payload needs.
    scope: Scope
    # The property path, below the custom resource, of what it is made of.
    place: str
    # Whether what it does not say has its default; else it says only what changes.
    is_whole: bool


def expand_custom_resource(body: Mapping[str, Json], scope: Scope, table: CallTable) -> Iterator[StandIn]:
    """The resources that a custom resource stands for; none where its type and payload are not CDK's."""
    properties = body.get("Properties")
    if not isinstance(properties, dict):
        return
    expand = _EXPANSIONS.get(str(body.get("Type")))
    found = expand(properties, scope) if expand is not None else _expand_calls(body, properties, scope, table)
    shared = {"Condition": body["Condition"]} if "Condition" in body else {}
    for one in found:
        yield one._replace(body={**shared, **one.body})


# -- calls of the SDK


def _expand_calls(
    body: Mapping[str, Json], properties: Mapping[str, Json], scope: Scope, table: CallTable
) -> Iterator[StandIn]:
    """The calls of an AwsCustomResource, whatever its type is named: each as itself, and as what it stands for."""
    is_kept = str(body.get("DeletionPolicy")).startswith("Retain")  # CloudFormation then never asks for the deletion.
    is_sure = "InstallLatestAwsSdk" in properties or body.get("Type") == "Custom::AWS"
    for event in EVENTS:
        if event not in properties or event == "Delete" and is_kept:
            continue
        for branch, value in _each_branch(properties[event], scope):
            call, place = read_call(value, table), f"Properties.{event}"
            if call is None:
                if is_sure:
                    yield _unread(value, branch, place)
                continue
            itself: dict[str, Json] = {
                "Type": f"SDK::{call.prefix}::{call.action}",
                "Call": f"{call.prefix}:{call.action}",
                "Event": event,
                "Properties": dict(call.parameters),
            }
            yield StandIn(itself, branch, f"{place}.parameters", True)
            for made in find_counterparts(call, table):
                yield StandIn(made, branch, f"{place}.parameters", False)


def _each_branch(value: Json, scope: Scope) -> Iterator[tuple[Scope, Json]]:
    """The resolved value in each branch of the conditions that it depends on."""
    pending, left = [scope], MAX_BRANCHES
    while pending:
        here = pending.pop()
        try:
            yield here, here.resolve_deep(value)
        except Branch as branch:
            left -= 1
            if left <= 0:
                yield here, Deferred("unknown", value)
                return
            assumed = [here.assume(branch, truth) for truth in (False, True)]
            pending.extend(one for one in assumed if one is not None)


def _unread(value: Json, scope: Scope, place: str) -> StandIn:
    payload = Deferred("unknown", value.raw) if isinstance(value, Deferred) else value
    return StandIn({"Type": UNREAD, "Payload": payload}, scope, place, True)


# -- other custom resources of CDK


def _expand_manifest(properties: Mapping[str, Json], scope: Scope) -> Iterator[StandIn]:
    """The objects of a Kubernetes manifest, each of the type `Kubernetes::KIND`."""
    for branch, value in _each_branch(properties.get("Manifest"), scope):
        found = read_json_text(value) if isinstance(value, str | Deferred) else value
        for index, one in enumerate(as_list(found)):
            if not isinstance(one, dict) or not isinstance(one.get("kind"), str):
                yield _unread(one, branch, "Properties.Manifest")
                continue
            for each in as_list(one.get("items")) if one["kind"].endswith("List") else [one]:
                if isinstance(each, dict):
                    made = {"Type": f"Kubernetes::{each.get('kind')}", "Properties": each}
                    yield StandIn(made, branch, f"Properties.Manifest[{index}]", True)


def _expand_log_retention(properties: Mapping[str, Json], scope: Scope) -> Iterator[StandIn]:
    """The log group whose retention is set: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_logs.LogRetention.html"""
    known = {name: properties[name] for name in ("LogGroupName", "RetentionInDays") if name in properties}
    yield StandIn({"Type": "AWS::Logs::LogGroup", "Properties": known}, scope, "Properties", False)


_EXPANSIONS: Mapping[str, Callable[[Mapping[str, Json], Scope], Iterator[StandIn]]] = {
    "Custom::AWSCDK-EKS-KubernetesResource": _expand_manifest,
    "Custom::LogRetention": _expand_log_retention,
}
