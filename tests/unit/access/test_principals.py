"""An account as a whole beside a role of it: who leaves it to policies of IAM, and who is allowed at once."""

import pytest

from cdkguard.template.values import Deferred
from tests.support.access import FOREIGN, OWN, PARAMETER, body, compare, document, only, ref, role, text

ACCOUNT = Deferred("pseudo", {"Ref": "AWS::AccountId"}, "AWS::AccountId")
ROOTS = [OWN, f"arn:aws:iam::{OWN}:root", text("arn:aws:iam::", ACCOUNT, ":root"), ACCOUNT]
VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def allow(principal, action="kms:*", **more):
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*", **more}


def key(*statements):
    return {"Role": role(), "K": body("AWS::KMS::Key", KeyPolicy=document(*statements))}


@pytest.mark.parametrize("root", ROOTS, ids=repr)
@pytest.mark.parametrize("named", [ref("Role", "Arn"), f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{OWN}:user/app"])
def test_a_role_beside_the_account_may_at_once(root, named):
    before = key(allow(root))
    found = only(before, key(allow(root), allow(named, "kms:Decrypt")))
    assert (found.kind, found.severity, found.certain) == ("principal", "low", True)
    assert "where no policy of IAM allows it" in found.message
    assert only(before, key(allow(root), allow(named))).severity == "medium"  # It may write the policy as well.
    assert compare(key(allow(root), allow(named, "kms:Decrypt")), before) == []


def test_what_is_only_cut_or_narrowed_is_no_widening():
    both = allow(ref("Role", "Arn"), ["kms:Decrypt", "kms:GenerateDataKey"])
    cut = [allow(ref("Role", "Arn"), "kms:Decrypt"), allow(ref("Role", "Arn"), "kms:GenerateDataKey")]
    assert compare(key(allow(OWN), both), key(allow(OWN), *cut)) == []
    assert compare(key(allow(OWN), both), key(allow(OWN), {**both, "Condition": VIA_S3})) == []


def test_a_condition_of_a_role_counts_beside_the_account():
    bound = allow(ref("Role", "Arn"), "kms:Decrypt", Condition=VIA_S3)
    found = only(key(allow(OWN), bound), key(allow(OWN), allow(ref("Role", "Arn"), "kms:Decrypt")))
    assert (found.kind, found.severity) == ("condition", "low")
    assert "kms:viaservice" in found.message


def test_the_account_instead_of_a_role_lets_policies_of_iam_decide():
    secret = {"S": body("AWS::SecretsManager::Secret")}

    def side(principal):
        policy = document(allow(principal, "secretsmanager:GetSecretValue"))
        return {**secret, "P": body("AWS::SecretsManager::ResourcePolicy", SecretId=ref("S"), ResourcePolicy=policy)}

    found = only(side(f"arn:aws:iam::{OWN}:role/app"), side(OWN))
    assert (found.kind, found.severity) == ("principal", "medium")


def test_another_account_decides_by_policies_of_iam_in_either_case():
    whole, one = allow(FOREIGN, "kms:Decrypt"), allow(f"arn:aws:iam::{FOREIGN}:role/app", "kms:Decrypt")
    assert compare(key(whole), key(whole, one)) == []
    assert compare(key(whole), key(one)) == []
    assert only(key(one), key(whole)).severity == "high"


def test_an_account_that_may_be_the_own_one_or_not():
    before, after = key(allow(FOREIGN)), key(allow(FOREIGN), allow(f"arn:aws:iam::{FOREIGN}:role/app", "kms:Decrypt"))
    (found,) = compare(before, after, account=None)
    assert (found.certain, found.severity) == (False, "low")
    some = text("arn:aws:iam::", PARAMETER, ":root"), text("arn:aws:iam::", PARAMETER, ":role/app")
    (found,) = compare(key(allow(some[0])), key(allow(some[0]), allow(some[1], "kms:Decrypt")))
    assert (found.certain, found.severity) == (False, "low")


def test_a_deny_for_the_account_denies_to_its_roles():
    deny = {**allow(OWN, "kms:ScheduleKeyDeletion"), "Effect": "Deny"}
    admin = allow(f"arn:aws:iam::{OWN}:role/admin", "kms:ScheduleKeyDeletion")
    assert compare(key(deny), key(deny, admin)) == []
    for_role = {**deny, "Principal": {"AWS": f"arn:aws:iam::{OWN}:role/admin"}}
    assert compare(key(for_role), key(deny)) == []
    assert only(key(deny), key(for_role)).kind == "deny-removed"
