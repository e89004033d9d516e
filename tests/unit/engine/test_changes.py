"""Changes x rules, from two templates on disk to the findings: what AWS would do, and what is said of it."""

from __future__ import annotations

import fnmatch
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.engine.regressions import split_requirement
from cdkguard.packs.load import load_packs
from tests.support.changes import fired, judged, write_assembly

KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
GONE = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
OTHER = {"Topic": {"Type": "AWS::SNS::Topic"}}


def table(policies=KEPT, **properties):
    return {"Type": "AWS::DynamoDB::Table", **policies, "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], **properties}}  # fmt: skip


def one(kind, policies=None, **properties):
    return {"It": {"Type": kind, **(policies or {}), "Properties": properties}, **OTHER}


def global_table(*regions):
    return one("AWS::DynamoDB::GlobalTable", KEPT, Replicas=[{"Region": r} for r in regions])


def indexes(*names):
    return one("AWS::DynamoDB::Table", KEPT, GlobalSecondaryIndexes=[{"IndexName": n} for n in names])


def policy(*statements):
    """A managed policy that is attached to nothing."""
    return one("AWS::IAM::ManagedPolicy", PolicyDocument={"Version": "2012-10-17", "Statement": list(statements)})


def allow(**changed):
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::data/*", **changed}


def ingress(cidr, port=443):
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr}
    return one("AWS::EC2::SecurityGroup", GroupDescription="web", SecurityGroupIngress=[rule])


def role(**properties):
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    return one("AWS::IAM::Role", AssumeRolePolicyDocument=trust, **properties)


BLOCK = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

# What `cdk diff --fail-on` gets wrong: (change, before, after, rules that must fire at high or above).
TRUTH = [
    ("retain to delete", {"It": table()}, {"It": table(GONE)}, {"deletion-policy-weakened"}),
    ("deletion protection off", one("AWS::DynamoDB::Table", KEPT, DeletionProtectionEnabled=True),
     one("AWS::DynamoDB::Table", KEPT, DeletionProtectionEnabled=False), {"protection-weakened"}),
    ("construct id renamed, table retained", {"OldTable1A2B3C4D": table(TableName="a", BillingMode="PAY_PER_REQUEST")},
     {"NewTable5E6F7A8B": table(TableName="a", BillingMode="PAY_PER_REQUEST")}, {"data-renamed"}),
    ("database removed, policy Snapshot", one("AWS::RDS::DBInstance", {"DeletionPolicy": "Snapshot"}, DBName="x"), OTHER,
     {"data-destroyed-with-snapshot"}),
    ("database removed, no policy", one("AWS::RDS::DBInstance", DBName="x"), OTHER, {"data-destroyed-with-snapshot"}),
    ("task definition replaced", one("AWS::ECS::TaskDefinition", Cpu="256"), one("AWS::ECS::TaskDefinition", Cpu="512"), set()),
    ("replica region removed", global_table("eu-west-1", "eu-central-1"), global_table("eu-west-1"), {"data-part-lost"}),
    ("index removed", indexes("a", "b"), indexes("a"), {"data-part-lost"}),
    ("action narrowed", policy(allow()), policy(allow(Action="s3:GetObject")), set()),
    ("ingress narrowed", ingress("0.0.0.0/0"), ingress("10.0.0.0/24"), set()),
    ("only the Sid renamed", policy(allow(Sid="A")), policy(allow(Sid="B")), set()),
    ("condition added", policy(allow()), policy(allow(Condition=MFA)), set()),
    ("MFA condition removed, attached to nothing", policy(allow(Condition=MFA)), policy(allow()), {"access-widened"}),
    ("Allow with NotAction added", policy(allow()), policy(allow(), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
     {"access-widened"}),
    ("boundary removed", role(PermissionsBoundary="arn:aws:iam::111111111111:policy/limit"), role(), {"access-widened"}),
    ("public access block removed", one("AWS::S3::Bucket", KEPT, PublicAccessBlockConfiguration=BLOCK),
     one("AWS::S3::Bucket", KEPT), {"public-access-block-removed"}),
    ("public access block off", one("AWS::S3::Bucket", KEPT, PublicAccessBlockConfiguration=BLOCK),
     one("AWS::S3::Bucket", KEPT, PublicAccessBlockConfiguration=dict.fromkeys(BLOCK, False)), {"protection-weakened"}),
    ("function URL without auth", one("AWS::Lambda::Url", AuthType="AWS_IAM", TargetFunctionArn="f"),
     one("AWS::Lambda::Url", AuthType="NONE", TargetFunctionArn="f"), {"protection-weakened"}),
    ("database made public", one("AWS::RDS::DBInstance", KEPT, PubliclyAccessible=False),
     one("AWS::RDS::DBInstance", KEPT, PubliclyAccessible=True), {"protection-weakened"}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "rules"), [row[1:] for row in TRUTH], ids=[row[0] for row in TRUTH])
def test_the_truth_table(tmp_path, before, after, rules):
    found = fired(judged(tmp_path, before, after))
    assert rules <= found if rules else not found, found


def test_a_table_deleted_inside_a_nested_stack(tmp_path):
    old = write_assembly(tmp_path / "old", Shop={"template": {"Resources": OTHER}, "nested": {"Data": {"It": table(GONE), **OTHER}}})  # fmt: skip
    new = write_assembly(tmp_path / "new", Shop={"template": {"Resources": OTHER}, "nested": {"Data": OTHER}})
    report = judged(tmp_path, old, new)
    assert fired(report, "critical") == {"data-destroyed"}
    assert [f.stack_path for f in report.active if f.rule_id == "data-destroyed"] == ["Shop/Data"]


def test_a_stack_removed_from_the_app(tmp_path):
    old = write_assembly(tmp_path / "old", Shop=OTHER, Data={"It": table(GONE)})
    new = write_assembly(tmp_path / "new", Shop=OTHER)
    assert "stack-removed" in fired(judged(tmp_path, old, new))


def test_a_part_of_a_rule_goes_that_was_never_content_as_a_whole(tmp_path):
    def domain(encrypted):
        return one("AWS::OpenSearchService::Domain", KEPT, DomainEndpointOptions={"EnforceHTTPS": encrypted})

    def cluster(*kinds):
        logs = {"ClusterLogging": {"EnabledTypes": [{"Type": kind} for kind in kinds]}}
        return one("AWS::EKS::Cluster", ResourcesVpcConfig={"SubnetIds": ["a"]}, Logging=logs)

    assert fired(judged(tmp_path / "https", domain(True), domain(False))) == {"protection-weakened"}
    assert not fired(judged(tmp_path / "on", domain(False), domain(True)), "low")
    report = judged(tmp_path / "logs", cluster("audit", "api"), cluster("api"))
    assert [f.message.partition(": ")[2] for f in report.active if f.impact] == [
        'Properties.Logging.ClusterLogging.EnabledTypes [{"Type": "audit"}, {"Type": "api"}] -> [{"Type": "api"}] (eks-logging)'
    ]
    assert not fired(judged(tmp_path / "same", cluster("audit", "api"), cluster("api", "audit")), "low")


def test_another_element_of_a_list_goes_that_was_never_in_order_as_a_whole(tmp_path):
    def replicas(**protected):
        many = [{"Region": region, "DeletionProtectionEnabled": on} for region, on in protected.items()]
        return one("AWS::DynamoDB::GlobalTable", KEPT, Replicas=many)

    assert "protection-weakened" in fired(judged(tmp_path / "b", replicas(a=False, b=True), replicas(b=False, a=False)))
    assert not fired(judged(tmp_path / "order", replicas(a=False, b=True), replicas(b=True, a=False)), "low")


def test_an_import_is_called_by_its_name(tmp_path):
    old, new = (policy(allow(Resource={"Fn::ImportValue": f"data-{name}"})) for name in ("old", "new"))
    (finding,) = [f for f in judged(tmp_path, old, new).active if f.rule_id == "access-widened"]
    assert "${import data-new}" in finding.message


def test_what_a_stack_set_holds_is_not_known(tmp_path):
    def stack_set(**properties):
        return one("AWS::CloudFormation::StackSet", StackSetName="x", PermissionModel="SELF_MANAGED", **properties)

    hashed = [f"https://s3.eu-west-1.amazonaws.com/assets/{letter * 64}.json" for letter in "ab"]
    report = judged(tmp_path / "gone", stack_set(TemplateURL="a"), OTHER)
    assert [(f.rule_id, f.outcome.value) for f in report.active if f.impact] == [("data-destroyed", "unknown")]
    assert "not read" in next(f.message for f in report.active if f.impact)
    assert fired(judged(tmp_path / "url", *[stack_set(TemplateURL=url) for url in hashed])) == {"unread-stack-changed"}
    assert not fired(
        judged(tmp_path / "tag", stack_set(TemplateURL="a"), stack_set(TemplateURL="a", Description="b")), "low"
    )


def test_a_nested_stack_that_was_not_read_changes(tmp_path):
    def nested(**parameters):
        return one("AWS::CloudFormation::Stack", TemplateURL="https://example.com/a.json", Parameters=parameters)

    assert fired(judged(tmp_path, nested(Keep="yes"), nested(Keep="no"))) == {"unread-stack-changed"}


def test_another_role_of_an_identity_pool(tmp_path):
    def pool(name):
        admin = {"PolicyName": "p", "PolicyDocument": {"Statement": [allow(Action="*", Resource="*")]}}
        roles = {"A": role()["It"], "B": role(Policies=[admin])["It"]}
        given = {"unauthenticated": {"Fn::GetAtt": [name, "Arn"]}}
        return {**roles, **one("AWS::Cognito::IdentityPoolRoleAttachment", IdentityPoolId="i", Roles=given)}

    assert fired(judged(tmp_path / "b", pool("A"), pool("B"))) == {"access-widened"}
    assert not fired(judged(tmp_path / "a", pool("B"), pool("A")), "low")


def test_a_policy_that_only_the_deployment_knows(tmp_path):
    kept = {"DeletionPolicy": {"Ref": "Keep"}}
    old = {"Parameters": {"Keep": {"Type": "String"}}, "Resources": {"It": table(kept), **OTHER}}
    (finding,) = [f for f in judged(tmp_path, old, OTHER).active if f.impact]
    assert (finding.rule_id, finding.outcome.value) == ("data-destroyed", "unknown")
    assert "deleted or kept" in finding.message


@pytest.mark.parametrize(("policies", "rules"), [(KEPT, set()), (GONE, {"access-widened"})], ids=["kept", "gone"])
def test_a_policy_that_is_left_behind_goes_on_denying(tmp_path, policies, rules):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    bucket = {"B": {"Type": "AWS::S3::Bucket", **KEPT}}
    written = {"Bucket": {"Ref": "B"}, "PolicyDocument": {"Statement": [deny]}}
    policy = {"P": {"Type": "AWS::S3::BucketPolicy", **policies, "Properties": written}}
    assert fired(judged(tmp_path, {**bucket, **policy}, bucket)) == rules


# -- data that goes

DATABASE = {"Engine": "postgres", "DBInstanceClass": "db.t3.micro"}
CLUSTERED = one("AWS::RDS::DBInstance", DBClusterIdentifier="main", **DATABASE)
COUNTED = [
    ("instance of a cluster removed", CLUSTERED, OTHER, set()),
    ("instance removed, policy Delete", one("AWS::RDS::DBInstance", GONE, **DATABASE), OTHER, {"data-destroyed"}),
    ("table kept on removal", {"It": table(), **OTHER}, OTHER, set()),
    ("Snapshot where it means Delete", {"It": table({"DeletionPolicy": "Snapshot"}), **OTHER}, OTHER, {"data-destroyed"}),
    ("replaced, old one deleted", {"It": table({"DeletionPolicy": "Retain"}, TableName="a")},
     {"It": table({"DeletionPolicy": "Retain"}, TableName="b")}, {"data-replaced"}),
    ("replaced, old one kept", {"It": table(TableName="a")}, {"It": table(TableName="b")}, {"data-replaced-empty"}),
    ("kept too late on replacement", {"It": table(GONE, TableName="a")}, {"It": table(TableName="b")}, {"data-replaced"}),
    ("instance put into a cluster", one("AWS::RDS::DBInstance", **DATABASE), CLUSTERED, {"data-replaced"}),
    ("type changed", {"It": table()}, {"It": {"Type": "AWS::SNS::Topic"}}, {"resource-type-changed"}),
    ("shards", one("AWS::Kinesis::Stream", KEPT, ShardCount=4), one("AWS::Kinesis::Stream", KEPT, ShardCount="2"), {"data-part-lost"}),
    ("node groups back to the default", one("AWS::ElastiCache::ReplicationGroup", KEPT, NumNodeGroups=3),
     one("AWS::ElastiCache::ReplicationGroup", KEPT), {"data-part-lost"}),
    ("stream that scales on demand", one("AWS::Kinesis::Stream", KEPT, ShardCount=4),
     one("AWS::Kinesis::Stream", KEPT, StreamModeDetails={"StreamMode": "ON_DEMAND"}), set()),
    ("backups off", one("AWS::RDS::DBCluster", KEPT), one("AWS::RDS::DBCluster", KEPT, BackupRetentionPeriod=0),
     {"retention-shortened"}),
    ("objects expire now", one("AWS::S3::Bucket", KEPT),
     one("AWS::S3::Bucket", KEPT, LifecycleConfiguration={"Rules": [{"Status": "Enabled", "ExpirationInDays": 1}]}),
     {"retention-shortened"}),
]  # fmt: skip


# What was on and is switched off: (change, type, before, after, rules that must fire at high or above).
OFF = {"LifecycleConfiguration": {"Rules": [{"Id": "a", "Status": "Disabled", "ExpirationInDays": 1}]}}
SWITCHED = [
    ("versioning", "AWS::S3::Bucket", {"VersioningConfiguration": {"Status": "Enabled"}}, {}, {"protection-weakened"}),
    ("key", "AWS::KMS::Key", {}, {"Enabled": False}, {"safeguard-off"}),
    ("rotation of a key", "AWS::KMS::Key", {"EnableKeyRotation": True}, {}, {"protection-weakened"}),
    ("authorization", "AWS::ApiGateway::Method", {"AuthorizationType": "AWS_IAM"}, {"AuthorizationType": "NONE"}, {"protection-weakened"}),
    ("network ACL", "AWS::EC2::NetworkAclEntry", {"CidrBlock": "10.0.0.0/8", "RuleAction": "allow"},
     {"CidrBlock": "0.0.0.0/0", "RuleAction": "allow"}, {"protection-weakened"}),
    ("check of trails", "AWS::CloudTrail::Trail", {"EnableLogFileValidation": True, "IsLogging": True}, {"IsLogging": True}, {"protection-weakened"}),
    ("emptying", "AWS::ECR::Repository", {}, {"EmptyOnDelete": True}, {"protection-weakened"}),
    ("old versions expire", "AWS::S3::Bucket", {}, {"LifecycleConfiguration": {"Rules": [
        {"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]}}, {"retention-shortened"}),
    ("a date", "AWS::S3::Bucket", {}, {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationDate": "2030-01-01"}]}},
     {"retention-shortened"}),
    ("rule that is off", "AWS::S3::Bucket", {}, OFF, set()),
    ("firewall rule", "AWS::WAFv2::WebACL", {"Rules": [{"Name": "a", "Action": {"Block": {}}}]}, {"Rules": []}, {"safeguard-off"}),
    ("firewall that counts", "AWS::WAFv2::WebACL", {"Rules": [{"Name": "a", "Action": {"Block": {}}}]},
     {"Rules": [{"Name": "a", "Action": {"Count": {}}}]}, {"safeguard-off"}),
    ("backup rule", "AWS::Backup::BackupPlan", {"BackupPlan": {"BackupPlanRule": [{"RuleName": "a"}, {"RuleName": "b"}]}},
     {"BackupPlan": {"BackupPlanRule": [{"RuleName": "b"}]}}, {"safeguard-off"}),
    ("one more backup rule", "AWS::Backup::BackupPlan", {"BackupPlan": {"BackupPlanRule": [{"RuleName": "a"}]}},
     {"BackupPlan": {"BackupPlanRule": [{"RuleName": "b", "Lifecycle": {"DeleteAfterDays": 7}}, {"RuleName": "a"}]}}, set()),
    ("second factor", "AWS::Cognito::UserPool", {"MfaConfiguration": "ON"}, {"MfaConfiguration": "OFF"}, {"authentication-weakened"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "before", "after", "rules"), [row[1:] for row in SWITCHED], ids=[row[0] for row in SWITCHED]
)
def test_what_was_on_and_is_switched_off(tmp_path, kind, before, after, rules):
    sides = [one(kind, KEPT, **side) for side in (before, after)]
    found = fired(judged(tmp_path, *sides))
    assert rules <= found if rules else not found, found
    assert not fired(judged(tmp_path, sides[1], sides[1]), "low")


def test_what_is_medium_is_raised_in_prod_only_and_unless_configured(tmp_path):
    sides = [one("AWS::KMS::Key", KEPT, EnableKeyRotation=on) for on in (True, False)]
    assert not fired(judged(tmp_path, *sides, environment="dev"))
    assert not fired(judged(tmp_path, *sides, severities={"kms-rotation": "medium"}))


def test_what_was_private_and_is_put_on_the_internet_is_high_in_prod_alone(tmp_path):
    balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    for sides, rule in (
        ([one(balancer, Scheme=scheme) for scheme in ("internal", "internet-facing")], "protection-weakened"),
        ([ingress(cidr) for cidr in ("203.0.113.7/32", "0.0.0.0/0")], "network-widened"),
    ):
        assert rule in fired(judged(tmp_path, *sides))
        assert rule in fired(judged(tmp_path, *sides, environment="dev"), "low")
        assert rule not in fired(judged(tmp_path, *sides, environment="dev"))


def test_every_rule_is_watched_but_those_that_others_judge():
    rules = load_packs(()).rules
    (watching,) = [r.weakens for r in rules if r.id == "protection-weakened"]
    on_resources = [r.id for r in rules if r.scope == "resource"]
    assert watching["rules"] == ["*"]
    for glob in (*watching["skip"], *watching["raise"], *watching["opens"]):
        assert fnmatch.filter(on_resources, glob), glob


def test_kept_but_on_creation_is_kept(tmp_path):
    sides = [
        {"It": table({"DeletionPolicy": policy, "UpdateReplacePolicy": "Retain"})}
        for policy in ("Retain", "RetainExceptOnCreate")
    ]
    assert not fired(judged(tmp_path, *sides), "low")
    assert not fired(judged(tmp_path, *reversed(sides)), "low")


def test_the_reader_of_a_cluster_serves_users(tmp_path):
    assert fired(judged(tmp_path, CLUSTERED, OTHER), "medium") == {"service-removed"}


@pytest.mark.parametrize(("before", "after", "rules"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_data_that_goes(tmp_path, before, after, rules):
    found = fired(judged(tmp_path, before, after))
    assert rules <= found if rules else not found, found


def with_condition(holds, body):
    return {"Conditions": {"On": {"Fn::Equals": ["a", "a" if holds else "b"]}}, "Resources": {"It": {**body, "Condition": "On"}, **OTHER}}  # fmt: skip


def test_a_condition_that_turns_false_deletes(tmp_path):
    report = judged(tmp_path, with_condition(True, table(GONE)), with_condition(False, table(KEPT)))
    assert fired(report, "critical") == {"data-destroyed"}
    assert "too late" in next(f.message for f in report.active)


UNKNOWN = {"Env": {"Type": "String"}}


def under(condition, body=None):
    resources = {"It": {**(body or table(GONE)), **({"Condition": "On"} if condition else {})}, **OTHER}
    return {"Parameters": UNKNOWN, "Conditions": {"On": condition or {"Fn::Equals": ["a", "a"]}}, "Resources": resources}  # fmt: skip


@pytest.mark.parametrize("before", [None, {"Fn::Equals": [{"Ref": "Env"}, "prod"]}], ids=["always", "prod"])
def test_a_condition_that_may_turn_false_may_delete(tmp_path, before):
    after = under({"Fn::Equals": [{"Ref": "Env"}, "dev"]})
    report = judged(tmp_path, under(before), after)
    assert [(f.rule_id, f.outcome.value) for f in report.active] == [("data-may-be-destroyed", "fail")]


def test_a_condition_may_turn_false_by_a_mapping(tmp_path):
    def side(name):
        template = under({"Fn::Equals": [{"Ref": "Env"}, {"Fn::FindInMap": ["M", "a", "b"]}]})
        return {**template, "Mappings": {"M": {"a": {"b": name}}}}

    assert fired(judged(tmp_path, side("prod"), side("dev"))) == {"data-may-be-destroyed"}


def test_an_unknown_condition_that_stays_is_no_news(tmp_path):
    same = under({"Fn::Equals": [{"Ref": "Env"}, "prod"]})
    assert not judged(tmp_path, same, same).active


def test_the_parent_of_a_nested_stack_goes_by_its_condition(tmp_path):
    def app(name, holds):
        parent = {"Conditions": {"On": {"Fn::Equals": ["a", "a" if holds else "b"]}},
                  "Resources": {"Data": {"Type": "AWS::CloudFormation::Stack", "Condition": "On"}, **OTHER}}  # fmt: skip
        return write_assembly(tmp_path / name, Shop={"template": parent, "nested": {"Data": {"It": table(GONE)}}})

    assert "data-destroyed" in fired(judged(tmp_path, app("old", True), app("new", False)), "critical")


@pytest.mark.parametrize(
    ("policies", "rules"), [(GONE, {"data-destroyed"}), (KEPT, set())], ids=["deleted", "retained"]
)
def test_a_nested_stack_that_goes_takes_what_is_not_kept(tmp_path, policies, rules):
    old = write_assembly(tmp_path / "old", Shop={"template": {"Resources": OTHER}, "nested": {"Data": {"It": table(policies)}}})  # fmt: skip
    new = write_assembly(tmp_path / "new", Shop=OTHER)
    assert fired(judged(tmp_path, old, new)) == rules


def test_a_nested_stack_that_nobody_can_read_may_hold_data(tmp_path):
    report = judged(tmp_path, one("AWS::CloudFormation::Stack", TemplateURL="https://example.com/t.json"), OTHER)
    assert [(f.rule_id, f.outcome.value) for f in report.active] == [("data-destroyed", "unknown")]


def asset(digit):
    """The address of an asset: at any other, a template of the app is not looked for."""
    return f"https://s3.amazonaws.com/assets/{digit * 64}.json"


@pytest.mark.parametrize(
    ("old_url", "rules"),
    [(asset("a"), set()), (asset("b"), {"data-destroyed"})],
    ids=["same template", "another template"],
)
def test_a_nested_stack_that_is_deployed_and_cannot_be_read_here(tmp_path, old_url, rules):
    """The deployed template of a nested stack can always be read; where the app has only its address, nothing is gone."""

    def parent(url):
        nest = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        return {"Resources": {"Data": nest, **OTHER}}

    old = write_assembly(tmp_path / "old", Shop={"template": parent(old_url), "nested": {"Data": {"It": table(GONE)}}})
    new = write_assembly(tmp_path / "new", Shop={"template": parent(asset("a"))})
    found = {f.rule_id: f.outcome.value for f in judged(tmp_path, old, new).active}
    assert found == {"nested-template-unread": "fail", **dict.fromkeys(rules, "unknown")}


def test_a_parameter_of_a_nested_stack_that_changes(tmp_path):
    nested = {"Parameters": {"Name": {"Type": "String"}}, "Resources": {"It": table(GONE, TableName={"Ref": "Name"})}}

    def app(name, passed):
        parent = {"Resources": {"Data": {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Name": passed}}},
                                "A": {"Type": "AWS::SNS::Topic"}, "B": {"Type": "AWS::SNS::Topic"}}}  # fmt: skip
        return write_assembly(tmp_path / name, Shop={"template": parent, "nested": {"Data": nested}})

    old, new = app("old", {"Fn::GetAtt": ["A", "TopicName"]}), app("new", {"Fn::GetAtt": ["B", "TopicName"]})
    assert fired(judged(tmp_path, old, new), "critical") == {"data-replaced"}


def test_a_principal_that_comes_from_the_parent(tmp_path):
    """Who may read is a parameter of the nested stack; another one is passed."""
    statement = allow(Principal={"AWS": {"Ref": "Who"}})
    bucket = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": "b", "PolicyDocument": {"Statement": [statement]}},
    }
    nested = {"Parameters": {"Who": {"Type": "String"}}, "Resources": {"It": bucket}}

    def app(name, passed):
        data = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Who": passed}}}
        parent = {"Resources": {"Data": data, "A": {"Type": "Custom::Who"}, "B": {"Type": "Custom::Who"}}}
        return write_assembly(tmp_path / name, Shop={"template": parent, "nested": {"Data": nested}})

    old, new = app("old", {"Fn::GetAtt": ["A", "Arn"]}), app("new", {"Fn::GetAtt": ["B", "Arn"]})
    assert fired(judged(tmp_path, old, new)) == {"access-widened"}
    assert not fired(judged(tmp_path, old, old), "low")


# -- stacks


def place(account="111111111111", region="eu-west-1"):
    return {"environment": f"aws://{account}/{region}"}


STACKS = [
    ("renamed", {"Shop": {"template": {"Resources": OTHER}, "properties": {"stackName": "A"}}},
     {"Shop": {"template": {"Resources": OTHER}, "properties": {"stackName": "B"}}}, {"stack-renamed"}),
    ("another region", {"Shop": OTHER}, {"Shop": {"template": {"Resources": OTHER}, "artifact": place(region="eu-north-1")}},
     {"stack-moved"}),
    ("another account", {"Shop": OTHER}, {"Shop": {"template": {"Resources": OTHER}, "artifact": place("222222222222")}},
     {"stack-moved"}),
    ("termination protection off", {"Shop": {"template": {"Resources": OTHER}, "properties": {"terminationProtection": True}}},
     {"Shop": OTHER}, {"stack-termination-protection-off"}),
    ("place made explicit", {"Shop": {"template": {"Resources": OTHER}, "artifact": place("unknown-account", "unknown-region")}},
     {"Shop": OTHER}, set()),
    ("data moved to another stack", {"Shop": {"It": table(KEPT, BillingMode="PAY_PER_REQUEST"), **OTHER}, "Data": OTHER},
     {"Shop": OTHER, "Data": {"It": table(KEPT, BillingMode="PAY_PER_REQUEST"), **OTHER}}, {"data-renamed"}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "rules"), [row[1:] for row in STACKS], ids=[row[0] for row in STACKS])
def test_whole_stacks(tmp_path, before, after, rules):
    old, new = write_assembly(tmp_path / "old", **before), write_assembly(tmp_path / "new", **after)
    assert fired(judged(tmp_path, old, new)) == rules


def test_a_place_made_explicit_widens_nothing(tmp_path):
    queue = {"Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q"}
    literal = "arn:aws:sqs:eu-west-1:111111111111:q"
    anywhere = place("unknown-account", "unknown-region")
    sides = [policy(allow(Action="sqs:SendMessage", Resource=arn)) for arn in (queue, queue, literal)]
    old = write_assembly(tmp_path / "old", Shop={"template": {"Resources": sides[0]}, "artifact": anywhere})
    for name, side in (("same", sides[1]), ("literal", sides[2])):
        assert not fired(judged(tmp_path, old, write_assembly(tmp_path / name, Shop=side)), "low")


def test_a_deletion_in_a_stack_whose_place_is_made_explicit(tmp_path):
    old = write_assembly(tmp_path / "old", Shop={"template": {"Resources": {"It": table(GONE), **OTHER}},
                                                 "artifact": place("unknown-account", "unknown-region")})  # fmt: skip
    assert "data-destroyed" in fired(judged(tmp_path, old, write_assembly(tmp_path / "new", Shop=OTHER)), "critical")


def test_a_stack_that_leaves_prod_is_judged_as_prod(tmp_path):
    from cdkguard.config.load import config_of_data

    settings = config_of_data(
        {"environments": {"prod": {"accounts": ["111111111111"]}, "dev": {"accounts": ["222222222222"]}}}
    )
    old = write_assembly(tmp_path / "old", Shop={"It": table(GONE)})
    new = write_assembly(tmp_path / "new", Shop={"template": {"Resources": OTHER}, "artifact": place("222222222222")})
    report = judged(tmp_path, old, new, environment=None, environments=settings.environments)
    assert fired(report, "critical") == {"stack-moved"}


# -- what every build brings

A, B = "a" * 64, "b" * 64


def function(asset, version):
    code = {"S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}"}, "S3Key": f"{asset}.zip"}
    key = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":s3:::assets/{asset}.zip"]]}
    return {
        "Handler": {"Type": "AWS::Lambda::Function", "Properties": {"Code": code}, "Metadata": {"aws:asset:path": f"asset.{asset}"}},
        f"Version{version}": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Handler"}}},
        "Alias": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Handler"}, "FunctionVersion": {"Fn::GetAtt": [f"Version{version}", "Version"]}}},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": ["r"], "PolicyDocument": {"Statement": [allow(Action="s3:GetObject", Resource=key)]}}},
        f"Deployment{version}": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": "api"}},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": "api", "DeploymentId": {"Ref": f"Deployment{version}"}}},
    }  # fmt: skip


def test_another_version_of_the_code_is_no_news(tmp_path):
    assert not fired(judged(tmp_path, function(A, "1A2B3C4D"), function(B, "5E6F7A8B")), "low")


def test_retained_versions_are_no_news(tmp_path):
    sides = [function(A, "1A2B3C4D"), function(B, "5E6F7A8B")]
    for side in sides:
        for body in side.values():
            body.update(KEPT if body["Type"].endswith(("Version", "Deployment")) else {})
    assert not fired(judged(tmp_path, *sides), "medium")


def test_a_custom_resource_is_updated(tmp_path):
    report = judged(
        tmp_path, one("Custom::Thing", ServiceToken="x", Size=1), one("Custom::Thing", ServiceToken="x", Size=2)
    )
    assert [(c.impact, c.properties[0].path) for c in report.changes] == [("WILL_UPDATE", "Properties.Size")]
    assert not report.active


def test_a_canonical_user_is_no_asset_hash(tmp_path):
    def side(user):
        statement = allow(Action="s3:GetObject", Principal={"CanonicalUser": user})
        return one("AWS::S3::BucketPolicy", Bucket="data", PolicyDocument={"Statement": [statement]})

    report = judged(tmp_path, side(A), side(B))
    assert fired(report, "medium") == {"access-widened"}
    assert not report.changes[0].noise


# -- the judge


def test_an_unknown_value_before_does_not_hide_a_weakening(tmp_path):
    before = one("AWS::DynamoDB::Table", KEPT, DeletionProtectionEnabled={"Ref": "Env"})
    after = one("AWS::DynamoDB::Table", KEPT, DeletionProtectionEnabled=False)
    report = judged(tmp_path, {"Parameters": UNKNOWN, "Resources": before}, {"Parameters": UNKNOWN, "Resources": after})
    assert {(f.rule_id, f.outcome.value) for f in report.active} == {("protection-weakened", "unknown")}


def test_a_rule_that_crashes_is_an_error_and_a_finding(tmp_path, monkeypatch):
    from cdkguard.check.run import check
    from cdkguard.config.settings import Config
    from tests.support.changes import write_template

    def broken(_change):
        raise ValueError("no")

    monkeypatch.setattr("cdkguard.engine.changes.make_record", broken)
    old = write_template(tmp_path / "old.json", {"It": table(GONE), **OTHER})
    new = write_template(tmp_path / "new.json", OTHER)
    report = check(Config(paths=(new,), against=old, environment="prod", rules=("data-destroyed",)))
    assert report.errors
    assert [f.outcome.value for f in report.active] == ["unknown"]


def test_secrets_are_not_shown(tmp_path):
    before = one("AWS::RDS::DBInstance", MasterUsername="a", MasterUserPassword="hunter2hunter2", **DATABASE)
    after = one("AWS::RDS::DBInstance", MasterUsername="b", MasterUserPassword="correcthorsebattery", **DATABASE)
    report = judged(tmp_path, before, after)
    text = json.dumps([f.message for f in report.findings])
    assert report.active
    assert "hunter2" not in text
    assert "correcthorse" not in text


def test_a_dev_stack_may_lose_data(tmp_path):
    assert not fired(judged(tmp_path, {"It": table(GONE), **OTHER}, OTHER, environment="dev"), "low")


# -- what is not known never passes for what is right


def leaves(value, path=()):
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def with_unknown(resources, path):
    template = {"Parameters": UNKNOWN, "Resources": json.loads(json.dumps(resources))}
    place = template["Resources"]
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = {"Ref": "Env"}
    return template


def unknown_cases():
    for name, before, after, rules in [*TRUTH, *COUNTED]:
        for side, resources in (("before", before), ("after", after)) if rules else ():
            for path in leaves({k: v for k, v in resources.items() if k != "Topic"}):
                if path and path[-1] not in ("Type", "KeyType", "AttributeName") and path[0] != "Topic":
                    yield pytest.param(before, after, side, path, id=f"{name}: {side} {'.'.join(map(str, path))}")


@pytest.mark.parametrize(("before", "after", "side", "path"), list(unknown_cases()))
def test_an_unknown_value_hides_nothing(tmp_path, before, after, side, path):
    if side == "before":
        pair = with_unknown(before, path), {"Parameters": UNKNOWN, "Resources": after}
    else:
        pair = {"Parameters": UNKNOWN, "Resources": before}, with_unknown(after, path)
    assert fired(judged(tmp_path, *pair), "medium")


NODES = st.recursive(
    st.sampled_from([{"steps": [["f", name]]} for name in "ABCD"]),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        *(st.fixed_dictionaries({word: st.lists(inner, min_size=1, max_size=3)}) for word in ("all", "any")),
    ),
    max_leaves=8,
)


def holds(node, flags):
    if "not" in node:
        return not holds(node["not"], flags)
    for word, of in (("all", all), ("any", any)):
        if word in node:
            return of(holds(part, flags) for part in node[word])
    return node["steps"][0][1] in flags


@given(NODES, st.sets(st.sampled_from("ABCD")))
def test_the_parts_of_a_requirement_hold_together_where_it_holds(node, flags):
    parts = split_requirement(node)
    assert holds(node, flags) == all(holds(part, flags) for part in parts)
    assert len(parts) >= 1


def test_a_value_that_stays_absent_is_not_the_change(tmp_path):
    kind, same = "AWS::RDS::DBInstance", {"Engine": "postgres", "DBInstanceClass": "db.m5.large"}
    before = {"A": {"Type": kind, "Properties": {**same, "DBSnapshotIdentifier": "snap-1"}}}
    report = judged(tmp_path, before, {"A": {"Type": kind, "Properties": same}})
    (message,) = [f.message for f in report.active if f.rule_id == "protection-weakened"]
    assert "Properties.DBSnapshotIdentifier snap-1 -> absent, and Properties.StorageEncrypted is absent" in message
    assert "absent -> absent" not in message


def test_each_default_of_a_weakening_is_said_in_words():
    entries = [e for rule in load_packs(()).rules if isinstance(rule.weakens, list) for e in rule.weakens]
    assert not [e for e in entries if e.get("default") == 999999 and "unset" not in e]
    assert not [e for e in entries if e["by"] in ("lower", "higher") and "unit" not in e]
