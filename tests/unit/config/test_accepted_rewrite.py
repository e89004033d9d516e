"""A file of accepted findings of the old form, without values, and the command that rewrites it."""

import json

import pytest

from cdkguard.cli.main import main
from cdkguard.config import accepted

STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-web/*"}
OLD = {"ruleId": "s3-policy-wildcard-principal", "stack": "t", "constructPath": None, "logicalId": "P", "since": "2025-01-02",
       "fingerprint": "b829db9ae05de0fcb6aebb20"}  # fmt: skip
TABLE = {"ruleId": "data-retention", "stack": "t", "constructPath": None, "logicalId": "T20240101", "since": "2025-01-02",
         "fingerprint": "405bcd213200f827557be2b2"}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def policy(*statements):
    properties = {"Bucket": "shop-web", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    return {"P": {"Type": "AWS::S3::BucketPolicy", "Properties": properties}}


def check(resources, tmp_path, *options, command="check"):
    (tmp_path / "t.json").write_text(json.dumps({"Resources": resources}))
    rules = ["--rules", "s3-policy-wildcard-principal,data-retention"]
    return main([command, "--environment", "prod", *rules, "--accepted", "old.json", *options, "t.json"])


def write_old(tmp_path, *entries):
    (tmp_path / "old.json").write_text(json.dumps({"version": 1, "findings": list(entries)}))


def test_the_old_form_is_refused_and_names_the_command(tmp_path, capsys):
    write_old(tmp_path, OLD)
    for command in ("check", "accept"):
        assert check(policy(STATEMENT), tmp_path, command=command) == 3
        assert "`cdkguard accept --accepted old.json --rewrite`" in capsys.readouterr().err


def test_an_entry_that_is_exact_keeps_its_date_and_covers_nothing_more(tmp_path, capsys):
    write_old(tmp_path, OLD | {"reason": "a public site"})
    assert check(policy(STATEMENT), tmp_path, "--rewrite", command="accept") == 0
    assert capsys.readouterr().out == "old.json: 1 entries rewritten with their dates\n"
    (entry,) = accepted.read_accepted("old.json").values()
    assert entry.since == "2025-01-02" and entry.note == "a public site"

    assert check(policy(STATEMENT), tmp_path) == 0
    assert check(policy({**STATEMENT, "Action": "s3:PutObject"}, STATEMENT), tmp_path) == 1


def test_an_entry_that_covers_two_findings_is_dropped(tmp_path, capsys):
    write_old(tmp_path, TABLE, OLD)
    table = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}
    resources = {"T20240101": table, "T20250101": table}
    assert check(resources, tmp_path, "--rewrite", command="accept") == 0
    assert "0 entries rewritten with their dates; 2 dropped that name none of" in capsys.readouterr().out
    assert check(resources, tmp_path) == 1


def test_only_the_old_form_is_rewritten(tmp_path, capsys):
    assert check(policy(STATEMENT), tmp_path, command="accept") == 0
    assert check(policy(STATEMENT), tmp_path, "--rewrite", command="accept") == 3
    assert "old.json:1: there is nothing to rewrite" in capsys.readouterr().err


def test_what_weighs_more_now_is_not_accepted(tmp_path):
    assert check(policy(STATEMENT), tmp_path, command="accept") == 0
    data = json.loads((tmp_path / "old.json").read_text())
    data["findings"][0]["severity"] = "medium"
    (tmp_path / "old.json").write_text(json.dumps(data))
    assert check(policy(STATEMENT), tmp_path) == 1
