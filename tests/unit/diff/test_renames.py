"""Which resource that goes is one that comes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.diff import renames
from cdkguard.diff.renames import match_renames
from cdkguard.model import Change
from tests.support.changes import compare, stack

TABLE = "AWS::DynamoDB::Table"


SHOP = stack({}, "Shop")


def one(logical_id, path=None, kind=TABLE, **properties):
    body = {"Type": kind, "Properties": properties}
    return Change("WILL_CREATE", SHOP, logical_id, kind, path or logical_id, after=body)


def find_pairs(gone, come):
    return {(a.logical_id, b.logical_id) for a, b in match_renames(gone, come)}


BODY = {"Mode": "X", "Name": "orders", "Ttl": 5, "Keys": ["a", "b"]}


def test_equal_values_are_the_same_resource():
    assert find_pairs([one("A", **BODY)], [one("B", **BODY)]) == {("A", "B")}


def test_one_of_many_values_may_differ():
    assert find_pairs([one("A", **BODY)], [one("B", **{**BODY, "Ttl": 6, "More": 1})]) == set()
    assert find_pairs([one("A", **BODY)], [one("B", **{**BODY, "More": 1})]) == {("A", "B")}


def test_another_type_is_another_resource():
    assert not find_pairs([one("A", **BODY)], [one("B", kind="AWS::S3::Bucket", **BODY)])


def test_the_construct_path_decides_between_twins():
    gone = [one("A1", "Shop/Old/Orders/Resource"), one("A2", "Shop/Old/Users/Resource")]
    come = [one("B2", "Shop/New/Users/Resource"), one("B1", "Shop/New/Orders/Resource")]
    assert find_pairs(gone, come) == find_pairs(gone[::-1], come[::-1]) == {("A1", "B1"), ("A2", "B2")}


def test_each_is_in_one_pair_at_most():
    gone, come = [one("A", **BODY), one("B", **BODY)], [one("C", **BODY)]
    assert len(find_pairs(gone, come)) == 1


def test_many_of_one_type_are_matched_by_equal_values():
    gone = [one(f"A{i}", Name=f"n{i}", Ttl=i) for i in range(30)]
    come = [one(f"B{i}", Name=f"n{i}", Ttl=i) for i in range(30)]
    assert find_pairs(gone, come) == {(f"A{i}", f"B{i}") for i in range(30)}


@pytest.mark.parametrize("count", [2, 30])
def test_a_resource_that_goes_is_one_that_comes_at_most(count):
    gone, come = [one("A", **BODY)], [one(f"C{i}", **BODY) for i in range(count)]
    assert len(find_pairs(gone, come)) == len(find_pairs(come, gone)) == 1


PARTS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4)
SIDES = st.lists(st.tuples(PARTS, st.sampled_from([{}, {"Ttl": 1}, {"Ttl": 2}])), max_size=6)


@given(SIDES, SIDES)
def test_each_side_is_used_once_and_pairs_are_alike(olds, news):
    def side(name, rows):
        return [one(f"{name}{i}", "/".join(path), **values) for i, (path, values) in enumerate(rows)]

    found = list(match_renames(side("A", olds), side("B", news)))
    assert all(a.logical_id[0] == "A" and b.logical_id[0] == "B" and a.after == b.after for a, b in found)
    assert len({a.logical_id for a, _ in found}) == len({b.logical_id for _, b in found}) == len(found)
    for values in ({"Ttl": 1}, {"Ttl": 2}):  # what has values finds a partner as long as there is one
        counts = [sum(v == values for _path, v in rows) for rows in (olds, news)]
        assert sum(a.after["Properties"] == values for a, _ in found) == min(counts)


@given(PARTS, PARTS)
def test_how_near_two_paths_are(one_path, other_path):
    near = renames._compare_paths("/".join(one_path), "/".join(other_path))
    assert near == renames._compare_paths("/".join(other_path), "/".join(one_path))
    assert 0 <= near <= 1 and (near == 1) == (one_path == other_path)


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [("a/b/c", "a/x/c", 2 / 3), ("a/b", "a/b/c", 2 / 3), ("a/b/c", "b/c", 2 / 3), ("a", "b", 0), ("a/b/c/d", "a/c/d", 3 / 4), ("a/a", "a", 1 / 2)],
)  # fmt: skip
def test_a_path_is_compared_from_both_ends(old, new, near):
    assert renames._compare_paths(old, new) == near


def test_empty_resources_are_the_same_only_where_nothing_else_could_be():
    assert find_pairs([one("A", "x/y")], [one("B", "p/q")]) == {("A", "B")}
    assert find_pairs([one("A", "x/y"), one("C", "x/z")], [one("B", "p/q")]) == set()
    assert find_pairs([one("A", "x/y"), one("C", "r/s")], [one("B", "x/q")]) == {("A", "B")}


def test_very_many_equal_ones_are_taken_in_their_order():
    gone, come = [one(f"A{i:03}", **BODY) for i in range(201)], [one(f"B{i:03}", **BODY) for i in range(201)]
    assert find_pairs(gone, come) == {(f"A{i:03}", f"B{i:03}") for i in range(201)}


# -- in whole assemblies

ORDERS = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}}


def tier(parent):
    """A table, its role and a function that refers to both, below one construct."""
    ids = {name: f"{parent}{name}" for name in ("Table", "Role", "Handler")}
    resources = {
        ids["Table"]: ORDERS,
        ids["Role"]: {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}, "Path": "/x/"}},
        ids["Handler"]: {"Type": "AWS::Lambda::Function", "Properties": {
            "Role": {"Fn::GetAtt": [ids["Role"], "Arn"]}, "Environment": {"Variables": {"TABLE": {"Ref": ids["Table"]}}}, "Timeout": 3}},
    }  # fmt: skip
    return stack(resources, paths={i: f"Shop/{parent}/{name}" for name, i in ids.items()})


def test_a_renamed_parent_renames_all_below_it():
    changes = {c.construct_path: c for c in compare([tier("Old")], [tier("New")])}
    for name in ("Table", "Role", "Handler"):
        gone, come = changes[f"Shop/Old/{name}"], changes[f"Shop/New/{name}"]
        assert (gone.partner, come.partner) == (f"Shop/New/{name}", f"Shop/Old/{name}")
        assert gone.detail[0] == come.detail[0] == "renamed"
    assert "same-name" in changes["Shop/Old/Table"].detail


def test_a_resource_that_moves_to_another_stack():
    before = [stack({"It": ORDERS, "Q": QUEUE}, "A"), stack({"Q": QUEUE}, "B")]
    after = [stack({"Q": QUEUE}, "A"), stack({"It": ORDERS, "Q": QUEUE}, "B")]
    gone, come = compare(before, after)
    assert (gone.impact, come.impact) == ("WILL_DESTROY", "WILL_CREATE")
    assert gone.detail == come.detail == ("moved", "same-name", "name-taken")
    assert (gone.partner_stack, come.partner_stack) == ("B", "A")


def test_a_stack_that_moves_leaves_its_resources_behind():
    before = [stack({"It": ORDERS}, account="1", region="eu-west-1")]
    after = [stack({"It": ORDERS}, account="1", region="us-east-1")]
    found = [(c.impact, c.detail) for c in compare(before, after)]
    assert ("WILL_ORPHAN", ("stack-removed", "moved", "other-environment")) in found


@pytest.mark.parametrize(
    ("kind", "name", "account", "meets"),
    [
        ("AWS::DynamoDB::Table", "TableName", "1", False),  # Names of a region.
        ("AWS::S3::Bucket", "BucketName", "2", True),  # Names of the whole world.
        ("AWS::IAM::Role", "RoleName", "1", True),  # Names of an account.
        ("AWS::IAM::Role", "RoleName", "2", False),
    ],
)
def test_a_name_is_taken_where_the_service_knows_it(kind, name, account, meets):
    it = {"It": {"Type": kind, "Properties": {name: "orders"}}}
    before, after = [stack(it, account="1", region="a")], [stack(it, account=account, region="b")]
    created = next(c for c in compare(before, after) if c.impact == "WILL_CREATE")
    assert created.has_detail("same-name") is meets


def test_a_stack_that_moves_or_gets_another_name_is_called_by_what_differs():
    before = [stack({"It": ORDERS}, "shop-a", path="Shop", account="111111111111", region="eu-west-1")]
    renamed = [stack({"It": ORDERS}, "shop-b", path="Shop", account="111111111111", region="eu-west-1")]
    moved = [stack({"It": ORDERS}, "shop-a", path="Shop", account="222222222222", region="eu-west-1")]
    for after, there in ((renamed, "shop-b"), (moved, "shop-a of 222222222222/eu-west-1")):
        (gone,) = [c for c in compare(before, after) if c.impact == "WILL_ORPHAN"]
        assert gone.partner_stack == there


@pytest.mark.parametrize(
    ("kind", "name", "is_taken"),
    [
        ("AWS::Route53::HostedZone", "Name", False),  # a zone of that name with other name servers is made beside it
        ("AWS::ApiGateway::RestApi", "Name", False),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", True),
        ("AWS::DynamoDB::Table", "TableName", True),
    ],
)
def test_a_name_that_several_resources_may_have_is_not_taken(kind, name, is_taken):
    body = {"Type": kind, "Properties": {name: "example.com"}}
    changes = compare({"Old": body}, {"New": body})
    assert {"same-name" in change.detail for change in changes} == {is_taken}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::EC2::SecurityGroup", {"GroupDescription": "Shop/{}", "VpcId": "vpc-1"}),
        ("AWS::ApiGateway::RestApi", {"Name": "{}"}),
        ("AWS::EC2::Subnet", {"CidrBlock": "10.0.0.0/24", "Tags": [{"Key": "Name", "Value": "Shop/{}"}]}),
    ],
)
def test_what_a_resource_is_called_in_the_code_does_not_tell_it_apart(kind, properties):
    def side(name):
        text = json.dumps({"Type": kind, "Properties": properties}).replace("{}", name)
        return [stack({name: json.loads(text)}, paths={name: f"Shop/{name}/Resource"})]

    found = {c.logical_id: c for c in compare(side("App"), side("AppNext"))}
    assert found["App"].partner_id == "AppNext" and found["App"].has_detail("renamed")


@pytest.mark.parametrize(("name", "is_one"), [("Example.com.", True), ("example.org", False), ({"Ref": "P"}, False)])
def test_a_hosted_zone_is_known_by_its_name(name, is_one):
    old = {
        "Type": "AWS::Route53::HostedZone",
        "Properties": {"Name": "example.com", "HostedZoneConfig": {"Comment": "a"}},
    }
    new = {
        "Type": "AWS::Route53::HostedZone",
        "Properties": {"Name": name, "HostedZoneTags": [{"Key": "b", "Value": "c"}]},
    }
    assert {"renamed" in change.detail for change in compare({"Old": old}, {"New": new})} == {is_one}


RECORD = {"HostedZoneId": "Z1", "Name": "a.example.com.", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]}


@pytest.mark.parametrize(
    ("before", "after", "is_taken"),
    [
        ({}, {}, True),
        ({}, {"ResourceRecords": ["192.0.2.2"]}, True),
        ({"SetIdentifier": "one", "Weight": 1}, {"SetIdentifier": "one", "Weight": 2}, True),
        ({"SetIdentifier": "one", "Weight": 1}, {"SetIdentifier": "two", "Weight": 1}, False),
        ({}, {"Type": "AAAA"}, False),
        ({}, {"HostedZoneId": "Z2"}, False),  # a private zone beside a public one
    ],
)
def test_a_record_is_taken_in_its_zone(before, after, is_taken):
    gone, come = ({"Type": "AWS::Route53::RecordSet", "Properties": {**RECORD, **more}} for more in (before, after))
    changes = compare({"Old": gone}, {"New": come})
    assert {"name-taken" in change.detail for change in changes} == {is_taken}


def test_a_name_is_only_called_taken_where_the_documents_say_so():
    """A policy of an identity may stand beside another one of the same name: only two of a role cannot."""
    for kind, name, is_taken in (
        ("AWS::IAM::Policy", "PolicyName", False),
        ("AWS::CloudWatch::Alarm", "AlarmName", True),
    ):
        body = {"Type": kind, "Properties": {name: "a"}}
        assert {"name-taken" in c.detail for c in compare({"Old": body}, {"New": body})} == {is_taken}
