"""Custom resources as what they stand for: calls of the SDK, manifests, log groups."""

import json

import pytest

from cdkguard.aws.custom_resources import UNREAD, expand_custom_resource
from cdkguard.data.loader import sdk_calls
from cdkguard.template.scope import Scope
from cdkguard.template.values import Deferred

POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]})


def expand(body, template=None):
    return [made._replace(body=made.body) for made in expand_custom_resource(body, Scope(template or {}), sdk_calls())]


def of_call(service, action, event="Create", kind="Custom::AWS", **parameters):
    call = json.dumps({"service": service, "action": action, "parameters": parameters})
    return [made.body for made in expand({"Type": kind, "Properties": {event: call}})]


@pytest.mark.parametrize("service", ["DynamoDB", "dynamodb", "@aws-sdk/client-dynamodb", "client-dynamodb"])
@pytest.mark.parametrize("action", ["updateTable", "UpdateTable", "UpdateTableCommand"])
def test_every_spelling_of_a_call_is_the_same_call(service, action):
    itself, table = of_call(service, action, TableName="orders", DeletionProtectionEnabled=False)
    assert (itself["Type"], itself["Call"], itself["Event"]) == (
        "SDK::dynamodb::UpdateTable",
        "dynamodb:UpdateTable",
        "Create",
    )
    assert table == {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {"TableName": "orders", "DeletionProtectionEnabled": False},
    }


@pytest.mark.parametrize("service", ["CloudWatchLogs", "@aws-sdk/client-cloudwatch-logs", "cloudwatch-logs"])
def test_a_service_whose_prefix_in_iam_is_another(service):
    itself, group = of_call(service, "putRetentionPolicy", logGroupName="orders", retentionInDays=1)
    assert itself["Type"] == "SDK::logs::PutRetentionPolicy"
    assert group["Properties"] == {"LogGroupName": "orders", "RetentionInDays": 1}


@pytest.mark.parametrize(
    "service, action, parameters, kind, properties",
    [
        ("S3", "putBucketPolicy", {"Bucket": "b", "Policy": POLICY}, "AWS::S3::BucketPolicy", {"Bucket": "b", "PolicyDocument": POLICY}),
        ("S3", "putBucketAcl", {"Bucket": "b", "ACL": "public-read-write"}, "AWS::S3::Bucket", {"BucketName": "b", "AccessControl": "PublicReadWrite"}),
        ("IAM", "attachRolePolicy", {"RoleName": "r", "PolicyArn": "a"}, "AWS::IAM::Role", {"RoleName": "r", "ManagedPolicyArns": ["a"]}),
        ("IAM", "createLoginProfile", {"UserName": "u", "Password": "p"}, "AWS::IAM::User", {"UserName": "u", "LoginProfile": {"Password": "p"}}),
        ("SNS", "setTopicAttributes", {"TopicArn": "t", "AttributeName": "Policy", "AttributeValue": POLICY}, "AWS::SNS::TopicPolicy", {"TopicArn": "t", "PolicyDocument": POLICY}),
        ("SQS", "setQueueAttributes", {"QueueUrl": "q", "Attributes": {"Policy": POLICY}}, "AWS::SQS::QueuePolicy", {"QueueUrl": "q", "PolicyDocument": POLICY}),
        ("EC2", "modifyInstanceAttribute", {"InstanceId": "i", "DisableApiTermination": {"Value": False}}, "AWS::EC2::Instance", {"InstanceId": "i", "DisableApiTermination": False}),
        ("KMS", "disableKey", {"KeyId": "k"}, "AWS::KMS::Key", {"KeyId": "k", "Enabled": False}),
        ("EKS", "updateClusterConfig", {"name": "c", "resourcesVpcConfig": {"endpointPublicAccess": True}}, "AWS::EKS::Cluster", {"Name": "c", "ResourcesVpcConfig": {"EndpointPublicAccess": True}}),
    ],
)  # fmt: skip
def test_parameters_have_the_names_of_cloudformation(service, action, parameters, kind, properties):
    _itself, made = of_call(service, action, **parameters)
    assert made == {"Type": kind, "Properties": properties}


def test_each_range_of_a_permission_is_a_rule_of_the_group():
    permissions = [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
    ]  # fmt: skip
    _itself, *rules = of_call("EC2", "authorizeSecurityGroupIngress", GroupId="sg-1", IpPermissions=permissions)
    tcp = {"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    assert [rule["Properties"] for rule in rules] == [
        {**tcp, "CidrIp": "10.0.0.0/8"},
        {**tcp, "CidrIp": "0.0.0.0/0"},
        {"GroupId": "sg-1", "IpProtocol": "-1", "CidrIpv6": "::/0"},
    ]


def test_what_the_deployment_fills_in_is_deferred():
    text = {"Fn::Join": ["", ['{"service":"ECS","action":"updateService","parameters":{"service":"', {"Ref": "S"}, '","desiredCount":', {"Ref": "N"}, "}}"]]}  # fmt: skip
    itself, *_rest = expand({"Type": "Custom::AWS", "Properties": {"Update": text}}, {"Resources": {"S": {}, "N": {}}})
    assert itself.body["Call"] == "ecs:UpdateService"
    assert all(isinstance(value, Deferred) for value in itself.body["Properties"].values())


def test_each_branch_of_a_call_is_read():
    call = {"Fn::If": ["Big", json.dumps({"service": "S3", "action": "deleteBucket"}), json.dumps({"service": "S3", "action": "headBucket"})]}  # fmt: skip
    template = {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"Big": {"Fn::Equals": [{"Ref": "P"}, "x"]}}}
    made = expand({"Type": "Custom::AWS", "Condition": "Own", "Properties": {"Create": call}}, template)
    assert {one.body["Call"]: one.scope.branch_text() for one in made} == {
        "s3:DeleteBucket": "Big is true",
        "s3:HeadBucket": "Big is false",
    }
    assert all(one.body["Condition"] == "Own" for one in made)


def test_a_call_that_is_never_made_is_not_read():
    call = json.dumps({"service": "DynamoDB", "action": "deleteTable", "parameters": {"TableName": "orders"}})
    kept = {"Type": "Custom::AWS", "DeletionPolicy": "Retain", "Properties": {"Delete": call}}
    assert expand(kept) == []
    assert expand({**kept, "DeletionPolicy": "Delete"}) != []


@pytest.mark.parametrize(
    "payload", [{"Ref": "P"}, "no call", "[]", "{", '{"service": "S3"}', '{"service": 1, "action": "a"}', 5, None]
)
def test_what_is_no_readable_call_is_said(payload):
    template = {"Parameters": {"P": {"Type": "String"}}}
    unread = expand(
        {"Type": "Custom::Mine", "Properties": {"Create": payload, "InstallLatestAwsSdk": "true"}}, template
    )
    assert [made.body["Type"] for made in unread] == [UNREAD]
    # Other custom resources may have properties of these names, too.
    assert expand({"Type": "Custom::Mine", "Properties": {"Create": payload}}, template) == []


def test_custom_resources_of_others_stand_for_nothing():
    for body in (
        {"Type": "Custom::Mine"},
        {"Type": "Custom::Mine", "Properties": {"Name": "x", "Delete": ["a"]}},
        {"Type": "AWS::CloudFormation::CustomResource", "Properties": {"ServiceToken": "arn"}},
    ):
        assert expand(body) == []


def test_a_manifest_is_its_objects():
    objects = [{"kind": "Pod", "spec": {}}, {"kind": "RoleBindingList", "items": [{"kind": "RoleBinding"}, 1]}, "text"]
    body = {"Type": "Custom::AWSCDK-EKS-KubernetesResource", "Properties": {"Manifest": json.dumps(objects)}}
    assert [(made.body["Type"], made.place) for made in expand(body)] == [
        ("Kubernetes::Pod", "Properties.Manifest[0]"),
        ("Kubernetes::RoleBinding", "Properties.Manifest[1]"),
        (UNREAD, "Properties.Manifest"),
    ]


def test_a_log_retention_sets_that_alone():
    body = {"Type": "Custom::LogRetention", "Properties": {"ServiceToken": "arn", "LogGroupName": "g", "RetentionInDays": 1}}  # fmt: skip
    (made,) = expand(body)
    assert made.body == {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g", "RetentionInDays": 1}}
    assert not made.is_whole
