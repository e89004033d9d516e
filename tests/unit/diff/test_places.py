"""The place of a resource, by which another logical id does not hide what it follows."""

import importlib.util
import json

import pytest

from cdkguard.check.comparison import load_places
from tests.repository.test_schema_tables import needs_the_pinned_schemas
from tests.support.changes import compare
from tests.support.paths import ROOT

_spec = importlib.util.spec_from_file_location("make_places", ROOT / "tools/places/make_table.py")
make_places = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_places)

API = {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "shop"}}}


def one(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


def find_predecessors(before, after):
    """Logical id of a creation -> that of the removed resource whose place it takes."""
    return {c.logical_id: c.predecessor.logical_id for c in compare(before, after) if c.predecessor is not None}


PLACES = [
    ("ElasticLoadBalancingV2::Listener", {"LoadBalancerArn": "lb", "Port": 443}, {"Port": "443", "Protocol": "HTTP"}),
    ("ElasticLoadBalancingV2::ListenerRule", {"ListenerArn": "l", "Priority": 1}, {"Actions": [{"Type": "forward"}]}),
    ("ApiGateway::Method", {"RestApiId": "a", "ResourceId": "r", "HttpMethod": "GET"}, {"AuthorizationType": "NONE"}),
    ("ApiGatewayV2::Route", {"ApiId": "a", "RouteKey": "GET /"}, {"AuthorizationType": "NONE", "Target": "t"}),
    ("Lambda::Url", {"TargetFunctionArn": "f"}, {"AuthType": "NONE", "InvokeMode": "BUFFERED"}),
    ("S3::BucketPolicy", {"Bucket": "b"}, {"PolicyDocument": {"Statement": []}}),
    ("SQS::QueuePolicy", {"Queues": ["a", "b"]}, {"Queues": ["b", "a"], "PolicyDocument": {}}),
    ("EC2::Route", {"RouteTableId": "r", "DestinationIpv6CidrBlock": "::/0"}, {"GatewayId": "g", "A": 1}),
    ("Logs::LogGroup", {"LogGroupName": "/a", "KmsKeyId": "k"}, {"KmsKeyId": "j", "RetentionInDays": 1}),
    ("GuardDuty::Detector", {"Enable": True}, {"Enable": False}),
    ("Backup::BackupSelection", {"BackupPlanId": "p", "BackupSelection": {"SelectionName": "s", "A": 1}},
     {"BackupSelection": {"SelectionName": "s", "B": 1}}),
    ("CloudWatch::Alarm", {"Namespace": "n", "MetricName": "m", "ComparisonOperator": "c"}, {"ActionsEnabled": False, "A": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "place", "other"), PLACES)
def test_a_resource_of_the_same_place_follows_whatever_it_is_called(kind, place, other):
    old = one(kind, **{"More": [1, 2, 3, 4], **place})
    assert find_predecessors({"Old": old}, {"New": one(kind, **{**place, **other})}) == {"New": "Old"}


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("ApiGatewayV2::Route", {"ApiId": "a", "RouteKey": "GET /a"}, {"ApiId": "a", "RouteKey": "GET /b"}),
        (
            "ElasticLoadBalancingV2::Listener",
            {"LoadBalancerArn": "a", "Port": 80},
            {"LoadBalancerArn": "a", "Port": 81},
        ),
        ("Lambda::Url", {"TargetFunctionArn": "f"}, {"TargetFunctionArn": "f", "Qualifier": "live"}),
    ],
)
def test_a_resource_of_another_place_follows_nothing_however_alike(kind, old, new):
    alike = {f"P{i}": i for i in range(20)}
    assert find_predecessors({"Old": one(kind, **old, **alike)}, {"New": one(kind, **new, **alike)}) == {}


def test_of_two_the_one_at_the_same_place_follows_however_different():
    alike = {f"P{i}": i for i in range(20)}
    old = one("ApiGatewayV2::Route", ApiId="a", RouteKey="GET /a", **alike)
    near = one("ApiGatewayV2::Route", ApiId="a", RouteKey="GET /b", **alike)
    far = one("ApiGatewayV2::Route", ApiId="a", RouteKey="GET /a", Target="t")
    assert find_predecessors({"Old": old}, {"Near": near, "Far": far}) == {"Far": "Old"}


def test_what_is_at_another_place_is_no_rename():
    def association(load_balancer):
        return {"Lb": one("ElasticLoadBalancingV2::LoadBalancer", Name="a"),
                "Lb2": one("ElasticLoadBalancingV2::LoadBalancer", Name="b"),
                f"W{load_balancer}": one("WAFv2::WebACLAssociation", ResourceArn={"Ref": load_balancer}, WebACLArn="w")}  # fmt: skip

    assert [c.partner_id for c in compare(association("Lb"), association("Lb2"))] == [None, None]


def test_a_place_that_is_not_known_keeps_nothing_apart():
    alike = {f"P{i}": i for i in range(20)}

    def side(name):
        route = one("ApiGatewayV2::Route", ApiId={"Fn::ImportValue": name}, RouteKey="GET /a", **alike)
        return {f"{name}Route": route}

    assert find_predecessors(side("Old"), side("New")) == {"NewRoute": "OldRoute"}


def test_another_name_may_be_the_same_resource():
    alike = {f"P{i}": i for i in range(20)}
    old, new = (one("DynamoDB::Table", TableName=name, **alike) for name in ("a", "b"))
    assert find_predecessors({"Old": old}, {"New": new}) == {"New": "Old"}


def test_a_place_leads_through_resources_that_are_renamed_themselves():
    def side(api, folder, path, method, auth):
        return {
            api: one("ApiGateway::RestApi", Name="shop", Description="d"),
            folder: one("ApiGateway::Resource", RestApiId={"Ref": api},
                        ParentId={"Fn::GetAtt": [api, "RootResourceId"]}, PathPart="v1"),
            path: one("ApiGateway::Resource", RestApiId={"Ref": api}, ParentId={"Ref": folder}, PathPart="admin"),
            method: one("ApiGateway::Method", RestApiId={"Ref": api}, ResourceId={"Ref": path}, HttpMethod="GET",
                        AuthorizationType=auth, **{auth: 1}),
        }  # fmt: skip

    found = find_predecessors(side("A", "B", "C", "D", "AWS_IAM"), side("A2", "B2", "C2", "D2", "NONE"))
    assert found == {"A2": "A", "B2": "B", "C2": "C", "D2": "D"}


def test_what_aws_has_several_of_follows_only_where_it_is_the_only_one():
    def permission(**more):
        return one("Lambda::Permission", FunctionName="f", Action="lambda:InvokeFunction", Principal="p", **more)

    old = permission(SourceArn="a", SourceAccount="b")
    assert find_predecessors({"Old": old}, {"New": permission()}) == {"New": "Old"}
    assert find_predecessors({"Old": old}, {"New": permission(), "New2": permission(EventSourceToken="t")}) == {}


def test_references_in_a_circle_end():
    def side(a, b):
        return {
            name: one("ApiGateway::Resource", RestApiId="x", ParentId={"Ref": other}, PathPart="p")
            for name, other in ((a, b), (b, a))
        }

    assert len(compare(side("A", "B"), side("C", "D"))) == 4


@needs_the_pinned_schemas
def test_the_table_is_what_the_schemas_and_the_overlay_say():
    table, mistakes = make_places.make_table()
    shipped = json.loads(make_places.TABLE.read_text())
    assert not mistakes
    if table["_"] == shipped["_"]:
        assert table == shipped


def test_each_decision_of_the_overlay_has_a_source():
    entries = make_places.yaml.safe_load((make_places.HERE / "overlay.yaml").read_text())
    assert all(entry["source"].endswith(".html") and ("names" in entry) != ("places" in entry) for entry in entries)
    assert {entry["type"] for entry in entries} <= load_places().keys()
