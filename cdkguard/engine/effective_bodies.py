"""The bodies by which protections are compared: with what another resource of the stack gives where they say nothing.

A value that moves from an instance into its launch template, or from an Aurora instance to its cluster, is the same value
at another place, so that it is no protection which goes.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-launch-templates.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.engine.run import Run
from cdkguard.model import Change, Stack
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Branch, Deferred, as_mapping, scalar_text


class Giver(NamedTuple):
    """The resource that gives the values which another one does not write."""

    type: str
    link: str  # The property by which a resource names its giver.
    keys: tuple[str, ...]  # The members of the link that name it; none where the link is the name itself.
    own_name: str  # The property that is the giver's name.
    inside: str  # The property of the giver that holds the values; "" where they are its own properties.
    properties: tuple[str, ...]  # Those that it gives.


GIVERS: Mapping[str, Giver] = {
    "AWS::EC2::Instance": Giver(
        "AWS::EC2::LaunchTemplate",
        "LaunchTemplate",
        ("LaunchTemplateId", "LaunchTemplateName", "Version"),
        "LaunchTemplateName",
        "LaunchTemplateData",
        ("BlockDeviceMappings", "DisableApiTermination", "EbsOptimized", "MetadataOptions", "SecurityGroupIds"),
    ),
    "AWS::RDS::DBInstance": Giver(
        "AWS::RDS::DBCluster",
        "DBClusterIdentifier",
        (),
        "DBClusterIdentifier",
        "",
        (
            "BackupRetentionPeriod",
            "CopyTagsToSnapshot",
            "DeletionProtection",
            "EnableIAMDatabaseAuthentication",
            "KmsKeyId",
            "PubliclyAccessible",
            "StorageEncrypted",
        ),
    ),
}
_TAKERS: Mapping[str, str] = {giver.type: taker for taker, giver in GIVERS.items()}


class EffectiveBodies:
    """The bodies of resources as their templates write them, completed; `runs` are those of the baseline and the new side."""

    def __init__(self, runs: tuple[Run, Run]) -> None:
        self._runs = runs

    def find(self, change: Change, side: int) -> Json:
        """The body of a changed resource on one side; 0 is the baseline, 1 the new one."""
        stack, logical_id = find_stack(change, side), find_logical_id(change, side)
        body = self._runs[side].scopes.resources(stack).get(logical_id)
        if change.resource_type in GIVERS:
            return self._complete(body, stack, side)
        if side == 0 and change.resource_type in _TAKERS:
            return self._with_values_of_takers(body, change)
        return body

    def _complete(self, body: Json, stack: Stack, side: int) -> Json:
        """A body with the values of its giver where it writes none."""
        giver = GIVERS.get(str(as_mapping(body).get("Type")))
        found = giver and self._find_giver(body, giver, stack, side)
        if giver is None or found is None:
            return body
        logical_id, other = found
        given, properties = _read_given(other, giver), dict(as_mapping(body["Properties"]))
        properties.update({name: given[name] for name in giver.properties if name in given and name not in properties})
        if giver.keys:
            properties[giver.link] = {giver.keys[0]: {"Ref": logical_id}}
        return {**body, "Properties": properties}

    def _find_giver(self, body: Json, giver: Giver, stack: Stack, side: int) -> tuple[str, Json] | None:
        """The resource of the same template that a resource names, by a reference or by its name."""
        link = as_mapping(body.get("Properties")).get(giver.link)
        scope, lookups = self._runs[side].scopes.of(stack), self._runs[side].lookups
        names = [_resolve(scope, as_mapping(link).get(key)) for key in giver.keys] or [_resolve(scope, link)]
        for logical_id, other, _scope in lookups.others(scope, (giver.type,)):
            own = scalar_text(_resolve(scope, as_mapping(other.get("Properties")).get(giver.own_name)))
            if any(_is_named(name, logical_id, own) for name in names):
                return logical_id, other
        return None

    def _with_values_of_takers(self, body: Json, change: Change) -> Json:
        """The baseline's body of a giver with the values that its takers wrote themselves, and write no more."""
        if change.old_stack is None or not isinstance(body, dict):
            return body
        taker = _TAKERS[str(change.resource_type)]
        giver, moved = GIVERS[taker], {}
        olds = self._runs[0].scopes.resources(change.old_stack)
        for logical_id, after, _scope in self._runs[1].lookups.others(self._runs[1].scopes.of(change.stack), (taker,)):
            found = self._find_giver(after, giver, change.stack, 1)
            before, kept = (_read_properties(one) for one in (olds.get(logical_id), after))
            if found is not None and found[0] == change.logical_id:
                moved.update({k: before[k] for k in giver.properties if k in before and k not in kept})

        values = {**moved, **_read_given(body, giver)}
        properties = _read_properties(body)
        whole = {giver.inside: {**as_mapping(properties.get(giver.inside)), **values}} if giver.inside else values
        return {**body, "Properties": {**properties, **whole}} if moved else body


def find_stack(change: Change, side: int) -> Stack:
    """The stack of a changed resource on one side."""
    return (change.old_stack if side == 0 else change.stack) or change.stack


def find_logical_id(change: Change, side: int) -> str:
    """The logical ID of a changed resource on one side."""
    had_another = side == 0 and change.partner_id and change.impact == "WILL_CREATE"
    return str(change.partner_id if had_another else change.logical_id)


def _read_properties(body: Json) -> Mapping[str, Json]:
    return as_mapping(as_mapping(body).get("Properties"))


def _read_given(body: Json, giver: Giver) -> Mapping[str, Json]:
    properties = _read_properties(body)
    return as_mapping(properties.get(giver.inside)) if giver.inside else properties


def _resolve(scope: Scope, value: Json) -> Json:
    """The value, or ABSENT where it depends on a condition that is not known."""
    try:
        return ABSENT if value is None else scope.resolve(value)
    except Branch:
        return ABSENT


def _is_named(name: Json, logical_id: str, own: str | None) -> bool:
    if isinstance(name, Deferred):
        return name.kind == "resource" and name.target == logical_id
    return own is not None and scalar_text(name) == own


def is_completed(resource_type: str | None) -> bool:
    """Whether bodies of the type may be completed."""
    return resource_type in GIVERS or resource_type in _TAKERS
