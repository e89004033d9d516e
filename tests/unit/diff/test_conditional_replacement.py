"""Changes of which an update policy, or the coming and going of a property, decides whether they replace."""

import pytest

from cdkguard.diff.replacement_conditions import KEEPING_VALUES, NEIGHBOUR_EFFECTS, POLICY_EFFECTS, PRESENCE_EFFECTS
from tests.support.changes import compare, find_change, stack

NO_VALUE = {"Ref": "AWS::NoValue"}


def either(one, other):
    return {"Fn::If": ["Prod", one, other]}


CONDITIONAL = {
    "Parameters": {"Stage": {"Type": "String"}},
    "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
}


def impact(kind, before, after, policy=None, old_policy=None):
    """The impact of a change of the properties under the update policies of the new and of the old template."""

    def side(properties, policy):
        body = {"Type": kind, "Properties": properties}
        return [stack({"It": body if policy is None else {**body, "UpdatePolicy": policy}}, **CONDITIONAL)]

    return find_change(compare(side(before, old_policy), side(after, policy))).impact


def switch(effect, value):
    for name in reversed(effect.switch):
        value = {name: value}
    return value


IMPACTS = {"no": "WILL_UPDATE", "maybe": "MAY_REPLACE", "yes": "WILL_REPLACE"}


@pytest.mark.parametrize("effect", POLICY_EFFECTS, ids=lambda effect: f"{effect.resource_type} {effect.property}")
def test_the_update_policy_of_the_new_template_decides(effect):
    def with_policy(policy, old_policy=None):
        return impact(effect.resource_type, {effect.property: "1"}, {effect.property: "2"}, policy, old_policy)

    on, off = IMPACTS[effect.on], IMPACTS[effect.off]
    assert with_policy(switch(effect, True)) == with_policy(switch(effect, "true")) == on
    assert with_policy(switch(effect, False)) == with_policy(switch(effect, "False")) == off
    assert with_policy(None) == with_policy({}) == with_policy(switch(effect, NO_VALUE)) == off
    assert with_policy(switch(effect, True), switch(effect, False)) == on
    assert with_policy(None, switch(effect, True)) == off
    # What the deployment decides is not known.
    assert with_policy(switch(effect, {"Ref": "Stage"})) == "MAY_REPLACE"
    assert with_policy(switch(effect, either(True, False))) == "MAY_REPLACE"
    assert with_policy(either(switch(effect, True), NO_VALUE)) == "MAY_REPLACE"
    assert with_policy(switch(effect, either(True, "true"))) == on


DOMAIN, OLD_DOMAIN = "AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"
CACHE, API = "AWS::ElastiCache::ReplicationGroup", "AWS::AppSync::GraphQLApi"
NODES = "AWS::ElastiCache::CacheCluster"
SHARD, OTHER_SHARD = {"NodeGroupId": "0001"}, {"NodeGroupId": "0002"}
ZONES = {"PreferredAvailabilityZones": ["a", "b"]}
MAYBE_ZONES = {"PreferredAvailabilityZones": either(["a", "b"], NO_VALUE)}
DB, CLUSTER = "AWS::RDS::DBInstance", "AWS::RDS::DBCluster"
VPC = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
OTHER_VPC = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-2"]}

CHANGES = [
    (API, {"Name": "a"}, {"Name": "a", "ApiType": "GRAPHQL"}, "WILL_REPLACE"),
    (API, {"Name": "a"}, {"Name": "a", "Visibility": "GLOBAL"}, "WILL_REPLACE"),
    (API, {"Name": "a"}, {"Name": "b"}, "WILL_UPDATE"),
    (API, {"Name": "a", "Visibility": "GLOBAL"}, {"Name": "b", "Visibility": "GLOBAL"}, "WILL_UPDATE"),
    (API, {"Visibility": "GLOBAL"}, {"Name": "a"}, "MAY_REPLACE"),
    (API, {"Visibility": "PRIVATE"}, {"Visibility": "GLOBAL"}, "WILL_REPLACE"),
    (DOMAIN, {"VPCOptions": VPC}, {}, "WILL_REPLACE"),
    (DOMAIN, {"VPCOptions": VPC}, {"VPCOptions": NO_VALUE}, "WILL_REPLACE"),
    (DOMAIN, {"VPCOptions": VPC}, {"VPCOptions": OTHER_VPC}, "WILL_UPDATE"),
    (DOMAIN, {"VPCOptions": VPC}, {"VPCOptions": either(VPC, NO_VALUE)}, "MAY_REPLACE"),
    (DOMAIN, {"VPCOptions": either(VPC, NO_VALUE)}, {"VPCOptions": either(OTHER_VPC, NO_VALUE)}, "WILL_UPDATE"),
    (DOMAIN, {"VPCOptions": VPC}, {"VPCOptions": either(VPC, OTHER_VPC)}, "WILL_UPDATE"),
    (DOMAIN, {}, {"VPCOptions": VPC}, "MAY_REPLACE"),
    (OLD_DOMAIN, {"VPCOptions": VPC}, {}, "WILL_REPLACE"),
    (CACHE, {}, {"AuthToken": "{{resolve:secretsmanager:token}}"}, "WILL_REPLACE"),
    (DB, {"DBSnapshotIdentifier": "a"}, {"DBSnapshotIdentifier": "b"}, "WILL_REPLACE"),
    (DB, {"DBSnapshotIdentifier": "a"}, {}, "WILL_REPLACE"),
    (DB, {"DBSnapshotIdentifier": "a"}, {"DBSnapshotIdentifier": NO_VALUE}, "WILL_REPLACE"),
    (DB, {"SourceDBInstanceIdentifier": "a"}, {}, "WILL_UPDATE"),
    (DB, {"SourceDBInstanceIdentifier": "a"}, {"SourceDBInstanceIdentifier": "b"}, "WILL_REPLACE"),
    (DB, {"SourceDBInstanceIdentifier": "a"}, {"SourceDBInstanceIdentifier": either("a", NO_VALUE)}, "MAY_REPLACE"),
    (DB, {}, {"PerformanceInsightsKMSKeyId": "a"}, "WILL_UPDATE"),
    (DB, {"PerformanceInsightsKMSKeyId": "a"}, {"PerformanceInsightsKMSKeyId": "b"}, "WILL_REPLACE"),
    (DB, {"AvailabilityZone": "eu-west-1a"}, {"MultiAZ": True}, "WILL_UPDATE"),
    (DB, {"AvailabilityZone": "eu-west-1a"}, {"MultiAZ": {"Ref": "Stage"}}, "MAY_REPLACE"),
    (DB, {"AvailabilityZone": "eu-west-1a"}, {}, "WILL_REPLACE"),
    (DB, {"AvailabilityZone": "eu-west-1a"}, {"AvailabilityZone": "eu-west-1b"}, "WILL_REPLACE"),
    (DB, {"Engine": "mysql"}, {"Engine": "mariadb"}, "WILL_REPLACE"),
    (DB, {"Engine": "Oracle-SE1"}, {"Engine": "oracle-se2"}, "WILL_UPDATE"),
    (DB, {"UseLatestRestorableTime": True}, {"UseLatestRestorableTime": "false"}, "WILL_UPDATE"),
    (DB, {"UseLatestRestorableTime": False}, {"UseLatestRestorableTime": True}, "MAY_REPLACE"),
    (CLUSTER, {"Engine": "aurora"}, {"Engine": "aurora-mysql"}, "WILL_UPDATE"),
    (CLUSTER, {"Engine": "aurora-mysql"}, {"Engine": "aurora-postgresql"}, "WILL_REPLACE"),
    (CLUSTER, {"GlobalClusterIdentifier": "a"}, {}, "WILL_UPDATE"),
    (CLUSTER, {}, {"GlobalClusterIdentifier": "a"}, "WILL_REPLACE"),
    ("AWS::EC2::VPC", {"InstanceTenancy": "dedicated"}, {"InstanceTenancy": "default"}, "WILL_UPDATE"),
    ("AWS::EC2::VPC", {"InstanceTenancy": "default"}, {"InstanceTenancy": "dedicated"}, "MAY_REPLACE"),
    (CACHE, {"Engine": "redis"}, {"Engine": "valkey"}, "WILL_UPDATE"),
    (CACHE, {"Engine": "valkey"}, {"Engine": "redis"}, "MAY_REPLACE"),
    (CACHE, {"NodeGroupConfiguration": [SHARD]}, {"NodeGroupConfiguration": [SHARD, OTHER_SHARD]}, "WILL_UPDATE"),
    (CACHE, {"NodeGroupConfiguration": [{}]}, {"NodeGroupConfiguration": [{}, {}]}, "MAY_REPLACE"),
    (NODES, {"NumCacheNodes": 2}, {"NumCacheNodes": 3}, "WILL_REPLACE"),
    (NODES, {"NumCacheNodes": 2}, {"NumCacheNodes": 3, "PreferredAvailabilityZones": ["a", "b", "c"]}, "MAY_REPLACE"),
    (NODES, {"NumCacheNodes": 2, **ZONES}, {"NumCacheNodes": 3, **ZONES}, "WILL_UPDATE"),
    (NODES, {"NumCacheNodes": 2, **MAYBE_ZONES}, {"NumCacheNodes": 3, **MAYBE_ZONES}, "MAY_REPLACE"),
    # UseOnlineResharding is about shards only.
    (CACHE, {"CacheSubnetGroupName": "a"}, {"CacheSubnetGroupName": "b"}, "WILL_REPLACE"),
]


def keyed(**types):
    """A table with the key `pk`, whose attributes have these types."""
    attributes = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    return {"AttributeDefinitions": attributes, "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}


CHANGES += [
    (table, before, after, expected)
    for table in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
    for before, after, expected in [
        (keyed(pk="S"), keyed(pk="N"), "WILL_REPLACE"),
        (keyed(pk="S", x="S"), keyed(x="S", pk="N"), "WILL_REPLACE"),
        (keyed(pk="S"), keyed(x="S", pk="N"), "WILL_REPLACE"),
        (keyed(pk="S", x="N"), keyed(x="N", pk="S"), "WILL_UPDATE"),
        (keyed(pk="S", x="S"), keyed(pk="S", y="N"), "WILL_UPDATE"),
        (keyed(pk="S"), keyed(pk="S", x="N"), "WILL_UPDATE"),
        (keyed(pk="S", x="S"), keyed(pk="S", x="N"), "MAY_REPLACE"),
        (keyed(pk="S"), keyed(pk={"Ref": "Stage"}), "MAY_REPLACE"),
    ]
]


@pytest.mark.parametrize(("kind", "before", "after", "expected"), CHANGES)
def test_a_property_that_comes_or_goes_decides(kind, before, after, expected):
    policy = {"UseOnlineResharding": True, "EnableVersionUpgrade": True}
    assert impact(kind, before, after, policy, policy) == expected


def test_each_property_is_decided_by_one_record():
    places = [(effect.resource_type, effect.property) for effect in (*POLICY_EFFECTS, *NEIGHBOUR_EFFECTS)]
    later = [(effect.resource_type, effect.property) for effect in (*PRESENCE_EFFECTS, *KEEPING_VALUES)]
    assert len(set(places)) == len(places) and not {*places} & {*later}
    for table in (PRESENCE_EFFECTS, KEEPING_VALUES):
        assert len({(effect.resource_type, effect.property) for effect in table}) == len(table)


INTERRUPTED = ("BackupRetentionPeriod", "MultiAZ", "StorageType", "PreferredMaintenanceWindow", "DBParameterGroupName")


@pytest.mark.parametrize("name", INTERRUPTED)
def test_some_interruptions_are_no_replacement(name):
    assert impact(DB, {name: "1"}, {name: "2"}) == impact(DB, {}, {name: "2"}) == "WILL_UPDATE"
