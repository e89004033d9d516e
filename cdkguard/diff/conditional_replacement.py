"""Properties of which an update policy, or their coming and going, decides whether a change replaces the resource.

The tables hold what the pages of AWS say in words, where their "Update requires" and the provider schemas cannot say it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.differences import IF, NO_VALUE
from cdkguard.diff.replacement import Replacements
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
    PresenceEffect("AWS::AppSync::GraphQLApi", "ApiType", added="yes", removed="maybe"),
    PresenceEffect("AWS::AppSync::GraphQLApi", "Visibility", added="yes", removed="maybe"),
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
)

_BY_POLICY = {(effect.resource_type, effect.property): effect for effect in POLICY_EFFECTS}
_BY_PRESENCE = {(effect.resource_type, effect.property): effect for effect in PRESENCE_EFFECTS}
_TYPES = frozenset(resource_type for resource_type, _property in (*_BY_POLICY, *_BY_PRESENCE))


def decide_replacement(
    replacements: Replacements, resource_type: str, path: Sequence[str | int], before: Json, after: Json
) -> Replacement:
    """Whether a change at a path below `Properties` replaces the resource, by its comparable bodies before and after."""
    if resource_type in _TYPES and path:
        place = resource_type, str(path[0])
        if place in _BY_POLICY:
            return _decide_by_policy(_BY_POLICY[place], after)
        if place in _BY_PRESENCE:
            effect = _decide_by_presence(_BY_PRESENCE[place], before, after)
            if effect is not None:
                return effect
    return replacements.decide(resource_type, path)


def _decide_by_policy(effect: PolicyEffect, after: Json) -> Replacement:
    """The effect by the UpdatePolicy of the new template: that of the template before counts in a rollback only.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
    """
    value = after.get("UpdatePolicy", ABSENT)
    for name in effect.switch:
        value = value.get(name, ABSENT) if isinstance(value, dict) and IF not in value else value
    text = "false" if value is ABSENT else (scalar_text(value) or "").lower()
    if text == "true":
        return effect.on
    return effect.off if text == "false" else "maybe"


def _decide_by_presence(effect: PresenceEffect, before: Json, after: Json) -> Replacement | None:
    """The effect of a property that comes or goes, "maybe" where that is not known; None where neither happens."""
    was, is_now = (_find_presence(body, effect.property) for body in (before, after))
    if was == is_now:
        return None
    if isinstance(was, bool) and isinstance(is_now, bool):
        return effect.added if is_now else effect.removed
    return "maybe"


def _find_presence(body: Json, name: str) -> bool | tuple[str, bool]:
    """Whether the body has the property, or the unknown condition that decides it, and whether it has it if that holds."""
    properties = body.get("Properties")
    if not isinstance(properties, dict) or name not in properties:
        return False
    value = properties[name]
    operands = value.get(IF) if isinstance(value, dict) else None
    if not isinstance(operands, list) or NO_VALUE not in operands[1:]:
        return True
    return str(operands[0]), operands[1] != NO_VALUE
