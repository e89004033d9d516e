"""Tables of properties of which an update policy, their coming and going, neighbours or values decide what replaces.

They hold what the pages of AWS say in words and what the code of its providers does, where "Update requires" and the
provider schemas can only say "conditionally".
"""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cdkguard.model import Replacement


class PolicyEffect(NamedTuple):
    """The effect of a change of one property by a switch of the resource's UpdatePolicy."""

    resource_type: str
    property: str
    switch: tuple[str, ...]  # The path of the switch below `UpdatePolicy`; left out, it is off.
    on: Replacement
    off: Replacement
    name: str = ""  # What each element of the property must have, or nobody knows what the switch does.


class PresenceEffect(NamedTuple):
    """The effect of a property that comes or goes; where only its value changes, the table of replacements decides."""

    resource_type: str
    property: str
    added: Replacement
    removed: Replacement
    keeps: str = ""  # A property that, true in the new template, keeps the resource where this one is removed.


class NeighbourEffect(NamedTuple):
    """The effect of a change of one property, by whether either template says something of its neighbours."""

    resource_type: str
    property: str
    neighbours: tuple[str, ...]
    said: Replacement
    unsaid: Replacement


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
    PolicyEffect(_CACHE, "NodeGroupConfiguration", ("UseOnlineResharding",), "no", "yes", name="NodeGroupId"),
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

NEIGHBOUR_EFFECTS = (
    # "However, if the PreferredAvailabilityZone and PreferredAvailabilityZones properties were not previously specified and
    # you don't specify any new values, an update requires replacement."
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticache-cachecluster.html
    NeighbourEffect(
        "AWS::ElastiCache::CacheCluster",
        "NumCacheNodes",
        ("PreferredAvailabilityZone", "PreferredAvailabilityZones"),
        said="no",
        unsaid="yes",
    ),
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
