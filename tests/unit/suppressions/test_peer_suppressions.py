"""Suppressions written for other checkers: which count, for which of our rules, and what is said of the others."""

import base64
import json
import subprocess

import pytest

from cdkguard import model
from cdkguard.check import guardrail
from cdkguard.cli import main as cli
from cdkguard.model import Finding, Outcome, Rule, Stack, Suppression
from cdkguard.suppressions.added import AddedSuppressions, entry_of
from cdkguard.suppressions.peer_suppressions import apply_peer_suppressions, list_peer_suppressions
from cdkguard.suppressions.peers import PEERS
from tests.support.assemblies import assembly_with

IDS = {
    "checkov": {"CKV_AWS_28": "DynamodbRecovery"},
    "cdk-nag": {"AwsSolutions-DDB3": "DynamoDBPITREnabled"},
    "cfn_nag": {"W11": "IamRoleWildcardResourceOnPermissionsPolicyRule"},
}
RULES = (
    Rule(
        "dynamodb-pitr",
        "t",
        "high",
        "p",
        equivalents={
            "checkov": ["DynamodbRecovery"],
            "cdk-nag": ["DynamoDBPITREnabled"],
            "guard": ["dynamodb_pitr_enabled"],
        },
    ),
    Rule("dynamodb-pitr-more", "t", "low", "p", equivalents={"checkov": ["DynamodbRecovery"]}),
    Rule("iam-wildcard", "t", "high", "p", equivalents={"cfn_nag": ["IamRoleWildcardResourceOnPermissionsPolicyRule"]}),
)


def stack(metadata=None, whole=None, other=None):
    template = {"Resources": {"Table": {"Type": "T", "Metadata": metadata or {}}, "Other": other or {"Type": "T"}}}
    if whole:
        template["Metadata"] = whole
    return Stack("Main", template, "main.json", construct_path="Main", construct_paths={"Table": "Main/Orders"})


def finding(rule="dynamodb-pitr", logical_id="Table", of="Main", template="main.json"):
    return Finding(rule, Outcome.FAIL, "high", "m", of, of, template, None, logical_id=logical_id)


def apply(one, findings=None, peers=model.PEERS, ids=IDS, added=AddedSuppressions()):
    findings, problems = apply_peer_suppressions(findings or [finding()], [one], RULES, peers, ids, added)
    return [f.suppression for f in findings], [p.message for p in problems]


FORMS = [
    ({"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": "cache"}]}}, "dynamodb-pitr", "cache", "checkov"),
    (
        {"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-DDB3", "reason": "cache"}]}},
        "dynamodb-pitr",
        "cache",
        "cdk-nag",
    ),
    (
        {"cdk_nag": {"rules_to_suppress": [{"id": "NIST.800.53.R5-DynamoDBPITREnabled", "reason": "cache"}]}},
        "dynamodb-pitr",
        "cache",
        "cdk-nag",
    ),
    ({"cfn_nag": {"rules_to_suppress": [{"id": "W11", "reason": "needed"}]}}, "iam-wildcard", "needed", "cfn-nag"),
    ({"guard": {"SuppressedRules": [{"DYNAMODB_PITR_ENABLED": "cache"}]}}, "dynamodb-pitr", "cache", "guard"),
    (
        {"guard": {"SuppressedRules": ["DYNAMODB_PITR_ENABLED"]}},
        "dynamodb-pitr",
        "suppressed for guard, no reason given",
        "guard",
    ),
]


@pytest.mark.parametrize("metadata, rule, reason, peer", FORMS, ids=lambda v: v if isinstance(v, str) else "")
def test_each_peers_own_form_counts(metadata, rule, reason, peer):
    (marked,), problems = apply(stack(metadata), [finding(rule)], [peer])
    assert marked.reason == reason
    assert marked.origin == f"{peer} metadata of Main/Orders in main.json"
    assert not problems


@pytest.mark.parametrize("metadata, rule, reason, peer", FORMS, ids=lambda v: v if isinstance(v, str) else "")
def test_only_what_was_asked_for_counts(metadata, rule, reason, peer):
    others = [p for p in model.PEERS if p != peer]
    assert apply(stack(metadata), [finding(rule)], others) == ([None], [])


def test_one_of_theirs_may_be_several_of_ours():
    skip = {"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": "cache"}]}}
    marked, _ = apply(stack(skip), [finding(), finding("dynamodb-pitr-more"), finding("iam-wildcard")])
    assert [m is not None for m in marked] == [True, True, False]


def test_it_covers_its_own_resource_only():
    skip = {"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": "cache"}]}}
    findings = [
        finding(logical_id="Other"),
        finding(of="Twin"),
        finding(template="twin.json"),
        finding(logical_id=None),
    ]
    assert apply(stack(skip), findings)[0] == [None] * 4


def test_cdk_nag_suppresses_for_a_whole_stack_too():
    whole = {"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-DDB3", "reason": "cache"}]}}
    marked, _ = apply(stack(whole=whole), [finding(), finding(logical_id="Other"), finding(of="Twin")])
    assert [m is not None for m in marked] == [True, True, False]
    assert marked[0].origin == "cdk-nag metadata of main.json"
    assert apply(stack(whole={"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": "c"}]}}))[0] == [None]


@pytest.mark.parametrize(
    "metadata, said",
    [
        ({"checkov": {"skip": [{"id": "CKV_AWS_28"}]}}, "'CKV_AWS_28' has no comment and does not count"),
        ({"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": " "}]}}, "has no comment"),
        ({"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": {"Ref": "X"}}]}}, "has no comment"),
        ({"checkov": {"skip": [{"comment": "c"}]}}, "needs an id"),
        ({"checkov": {"skip": "CKV_AWS_28"}}, "without the list `skip`"),
        ({"checkov": []}, "without the list `skip`"),
        ({"checkov": {"skip": ["CKV_AWS_28"]}}, "needs an id"),
        ({"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-DDB3"}]}}, "has no reason"),
        ({"cdk_nag": None}, "without the list `rules_to_suppress`"),
        (
            {"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-DDB3", "reason": "r", "applies_to": ["A"]}]}},
            "a part",
        ),
        ({"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-IAM5[Resource::*]", "reason": "r"}]}}, "a part"),
        (
            {"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-DDB3", "reason": "é", "is_reason_encoded": True}]}},
            "cannot be decoded",
        ),
        ({"cfn_nag": {"rules_to_suppress": [{"id": "W11", "reason": ""}]}}, "has no reason"),
        ({"guard": {"SuppressedRules": "X"}}, "without the list `SuppressedRules`"),
        ({"guard": {"SuppressedRules": [{"DYNAMODB_PITR_ENABLED": 1}]}}, "has no reason"),
        ({"guard": {"SuppressedRules": [["DYNAMODB_PITR_ENABLED"]]}}, "is a rule's name"),
        ({"guard": {"SuppressedRules": [""]}}, "is a rule's name"),
    ],
)
def test_what_is_wrong_is_said_and_does_not_count(metadata, said):
    marked, problems = apply(stack(metadata), [finding(), finding("iam-wildcard")])
    assert marked == [None, None]
    assert len(problems) == 1 and said in problems[0]


def test_reasons_in_base64_are_read():
    reason = base64.b64encode("キャッシュ".encode()).decode()
    entry = {"id": "AwsSolutions-DDB3", "reason": reason, "is_reason_encoded": True}
    assert apply(stack({"cdk_nag": {"rules_to_suppress": [entry]}}))[0][0].reason == "キャッシュ"


def test_what_we_do_not_check_is_one_notice_with_a_count():
    skip = [{"id": f"CKV_AWS_{n}", "comment": "c"} for n in (901, 902, 903, 904, 904)]
    marked, problems = apply(stack({"checkov": {"skip": skip}}))
    assert marked == [None]
    assert problems == [
        "checkov metadata: 5 suppressions name what no rule here checks (CKV_AWS_901, CKV_AWS_902, CKV_AWS_903, ...)"
    ]


def test_our_own_suppression_stays():
    own = finding()._replace(suppression=Suppression("dynamodb-pitr", "ours", "cdkguard.yaml:1", "configuration"))
    skip = {"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": "theirs"}]}}
    assert apply(stack(skip), [own])[0][0].reason == "ours"


def test_what_the_baseline_does_not_have_can_be_left_out():
    one = stack({"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": "cache"}]}})
    (written,) = list_peer_suppressions([one], RULES, ["checkov"], IDS)
    assert (written.rule, written.construct_path) == ("CKV_AWS_28", "Main/Orders")
    marked, problems = apply(one, added=AddedSuppressions([entry_of(written)]))
    assert marked == [None] and "is not in the baseline yet" in problems[0]


# -- in a whole run

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {"KeySchema": []},
    "Metadata": {"guard": {"SuppressedRules": ["DYNAMODB_PITR_ENABLED"]}},
}


def run(capsys, *arguments):
    status = cli.main(["check", *arguments, "--rules", "dynamodb-pitr", "--fail-on", "low", "--format", "json"])
    out = capsys.readouterr()
    return status, json.loads(out.out) if out.out else out.err


def test_check_honours_on_request(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assembly_with(tmp_path / "cdk.out", {"Table": TABLE})
    status, report = run(capsys, "cdk.out")
    assert (status, [f["outcome"] for f in report["findings"]]) == (1, ["fail"])
    status, report = run(capsys, "cdk.out", "--honour", "checkov,guard")
    assert (status, [f["outcome"] for f in report["findings"]]) == (0, ["suppressed"])
    assert report["findings"][0]["suppression"]["origin"].startswith("guard metadata of ")
    (tmp_path / "cdkguard.yaml").write_text("honour: guard\n")
    assert run(capsys, "cdk.out", "--config", "cdkguard.yaml")[0] == 0


@pytest.mark.parametrize(
    "metadata",
    [
        {"checkov": {"skip": [{"id": "CKV_AWS_28", "comment": "a cache"}]}},
        {"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-DDB3", "reason": "a cache"}]}},
        {"cdk_nag": {"rules_to_suppress": [{"id": "HIPAA.Security-DynamoDBPITREnabled", "reason": "a cache"}]}},
        {"cfn_nag": {"rules_to_suppress": [{"id": "W78", "reason": "a cache"}]}},
    ],
    ids=lambda m: next(iter(m)),
)
def test_the_ids_that_people_write_are_known(tmp_path, capsys, metadata):
    assembly_with(tmp_path / "cdk.out", {"Table": {**TABLE, "Metadata": metadata}})
    status, report = run(capsys, str(tmp_path / "cdk.out"), "--honour", "checkov,cdk-nag,cfn-nag,guard")
    assert (status, [f["outcome"] for f in report["findings"]]) == (0, ["suppressed"])
    assert report["findings"][0]["suppression"]["reason"] == "a cache"


def test_an_unknown_checker_is_an_error(tmp_path, capsys):
    status, said = run(capsys, str(tmp_path), "--honour", "chekov")
    assert status == 2 and "did you mean 'checkov'" in said


def test_beginning_to_honour_weakens_the_guardrail(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    plain = {**TABLE, "Metadata": {}}
    assembly_with(tmp_path / "cdk.out", {"Table": plain})
    (tmp_path / "cdkguard.yaml").write_text("rules: [all]\n")
    for command in ("init -q", "add .", "-c user.name=t -c user.email=t@t commit -qm x"):
        subprocess.run(["git", *command.split()], check=True, capture_output=True)
    assembly_with(tmp_path / "cdk.out", {"Table": TABLE})
    (tmp_path / "cdkguard.yaml").write_text("rules: [all]\nhonour: guard\n")
    cli.main(["check", "cdk.out", "--against", "git", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    said = {
        f["ruleId"]: f["message"] for f in found["findings"] if f["ruleId"] in ("guardrail-weakened", "exemption-added")
    }
    assert "suppressions for guard count now" in said["guardrail-weakened"]
    assert "DYNAMODB_PITR_ENABLED" in said["exemption-added"]


def test_guardrails_know_what_honouring_and_linting_hide():
    side = guardrail.Guardrail(
        {}, {}, {}, frozenset(), "high", "all", (), frozenset(), frozenset(), (), "cdkguard.yaml"
    )
    strict = side._replace(honour=("guard",), lint=True)
    weak = side._replace(honour=("guard", "checkov"), lint=False)
    home = guardrail.stack_of_configuration("cdkguard.yaml")
    assert [c.token for c in guardrail.compare_guardrails(strict, weak, [], home)] == [
        "suppressions for checkov count now",
        "cfn-lint's errors are no findings any more",
    ]
    assert not list(guardrail.compare_guardrails(weak, strict, [], home))


@pytest.mark.parametrize(
    "entry", ["CKV_AWS_1", {"comment": "x"}, {"id": "", "comment": "x"}, {"id": 3, "comment": "x"}, None]
)
def test_an_entry_without_an_id_suppresses_nothing(entry):
    (written,) = PEERS["checkov"].read_block({"skip": [entry]})
    assert (written.id, written.wrong) == ("", "an entry of `skip` needs an id; it says nothing")


@pytest.mark.parametrize("comment", [None, "", " ", 3])
def test_an_entry_without_a_reason_is_told(comment):
    (written,) = PEERS["checkov"].read_block({"skip": [{"id": "CKV_AWS_1", "comment": comment}]})
    assert written.wrong == "the suppression of 'CKV_AWS_1' has no comment"
    assert [w.id for w in PEERS["checkov"].read_block({"skip": [{"id": "A", "comment": "x"}]})] == ["A"]
    assert "suppresses nothing" in next(PEERS["checkov"].read_block({})).wrong
