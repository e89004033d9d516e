"""Resources of AWS SAM: what they stand for is judged, with what Globals gives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.model import Stack
from cdkguard.packs import load as packs
from cdkguard.template import sam

RULES = packs.load_packs().rules
SETS = packs.load_packs().sets
ADMIN = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ANYBODY = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "sts:AssumeRole"}]}


def judge(resources, **template):
    stack = Stack("S", {"Resources": resources, **template}, "s.json", construct_path="S", environment="prod")
    return evaluate_resources([stack], RULES, EngineSettings(sets=SETS))


def fired(resources, **template):
    judged = judge(resources, **template)
    assert not judged.problems
    return {(f.logical_id, f.rule_id) for f in judged.findings}


def function(**properties):
    return {"Fn": {"Type": "AWS::Serverless::Function", "Properties": properties}}


@pytest.mark.parametrize(
    "resources, rule",
    [
        (function(Policies=ADMIN), "iam-admin-star"),
        (function(Policies=["AdministratorAccess"]), "iam-role-admin-managed-policy"),
        (function(Policies="arn:aws:iam::aws:policy/AdministratorAccess"), "iam-role-admin-managed-policy"),
        (
            function(Policies=[{"Fn::If": ["C", "AdministratorAccess", {"Ref": "AWS::NoValue"}]}]),
            "iam-role-admin-managed-policy",
        ),
        (function(Policies={"Fn::If": ["C", [], ["AWSLambdaExecute", ADMIN]]}), "iam-admin-star"),
        (function(AssumeRolePolicyDocument=ANYBODY), "iam-public-trust"),
        (
            {"Fn": {"Type": "AWS::Serverless::StateMachine", "Properties": {"AssumeRolePolicyDocument": ANYBODY}}},
            "iam-public-trust",
        ),
        (function(FunctionUrlConfig={"AuthType": "NONE"}), "lambda-url-auth"),
        ({"Fn": {"Type": "AWS::Serverless::StateMachine", "Properties": {"Policies": [ADMIN]}}}, "iam-admin-star"),
        ({"Fn": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "x"}}}, "apigw-access-logging"),
        ({"Fn": {"Type": "AWS::Serverless::HttpApi"}}, "apigwv2-access-logging"),
        ({"Fn": {"Type": "AWS::Serverless::SimpleTable"}}, "dynamodb-pitr"),
    ],
)
def test_what_it_stands_for_is_judged_under_its_own_name(resources, rule):
    assert ("Fn", rule) in fired(resources)


def test_what_is_in_order_is_quiet():
    log = {"AccessLogSetting": {"DestinationArn": {"Fn::GetAtt": ["Group", "Arn"]}}}
    assert ("Fn", "apigw-access-logging") not in fired({"Fn": {"Type": "AWS::Serverless::Api", "Properties": log}})
    narrow = [{"S3ReadPolicy": {"BucketName": {"Ref": "B"}}}, {"Statement": []}]
    rules = {rule for _id, rule in fired(function(Policies=narrow, FunctionUrlConfig={"AuthType": "AWS_IAM"}))}
    assert not {"iam-admin-star", "lambda-url-auth", "iam-aws-managed-policy"} & rules
    assert "iam-admin-star" not in {
        r for _id, r in fired(function(Policies=ADMIN, Role={"Ref": "Own"}))
    }  # SAM ignores them


def test_a_rule_judges_one_resource_once():
    found = judge({"Tab": {"Type": "AWS::Serverless::SimpleTable"}}).findings
    assert len({f.rule_id for f in found}) == len(found)


def test_globals_are_merged_into_each_resource_of_their_type():
    globals_ = {
        "Function": {"Timeout": 30, "Tags": {"a": "1", "b": "1"}, "Layers": ["x"]},
        "Api": {"TracingEnabled": True},
    }
    (common,) = [sam.read_globals({"Globals": globals_, "Resources": function()})]
    body = sam.apply_globals(
        {"Type": "AWS::Serverless::Function", "Properties": {"Tags": {"b": "2"}, "Layers": ["y"]}}, common
    )
    assert body["Properties"] == {"Timeout": 30, "Tags": {"a": "1", "b": "2"}, "Layers": ["x", "y"]}
    assert ("Fn", "lambda-timeout") in fired(function())
    assert ("Fn", "lambda-timeout") not in fired(function(), Globals=globals_)
    log = {"AccessLogSetting": {"DestinationArn": "arn:aws:logs:eu-west-1:1:log-group:x"}}
    api = {"Fn": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "x"}}}
    assert ("Fn", "apigw-access-logging") not in fired(api, Globals={"Api": log})


def test_globals_that_would_take_for_ever_are_an_error():
    many = {f"F{i}": {"Type": "AWS::Serverless::Function"} for i in range(1000)}
    judged = judge(many, Globals={"Function": {"Environment": {"Variables": {f"V{i}": "x" for i in range(1000)}}}})
    assert [p.fatal for p in judged.problems] == [True]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["x", "Ref", "arn:aws:iam::aws:policy/A"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["Policies", "Statement", "FunctionUrlConfig", "Role", "Ref", "Fn::If"]), inner),
    max_leaves=8,
)  # fmt: skip


@given(
    st.sampled_from(sorted(sam._COUNTERPARTS)),
    st.dictionaries(st.sampled_from(["Policies", "FunctionUrlConfig"]), ANYTHING),
    ANYTHING,
)
def test_nothing_in_it_crashes(name, properties, shared):
    template = {"Resources": {"X": {"Type": sam.PREFIX + name, "Properties": properties}}, "Globals": {name: shared}}
    body = sam.apply_globals(template["Resources"]["X"], sam.read_globals(template))
    assert all(made["Type"].startswith("AWS::") for made in sam.expand_resource(body))


def test_what_is_no_section_of_globals_is_nobodys():
    assert sam.read_globals({"Globals": {"Function": {"Timeout": 3}, "Api": "x"}}) == {
        "AWS::Serverless::Function": {"Timeout": 3}
    }
    assert sam.read_globals({"Globals": ["Function"]}) == sam.read_globals({}) == {}


def test_globals_may_hold_as_much_as_is_said_and_no_more(monkeypatch):
    monkeypatch.setattr(sam, "MAX_SHARED", 8)  # two resources, of four values each: two mappings, a list and a text
    shared = {"Function": {"Tags": {"a": ["x"]}}}
    two = {name: {"Type": "AWS::Serverless::Function"} for name in "AB"}
    assert sam.read_globals({"Globals": shared, "Resources": two})
    with pytest.raises(sam.GlobalsTooLarge):
        sam.read_globals({"Globals": shared, "Resources": {**two, "C": two["A"]}})
    with pytest.raises(sam.GlobalsTooLarge):
        sam.read_globals({"Globals": {"Function": {"Tags": {"a": ["x", "y"]}}}, "Resources": two})
    other = {"C": {"Type": "AWS::Serverless::Api"}, "D": "x"}
    assert sam.read_globals({"Globals": shared, "Resources": {**two, **other}})


def test_the_role_that_sam_writes():
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    properties = {
        "Policies": ["AWSLambdaExecute", "arn:aws:iam::1:policy/a", {"Statement": [statement]}, {"Ref": "P"}, {"S3ReadPolicy": {"BucketName": "b"}}],
        "PermissionsBoundary": "arn:b",
    }  # fmt: skip
    _function, role = sam.expand_resource({"Type": "AWS::Serverless::Function", "Properties": properties})
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    assert role["Type"] == "AWS::IAM::Role"
    assert role["Properties"] == {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AWSLambdaExecute", "arn:aws:iam::1:policy/a", {"Ref": "P"}],
        "Policies": [{"PolicyName": "sam", "PolicyDocument": {"Statement": [statement]}}],
        "PermissionsBoundary": "arn:b",
    }
    (function,) = sam.expand_resource(
        {"Type": "AWS::Serverless::Function", "Properties": {**properties, "Role": "arn:r"}}
    )
    assert function["Type"] == "AWS::Lambda::Function"
