"""Which of our rules check what a peer's rule checks, asked by any of its names."""

import pytest

from cdkguard.model import Rule
from cdkguard.packs.equivalents import Equivalent, describe_unmatched, find_equivalents, select_pairs

OURS = Rule("s3-versioning", "t", "high", "p", equivalents={"checkov": ["S3Versioning"], "trivy": ["avd-aws-0090"]})
OTHER = Rule("s3-logging", "t", "high", "p", equivalents={"guard": ["S3_BUCKET_LOGGING_ENABLED"], "cfn_nag": ["W35"]})
PUBLIC = {
    "checkov": {"CKV_AWS_21": "S3Versioning", "CKV_AWS_99": "NotOurs"},
    "trivy": {"AVD-AWS-0090": "avd-aws-0090"},
    "guard": {"S3.9": "S3_BUCKET_LOGGING_ENABLED"},
}
PAIRS = list(find_equivalents([OURS, OTHER], PUBLIC))


def test_every_pair_has_the_id_that_users_know():
    assert [
        Equivalent("checkov", "CKV_AWS_21", "S3Versioning", OURS),
        Equivalent("trivy", "AVD-AWS-0090", "avd-aws-0090", OURS),
        Equivalent("guard", "S3.9", "S3_BUCKET_LOGGING_ENABLED", OTHER),
        Equivalent("cfn_nag", None, "W35", OTHER),
    ] == PAIRS


@pytest.mark.parametrize(
    "asked, peers",
    [
        ("CKV_AWS_21", ["checkov"]),
        ("ckv_aws_21", ["checkov"]),
        ("s3versioning", ["checkov"]),
        ("checkov:CKV_AWS_21", ["checkov"]),
        ("Checkov:CKV_AWS_21", ["checkov"]),
        ("trivy:CKV_AWS_21", []),
        ("AVD-AWS-0090", ["trivy"]),
        ("aws-0090", ["trivy"]),
        (" aws-0090 ", ["trivy"]),
        ("W35", ["cfn_nag"]),
        ("cfn-nag:W35", ["cfn_nag"]),
        ("cfn_nag:w35", ["cfn_nag"]),
        ("cfn-guard:S3.9", ["guard"]),
        ("cloudformation_guard:s3_bucket_logging_enabled", ["guard"]),
        ("nobody:W35", []),
        ("checkov", []),
        ("", []),
        ("CKV_AWS_99", []),
    ],
)
def test_pairs_are_found_by_any_name(asked, peers):
    assert [pair.peer for pair in select_pairs(asked, PAIRS)] == peers


def test_what_a_peer_has_and_we_have_not_is_told():
    assert describe_unmatched("ckv_aws_99", PUBLIC) == "checkov's CKV_AWS_99 (NotOurs)"
    assert describe_unmatched("checkov:NotOurs", PUBLIC) == "checkov's CKV_AWS_99 (NotOurs)"
    assert describe_unmatched("trivy:CKV_AWS_99", PUBLIC) is None
    assert describe_unmatched("CKV_AWS_1000", PUBLIC) is None
