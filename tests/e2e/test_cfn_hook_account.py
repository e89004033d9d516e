"""With `read_stack` the hook reads its own account: moto's CloudFormation, and a stub in front of it for what moto does not refuse."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import pytest

from cdkguard.baselines import aws_calls
from cdkguard.cfnhook.handler import answer_event
from cdkguard.cfnhook.hook import bind_hook
from cdkguard.config.load import config_of_data
from tests.support.moto_stacks import VARIABLES, open_moto
from tests.support.presigned import assert_valid, change_set_event, presigned_urls, stack_event

boto3 = pytest.importorskip("boto3")
pytest.importorskip("moto", reason="moto[server] stands for AWS")
pytestmark = pytest.mark.e2e

REGION = VARIABLES["AWS_REGION"]
TOPIC = {"Type": "AWS::SNS::Topic"}
BARE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    },
}
PROTECT = {"Protect": {"Type": "String", "Default": "true"}}
SOUND = {
    **BARE,
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {
        **BARE["Properties"],
        "DeletionProtectionEnabled": {"Ref": "Protect"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
}
STAGED = {
    "Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
    "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
}
CONFIG = {
    "environments": {"prod": {"stacks": ["*prod*"], "strict": True}, "dev": {"stacks": ["*dev*"]}},
    "cfn_hook": {"read_stack": True, "keep": ["kept*"]},
}


def body(parameters=None, **resources):
    return json.dumps({"Resources": resources, **({"Parameters": parameters} if parameters else {})})


@contextmanager
def in_front_of(url, refused):
    """The address of a server that refuses the actions that `refused` names, an error code each, and passes on the others."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            data = self.rfile.read(int(self.headers["Content-Length"]))
            action = parse_qs(data.decode())["Action"][0]
            asked.append(action)
            if action in refused:
                error = (
                    f"<ErrorResponse><Error><Code>{refused[action]}</Code><Message>no</Message></Error></ErrorResponse>"
                )
                return self.answer(403, error.encode())
            headers = {key: self.headers[key] for key in ("Content-Type", "Authorization", "X-Amz-Date")}
            with urlopen(Request(url, data, headers), timeout=30) as answer:
                self.answer(200, answer.read())

        def answer(self, status, data):
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format, *args):
            pass

    asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


class Account:
    """Moto's account, and the hook that looks at it."""

    def __init__(self, url, urls):
        self.url, self.urls = url, urls
        self.client = boto3.client("cloudformation", region_name=REGION, endpoint_url=url)
        self.hook = bind_hook(config_of_data(CONFIG), allows_loopback=True)

    def deploy(self, name, template, **parameters):
        self.client.create_stack(StackName=name, TemplateBody=template, Parameters=_list(parameters))
        return self.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]

    def plan(self, name, template, kind="UPDATE", **parameters):
        made = self.client.create_change_set(
            StackName=name, ChangeSetName="deploy", ChangeSetType=kind, TemplateBody=template, Parameters=_list(parameters),
            Tags=[{"Key": "team", "Value": "orders"}],
        )  # fmt: skip
        return made["Id"], made["StackId"]

    def ask(self, event, payload=None):
        if payload is not None:
            event["requestData"]["payload"] = self.urls.put(payload)
        answer = answer_event(event, lambda: self.hook)
        assert_valid(answer)
        return answer

    def delete(self, name):
        stack = self.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        return self.ask(stack_event("DELETE", name, stackId=stack))


def _list(parameters):
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]


@pytest.fixture
def account(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with open_moto() as url, presigned_urls() as urls:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield Account(url, urls)


def names(answer, status="FAILED"):
    return {one["annotationName"] for one in answer.get("annotations", ()) if one["status"] == status}


# -- deletions


def test_deletions_by_what_would_be_lost(account):
    account.deploy("orders-prod", body(T=BARE, Q=TOPIC))
    account.deploy("topics-prod", body(Q=TOPIC))
    account.deploy("kept-dev", body(Q=TOPIC))
    account.deploy(
        "staged-prod",
        json.dumps({**STAGED, "Resources": {"T": {**BARE, "Condition": "IsProd"}, "Q": TOPIC}}),
        Stage="prod",
    )
    account.deploy("staged-off-prod", json.dumps({**STAGED, "Resources": {"T": {**BARE, "Condition": "IsProd"}, "Q": TOPIC}}), Stage="dev")  # fmt: skip
    assert "data-destroyed" in names(account.delete("orders-prod"))
    assert account.delete("topics-prod")["hookStatus"] == "SUCCESS"
    assert account.delete("kept-dev")["errorCode"] == "NonCompliant"
    assert "data-destroyed" in names(account.delete("staged-prod")), "Stage runs with prod"
    assert account.delete("staged-off-prod")["hookStatus"] == "SUCCESS", "Stage runs with dev: there is no table"


def test_a_deletion_takes_what_is_nested_with_it(account):
    store = boto3.client("s3", region_name=REGION, endpoint_url=account.url)
    store.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
    store.put_object(Bucket="templates", Key="n.json", Body=body(T=BARE))
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"https://templates.s3.{REGION}.amazonaws.com/n.json"}}  # fmt: skip
    account.deploy("outer-prod", body(N=nested))
    answer = account.delete("outer-prod")
    assert "data-destroyed" in names(answer)
    assert any("on T:" in one["statusMessage"] for one in answer["annotations"])


def test_a_stack_of_another_place_is_not_deleted_unseen(account):
    event = stack_event("DELETE", "orders-prod")
    answer = account.ask(event)
    assert answer["errorCode"] == "InternalFailure" and "account and region" in answer["message"]


# -- change sets, and the updates that they start


@pytest.mark.parametrize("value, status", [("true", "SUCCESS"), ("false", "FAILED")])
def test_the_parameters_of_a_change_set_decide(account, value, status):
    stack = account.deploy("orders-prod", body(PROTECT, T=SOUND, Q=TOPIC), Protect="true")
    new = body(PROTECT, T=SOUND, Q=TOPIC, R=TOPIC)
    change_set, _stack = account.plan("orders-prod", new, Protect=value)
    as_set = change_set_event("orders-prod", stackId=stack)
    as_set["changeSetId"] = as_set["requestData"]["targetLogicalId"] = change_set
    as_update = stack_event("UPDATE", "orders-prod", stackId=stack, changeSetId=change_set)
    for event, payload in (
        (as_set, {"template": new, "changedResources": []}),
        (as_update, {"template": new, "previousTemplate": body(PROTECT, T=SOUND, Q=TOPIC)}),
    ):
        answer = account.ask(event, payload)
        assert answer["hookStatus"] == status
        assert not names(answer, "SKIPPED"), "every parameter is known"


def test_a_table_that_leaves_with_its_condition_is_known(account):
    """Without `read_stack` nobody would know whether the table runs, and it would be held in any case."""
    old = {**STAGED, "Resources": {"T": {**BARE, "Condition": "IsProd"}, "Q": TOPIC}}
    new = json.dumps({**STAGED, "Resources": {"Q": TOPIC}})
    for stage, status in (("prod", "FAILED"), ("dev", "SUCCESS")):
        name = f"{stage}-of-prod"
        stack = account.deploy(name, json.dumps(old), Stage=stage)
        change_set, _stack = account.plan(name, new, Stage=stage)
        event = stack_event("UPDATE", name, stackId=stack, changeSetId=change_set)
        answer = account.ask(event, {"template": new, "previousTemplate": json.dumps(old)})
        assert answer["hookStatus"] == status, answer["message"]


def test_a_change_set_of_a_new_stack(account):
    change_set, stack = account.plan("new-prod", body(PROTECT, T=SOUND), kind="CREATE", Protect="true")
    event = change_set_event("new-prod", stackId=stack)
    event["changeSetId"] = event["requestData"]["targetLogicalId"] = change_set
    row = {
        "logicalResourceId": "T",
        "resourceType": BARE["Type"],
        "action": "CREATE",
        "afterContext": '{"Properties": {}}',
    }
    answer = account.ask(event, {"template": body(PROTECT, T=SOUND), "changedResources": [row]})
    assert answer["hookStatus"] == "SUCCESS"


# -- what the function may not do


@pytest.mark.parametrize("code", ["AccessDenied", "ThrottlingException", "ExpiredToken"])
@pytest.mark.parametrize("action", ["DescribeStacks", "GetTemplate", "ListStackResources", "DescribeChangeSet"])
def test_a_call_that_is_refused_is_no_pass(account, monkeypatch, action, code):
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    nested = {"Type": "AWS::CloudFormation::Stack", "DeletionPolicy": "Retain"}
    old = body(Q=TOPIC) if action != "ListStackResources" else body(Q=TOPIC, N=nested)
    stack = account.deploy("topics-prod", body(Q=TOPIC))
    change_set, _stack = account.plan("topics-prod", body(Q=TOPIC, R=TOPIC))
    from moto.backends import get_backend

    get_backend("cloudformation")["123456789012"][REGION].get_stack("topics-prod").template = old
    update = stack_event("UPDATE", "topics-prod", stackId=stack, changeSetId=change_set)
    with in_front_of(account.url, {action: code}) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        answer = account.ask(update, {"template": old, "previousTemplate": old})
    assert action in asked
    assert answer["errorCode"] == "InternalFailure" and "AKIDEXAMPLE" not in json.dumps(answer)
    with in_front_of(account.url, {}) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert (
            account.ask(update, {"template": body(Q=TOPIC), "previousTemplate": body(Q=TOPIC)})["hookStatus"]
            == "SUCCESS"
        )
    assert set(asked) <= {"DescribeStacks", "GetTemplate", "ListStackResources", "DescribeChangeSet"}


def test_the_function_may_do_what_it_asks():
    pytest.importorskip("aws_cdk", reason="`make examples` installs aws-cdk-lib")
    construct = import_module("cdkguard.cfnhook.construct")
    calls = aws_calls._CALLS["cloudformation"]
    assert set(construct.READ_ACTIONS) == {"".join(word.title() for word in call.split("_")) for call in calls}
