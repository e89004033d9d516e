"""What a service refuses of an update: certain, perhaps, or nothing."""

import pytest

from cdkguard.diff.refusal import Refusal
from cdkguard.diff.refusals import FIXED, GROWING, find_refusals
from cdkguard.model import Change, Stack
from cdkguard.template.values import Deferred

TABLE, GLOBAL, POOL = "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Cognito::UserPool"
STACK = Stack("S", {}, "s.json")
PARAMETER = Deferred("parameter", {"Ref": "P"}, "P")


def refuse(kind, before, after, impact="WILL_UPDATE"):
    bodies = ({"Type": kind, "Properties": properties} for properties in (before, after))
    return find_refusals(Change(impact, STACK, "R", kind, None, *bodies))


def indexes(*names, **more):
    return {"GlobalSecondaryIndexes": [{"IndexName": name, **more} for name in names]}


def key(attribute):
    return [{"AttributeName": attribute, "KeyType": "HASH"}]


@pytest.mark.parametrize("kind", [TABLE, GLOBAL])
@pytest.mark.parametrize(
    ("before", "after", "is_refused"),
    [
        ({}, indexes("a"), False),
        ({}, indexes("a", "b"), True),
        (indexes("a", "b"), {}, True),
        (indexes("a"), indexes("b"), True),
        (indexes("a", "b"), indexes("b", "a"), False),
        (indexes("a"), indexes("a", "b", WarmThroughput={"ReadUnitsPerSecond": 9}), False),
        (indexes("a", KeySchema=key("x")), indexes("a", KeySchema=key("y")), True),
        (
            indexes("a", Projection={"ProjectionType": "ALL"}),
            indexes("a", Projection={"ProjectionType": "KEYS_ONLY"}),
            True,
        ),
        (
            indexes("a", Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]}),
            indexes("a", Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y", "x"]}),
            False,
        ),
    ],
)
def test_a_table_takes_one_index_more_or_less_with_each_update(kind, before, after, is_refused):
    assert [r.certain for r in refuse(kind, before, after)] == [True] * is_refused


def test_an_index_that_a_condition_decides_may_be_one_too_many():
    perhaps = {"Fn::If": ["C", {"IndexName": "b"}, {"Ref": "AWS::NoValue"}]}
    after = {"GlobalSecondaryIndexes": [{"IndexName": "a"}, perhaps]}
    assert [r.certain for r in refuse(TABLE, {}, after)] == [False]
    assert refuse(TABLE, indexes("a"), after) == []
    assert refuse(TABLE, after, after) == []


def test_a_name_that_only_the_deployment_knows_is_a_name():
    named = {"GlobalSecondaryIndexes": [{"IndexName": PARAMETER}]}
    assert refuse(TABLE, named, named) == []
    assert [r.certain for r in refuse(TABLE, named, indexes("a"))] == [True]


def test_a_table_that_is_made_anew_may_have_any_indexes():
    assert refuse(TABLE, {}, indexes("a", "b"), "WILL_REPLACE") == []
    assert [r.certain for r in refuse(TABLE, {}, indexes("a", "b"), "MAY_REPLACE")] == [False]


def test_replicas_come_one_by_one_but_for_those_of_strong_consistency():
    regions = [{"Region": region} for region in ("eu-west-1", "us-east-1", "us-west-2")]
    assert refuse(GLOBAL, {"Replicas": regions[:1]}, {"Replicas": regions[:2]}) == []
    assert refuse(GLOBAL, {"Replicas": regions[:1]}, {"Replicas": regions}) == [
        Refusal("create or delete more than one replica in one update (create us-east-1, us-west-2)")
    ]
    strong = {"Replicas": regions, "MultiRegionConsistency": "STRONG"}
    assert refuse(GLOBAL, {"Replicas": regions[:1]}, strong) == []


@pytest.mark.parametrize("fixed", FIXED)
def test_a_fixed_property_keeps_its_value_and_its_default_written_out(fixed):
    kind, name, default = fixed
    assert refuse(kind, {}, {name: default}) == refuse(kind, {name: default}, {}) == []
    assert [r.certain for r in refuse(kind, {}, {name: "another"})] == [True]
    assert [r.certain for r in refuse(kind, {}, {name: PARAMETER})] == [False]


@pytest.mark.parametrize("growing", GROWING)
def test_a_size_grows_but_does_not_shrink(growing):
    def of(size):
        for name in reversed(growing.path):
            size = {name: size}
        return size

    kind = growing.resource_type
    assert refuse(kind, of("100"), of(200)) == refuse(kind, of(100), of("100")) == refuse(kind, of(100), {}) == []
    assert [r.certain for r in refuse(kind, of(200), of("100"))] == [True]
    assert [r.certain for r in refuse(kind, of(200), of(PARAMETER))] == [False]


@pytest.mark.parametrize(
    ("before", "after", "is_refused"), [(4, 8, False), (4, 2, False), (4, 9, True), (4, 1, True), (1, "2", False)]
)
def test_shards_double_or_halve_at_most(before, after, is_refused):
    assert bool(refuse("AWS::Kinesis::Stream", {"ShardCount": before}, {"ShardCount": after})) is is_refused


@pytest.mark.parametrize(("before", "after", "is_refused"), [("1.30", "1.31", False), ("1.30", "1.32", True), ("1.30", "1.29", False), ("1.30", PARAMETER, False)])  # fmt: skip
def test_a_cluster_climbs_one_minor_version_at_a_time(before, after, is_refused):
    assert bool(refuse("AWS::EKS::Cluster", {"Version": before}, {"Version": after})) is is_refused


def test_a_user_pool_keeps_its_attributes_and_takes_more():
    email, plan = {"Name": "email", "Required": True}, {"Name": "plan", "AttributeDataType": "String"}
    assert refuse(POOL, {"Schema": [email]}, {"Schema": [plan, email]}) == []
    assert refuse(POOL, {"Schema": [email, plan]}, {"Schema": [email]}) == [Refusal("lose its attribute plan")]
    assert refuse(POOL, {"Schema": [plan]}, {"Schema": [plan, email]}) == [Refusal("require one more attribute, email")]
    number = {"Name": "plan", "AttributeDataType": "Number"}
    assert refuse(POOL, {"Schema": [plan]}, {"Schema": [number]}) == [Refusal("change its attribute plan")]
    mutable = {**plan, "Mutable": True}  # Which may be the default.
    assert [r.certain for r in refuse(POOL, {"Schema": [plan]}, {"Schema": [mutable]})] == [False]


def test_a_user_pool_keeps_its_ways_to_sign_in():
    one, other = {"UsernameAttributes": ["email", "phone_number"]}, {"UsernameAttributes": ["phone_number", "email"]}
    assert refuse(POOL, one, other) == []
    assert refuse(POOL, {}, one) == [Refusal("change its UsernameAttributes")]


def test_a_service_with_service_connect_is_not_replaced():
    on = {"ServiceConnectConfiguration": {"Enabled": True}}
    assert len(refuse("AWS::ECS::Service", on, on, "WILL_REPLACE")) == 1
    assert refuse("AWS::ECS::Service", on, {}, "WILL_REPLACE") == []
    assert refuse("AWS::ECS::Service", on, on) == []
