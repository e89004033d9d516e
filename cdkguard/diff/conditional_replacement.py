"""Properties of which an update policy, their coming and going, or their values decide whether a change replaces.

The tables hold what the pages of AWS say in words and what the code of its providers does, where "Update requires" and the
provider schemas can only say "conditionally".
"""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.differences import IF, NO_VALUE
from cdkguard.diff.replacement import Replacements
from cdkguard.diff.table_keys import ATTRIBUTES, TABLES, decide_by_attributes
from cdkguard.template.values import ABSENT, scalar_text

if TYPE_CHECKING:
    from cdkguard.model import Replacement


class PolicyEffect(NamedTuple):
    """The effect of a change of one property by a switch of the resource's UpdatePolicy."""

    resource_type: str
    property: str
    switch: tuple[str, ...]  # The path of the switch below `UpdatePolicy`; left out, it is off.
    on: Replacement
    off: Replacement


class PresenceEffect(NamedTuple):
    """The effect of a property that comes or goes; where only its value changes, the table of replacements decides."""

    resource_type: str
    property: str
    added: Replacement
    removed: Replacement
    keeps: str = ""  # A property that, true in the new template, keeps the resource where this one is removed.


class KeepingValues(NamedTuple):
    """The changes of value, in lower case, by which a property keeps the resource that others of it replace."""

    resource_type: str
    property: str
    pairs: frozenset[tuple[str, str]]


_INSTANCE, _CLUSTER, _API = "AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::AppSync::GraphQLApi"
_DOMAIN, _OLD_DOMAIN = "AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"
_CACHE, _GROUP = "AWS::ElastiCache::ReplicationGroup", "AWS::AutoScaling::AutoScalingGroup"
_WILL_REPLACE = ("AutoScalingReplacingUpdate", "WillReplace")

# Every switch of an UpdatePolicy that decides about a replacement. The others (AutoScalingRollingUpdate,
# AutoScalingInstanceRefresh, AutoScalingScheduledAction, CodeDeployLambdaAliasUpdate, StopBeforeUpdate and
# StartAfterUpdate of a fleet) say how an update in place is carried out.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
POLICY_EFFECTS = (
    PolicyEffect(_DOMAIN, "EngineVersion", ("EnableVersionUpgrade",), "no", "yes"),
    PolicyEffect(_OLD_DOMAIN, "ElasticsearchVersion", ("EnableVersionUpgrade",), "no", "yes"),
    PolicyEffect(_CACHE, "NodeGroupConfiguration", ("UseOnlineResharding",), "no", "yes"),
    PolicyEffect(_CACHE, "NumNodeGroups", ("UseOnlineResharding",), "no", "yes"),
    PolicyEffect(_GROUP, "LaunchConfigurationName", _WILL_REPLACE, "yes", "no"),
    PolicyEffect(_GROUP, "LaunchTemplate", _WILL_REPLACE, "yes", "no"),
    PolicyEffect(_GROUP, "MixedInstancesPolicy", _WILL_REPLACE, "yes", "no"),
    PolicyEffect(_GROUP, "VPCZoneIdentifier", _WILL_REPLACE, "yes", "no"),
)

PRESENCE_EFFECTS = (
    # "If the ApiType has not been defined, explicitly setting it to GRAPHQL in a template/stack update will result in an
    # API replacement and new DNS values"; the same of Visibility and GLOBAL. Neither can be changed later.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-appsync-graphqlapi.html
    PresenceEffect(_API, "ApiType", added="yes", removed="maybe"),
    PresenceEffect(_API, "Visibility", added="yes", removed="maybe"),
    # "If you remove this entity altogether, along with its associated properties, it causes a replacement." A domain
    # cannot move into a VPC either.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-opensearchservice-domain.html
    # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/vpc.html
    PresenceEffect(_DOMAIN, "VPCOptions", added="maybe", removed="yes"),
    PresenceEffect(_OLD_DOMAIN, "VPCOptions", added="maybe", removed="yes"),
    # "If ADDING the AuthToken, update requires Replacement."; without it, the group is made anew as well.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticache-replicationgroup.html
    # https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2356
    PresenceEffect(_CACHE, "AuthToken", added="yes", removed="maybe"),
    # The page of DBSnapshotIdentifier says that an empty instance takes the place where it is left out, so that it has no
    # record here. Of the others the page says that a replica is promoted, or nothing, and the provider keeps the instance;
    # of a snapshot of a cluster, which the page treats like the other, only "may be" is sure.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
    # https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds (ImmutabilityHelper)
    PresenceEffect(_INSTANCE, "AvailabilityZone", added="yes", removed="yes", keeps="MultiAZ"),
    PresenceEffect(_INSTANCE, "DBClusterSnapshotIdentifier", added="yes", removed="maybe"),
    PresenceEffect(_INSTANCE, "Engine", added="maybe", removed="maybe"),
    PresenceEffect(_INSTANCE, "PerformanceInsightsKMSKeyId", added="no", removed="yes"),
    PresenceEffect(_INSTANCE, "RestoreTime", added="yes", removed="no"),
    PresenceEffect(_INSTANCE, "SourceDBClusterIdentifier", added="yes", removed="no"),
    PresenceEffect(_INSTANCE, "SourceDBInstanceAutomatedBackupsArn", added="yes", removed="no"),
    PresenceEffect(_INSTANCE, "SourceDBInstanceIdentifier", added="yes", removed="no"),
    PresenceEffect(_INSTANCE, "SourceDbiResourceId", added="yes", removed="no"),
    PresenceEffect(_CLUSTER, "GlobalClusterIdentifier", added="yes", removed="no"),
)

KEEPING_VALUES = (
    # https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds (ImmutabilityHelper)
    KeepingValues(
        _INSTANCE,
        "Engine",
        frozenset(
            {
                ("aurora", "aurora-mysql"),
                ("oracle-ee", "oracle-ee-cdb"),
                ("oracle-se", "oracle-se2"),
                ("oracle-se1", "oracle-se2"),
                ("oracle-se2", "oracle-se2-cdb"),
            }
        ),
    ),
    KeepingValues(_CLUSTER, "Engine", frozenset({("aurora", "aurora-mysql")})),
    KeepingValues(_INSTANCE, "UseLatestRestorableTime", frozenset({("true", "false"), ("true", ""), ("", "false")})),
    # A cache of Redis is upgraded to Valkey in place.
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html
    KeepingValues(_CACHE, "Engine", frozenset({("redis", "valkey")})),
    # "Updating InstanceTenancy requires no replacement only if you are updating its value from dedicated to default."
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html
    KeepingValues("AWS::EC2::VPC", "InstanceTenancy", frozenset({("dedicated", "default")})),
)

_BY_POLICY = {(effect.resource_type, effect.property): effect for effect in POLICY_EFFECTS}
_BY_PRESENCE = {(effect.resource_type, effect.property): effect for effect in PRESENCE_EFFECTS}
_BY_VALUE = {(kept.resource_type, kept.property): kept.pairs for kept in KEEPING_VALUES}
_TYPES = frozenset(resource_type for resource_type, _property in (*_BY_POLICY, *_BY_PRESENCE, *_BY_VALUE))


def decide_replacement(
    replacements: Replacements, resource_type: str, path: Sequence[str | int], before: Json, after: Json
) -> Replacement:
    """Whether a change at a path below `Properties` replaces the resource, by its comparable bodies before and after."""
    if resource_type in TABLES and path and path[0] == ATTRIBUTES:
        effect_of_type = decide_by_attributes(path, before, after)
        if effect_of_type is not None:
            return effect_of_type
    if resource_type in _TYPES and path:
        place = resource_type, str(path[0])
        if place in _BY_POLICY:
            return _decide_by_policy(_BY_POLICY[place], after)
        if place in _BY_PRESENCE:
            effect = _decide_by_presence(_BY_PRESENCE[place], before, after)
            if effect is not None:
                return effect
        if place in _BY_VALUE and _read_change(place[1], before, after) in _BY_VALUE[place]:
            return "no"
    return replacements.decide(resource_type, path)


def _decide_by_policy(effect: PolicyEffect, after: Json) -> Replacement:
    """The effect by the UpdatePolicy of the new template: that of the template before counts in a rollback only.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
    """
    value = after.get("UpdatePolicy", ABSENT)
    for name in effect.switch:
        value = value.get(name, ABSENT) if isinstance(value, dict) and IF not in value else value
    return _choose(value, effect.on, effect.off)


def _decide_by_presence(effect: PresenceEffect, before: Json, after: Json) -> Replacement | None:
    """The effect of a property that comes or goes, "maybe" where that is not known; None where neither happens."""
    was, is_now = (_find_presence(body, effect.property) for body in (before, after))
    if was == is_now:
        return None
    if not isinstance(was, bool) or not isinstance(is_now, bool):
        return "maybe"
    if is_now or not effect.keeps:
        return effect.added if is_now else effect.removed
    return _choose(_read_property(after, effect.keeps), "no", effect.removed)


def _choose(switch: Json, on: Replacement, off: Replacement) -> Replacement:
    """One of two effects by a switch, which is off where it is left out; "maybe" where only the deployment knows it."""
    text = "false" if switch is ABSENT else (scalar_text(switch) or "").lower()
    if text == "true":
        return on
    return off if text == "false" else "maybe"


def _read_change(name: str, before: Json, after: Json) -> tuple[str | None, ...]:
    """The values of a property before and after, in lower case: "" where it is left out, None where it is not known."""
    values = (_read_property(body, name) for body in (before, after))
    texts = ("" if value is ABSENT else scalar_text(value) for value in values)
    return tuple(text if text is None else text.lower() for text in texts)


def _read_property(body: Json, name: str) -> Json:
    properties = body.get("Properties")
    return properties.get(name, ABSENT) if isinstance(properties, dict) else ABSENT


def _find_presence(body: Json, name: str) -> bool | tuple[str, bool]:
    """Whether the body has the property, or the unknown condition that decides it, and whether it has it if that holds."""
    value = _read_property(body, name)
    operands = value.get(IF) if isinstance(value, dict) else None
    if not isinstance(operands, list) or NO_VALUE not in operands[1:]:
        return value is not ABSENT
    return str(operands[0]), operands[1] != NO_VALUE
