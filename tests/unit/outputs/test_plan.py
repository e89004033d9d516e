"""The outputs of a plan: golden files, and the order that a reader at night needs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdkguard.model import Change, Finding, Outcome, Problem, Remedy, Report, StackInfo, Suppression
from cdkguard.outputs.plan import json as plan_json
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.plan.text import MANY
from cdkguard.outputs.render import Options, format_names, render
from tests.support.changes import compare, stack
from tests.support.output_laws import plan_parses
from tests.support.shop import ROOT, TABLE, difference

OPTIONS = Options(root=ROOT, excerpt=lambda source: [(source.line, 'table = dynamodb.Table(self, "Orders",')])
RETAIN = Remedy("Put the old name back, or move the data first.", python="removal_policy=RemovalPolicy.RETAIN,")


def finding(change: Change | None, rule_id: str, severity: str, message: str, **more: Any) -> Finding:
    """A finding of a rule, on a change or (None) on the template."""
    path = "Prod/Shop/Bucket/Resource"
    return Finding(
        rule_id,
        more.pop("outcome", Outcome.FAIL),
        severity,
        message,
        "Shop",
        "Prod/Shop",
        "cdk.out/Shop.template.json",
        "prod",
        logical_id=change.logical_id if change else "Bucket",
        resource_type=change.resource_type if change else "AWS::S3::Bucket",
        construct_path=change.construct_path if change else path,
        source=change.source if change else None,
        impact=change.impact if change else None,
        change=change.token if change else None,
        title=f"The title of {rule_id}",
        why="A sentence that says why the rule exists, and that is long enough to be wrapped at eighty columns.",
        remedy=RETAIN,
        **more,
    )


def plan(**more: Any) -> Plan:
    """A plan of the shop's change, with findings of every kind."""
    changes = difference().changes
    by_id = {change.logical_id: change for change in changes if change.logical_id}
    approved = Suppression(
        "data-destroyed",
        "moved, INC-17",
        "cdkguard.approvals.yaml:3",
        "approval",
        owner="data team",
        expires="2030-01-31",
    )
    found = (
        finding(by_id["Orders"], "data-replaced", "critical", "AWS::DynamoDB::Table Orders is replaced."),
        finding(by_id["Bucket"], "data-replaced", "critical", "AWS::S3::Bucket Bucket is replaced."),
        finding(by_id["Api"], "access-widened", "medium", "It is not known who may call Api.", outcome=Outcome.UNKNOWN),
        finding(by_id["Ledger"], "data-destroyed", "critical", "Ledger is deleted.", suppression=approved),
        finding(None, "s3-tls-only", "high", "The bucket takes plain HTTP."),
        finding(None, "s3-versioning", "low", "The bucket keeps no versions."),
    )
    report = Report(
        findings=found,
        rules=(),
        stacks=(
            StackInfo("Shop", "Prod/Shop", "cdk.out/Shop.template.json", "prod", "111111111111", "eu-west-1", 8, False),
        ),
        problems=(Problem("notice", "cdk.context.json is older than the app", fatal=False),),
        changes=changes,
        against="what is deployed",
        version="1.0.0",
    )._replace(**more)
    return Plan(report, 1)


@pytest.mark.parametrize(("name", "file"), [("text", "plan.txt"), ("json", "plan.json"), ("markdown", "plan.md")])
def test_golden(golden: Any, name: str, file: str) -> None:
    golden(file, render(name, plan(), OPTIONS, "plan"))


def test_golden_of_a_destruction(golden: Any) -> None:
    golden("plan-destroy.txt", render("text", plan()._replace(is_destruction=True), OPTIONS, "plan"))


@pytest.mark.parametrize("name", format_names("plan"))
def test_each_change_that_takes_something_is_in_every_output(name: str) -> None:
    text = render(name, plan(), OPTIONS, "plan")
    for word in ("Orders", "Ledger", "Replicas", "OldUsers", "data-replaced"):
        assert word in text


@pytest.mark.parametrize("name", format_names("plan"))
def test_secrets_are_hidden(name: str) -> None:
    text = render(name, plan(), OPTIONS, "plan")
    assert "old-key-1" not in text and "new-key-22" not in text


def test_the_change_is_first_and_the_exit_status_last() -> None:
    text = render("text", plan(), OPTIONS, "plan")
    places = [text.index(word) for word in (
        "DATA AT STAKE", "Ledger", "\nDESTROYED", "\nSTACKS", "\nUPDATED", "\nCREATED", "RULES", "fix: ", "failed",
        "exit status 1",
    )]  # fmt: skip
    assert places == sorted(places)
    assert text.splitlines()[-1].strip() == "exit status 1: findings at or above high"


@pytest.mark.parametrize(
    ("fail_on", "status", "words"),
    [
        ("never", 0, "findings do not fail it"),
        ("high", 0, "no finding at or above high"),
        ("low", 1, "findings at or above low"),
        ("high", 3, "something could not be read"),
        ("high", 4, "a rule crashed"),
    ],
)
def test_the_reason_of_the_exit_status(fail_on: str, status: int, words: str) -> None:
    one = plan(fail_on=fail_on)._replace(exit_status=status)
    for name in ("text", "markdown"):
        assert f"exit status {status}: {words}" in render(name, one, OPTIONS, "plan")
    assert "at or above never" not in render("text", one, OPTIONS, "plan")


def test_what_holds_data_is_never_folded() -> None:
    kinds = {f"N{i}": TABLE if i < 3 * MANY else "AWS::SNS::Topic" for i in range(6 * MANY)}
    many = {name: {"Type": kind, "Properties": {"Name": name}} for name, kind in kinds.items()}
    text = render("text", plan(changes=compare([stack(many)], [stack({})])), OPTIONS, "plan")
    assert text.count("holds data") == 3 * MANY
    assert f"and {2 * MANY} more without data" in text


def test_a_long_markdown_says_what_it_leaves_out() -> None:
    many = {f"N{i}": {"Type": TABLE, "Properties": {"TableName": "x" * 150 + str(i)}} for i in range(1000)}
    text = render("markdown", plan(changes=compare(many, {})), OPTIONS, "plan")
    assert len(text) < 65_536 and "left out" in text


def test_every_output_is_one_of_its_format() -> None:
    plan_parses(plan(), OPTIONS)
    plan_parses(Plan(Report((), (), ()), 0), OPTIONS)


def test_the_json_says_that_data_is_destroyed() -> None:
    document = json.loads(render("json", plan(), OPTIONS, "plan"))
    assert document["destroysData"] is True and document["planVersion"]
    assert document["otherFindings"] == 2
    assert plan_json.plan_document(Report((), (), ()), OPTIONS)["destroysData"] is False
