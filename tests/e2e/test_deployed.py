"""What runs now: read from a stub for arbitrary templates and errors, and from moto where it is installed."""

import json
import re
import sys
import time

import pytest

from cdkguard.baselines import aws_calls, aws_session
from cdkguard.baselines.aws_session import Access
from cdkguard.baselines.deployed import read_deployed
from cdkguard.errors import BaselineError, ExitCode
from cdkguard.model import Assembly, Stack
from cdkguard.template.values import Deferred

pytest.importorskip("boto3")

import botocore.loaders  # noqa: E402

from tests.support.aws_stub import ACCOUNT, REGION, Answer, Stub  # noqa: E402

LOADER = botocore.loaders.create_loader()
OTHER = "444455556666"
BUCKET = {"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}}}}
NESTING = {
    "Resources": {
        "Nest": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:cdk:path": "App/Svc/N.NestedStack/N.NestedStackResource"}}
    }
}  # fmt: skip


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Keys of nobody, and nothing of this machine's own AWS settings."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Retries follow each other at once, and AWS's service models are read once for all tests."""
    import botocore.retries.standard as standard

    monkeypatch.setattr(botocore.loaders, "create_loader", lambda search_path_string=None: LOADER)
    monkeypatch.setattr(aws_session, "RETRIES", "standard")
    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda self, context: 0)


@pytest.fixture
def stub():
    with Stub() as running:
        yield running


def app(*names, account=ACCOUNT, region=REGION, directory=None):
    stacks = [Stack(n, BUCKET, f"{n}.json", construct_path=f"App/{n}", account=account, region=region) for n in names]
    return Assembly(tuple(stacks), directory=directory)


def read(stub, after, extra=(), **access):
    return read_deployed(after, Access(endpoint_url=stub.url, **{"attempts": 3, **access}), extra)


def refusal(stub, after, **access):
    with pytest.raises(BaselineError) as raised:
        read(stub, after, **access)
    text = str(raised.value)
    assert raised.value.exit_code == ExitCode.INPUT and "\n" not in text
    return text


# -- what is read


def test_a_stack_as_it_runs(stub):
    template = {
        "Parameters": {"Size": {"Type": "Number"}, "Ami": {"Type": "AWS::SSM::Parameter::Value<String>"}},
        "Resources": {
            "B": {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": "Prod/Svc/Bucket/Resource"}},
            "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Metadata": {"aws:cdk:path": "Prod/Svc/CDKMetadata/Default"}},
        },
    }
    values = [
        {"ParameterKey": "Size", "ParameterValue": "3"},
        {"ParameterKey": "Ami", "ParameterValue": "/ami", "ResolvedValue": "ami-1"},
    ]
    stub.stack("Svc", template, tags={"env": "prod"}, protected=True, parameters=values)
    found = read(stub, app("Svc"))
    (stack,) = found.stacks
    assert stack.template == template and type(stack.template["Resources"]["B"]) is dict
    assert (stack.name, stack.account, stack.region) == ("Svc", ACCOUNT, REGION)
    assert stack.tags == {"env": "prod"} and stack.termination_protection is True
    assert stack.parameters == {"Size": "3", "Ami": "ami-1"}
    assert stack.construct_path == "Prod/Svc" and stack.construct_paths["B"] == "Prod/Svc/Bucket/Resource"
    assert stack.template_path == f"aws://{ACCOUNT}/{REGION}/Svc" and found.problems == ()


def test_only_reading_calls(stub):
    stub.stack("Svc", NESTING, resources=[("Nest", "nest-id")])
    stub.stack("N-1", BUCKET, stack_id="nest-id")
    read(stub, app("Svc", "New"))
    allowed = {"DescribeStacks", "GetTemplate", "ListStackResources", "GetCallerIdentity"}
    assert set(stub.actions()) == allowed


def test_another_call_is_never_made():
    import boto3

    client = boto3.Session(region_name=REGION).client("cloudformation")
    with pytest.raises(AssertionError, match="delete_stack"):
        aws_calls.call_aws(client, "delete_stack", StackName="Svc")
    assert not [m for methods in aws_calls._CALLS.values() for m in methods if not m.startswith(("describe_", "get_", "list_", "assume_"))]  # fmt: skip


def test_yaml_with_short_forms(stub):
    stub.stack("Svc", "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: !Sub 'x-${Env}'}\n")
    (stack,) = read(stub, app("Svc")).stacks
    assert stack.template["Resources"]["B"]["Properties"] == {"BucketName": {"Fn::Sub": "x-${Env}"}}


def test_hidden_parameters_are_unknown(stub):
    template = {"Parameters": {"A": {"NoEcho": True}, "B": {"NoEcho": "true", "Default": "x"}, "C": {}}, **BUCKET}
    stub.stack("Svc", template, parameters=[{"ParameterKey": k, "ParameterValue": "****"} for k in "ABC"])
    (stack,) = read(stub, app("Svc")).stacks
    assert set(stack.parameters) == {"B"} and isinstance(stack.parameters["B"], Deferred)


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "DELETE_COMPLETE"])
def test_a_stack_that_is_not_there_is_new(stub, status):
    stub.stack("Svc", BUCKET)
    stub.stack("Empty", BUCKET, status=status)
    found = read(stub, app("Svc", "Empty", "Never"))
    assert [s.name for s in found.stacks] == ["Svc"]
    (told,) = found.problems
    assert not told.fatal and told.message.startswith("not deployed, so all of it is new: Empty, Never; ")


def test_nothing_deployed_is_told(stub):
    found = read(stub, app("Svc"))
    assert found.stacks == () and f"no stack of the app is deployed in account {ACCOUNT}, region {REGION}" in found.problems[0].message  # fmt: skip
    assert not found.problems[0].fatal


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("UPDATE_ROLLBACK_FAILED", "ContinueUpdateRollback"), ("UPDATE_IN_PROGRESS", "right now"),
        ("ROLLBACK_COMPLETE", "does not run"), ("DELETE_FAILED", "half-way"), ("NEW_STATUS", "does not know"),
    ],
)  # fmt: skip
def test_a_status_that_troubles_a_deploy_is_told(stub, status, word):
    stub.stack("Svc", BUCKET, status=status)
    found = read(stub, app("Svc"))
    (problem,) = found.problems
    assert len(found.stacks) == 1 and problem.kind == "baseline" and not problem.fatal
    assert status in problem.message and word in problem.message


def test_nested_stacks_page_by_page_and_level_by_level(stub):
    two = {"Resources": {i: {"Type": "AWS::CloudFormation::Stack"} for i in ("One", "Two", "Off")}}
    two["Resources"]["Off"]["Condition"] = "Never"
    stub.stack("Svc", NESTING, resources=[("Nest", "id-n")], tags={"a": "b"}, protected=True)
    stub.stack("Svc-Nest-X", two, stack_id="id-n", resources=[("One", "id-1"), ("Two", "id-2")], page=1)
    for name in ("1", "2"):
        stub.stack(f"leaf-{name}", BUCKET, stack_id=f"id-{name}", parameters=[{"ParameterKey": "P", "ParameterValue": name}])  # fmt: skip
    stub.stack("Second", BUCKET)
    found = read(stub, app("Svc", "Second")).stacks
    assert [(s.name, s.parent and s.parent.name, s.parent_logical_id) for s in found] == [
        ("Svc", None, None), ("Svc/N", "Svc", "Nest"), ("Svc/One", "Svc/N", "One"), ("Svc/Two", "Svc/N", "Two"),
        ("Second", None, None),
    ]  # fmt: skip
    nest, one = found[1], found[2]
    assert nest.construct_path == "App/Svc/N" and one.construct_path == "App/Svc/N/One"
    assert one.root is found[0] and one.parameters == {"P": "1"} and one.tags == {"a": "b"}
    assert one.termination_protection and one.template_path.endswith("/leaf-1")
    assert stub.actions().count("ListStackResources") == 3


def test_nested_stacks_that_a_macro_made(stub):
    sam = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"A": {"Type": "AWS::Serverless::Application"}}}
    stub.stack("Svc", sam, resources=[("A", "id-a")])
    stub.stack("a", BUCKET, stack_id="id-a")
    assert [s.parent_logical_id for s in read(stub, app("Svc")).stacks] == [None, "A"]


def test_extra_stacks(stub):
    stub.stack("Svc", BUCKET)
    stub.stack("Old", BUCKET)
    stub.stack("Far", BUCKET, region="us-east-1")
    found = read(stub, app("Svc"), ["Old", f"{ACCOUNT}/us-east-1/Far", "Svc", "Gone"])
    assert [(s.name, s.region) for s in found.stacks] == [("Svc", REGION), ("Old", REGION), ("Far", "us-east-1")]
    assert [p.message for p in found.problems] == ["stack 'Gone' was to be read, too, but is deployed nowhere"]
    with pytest.raises(BaselineError, match="account/region/name"):
        read(stub, app("Svc"), ["a/b"])


# -- credentials


def manifest(folder, name="Svc", where=f"aws://{OTHER}/{REGION}", **properties):
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": where,
        "properties": {"stackName": name, **properties},
    }
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"version": "50.0.0", "artifacts": {"S": artifact}}))
    return str(folder)


LOOKUP = {"arn": f"arn:${{AWS::Partition}}:iam::{OTHER}:role/cdk-lookup-{OTHER}-{REGION}"}
ARN = LOOKUP["arn"].replace("${AWS::Partition}", "aws")


def test_the_lookup_role_of_another_account(stub, tmp_path):
    inner = manifest(tmp_path / "assembly-Prod", lookupRole={**LOOKUP, "assumeRoleExternalId": "ext-1"}, assumeRoleArn="deploy")  # fmt: skip
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "50.0.0", "artifacts": {"Prod": stage}}))
    assert inner.startswith(str(tmp_path))
    stub.roles.add(ARN)
    stub.stack("Svc", BUCKET, account=OTHER)
    found = read(stub, app("Svc", account=OTHER, directory=str(tmp_path)))
    assert [s.account for s in found.stacks] == [OTHER] and found.problems == ()
    (assumed,) = [parameters for action, parameters in stub.calls if action == "AssumeRole"]
    assert assumed["ExternalId"] == "ext-1" and json.loads(assumed["Policy"])["Statement"][0]["Action"] == [
        "cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:ListStackResources",
    ]  # fmt: skip


def test_a_refused_role_and_credentials_of_another_account(stub, tmp_path):
    stub.stack("Svc", BUCKET)
    directory = manifest(tmp_path, lookupRole=LOOKUP)
    text = refusal(stub, app("Svc", account=OTHER, directory=directory))
    assert ARN in text and f"of account {ACCOUNT}, not of {OTHER}" in text
    assert "DescribeStacks" not in stub.actions()


def test_a_refused_role_and_credentials_of_the_right_account(stub, tmp_path):
    stub.stack("Svc", BUCKET)
    role = {"arn": ARN.replace(OTHER, ACCOUNT)}
    found = read(stub, app("Svc", directory=manifest(tmp_path, where=f"aws://{ACCOUNT}/{REGION}", lookupRole=role)))
    assert len(found.stacks) == 1 and "cannot be assumed (AccessDenied" in found.problems[0].message
    assert not found.problems[0].fatal


def test_a_role_that_is_named(stub, tmp_path):
    stub.stack("Svc", BUCKET, account=OTHER)
    mine = f"arn:aws:iam::{OTHER}:role/reader"
    after = app("Svc", account=OTHER, directory=manifest(tmp_path, lookupRole=LOOKUP))
    assert "reader cannot be assumed" in refusal(stub, after, role=mine)
    stub.roles.add(mine)
    assert len(read(stub, after, role="arn:aws:iam::${AWS::AccountId}:role/reader").stacks) == 1
    assert "is no ARN of a role" in refusal(stub, after, role="reader")
    assert f"is of account {OTHER}" in refusal(stub, app("Svc"), role=mine)


def test_own_credentials_only(stub, tmp_path):
    stub.stack("Svc", BUCKET)
    after = app("Svc", directory=manifest(tmp_path, where=f"aws://{ACCOUNT}/{REGION}", lookupRole=LOOKUP))
    assert len(read(stub, after, role="none").stacks) == 1
    assert "AssumeRole" not in stub.actions()


def test_agnostic_stacks_are_of_the_credentials(stub, monkeypatch):
    stub.stack("Svc", BUCKET)
    after = app("Svc", account=None, region=None)
    assert "set AWS_REGION" in refusal(stub, after)
    (stack,) = read(stub, after, region=REGION).stacks
    assert (stack.account, stack.region) == (None, None)  # as the app has it, so that both sides are one stack
    monkeypatch.setenv("AWS_REGION", REGION)
    assert len(read(stub, after).stacks) == 1


def test_no_credentials(stub, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no AWS credentials" in refusal(stub, app("Svc"))
    assert "sign in" in refusal(stub, app("Svc"), profile="nobody")


def test_without_boto3(stub, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "pip install 'cdkguard[aws]'" in refusal(stub, app("Svc"))


# -- errors


def failing(action, answer, times=None, stack=None):
    def fault(asked, parameters, count):
        mine = asked == action and (stack is None or parameters.get("StackName") == stack)
        return answer if mine and (times is None or count <= times) else None

    return fault


@pytest.mark.parametrize("action", ["DescribeStacks", "GetTemplate"])
@pytest.mark.parametrize(
    "answer",
    [Answer(400, "Throttling", "Rate exceeded"), Answer(500, "InternalFailure"), Answer(body="<R>" * 99, cut=50)],
)
def test_trouble_that_passes(stub, action, answer):
    stub.stack("Svc", BUCKET)
    stub.fault = failing(action, answer, times=1 if answer.cut else 2)
    assert len(read(stub, app("Svc")).stacks) == 1
    assert stub.actions().count(action) == (2 if answer.cut else 3)


DENIED = Answer(403, "AccessDenied", "User: me is not authorized to perform: that")
MESSAGES = [
    ("GetTemplate", DENIED, "no permission for cloudformation:GetTemplate"),
    ("DescribeStacks", DENIED, "no permission for cloudformation:DescribeStacks"),
    ("ListStackResources", DENIED, "no permission for cloudformation:ListStackResources"),
    ("GetTemplate", Answer(400, "Throttling", "Rate exceeded"), "GetTemplate was throttled 3 times"),
    ("DescribeStacks", Answer(403, "ExpiredToken", "expired"), "credentials are expired (ExpiredToken); sign in again"),
    ("GetCallerIdentity", Answer(403, "InvalidClientTokenId", "x"), "AWS does not accept the credentials"),
    ("GetTemplate", Answer(500, "InternalFailure", "oops"), "GetTemplate failed: 500 InternalFailure: oops"),
    ("GetTemplate", Answer(503, body="<html>busy</html>"), "GetTemplate failed: 503"),
    ("GetTemplate", Answer(body="<GetTemplateResponse><GetTem"), "half an answer"),
    ("GetTemplate", Answer(body="x" * 500, cut=100), "answer from AWS|AWS cannot be reached"),
    ("GetTemplate", Answer(body="<R><GetTemplateResult/></R>"), "without a template"),
    ("DescribeStacks", Answer(body="<R><DescribeStacksResult><Stacks/></DescribeStacksResult></R>"), "0 stacks instead"),
    ("ListStackResources", Answer(body="<R><ListStackResourcesResult/></R>"), "ListStackResources"),
    ("GetCallerIdentity", Answer(body="<R><GetCallerIdentityResult/></R>"), "half an answer"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "answer", "words"), MESSAGES, ids=[f"{m[0]}-{i}" for i, m in enumerate(MESSAGES)])
def test_trouble_that_stays(stub, action, answer, words):
    stub.stack("Fine", BUCKET)
    stub.stack("Svc", NESTING, resources=[("Nest", "id-n")])
    stub.stack("n", BUCKET, stack_id="id-n")
    stub.fault = failing(action, answer)
    text = refusal(stub, app("Fine", "Svc"))
    assert re.search(words.replace("(", r"\(").replace(")", r"\)"), text), text
    assert ACCOUNT in text and REGION in text and ("Svc" in text or "Fine" in text)


@pytest.mark.parametrize("action", ["DescribeStacks", "GetTemplate"])
def test_no_permission_for_a_nested_stack(stub, action):
    stub.stack("Svc", NESTING, resources=[("Nest", "id-n")])
    stub.stack("n", BUCKET, stack_id="id-n")
    stub.fault = failing(action, DENIED, stack="id-n")
    text = refusal(stub, app("Svc"))
    assert f"stack 'Svc/Nest' of account {ACCOUNT}, region {REGION}: no permission for cloudformation:{action}" in text


def test_a_nested_stack_that_is_not_there(stub):
    stub.stack("Svc", NESTING, resources=[("Nest", "id-n")])
    assert "'Svc/Nest'" in refusal(stub, app("Svc"))
    stub.stack("Svc", NESTING, resources=[])
    assert "does not name its nested stack 'Nest'" in refusal(stub, app("Svc"))


@pytest.mark.parametrize("body", ['{"Resources": {"B": {"Type": "AWS::S3', "Resources: [", "[]", "Hello", '{"A": 1}'])
def test_a_template_that_is_none(stub, body):
    stub.stack("Svc", body)
    assert "its template cannot be read" in refusal(stub, app("Svc"))


def test_an_endpoint_that_is_not_there():
    with Stub() as stub:
        pass
    assert "AWS cannot be reached" in refusal(stub, app("Svc"), attempts=1)


def test_the_endpoint_of_the_environment(stub, monkeypatch):
    stub.stack("Svc", BUCKET)
    monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
    assert len(read_deployed(app("Svc"), Access()).stacks) == 1


def test_throttling_slows_down(stub, monkeypatch):
    """As it is shipped: with the retries that keep to the pace that AWS allows."""
    monkeypatch.setattr(aws_session, "RETRIES", "adaptive")
    stub.stack("Svc", BUCKET)
    stub.fault = failing("GetTemplate", Answer(400, "Throttling", "Rate exceeded"), times=1)
    assert len(read(stub, app("Svc")).stacks) == 1 and stub.actions().count("GetTemplate") == 2


def test_fifty_stacks_at_once():
    names = [f"S{i}" for i in range(50)]
    with Stub(delay=0.1) as stub:
        for name in names:
            stub.stack(name, BUCKET)
        start = time.monotonic()
        found = read(stub, app(*names))
        took = time.monotonic() - start
        calls = len(stub.calls)
    assert [s.name for s in found.stacks] == names and calls == 101
    assert took < calls * 0.1 / 3


# -- moto


@pytest.fixture(scope="module")
def moto():
    pytest.importorskip("moto")
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(url, service):
    import boto3

    return boto3.client(service, region_name=REGION, endpoint_url=url)


def at_moto(url, *names, extra=()):
    after = app(*names, account=None, region=None)
    return read_deployed(after, Access(endpoint_url=url, region=REGION, attempts=2), extra)


def test_moto_simple_stacks(moto):
    template = {
        "Parameters": {"Name": {"Type": "String"}, "Key": {"Type": "String", "NoEcho": True}},
        "Resources": {
            "T": {
                "Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain",
                "Properties": {
                    "TableName": {"Ref": "Name"}, "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                },
            }
        },
    }  # fmt: skip
    client(moto, "cloudformation").create_stack(
        StackName="Simple", TemplateBody=json.dumps(template), EnableTerminationProtection=True,
        Parameters=[{"ParameterKey": "Name", "ParameterValue": "orders"}, {"ParameterKey": "Key", "ParameterValue": "s"}],
        Tags=[{"Key": "env", "Value": "prod"}],
    )  # fmt: skip
    (stack,) = at_moto(moto, "Simple", "Absent").stacks
    assert stack.template == template and stack.parameters == {"Name": "orders"}
    assert stack.termination_protection is True and stack.tags == {"env": "prod"}


def test_moto_yaml(moto):
    body = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !Sub 'q-${AWS::Region}'\n"
    client(moto, "cloudformation").create_stack(StackName="Yaml", TemplateBody=body)
    (stack,) = at_moto(moto, "Yaml").stacks
    assert stack.template["Resources"]["Q"]["Properties"] == {"QueueName": {"Fn::Sub": "q-${AWS::Region}"}}
    assert stack.termination_protection is False


def test_moto_nested_stacks(moto):
    store = client(moto, "s3")
    store.create_bucket(Bucket="assets", CreateBucketConfiguration={"LocationConstraint": REGION})
    inner = {"Parameters": {"N": {"Type": "String"}}, "Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
    store.put_object(Bucket="assets", Key="inner.json", Body=json.dumps(inner))
    url = f"https://assets.s3.{REGION}.amazonaws.com/inner.json"
    nest = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": {"N": "1"}}}
    outer = {"Resources": {"Nest": nest}}
    client(moto, "cloudformation").create_stack(StackName="Outer", TemplateBody=json.dumps(outer))
    root, nested = at_moto(moto, "Outer").stacks
    assert root.template == outer and nested.template == inner
    assert nested.parent is root and nested.parent_logical_id == "Nest" and nested.parameters == {"N": "1"}


def test_moto_a_deleted_stack_is_new_and_a_forgotten_one_is_read(moto):
    formation = client(moto, "cloudformation")
    queue = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
    for name in ("Deleted", "Forgotten"):
        formation.create_stack(StackName=name, TemplateBody=queue)
    formation.delete_stack(StackName="Deleted")
    assert [s.name for s in at_moto(moto, "Deleted", extra=["Forgotten"]).stacks] == ["Forgotten"]
