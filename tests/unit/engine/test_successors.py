"""Protections of a resource that takes the place of another one under a new logical id."""

import pytest

from cdkguard.engine.successors import find_updates
from cdkguard.model import Outcome
from tests.support.changes import compare, fired, judged, write_assembly


def one(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


def listener(**more):
    return one("ElasticLoadBalancingV2::Listener", **{"LoadBalancerArn": "lb", "Port": 443, **more})


def rule(*actions):
    return one("ElasticLoadBalancingV2::ListenerRule", ListenerArn="l", Priority=1, Actions=[*actions])


def method(auth):
    return one("ApiGateway::Method", RestApiId="a", ResourceId="r", HttpMethod="GET", AuthorizationType=auth)


def route(key, auth):
    return one("ApiGatewayV2::Route", ApiId="a", RouteKey=key, AuthorizationType=auth, Target="integrations/x")


HTTPS = {
    "Protocol": "HTTPS",
    "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "Certificates": [{"CertificateArn": "c"}],
}
LOGIN = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {"Issuer": "i"}}
FORWARD = {"Type": "forward", "Order": 2, "TargetGroupArn": "t"}
LOG = {"LogGroupName": "/shop", "KmsKeyId": "k", "Tags": [{"Key": "a", "Value": "b"}]}


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (listener(**HTTPS), listener(Protocol="HTTP"), {"authentication-weakened"}),
        (rule(LOGIN, FORWARD), rule(FORWARD), {"authentication-weakened"}),
        (method("AWS_IAM"), method("NONE"), {"protection-weakened"}),
        (route("GET /admin", "JWT"), route("GET /admin", "NONE"), {"protection-weakened"}),
        (one("Logs::LogGroup", **LOG), one("Logs::LogGroup", LogGroupName="/shop", RetentionInDays=1),
         {"retention-shortened"}),
        (one("GuardDuty::Detector", Enable=True), one("GuardDuty::Detector", Enable=False), {"safeguard-off"}),
        # Stronger, the same, or at another place.
        (listener(Protocol="HTTP"), listener(**HTTPS), set()),
        (listener(**HTTPS), listener(**HTTPS), set()),
        (route("GET /admin", "JWT"), route("GET /status", "NONE"), set()),
        (rule(FORWARD), rule(LOGIN, FORWARD), set()),
    ],
)  # fmt: skip
def test_what_another_logical_id_takes_away(tmp_path, before, after, rules):
    assert fired(judged(tmp_path, {"Old": before}, {"New": after})) - {"network-widened"} == rules


def test_the_message_says_what_replaced_what(tmp_path):
    found = judged(tmp_path, {"Old": method("AWS_IAM")}, {"New": method("NONE")}).active
    (finding,) = [f for f in found if f.rule_id != "rename-refused"]
    assert (finding.logical_id, finding.impact, finding.outcome) == ("New", "WILL_CREATE", Outcome.FAIL)
    assert finding.message.endswith("AWS_IAM -> NONE (apigw-open-access); it takes the place of Old")


def test_a_rename_that_others_follow_takes_nothing_away(tmp_path):
    def side(name):
        return {
            f"{name}Key": one("KMS::Key", EnableKeyRotation=True),
            f"{name}Topic": one("SNS::Topic", KmsMasterKeyId={"Ref": f"{name}Key"}),
            f"{name}Alarm": one("CloudWatch::Alarm", Namespace="n", MetricName="m", AlarmActions=[{"Ref": f"{name}Topic"}]),
            f"{name}Selection": one("Backup::BackupSelection", BackupPlanId="p", BackupSelection={
                "SelectionName": "s", "Resources": [{"Fn::GetAtt": [f"{name}Topic", "TopicArn"]}]}),
        }  # fmt: skip

    weaker = {"protection-weakened", "encryption-key-changed", "safeguard-off", "access-widened"}
    assert not fired(judged(tmp_path, side("Old"), side("New")), "low") & weaker


@pytest.mark.parametrize(("auth", "rules"), [("NONE", {"protection-weakened"}), ("AWS_IAM", set())])
def test_a_move_into_a_nested_stack_is_compared(tmp_path, auth, rules):
    api = one("ApiGateway::RestApi", Name="shop")
    inner = method(auth)
    inner["Properties"]["RestApiId"] = {"Ref": "Api"}
    old = method("AWS_IAM")
    old["Properties"]["RestApiId"] = {"Ref": "Api"}
    nested = {"Parameters": {"Api": {"Type": "String"}}, "Resources": {"Get": inner}}
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Api": {"Ref": "Api"}}}}
    before = write_assembly(tmp_path / "old", Prod={"template": {"Resources": {"Api": api, "Get": old}}})
    after = write_assembly(
        tmp_path / "new", Prod={"template": {"Resources": {"Api": api, "Nest": stack}}, "nested": {"Nest": nested}}
    )
    assert fired(judged(tmp_path, before, after)) == rules


def test_what_was_removed_is_part_of_what_is_approved():
    first, second = ({"New": method("NONE")}, {"New": method("NONE")})
    tokens = [
        next(c.token for c in compare({"Old": old}, new) if c.logical_id == "New")
        for old, new in ((method("NONE"), first), (method("AWS_IAM"), second))
    ]
    assert tokens[0] != tokens[1]


def test_references_to_what_is_renamed_are_alike():
    def side(name):
        return {
            f"{name}Q": one("SQS::Queue", QueueName="q"),
            f"{name}P": one("SQS::QueuePolicy", Queues=[{"Ref": f"{name}Q"}], PolicyDocument={"Version": "2012-10-17"}),
        }

    assert [update.properties for update in find_updates(compare(side("A"), side("B")))] == [(), ()]


# -- what is advised


TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST"}}
ELSEWHERE = {"artifact": {"environment": "aws://111111111111/eu-central-1"}}


def in_stack(resources, **more):
    return {"template": {"Resources": resources}, **more}


@pytest.mark.parametrize(
    ("before", "after", "says", "helps_not"),
    [
        ({"Prod": in_stack({"T": TABLE})}, {"Prod": in_stack({"T2": TABLE})}, "override_logical_id", "env"),
        ({"Prod": in_stack({"T": TABLE})}, {"Prod": in_stack({"T": TABLE}, **ELSEWHERE)}, "`env`", "cdk refactor"),
        ({"Prod": in_stack({"T": TABLE})}, {"Shop": in_stack({"T": TABLE})}, "name", "cdk refactor"),
        ({"A": in_stack({"T": TABLE}), "B": in_stack({})}, {"A": in_stack({}), "B": in_stack({"T": TABLE})},
         "cdk refactor", "override_logical_id"),
        ({"A": in_stack({"T": TABLE})}, {"A": in_stack({}, nested={"N": {"T": TABLE}})},
         "nested stack", "override_logical_id"),
        ({"A": in_stack({}, nested={"N": {"T": TABLE}})}, {"A": in_stack({}, nested={"M": {"T": TABLE}})},
         "nested stack", "override_logical_id"),
    ],
)  # fmt: skip
def test_the_advice_is_for_the_kind_of_move(tmp_path, before, after, says, helps_not):
    paths = [write_assembly(tmp_path / name, **side) for name, side in (("old", before), ("new", after))]
    (finding,) = [f for f in judged(tmp_path, *paths).active if f.rule_id == "data-renamed"]
    advice = " ".join(filter(None, finding.remedy))
    assert says in advice and helps_not not in advice
