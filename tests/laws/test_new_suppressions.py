"""A pull request does not exempt itself: what it adds to the suppressions does not count for it in strict environments."""

from __future__ import annotations

import json

import pytest

from cdkguard.cli import main as cli
from tests.support.changes import write_assembly
from tests.support.git_projects import commit, git, isolate


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch, own_cache):
    isolate(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)


OPEN = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
RULE = "sg-ingress-open-sensitive-ports"
IN_METADATA = {"cdkguard": {"suppress": [{"rule": RULE, "reason": "agreed"}]}}
PEER = {"cdk_nag": {"rules_to_suppress": [{"id": "AwsSolutions-EC23", "reason": "agreed"}]}}
NOTE = {
    "/Shop/Sg": [
        {"type": "aws:cdk:logicalId", "data": "Sg"},
        {"type": "aws:cdk:acknowledged-rules", "data": {f"cdkguard::{RULE}": "agreed"}},
    ]
}
IN_FILE = f"suppressions: [{{rule: {RULE}, construct: '*', reason: agreed}}]\n"
ENVIRONMENTS = "environments:\n  prod: {stacks: [Shop]}\n  dev: {stacks: [Dev]}\n"


def group(metadata=None, *ingress):
    properties = {"GroupDescription": "g", "SecurityGroupIngress": list(ingress or (OPEN,))}
    return {"Resources": {"Sg": {"Type": "AWS::EC2::SecurityGroup", "Properties": properties,
                                 "Metadata": metadata or {}}}}  # fmt: skip


def repository(tmp_path, before, after, name="Shop"):
    """A change from one {configuration, template} to another, in the current folder."""
    for step, (settings, template) in enumerate((before, after)):
        (tmp_path / "out").mkdir(exist_ok=True)
        notes = {"/Dev/Sg" if name == "Dev" else place: entries for place, entries in template.get("notes", {}).items()}
        body = {section: value for section, value in template.items() if section != "notes"}
        write_assembly(tmp_path / "out", **{name: {"template": body, "artifact": {"metadata": notes}}})
        (tmp_path / "cdk.json").write_text(json.dumps({"app": "out"}))
        (tmp_path / "cdkguard.yaml").write_text(settings)
        if not step:
            git(tmp_path, "init", "--quiet")
        commit(tmp_path)
        if not step:
            git(tmp_path, "switch", "--quiet", "-c", "topic")


def checked(capsys, *options):
    status = cli.main(["check", "--against", "git", "--output", "json", "--rules", RULE, *options])
    report = json.loads(capsys.readouterr().out)
    return status, [f["outcome"] for f in report["findings"]], " ".join(p["message"] for p in report["notices"])


WAYS = [
    ("configuration", (IN_FILE, group())),
    ("metadata", ("", group(IN_METADATA))),
    ("an acknowledgement", ("", {**group(), "notes": NOTE})),
    ("a peer", ("honour: [cdk-nag]\n", group(PEER))),
]


@pytest.mark.parametrize("after", [w[1] for w in WAYS], ids=[w[0] for w in WAYS])
def test_what_a_change_adds_does_not_exempt_it_in_prod(tmp_path, capsys, after):
    settings = "honour: [cdk-nag]\n" if "honour" in after[0] else ""
    repository(tmp_path, (settings, group()), after)
    status, outcomes, said = checked(capsys)
    assert (status, outcomes) == (1, ["fail"])
    assert "is not in the baseline yet and does not count in prod" in said and "covers no finding" not in said


@pytest.mark.parametrize("after", [w[1] for w in WAYS], ids=[w[0] for w in WAYS])
def test_it_counts_from_the_next_change_on(tmp_path, capsys, after):
    repository(tmp_path, after, (after[0], {**after[1], "Description": "more"}))
    assert checked(capsys) == (0, ["suppressed"], checked(capsys)[2])
    assert "baseline yet" not in checked(capsys)[2]


@pytest.mark.parametrize("after", [w[1] for w in WAYS], ids=[w[0] for w in WAYS])
def test_it_counts_at_once_in_dev_and_without_a_baseline(tmp_path, capsys, after):
    settings = "honour: [cdk-nag]\n" if "honour" in after[0] else ""
    repository(tmp_path, (ENVIRONMENTS + settings, group()), (ENVIRONMENTS + after[0], after[1]), name="Dev")
    assert checked(capsys)[:2] == (0, ["suppressed"])
    assert cli.main(["check", "--rules", RULE, "--environment", "prod"]) == 0


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [("count", "count", 0), ("strict", "count", 1), ("count", "strict", 1), ("baseline", "count", 1), ("", "count", 1)],
)
def test_the_stricter_word_of_both_sides_decides(tmp_path, capsys, before, after, status):
    settings = [f"new_suppressions: {word}\n" if word else "" for word in (before, after)]
    repository(tmp_path, (settings[0], group()), (settings[1] + IN_FILE, group()))
    assert checked(capsys)[0] == status


def test_an_old_suppression_in_the_same_metadata_still_counts(tmp_path, capsys):
    other = {"rule": "sg-ingress-open-world", "reason": "agreed"}
    more = {"cdkguard": {"suppress": [*IN_METADATA["cdkguard"]["suppress"], other]}}
    repository(tmp_path, ("", group(IN_METADATA)), ("", group(more)))
    assert checked(capsys)[:2] == (0, ["suppressed"])


@pytest.mark.parametrize("by_option", [True, False])
def test_what_a_change_accepts_does_not_exempt_it_in_prod(tmp_path, capsys, by_option):
    options = ["--accepted", "old.json"] if by_option else []
    settings = "" if by_option else "accepted: old.json\n"
    repository(tmp_path, (settings, group(None, {**OPEN, "CidrIp": "10.0.0.0/8"})), (settings, group()))
    assert cli.main(["accept", "--rules", RULE, "--accepted", "old.json"]) == 0
    capsys.readouterr()
    commit(tmp_path)
    status, outcomes, said = checked(capsys, *options)
    assert (status, outcomes) == (1, ["fail"])
    assert "the acceptance of 1 finding is not in the baseline yet and does not count in prod" in said

    git(tmp_path, "switch", "--quiet", "-c", "next")
    git(tmp_path, "branch", "--quiet", "-f", "main")
    (tmp_path / "README").write_text("more")
    commit(tmp_path)
    assert checked(capsys, *options)[:2] == (0, ["suppressed"])


def test_a_change_that_rewrites_a_file_of_the_old_form_passes(tmp_path, capsys):
    from cdkguard.check.run import check
    from cdkguard.config.accepted_rewrite import _old_fingerprint
    from cdkguard.config.settings import Config

    (tmp_path / "one").mkdir()
    write_assembly(tmp_path / "one", Shop={"template": group()})
    (one,) = check(Config(paths=("one",), rules=(RULE,))).findings
    row = {"ruleId": RULE, "since": "2025-01-02", "fingerprint": _old_fingerprint(one)}
    (tmp_path / "old.json").write_text(json.dumps({"version": 1, "findings": [row]}))
    settings = "accepted: old.json\n"
    repository(tmp_path, (settings, group()), (settings, {**group(), "Description": "more"}))
    assert cli.main(["accept", "--rules", RULE, "--accepted", "old.json", "--rewrite"]) == 0
    capsys.readouterr()
    commit(tmp_path)
    assert checked(capsys)[:2] == (0, ["suppressed"])
