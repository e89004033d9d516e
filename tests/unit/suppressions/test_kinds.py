"""Every way to accept a finding has a kind of its own, and SARIF says which of them stand in the code."""

import json

import pytest

from cdkguard.config import approvals
from cdkguard.config.approvals import Approval
from cdkguard.config.load import load_config
from cdkguard.model import AcceptedFinding, Acknowledgement, Change, Finding, Outcome, Report, Rule, Stack
from cdkguard.outputs.render import Options, render
from cdkguard.suppressions.apply import Terms, apply_suppressions
from cdkguard.suppressions.peer_suppressions import apply_peer_suppressions

RULE, TODAY = "s3-versioning", "2026-06-15"
FOUND = Finding(
    RULE, Outcome.FAIL, "high", "m", "Data", "Data", "data.json", "prod",
    logical_id="Bucket", construct_path="Data/Bucket", fingerprint="f1", change="c1",
)  # fmt: skip


def stack(metadata=None, **options):
    resources = {"Bucket": {"Type": "AWS::S3::Bucket", "Metadata": metadata or {}}}
    return Stack("Data", {"Resources": resources}, "data.json", construct_path="Data", **options)


def applied(one, configured=(), accepted=None):
    return apply_suppressions([FOUND], [one], configured, accepted, Terms({RULE}, TODAY))[0][0]


def in_configuration(tmp_path):
    file = tmp_path / "cdkguard.yaml"
    file.write_text(f"suppressions: [{{rule: {RULE}, construct: '*', reason: known}}]\n", encoding="utf-8")
    return applied(stack(), load_config(str(tmp_path), None).suppressions)


def in_metadata(_tmp_path):
    return applied(stack({"cdkguard": {"suppress": [{"rule": RULE, "reason": "known"}]}}))


def acknowledged(_tmp_path):
    return applied(stack(acknowledgements=[Acknowledgement("Data/Bucket", RULE, "known")]))


def in_accepted_file(_tmp_path):
    return applied(stack(), accepted={"f1": AcceptedFinding(RULE, "2026-01-01")})


def approved(_tmp_path):
    change = Change("WILL_DESTROY", stack(), "Bucket", token="c1")
    approval = Approval("Data", "WILL_DESTROY", "c1", "known", "me", "2030-01-01", "a.yaml:1", logical_id="Bucket")
    return approvals.apply_approvals([FOUND], [change], [approval], TODAY)[0][0]


def for_a_peer(_tmp_path):
    one = stack({"checkov": {"skip": [{"id": "CKV_AWS_21", "comment": "known"}]}})
    rule = Rule(RULE, "t", "high", "p", equivalents={"checkov": ["CKV_AWS_21"]})
    return apply_peer_suppressions([FOUND], [one], [rule], ["checkov"], {})[0][0]


@pytest.mark.parametrize(
    ("accept", "kind", "in_sarif"),
    [
        (in_configuration, "configuration", "external"),
        (in_metadata, "metadata", "inSource"),
        (acknowledged, "acknowledgement", "inSource"),
        (in_accepted_file, "accepted", "external"),
        (approved, "approval", "external"),
        (for_a_peer, "peer", "inSource"),
    ],
)
def test_sarif_says_whether_a_suppression_stands_in_the_code(accept, kind, in_sarif, tmp_path):
    marked = accept(tmp_path)
    assert marked.suppression.kind == kind
    (run,) = json.loads(render("sarif", Report((marked,), (), ()), Options()))["runs"]
    assert [one["kind"] for one in run["results"][0]["suppressions"]] == [in_sarif]
