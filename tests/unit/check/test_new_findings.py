"""Which findings a change brings, and which the baseline has already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdkguard.check.run import check
from cdkguard.cli.main import main
from cdkguard.config.settings import Config
from cdkguard.model import Finding, Report
from tests.support.changes import write_template

OPEN_SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
OPEN_SQL = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "0.0.0.0/0"}


def group(*rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "a group", "SecurityGroupIngress": list(rules)},
    }


def judge(folder: Path, before: dict[str, Any], after: dict[str, Any], **settings: Any) -> Report:
    write_template(folder / "old.json", before)
    write_template(folder / "new.json", after)
    rules = ("sg-ingress-open-sensitive-ports", "dynamodb-pitr", "data-renamed", "access-widened")
    config = Config(
        paths=(str(folder / "new.json"),), against=str(folder / "old.json"), environment="prod", rules=rules
    )
    return check(config._replace(**settings))


def new_and_old(report: Report) -> tuple[list[Finding], list[Finding]]:
    on_resources = [f for f in report.findings if f.impact is None]
    return [f for f in on_resources if f.is_new], [f for f in on_resources if f.is_new is False]


def test_what_the_baseline_has_is_old_and_what_it_has_not_is_new(tmp_path: Path) -> None:
    new, old = new_and_old(judge(tmp_path, {"A": group(OPEN_SSH)}, {"A": group(OPEN_SSH), "B": group(OPEN_SSH)}))
    assert [f.logical_id for f in new] == ["B"] and [f.logical_id for f in old] == ["A"]


def test_another_value_in_the_same_resource_is_new(tmp_path: Path) -> None:
    new, old = new_and_old(judge(tmp_path, {"A": group(OPEN_SSH)}, {"A": group(OPEN_SSH, OPEN_SQL)}))
    assert new and not old


def test_without_a_change_nothing_is_new(tmp_path: Path) -> None:
    new, old = new_and_old(judge(tmp_path, {"A": group(OPEN_SSH)}, {"A": group(OPEN_SSH)}))
    assert not new and old


def test_a_finding_on_the_change_is_new(tmp_path: Path) -> None:
    report = judge(tmp_path, {"A": group()}, {"A": group(OPEN_SSH)}, rules=("network-widened",))
    assert [f.is_new for f in report.findings] == [True]


def test_without_a_baseline_nobody_knows(tmp_path: Path) -> None:
    report = judge(tmp_path, {}, {"A": group(OPEN_SSH)}, against=None)
    assert [f.is_new for f in report.findings] == [None]


def test_what_is_of_the_change_comes_first(tmp_path: Path) -> None:
    table = {"Type": "AWS::DynamoDB::Table"}
    report = judge(tmp_path, {"A": group(OPEN_SSH)}, {"A": group(OPEN_SSH), "T": table})
    assert [(f.is_new, f.severity) for f in report.findings] == [(True, "high"), (False, "critical")]


def test_a_renamed_resource_keeps_its_old_findings(tmp_path: Path) -> None:
    def table(path: str) -> dict[str, Any]:
        properties = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
        return {"Type": "AWS::DynamoDB::Table", "Properties": properties, "Metadata": {"aws:cdk:path": path}}

    report = judge(tmp_path, {"Old": table("Shop/Old/Resource")}, {"New": table("Shop/New/Resource")})
    new, old = new_and_old(report)
    assert not new and [f.rule_id for f in old] == ["dynamodb-pitr"]
    assert any(f.rule_id == "data-renamed" and f.is_new for f in report.findings)


@pytest.mark.parametrize(("more", "status"), [((), 1), (("--new",), 0)])
def test_new_alone_decides_about_the_exit_status(tmp_path: Path, more: tuple[str, ...], status: int) -> None:
    judge(tmp_path, {"A": group(OPEN_SSH)}, {"A": group(OPEN_SSH)})
    against = ["--against", str(tmp_path / "old.json")]
    assert main(["check", str(tmp_path / "new.json"), *against, "--environment", "prod", *more]) == status


def test_new_without_a_baseline_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.json").write_text(json.dumps({"Resources": {"A": group(OPEN_SSH)}}), encoding="utf-8")
    assert main(["check", str(tmp_path / "new.json"), "--new"]) == 2
    assert "--against" in capsys.readouterr().err
