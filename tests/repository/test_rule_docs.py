"""docs/rules, docs/coming-from-* and docs/accuracy.md are what the rules say, and their links lead somewhere."""

import csv
import re
import subprocess
import sys

import pytest

from cdkguard.data import loader as tables
from cdkguard.packs import equivalents
from cdkguard.packs import load as packs
from tests.support.paths import ROOT

DOCS = ROOT / "docs"


def test_nothing_has_drifted():
    done = subprocess.run(
        [sys.executable, "tools/make_rule_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_every_rule_has_a_page_and_every_page_a_rule():
    rules = {rule.id for rule in packs.load_packs().rules}
    assert {path.stem for path in (DOCS / "rules").glob("*.md")} - {"README"} == rules


def test_links_inside_the_docs_resolve():
    broken = []
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_every_disagreement_says_who_is_right_and_which_document_decides():
    with open(DOCS / "development/accuracy.tsv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert rows and all(row["why"] and row["right"] for row in rows)
    assert all(row["document"].startswith("https://docs.aws.amazon.com/") for row in rows)


def test_a_peers_rule_is_found_by_either_of_its_names():
    pairs = list(equivalents.find_equivalents(packs.load_packs().rules, tables.peer_ids()))
    for asked in ("checkov:CKV_AWS_28", "ckv_aws_28", "checkov:DynamodbRecovery"):
        assert [p.rule.id for p in equivalents.select_pairs(asked, pairs)] == ["dynamodb-pitr"]
    assert equivalents.select_pairs("checkov:DynamoDBPITREnabled", pairs) == []
    assert equivalents.select_pairs("cdk-nag:DynamoDBPITREnabled", pairs)
    for asked in ("cfn-nag:W78", "CFN_NAG:w78", "cdk_nag:AwsSolutions-DDB3", "cfn-guard:DYNAMODB_PITR_ENABLED"):
        assert [p.rule.id for p in equivalents.select_pairs(asked, pairs)] == ["dynamodb-pitr"], asked
    for asked in ("AVD-AWS-0024", "trivy:AWS-0024", "trivy:avd-aws-0024"):
        assert [p.rule.id for p in equivalents.select_pairs(asked, pairs)] == ["dynamodb-pitr"], asked


def test_a_rule_that_a_peer_has_alone_is_told_apart_from_one_that_nobody_has():
    public = tables.peer_ids()
    assert equivalents.describe_unmatched("CKV_AWS_79", public) == "checkov's CKV_AWS_79 (IMDSv1Disabled)"
    assert equivalents.describe_unmatched("cfn-nag:w28", public) == "cfn_nag's W28 (ResourceWithExplicitNameRule)"
    assert equivalents.describe_unmatched("checkov:W28", public) is None


@pytest.mark.parametrize(
    "asked",
    ["AwsSolutions-EC23", "CKV_AWS_24", "CKV_AWS_18", "CKV_AWS_19", "CKV_AWS_20", "CKV_AWS_21", "CKV_AWS_53", "CKV_AWS_58",
     "AwsSolutions-VPC7", "W2", "W10", "W41", "F19", "F31", "F38"],
)  # fmt: skip
def test_rules_that_everybody_knows_have_an_answer(asked):
    assert equivalents.select_pairs(
        asked, list(equivalents.find_equivalents(packs.load_packs().rules, tables.peer_ids()))
    )


def test_two_rules_that_divide_the_ports_share_a_list():
    rules = {rule.id: rule.parameters for rule in packs.load_packs().rules}
    sensitive = rules["sg-ingress-open-sensitive-ports"]["sensitive_ports"]
    assert rules["sg-ingress-open-world"]["sensitive_ports"] == sensitive
