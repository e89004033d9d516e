"""Every output: golden files, the readers' own formats, and hostile text."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml
from markdown_it import MarkdownIt

from cdkguard.errors import ConfigError, TemplateError
from cdkguard.model import FORMATS as MODEL_FORMATS
from cdkguard.model import (
    Finding,
    Outcome,
    Problem,
    Remedy,
    Report,
    RuleInfo,
    Source,
    StackInfo,
    Suppression,
)
from cdkguard.outputs import cdk_report
from cdkguard.outputs.markdown.report import render_report_within as markdown_document
from cdkguard.outputs.render import FORMATS, Detail, Format, Options, format_names, render
from cdkguard.text import escape
from tests.support.html_laws import page_is_harmless
from tests.support.output_laws import IN_SARIF, SARIF
from tests.support.paths import ROOT

SCHEMA = json.loads((ROOT / "cdkguard" / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
ROOT = "/home/dev/orders"
SOURCES = {
    ("app/orders_stack.py", 41): 'self.cluster = rds.DatabaseCluster(self, "Database",',
    ("app/orders_stack.py", 63): (
        'alb_group = ec2.SecurityGroup(self, "AlbGroup", vpc=vpc, allow_all_outbound=True, description="load balancer")'
    ),
    ("bin/gateway.ts", 12): "\tnew agentcore.CfnGateway(this, 'Gateway', {",
}


def excerpt(source: Source) -> list[tuple[int, str]]:
    text = SOURCES.get((source.file.removeprefix(ROOT + "/"), source.line))
    return [(source.line, text)] if text else []


OPTIONS = Options(root=ROOT, excerpt=excerpt)
KINDS = [field for field in Format._fields if isinstance(Format._field_defaults.get(field), str)]
REPORT_FORMATS = [record.name for record in FORMATS if record.report]

RETENTION = Remedy(
    "Keep the data when the stack or the resource goes: set the removal policy on the construct.",
    python="rds.DatabaseCluster(..., removal_policy=RemovalPolicy.SNAPSHOT)",
    typescript="new rds.DatabaseCluster(..., { removalPolicy: RemovalPolicy.SNAPSHOT })",
)
INGRESS = Remedy(
    "Name the callers: a security group, a prefix list, or the CIDR of your network.",
    python="group.add_ingress_rule(\n    ec2.Peer.security_group_id(callers.id),\n    ec2.Port.tcp(5432),\n)",
    typescript="group.addIngressRule(ec2.Peer.securityGroupId(callers.securityGroupId), ec2.Port.tcp(5432));",
)
GATEWAY = Remedy(
    "Give the gateway a JWT or IAM authorizer.",
    python='CfnGateway(..., authorizer_type="AWS_IAM")',
    typescript="new CfnGateway(..., { authorizerType: 'AWS_IAM' })",
)
RULES = (
    RuleInfo(
        "data-retention",
        "Stateful resource survives its stack",
        "critical",
        "core",
        "CloudFormation deletes the resource with its data when the stack is deleted or the construct is removed.",
        RETENTION,
        ("https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html",),
    ),
    RuleInfo(
        "sg-ingress-open-world",
        "Security group is not open to the world",
        "high",
        "core",
        "Scanners find an open port within minutes.",
        INGRESS,
    ),
    RuleInfo(
        "agentcore-gateway-auth",
        "AgentCore Gateway asks who calls",
        "high",
        "core",
        "Anyone who knows the address can use the gateway's tools.",
        GATEWAY,
    ),
    RuleInfo(
        "rds-backup-retention",
        "Database keeps backups",
        "medium",
        "core",
        "Without backups a mistaken DELETE is final.",
        None,
    ),
    RuleInfo(
        "cognito-self-sign-up", "User pool takes no strangers", "low", "core", "Anybody can make an account.", None
    ),
    RuleInfo(
        "stack-termination-protection",
        "Stack cannot be deleted by one call",
        "high",
        "core",
        "One `delete-stack` takes everything.",
        Remedy("Set `termination_protection=True` on the stack."),
    ),
)
INFO = {rule.id: rule for rule in RULES}
PROD = StackInfo(
    "Prod-Orders",
    "Prod/Orders",
    "cdk.out/assembly-Prod/ProdOrders.template.json",
    "prod",
    "111122223333",
    "eu-west-1",
    48,
    False,
)
NESTED = StackInfo(
    "Prod-Orders-Search",
    "Prod/Orders/Search",
    "cdk.out/assembly-Prod/ProdOrdersSearch.nested.template.json",
    "prod",
    "111122223333",
    "eu-west-1",
    9,
    True,
)
STAGING = StackInfo(
    "Staging-Orders",
    "Staging/Orders",
    "cdk.out/assembly-Staging/StagingOrders.template.json",
    "staging",
    None,
    None,
    46,
    False,
)


def finding(rule: str, stack: StackInfo, message: str, **fields: Any) -> Finding:
    info = INFO[rule]
    values: dict[str, Any] = {
        "rule_id": rule,
        "outcome": Outcome.FAIL,
        "severity": info.severity,
        "message": message,
        "stack": stack.name,
        "stack_path": stack.construct_path,
        "template_path": stack.template_path,
        "environment": stack.environment,
        "remedy": info.remedy,
        "why": info.why,
        "title": info.title,
        **fields,
    }
    return Finding(**values)


def database(stack: StackInfo) -> dict[str, Any]:
    return {
        "logical_id": "DatabaseB269D8BB",
        "resource_type": "AWS::RDS::DBCluster",
        "construct_path": f"{stack.construct_path}/Database/Resource",
        "source": Source(f"{ROOT}/app/orders_stack.py", 41),
    }


def group(stack: StackInfo) -> dict[str, Any]:
    return {
        "logical_id": "AlbGroup4E7A1F0C",
        "resource_type": "AWS::EC2::SecurityGroup",
        "construct_path": f"{stack.construct_path}/AlbGroup/Resource",
        "source": Source(f"{ROOT}/app/orders_stack.py", 63),
    }


REPORT = Report(
    findings=(
        finding(
            "data-retention",
            PROD,
            "DeletionPolicy is Delete",
            property_paths=("DeletionPolicy",),
            found="Delete",
            branch="IsProd is true",
            fingerprint="a1b2c3d4e5f60718",
            **database(PROD),
        ),
        finding(
            "rds-backup-retention",
            PROD,
            "Properties.BackupRetentionPeriod is 1, less than 7",
            property_paths=("Properties.BackupRetentionPeriod",),
            found="1",
            fingerprint="0fb2c3d4e5f60718",
            **database(PROD),
        ),
        finding(
            "sg-ingress-open-world",
            PROD,
            "0.0.0.0/0 may reach every port",
            property_paths=("Properties.SecurityGroupIngress[0].CidrIp",),
            found="0.0.0.0/0",
            fingerprint="11b2c3d4e5f60718",
            **group(PROD),
        ),
        finding(
            "sg-ingress-open-world",
            PROD,
            "::/0 may reach port 22",
            property_paths=("Properties.SecurityGroupIngress[1].CidrIpv6",),
            found="::/0",
            fingerprint="12b2c3d4e5f60718",
            **group(PROD),
        ),
        finding(
            "stack-termination-protection", PROD, "terminationProtection is absent", fingerprint="13b2c3d4e5f60718"
        ),
        finding(
            "cognito-self-sign-up",
            PROD,
            "AllowAdminCreateUserOnly is false",
            property_paths=("Properties.AdminCreateUserConfig.AllowAdminCreateUserOnly",),
            found="false",
            logical_id="Users0A0EEA89",
            resource_type="AWS::Cognito::UserPool",
            template_line=812,
            fingerprint="14b2c3d4e5f60718",
        ),
        finding(
            "agentcore-gateway-auth",
            NESTED,
            "AuthorizerType is NONE",
            property_paths=("Properties.AuthorizerType",),
            found="NONE",
            logical_id="Gateway",
            resource_type="AWS::BedrockAgentCore::Gateway",
            construct_path="Prod/Orders/Search/Gateway",
            source=Source(f"{ROOT}/bin/gateway.ts", 12),
            fingerprint="15b2c3d4e5f60718",
        ),
        finding(
            "data-retention",
            NESTED,
            "DeletionPolicy depends on the parameter Keep, which has no default",
            outcome=Outcome.UNKNOWN,
            property_paths=("DeletionPolicy",),
            logical_id="Index7F2D",
            resource_type="AWS::OpenSearchService::Domain",
            construct_path="Prod/Orders/Search/Index/Resource",
            fingerprint="16b2c3d4e5f60718",
        ),
        finding(
            "data-retention",
            STAGING,
            "DeletionPolicy is Delete",
            severity="medium",
            property_paths=("DeletionPolicy",),
            found="Delete",
            fingerprint="17b2c3d4e5f60718",
            suppression=Suppression(
                "data-retention",
                "staging is rebuilt every night",
                "cdkguard.yaml:12",
                "configuration",
                "Staging/**",
                "platform",
                "2027-01-31",
            ),
            **database(STAGING),
        ),
    ),
    rules=RULES,
    stacks=(PROD, NESTED, STAGING),
    problems=(
        Problem(
            "nested-template",
            "cdk.out/assembly-Prod/Audit.nested.template.json: named by Prod-Orders, not there",
            "cdk.out/assembly-Prod/Audit.nested.template.json",
        ),
        Problem(
            "context",
            "context key availability-zones:account=111122223333:region=eu-west-1 is missing: its dummy "
            "values are judged as unknown",
            fatal=False,
        ),
    ),
    seconds=0.2149,
    version="0.1.0",
    phases={"read": 0.05, "judge": 0.02},
)
CLEAN = Report((), RULES, (PROD, STAGING), seconds=0.1, version="0.1.0")
EXTENSIONS = {
    "text": "txt",
    "json": "json",
    "concise": "concise.txt",
    "sarif": "sarif",
    "junit": "xml",
    "github": "github.txt",
    "github-summary": "summary.md",
    "gitlab": "gitlab.json",
    "html": "html",
    "markdown": "md",
}


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_golden(name: str, golden: Any) -> None:
    golden(f"report.{EXTENSIONS[name]}", render(name, REPORT, OPTIONS))


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_golden_of_a_clean_pass(name: str, golden: Any) -> None:
    golden(f"clean.{EXTENSIONS[name]}", render(name, CLEAN, OPTIONS))


# The same findings beside a baseline that has all but the first two of them.
CHANGE = REPORT._replace(
    against="git 76c3c6f",
    problems=(),
    findings=tuple(f._replace(is_new=number < 2) for number, f in enumerate(REPORT.findings)),
)
# A finding of two rules in each of forty stacks.
MANY = REPORT._replace(
    problems=(),
    findings=tuple(
        finding._replace(
            stack_path=f"Prod/Shop{number:02}",
            construct_path=f"Prod/Shop{number:02}/{finding.logical_id}",
            source=finding.source and finding.source._replace(line=finding.source.line + number),
        )
        for finding in (REPORT.findings[0], REPORT.findings[2])
        for number in range(40)
    ),
)


@pytest.mark.parametrize("name", ["text", "concise", "github", "sarif"])
def test_golden_of_a_change(name: str, golden: Any) -> None:
    golden(f"change.{EXTENSIONS[name]}", render(name, CHANGE, OPTIONS))


def test_golden_of_many_findings(golden: Any) -> None:
    golden("many.txt", render("text", MANY, OPTIONS))


@pytest.mark.parametrize("name", ["text", "markdown", "github", "github-summary", "junit"])
def test_the_last_line_names_what_a_guess_made_milder(name: str) -> None:
    stacks = [STAGING._replace(construct_path=f"Dev/S{n}", lowered_by_guess=True) for n in range(9)]
    text = " ".join(render(name, CLEAN._replace(stacks=(PROD, *stacks)), OPTIONS).replace("\\", "").split())
    assert "by a guess not as prod: Dev/S0, Dev/S1" in text and "Dev/S7 and 1 more" in text
    assert "by a guess" not in render(name, CLEAN, OPTIONS)


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_suppressed_unknown_and_errors_are_in_every_output(name: str) -> None:
    text = render(name, REPORT, OPTIONS)
    assert re.search("suppressed", text, re.I)
    assert re.search("unknown|undecided", text, re.I)
    assert "Audit.nested.template.json" in text


def test_the_names_in_the_model_are_those_of_the_records() -> None:
    assert list(MODEL_FORMATS) == REPORT_FORMATS


@pytest.mark.parametrize("record", FORMATS, ids=lambda record: record.name)
@pytest.mark.parametrize("kind", KINDS)
def test_each_renderer_that_a_record_names_is_there(record: Format, kind: str) -> None:
    where = getattr(record, kind)
    if where:
        module, _, function = where.rpartition(".")
        assert callable(getattr(import_module(f"cdkguard.outputs.{module}"), function))
        assert record.name in format_names(kind) or not record.is_asked_by_name


def test_every_kind_has_text_and_json() -> None:
    """But for a round of a watch, which a terminal alone gets: a check without --watch writes JSON."""
    assert all(format_names(kind)[:2] == ("text", "json") for kind in KINDS if kind != "round")


def test_unknown_format() -> None:
    with pytest.raises(ConfigError, match="no output format 'yaml'.*text, json"):
        render("yaml", REPORT)


def test_only_the_used_renderer_is_loaded() -> None:
    code = (
        "import sys; from cdkguard.outputs.render import render; from cdkguard.model import Report;"
        "render('text', Report((), (), ()));"
        "print([m for m in sys.modules if m.startswith(('rich', 'xml', 'cdkguard.outputs.'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = eval(run.stdout)
    assert "cdkguard.outputs.text" in loaded
    assert not {"cdkguard.outputs.sarif", "cdkguard.outputs.report_json", "rich", "xml"} & set(loaded)


# text


def test_text_fits_80_columns_but_for_what_cannot_be_broken() -> None:
    long = [line for line in render("text", REPORT, OPTIONS).splitlines() if len(line) > 80]
    assert all(" " not in line.strip() for line in long)


def test_colour_changes_nothing_but_colour() -> None:
    colored = render("text", REPORT, OPTIONS._replace(color=True))
    assert "\x1b[" in colored
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == render("text", REPORT, OPTIONS)


def test_rich_markup_in_a_name_stays_text() -> None:
    one = REPORT.findings[0]._replace(message="[red]x[/red] [link=http://a]b[/link] :smile:")
    colored = render("text", REPORT._replace(findings=(one,)), OPTIONS._replace(color=True))
    assert "[red]x[/red] [link=http://a]b[/link] :smile:" in colored


def test_a_rule_has_one_headline_and_each_value_is_told() -> None:
    text = render("text", REPORT, OPTIONS)
    assert text.count("Security group is not open to the world") == 1
    assert "0.0.0.0/0 may reach every port" in text and "::/0 may reach port 22" in text


def test_a_finding_about_a_stack_names_no_property_of_a_template() -> None:
    about = {"message": "it can be deleted", "property_paths": ("TerminationProtection",), "found": "false"}
    one = REPORT.findings[0]._replace(**about)
    assert "TerminationProtection" in render("text", REPORT._replace(findings=(one,)), OPTIONS)
    stack = one._replace(logical_id=None, resource_type=None)
    text = render("text", REPORT._replace(findings=(stack,)), OPTIONS)
    assert "it can be deleted" in text and "TerminationProtection" not in text


def test_why_is_told_once_for_each_rule() -> None:
    assert render("text", REPORT, OPTIONS).count("CloudFormation deletes the resource") == 1


def test_snippet_follows_the_language_of_the_source() -> None:
    text = render("text", REPORT, OPTIONS)
    assert "authorizerType: 'AWS_IAM'" in text and "authorizer_type" not in text
    assert "removal_policy=RemovalPolicy.SNAPSHOT" in text and "removalPolicy" not in text


def test_a_line_that_left_the_code_is_not_shown_as_what_stands_there_now() -> None:
    told = next(f for f in REPORT.findings if f.source and f.source.file.endswith("gateway.ts"))
    for impact, shown in (("WILL_UPDATE", True), ("WILL_DESTROY", False)):
        found = render("text", REPORT._replace(findings=(told._replace(impact=impact),)), OPTIONS)
        assert (f"{told.source.line} | " in found) is shown
        assert ("of the baseline" in found) is not shown


def test_last_line() -> None:
    counts = "failed: 1 error, 1 critical, 4 high, 1 medium, 1 low, 1 undecided (1 suppressed)"
    wide = render("text", REPORT, OPTIONS._replace(width=160)).splitlines()[-1]
    assert wide == f"{counts} · fail-on high · 3 stacks, 6 rules · prod, staging · 0.21 s"
    assert render("text", REPORT, OPTIONS).splitlines()[-2:] == [
        counts,
        "        fail-on high · 3 stacks, 6 rules · prod, staging · 0.21 s",
    ]


def told(report: Report, **detail: bool) -> str:
    return render("text", report, OPTIONS._replace(detail=Detail(**detail)))


def test_old_findings_are_one_line_unless_they_are_asked_for() -> None:
    old = [f for f in CHANGE.active if f.is_new is False]
    assert "There before: " in told(CHANGE) and all(f.message not in told(CHANGE) for f in old)
    for detail in ("show_old", "verbose"):
        text = " ".join(told(CHANGE, **{detail: True}).split())
        assert all(f.message in text for f in CHANGE.active)


def test_of_many_findings_the_table_tells_each_line_and_verbose_each_finding() -> None:
    text = told(MANY)
    assert len(text.splitlines()) < len(told(MANY, verbose=True).splitlines()) / 2
    lines = {f.source.line for f in MANY.findings if f.source}
    assert lines <= set(map(int, re.findall(r"\d+", text)))
    assert all(f.construct_path in told(MANY, verbose=True) for f in MANY.findings if f.construct_path)


def test_quiet_tells_what_makes_the_run_fail_alone() -> None:
    assert told(CLEAN, quiet=True) == ""
    text = told(REPORT, quiet=True)
    assert "app.json" in text or REPORT.errors[0].message.split()[0] in text
    assert "rds-backup-retention" not in text and "data-retention" in text and "failed:" not in text


def test_statistics_count_each_rule() -> None:
    assert re.search(r"CRITICAL +40 +", told(MANY, statistics=True))
    assert len(told(MANY, statistics=True).splitlines()) < 12


def test_the_gate_decides_which_findings_make_the_run_fail() -> None:
    old_alone = CHANGE._replace(findings=tuple(f._replace(is_new=False) for f in CHANGE.findings))
    assert old_alone.fails() and not old_alone._replace(gate="new").fails()
    assert "passed: new: none" in told(old_alone._replace(gate="new"))
    unknown = REPORT.findings[0]._replace(is_new=None)
    assert CHANGE._replace(gate="new", findings=(unknown,)).fails()


def test_one_annotation_for_a_fault_in_two_environments() -> None:
    first = REPORT.findings[0]._replace(environment="prod")
    again = first._replace(environment="staging", stack_path="Staging/Orders", construct_path="Staging/Orders/Database")
    first = first._replace(stack_path="Prod/Orders", construct_path="Prod/Orders/Database")
    lines = render("github", REPORT._replace(findings=(first, again), problems=()), OPTIONS).splitlines()
    assert len(lines) == 2 and "in prod, staging" in lines[0]


def test_sarif_links_a_rule_to_its_page_where_it_has_one() -> None:
    linked = OPTIONS._replace(link_of=lambda style, text: f"https://example.com/{text}" if style == "rule" else "")
    uris = {rule["helpUri"] for rule in sarif(REPORT, linked)["runs"][0]["tool"]["driver"]["rules"][:1]}
    assert uris == {"https://example.com/data-retention"}


def test_sarif_says_what_is_new() -> None:
    results = sarif(CHANGE)["runs"][0]["results"] + sarif(CHANGE)["runs"][1]["results"]
    assert sorted({r["baselineState"] for r in results}) == ["new", "unchanged"]
    assert "baselineState" not in sarif(REPORT)["runs"][0]["results"][0]


def test_clean_pass_says_what_was_judged() -> None:
    assert render("text", CLEAN, OPTIONS).splitlines() == [
        "judged 94 resources in Prod/Orders, Staging/Orders",
        "passed: nothing found · fail-on high · 2 stacks, 6 rules · prod, staging",
        "        0.10 s",
    ]


# json, sarif, gitlab, junit


@pytest.mark.parametrize("report", [REPORT, CLEAN, Report((), (), ())])
def test_json_follows_its_schema(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(render("json", report, OPTIONS)))


def test_json_counts() -> None:
    document = json.loads(render("json", REPORT, OPTIONS))
    assert document["summary"]["bySeverity"] == {"critical": 1, "high": 4, "medium": 1, "low": 1}
    assert [document["summary"][key] for key in ("failed", "unknown", "suppressed")] == [7, 1, 1]
    assert len(document["findings"]) == 9
    assert document["findings"][0]["source"] == {"file": "app/orders_stack.py", "line": 41}
    assert document["verdict"] == "BLOCK"


def sarif(report: Report, options: Options = OPTIONS) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render("sarif", report, options))
    jsonschema.Draft202012Validator(SARIF).validate(document)
    for run in document["runs"]:
        for result in run["results"]:
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return document


def test_sarif_is_a_run_for_each_environment() -> None:
    runs = sarif(REPORT)["runs"]
    assert [run["automationDetails"]["id"] for run in runs] == ["cdkguard/prod/", "cdkguard/staging/"]
    assert [len(run["results"]) for run in runs] == [8, 1]
    assert not runs[0]["invocations"][0]["executionSuccessful"]


def test_sarif_points_to_source_else_to_cdk_json() -> None:
    results = sarif(REPORT)["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert (places[0]["artifactLocation"]["uri"], places[0]["region"]["startLine"]) == ("app/orders_stack.py", 41)
    assert (places[5]["artifactLocation"]["uri"], places[5]["region"]["startLine"]) == ("cdk.json", 1)
    assert PROD.template_path in results[5]["message"]["text"]
    assert results[5]["locations"][0]["logicalLocations"][1]["fullyQualifiedName"] == PROD.template_path


def test_sarif_severity_is_that_of_the_environment() -> None:
    scores = [
        {rule["id"]: rule["properties"]["security-severity"] for rule in run["tool"]["driver"]["rules"]}
        for run in sarif(REPORT)["runs"]
    ]
    assert [score["data-retention"] for score in scores] == ["9.5", "5.5"]


def test_sarif_suppressions() -> None:
    prod, staging = sarif(REPORT)["runs"]
    assert [s["justification"] for s in staging["results"][0]["suppressions"]] == ["staging is rebuilt every night"]
    assert all(result["suppressions"] == [] for result in prod["results"])


def test_bare_template_is_its_own_location() -> None:
    one = REPORT.findings[5]._replace(template_path=f"{ROOT}/infra/my stack.yaml")
    run = sarif(REPORT._replace(findings=(one,)), OPTIONS._replace(cdk_json=None))["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("infra/my%20stack.yaml", 812)


def test_source_outside_the_repository_is_no_location() -> None:
    one = REPORT.findings[0]._replace(source=Source("/opt/shared/lib.py", 3))
    run = sarif(REPORT._replace(findings=(one,)))["runs"][0]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "cdk.json"


def test_sarif_with_too_many_results_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdkguard.outputs.sarif._RESULTS", 25)
    run = sarif(REPORT._replace(findings=REPORT.findings[:1] * 28, stacks=(PROD,)))["runs"][0]
    assert len(run["results"]) == 25
    assert "3 more findings" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


def test_gitlab() -> None:
    twice = REPORT._replace(findings=REPORT.findings + REPORT.findings[:1] * 2)
    entries = json.loads(render("gitlab", twice, OPTIONS))
    assert len(entries) == 12  # with the error
    assert len({entry["fingerprint"] for entry in entries}) == 12
    assert {entry["severity"] for entry in entries} <= {"info", "minor", "major", "critical", "blocker"}
    assert entries[1]["location"] == {"path": "app/orders_stack.py", "lines": {"begin": 41}}


def test_junit_agrees_with_fail_on(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(render("junit", REPORT, OPTIONS), encoding="utf-8")
    suites = JUnitXml.fromfile(str(tmp_path / "report.xml"))
    assert (suites.tests, suites.failures, suites.errors, suites.skipped) == (10, 6, 1, 3)
    assert [suite.name for suite in suites] == ["cdkguard", "Prod/Orders", "Prod/Orders/Search", "Staging/Orders"]
    never = ElementTree.fromstring(render("junit", REPORT._replace(fail_on="never"), OPTIONS))
    assert (never.get("failures"), never.get("skipped")) == ("0", "9")


# github, markdown


def test_github_annotations_are_bounded() -> None:
    found = [
        REPORT.findings[kind]._replace(source=Source("app/a.py", line)) for kind in (2, 5) for line in range(1, 16)
    ]
    lines = render("github", REPORT._replace(findings=tuple(found)), OPTIONS).splitlines()
    assert [sum(line.startswith(f"::{level} ") for line in lines) for level in ("error", "notice")] == [10, 10]
    assert "12 more places without annotation" in lines[-1]  # one of the ten errors is the unread template


def test_github_command_cannot_be_forged() -> None:
    one = REPORT.findings[0]._replace(message="a\n::add-mask::x\r%0A,:", rule_id="r::s,t")
    first = render("github", REPORT._replace(findings=(one,), problems=()), OPTIONS).splitlines()[0]
    assert first.startswith("::error file=app/orders_stack.py,line=41,title=critical%3A Stateful ")
    assert "(r%3A%3As%2Ct)::a" in first
    assert "%250A" in first and "a\\n::add-mask" in first


def test_markdown_is_bounded() -> None:
    first = REPORT.findings[0]
    many = REPORT._replace(
        findings=tuple(first._replace(rule_id=f"rule-{number}", remedy=None) for number in range(1000))
    )
    for limit in (60_000, 250_000):
        text = markdown_document(many, OPTIONS, limit)
        assert limit * 0.9 < len(text) <= limit
        assert re.search(r"_\d+ findings.* left out", text)
        assert text.count("<details>") == text.count("</details>")


def test_markdown_escapes() -> None:
    text = escape.markdown("<img src=x> @team #12 | `code` [a](http://b) *b*\n# x /close")
    assert not re.search(r"[<>|`*\[\]@]", re.sub(r"@?&#\d+;|</?code>", "", text))
    assert "<code>code</code>" in text and "&#60;img" in text
    assert "@&#8203;team &#35;&#8203;12" in text
    assert escape.markdown("/close").startswith("&#47;")
    assert escape.markdown("12. of May") == "12&#46; of May" and escape.markdown("1.5 GB") == "1.5 GB"
    assert escape.markdown_block("a\n```\n@x").splitlines()[0] == "````"


def test_json_has_no_lone_surrogates_and_keeps_the_paired() -> None:
    text = escape.json_text({"k\ud800": ["a\ud800b", "\U0001f600", "\u202e"]}, depth=1)
    assert text == '{\n  "k\\ufffd": ["a\\ufffdb", "\\ud83d\\ude00", "\\u202e"]\n}'


def test_json_in_lines_is_the_same_value() -> None:
    value = {"a": [{"b": [1, {}]}, []], "c": {}, "d": {"e": {"f": [None]}}, 'q"': "x"}
    assert all(json.loads(escape.json_text(value, depth)) == value for depth in (None, 1, 2, 3, 9))
    assert escape.json_text(value, 9) == escape.json_text(value)


# cdk's validation-report.json


def test_cdk_report_is_made() -> None:
    document = json.loads(cdk_report.merge_report(None, REPORT, "55.0.0", "cdk.out"))
    assert document["version"] == "55.0.0"
    (plugin,) = document["pluginReports"]
    assert (plugin["pluginName"], plugin["conclusion"]) == ("cdkguard", "failure")
    assert len(plugin["violations"]) == 9 and len(plugin["suppressedViolations"]) == 1  # 8 findings, 1 error
    construct = plugin["violations"][0]["violatingConstructs"][0]
    assert construct["cloudFormationResource"]["templatePath"] == "assembly-Prod/ProdOrders.template.json"
    assert construct["stackTraces"] == [f"app ({ROOT}/app/orders_stack.py:41)"]
    assert [v["severity"] for v in plugin["violations"]] == [
        "error",
        "warning",
        "error",
        "error",
        "error",
        "warning",
        "error",
        "error",
        "fatal",
    ]


def test_cdk_report_links_to_the_rules_page_and_keeps_the_column() -> None:
    found = REPORT.findings[0]._replace(source=Source("app.ts", 7, 3))
    entry = cdk_report.make_entry(
        REPORT._replace(findings=(found,)), link_of=lambda style, text: f"https://x/{style}/{text}/"
    )
    violation = entry["violations"][0]
    assert violation["suggestedFix"].endswith(f" https://x/rule/{found.rule_id}/")
    assert violation["violatingConstructs"][0]["stackTraces"] == ["app (app.ts:7:3)"]
    plain = cdk_report.make_entry(REPORT)["violations"][0]
    assert "https://x" not in plain["suggestedFix"]


def test_cdk_report_keeps_others_and_replaces_its_own() -> None:
    nag = {"pluginName": "cdk-nag", "conclusion": "success", "violations": [], "extra": 1}
    old = json.dumps({"version": "54", "title": "T", "pluginReports": [{"pluginName": "cdkguard"}, nag]})
    document = json.loads(cdk_report.merge_report(old, CLEAN, "55.0.0"))
    assert (document["version"], document["title"]) == ("54", "T")
    assert document["pluginReports"][0] == nag
    assert document["pluginReports"][1]["conclusion"] == "success"
    again = cdk_report.merge_report(json.dumps(document), CLEAN, "55.0.0")
    assert json.loads(again) == document


@pytest.mark.parametrize("old", ["", "{", "[]", '{"pluginReports": {}}', '{"pluginReports": [1]}'])
def test_cdk_report_that_cannot_be_read(old: str) -> None:
    with pytest.raises(TemplateError, match="^cdk.out/validation-report.json: not"):
        cdk_report.merge_report(old, CLEAN, "55.0.0", name="cdk.out/validation-report.json")


# hostile text

ANY = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(
    [
        "\x1b[2J",
        "\u202eabc",
        "]]>",
        "<script>",
        "a\n::error::b",
        "%0A",
        "\ud800",
        "\r",
        "\x00",
        "[bold]",
        "`\n```\n<script>",
        "</code><script>",
        "\x85",
        "\uffff",
    ]
)


@pytest.mark.parametrize("color", [False, True])
def test_no_line_of_the_text_is_a_command_of_the_ci(color: bool) -> None:
    command = "::stop-commands::x"
    message = f"{'a' * 74} {command} {'b' * 74} ##vso[task.complete]"
    finding = REPORT.findings[0]._replace(construct_path=command, message=message, why=command, suppression=None)
    text = render("text", CLEAN._replace(findings=(finding,)), OPTIONS._replace(color=color))
    bare = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert command in bare and "#\\x23vso" in bare
    assert not [line for line in bare.splitlines() if line.lstrip().startswith(("::", "##"))]


def remedies() -> st.SearchStrategy[Remedy | None]:
    return st.none() | st.builds(Remedy, ANY, st.none() | ANY, st.none() | ANY)


def findings() -> st.SearchStrategy[Finding]:
    return st.builds(
        Finding,
        rule_id=ANY,
        outcome=st.sampled_from([Outcome.FAIL, Outcome.UNKNOWN]),
        severity=st.sampled_from(["low", "medium", "high", "critical"]),
        message=ANY,
        stack=ANY,
        stack_path=ANY,
        template_path=ANY,
        environment=st.none() | ANY,
        logical_id=st.none() | ANY,
        resource_type=st.none() | ANY,
        construct_path=st.none() | ANY,
        property_paths=st.tuples(ANY),
        found=st.none() | ANY,
        branch=st.none() | ANY,
        source=st.none() | st.builds(Source, ANY, st.integers(1, 9)),
        template_line=st.none() | st.integers(1, 9),
        remedy=remedies(),
        why=ANY,
        title=ANY,
        fingerprint=ANY,
        suppression=st.none() | st.builds(Suppression, ANY, ANY, ANY, st.sampled_from(sorted(IN_SARIF)), ANY, ANY, ANY),
    )


def reports() -> st.SearchStrategy[Report]:
    return st.builds(
        Report,
        st.tuples(findings(), findings()),
        st.tuples(st.builds(RuleInfo, ANY, ANY, st.just("high"), ANY, ANY, remedies(), st.tuples(ANY))),
        st.tuples(st.builds(StackInfo, ANY, ANY, ANY, st.none() | ANY, ANY, ANY, st.just(1), st.booleans())),
        st.tuples(st.builds(Problem, ANY, ANY, ANY, st.booleans())),
        st.just(0.5),
        st.sampled_from(["never", "high", "low"]),
        ANY,
        st.just({"judge": 0.1}),
        st.just(()),
        ANY,
    )


@settings(deadline=None, max_examples=60)
@given(reports(), ANY)
def test_any_text_is_rendered_safely(report: Report, line: str) -> None:
    options = OPTIONS._replace(excerpt=lambda source: [(source.line, line)])
    for name in REPORT_FORMATS:
        text = render(name, report, options)
        text.encode("utf-8")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text), name
    json.loads(render("json", report, options))
    json.loads(render("gitlab", report, options))
    assert json.loads(render("sarif", report, options))["version"] == "2.1.0"
    ElementTree.fromstring(render("junit", report, options))
    cdk_report.merge_report(cdk_report.merge_report(None, report, "55"), report, "55")
    for command in render("github", report, options).splitlines():
        assert re.match("::(error|warning|notice) ", command)
    colored = render("text", report, options._replace(color=True))
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == render("text", report, options)
    page_is_harmless(render("html", report, options))
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(render("markdown", report, options))
    assert "<script" not in html and "<img" not in html


def test_a_helpers_caller_and_the_column_are_told() -> None:
    called = Source(f"{ROOT}/lib/main.ts", 26, 14)
    one = REPORT.findings[0]._replace(source=Source(f"{ROOT}/lib/helpers.ts", 6, 10, called))
    report = REPORT._replace(findings=(one,))
    assert "called from lib/main.ts:26" in render("text", report, OPTIONS)
    assert "lib/helpers.ts:6, called from lib/main.ts:26" in render("html", report, OPTIONS)
    (found,) = json.loads(render("json", report, OPTIONS))["findings"]
    assert found["source"] == {
        "file": "lib/helpers.ts", "line": 6, "column": 10,
        "calledFrom": {"file": "lib/main.ts", "line": 26, "column": 14},
    }  # fmt: skip
    (result,) = json.loads(render("sarif", report, OPTIONS))["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 6, "startColumn": 10, "endLine": 6, "endColumn": 11}
    construct = json.loads(cdk_report.merge_report(None, report, "55.0.0"))["pluginReports"][0]["violations"][0]
    assert construct["violatingConstructs"][0]["stackTraces"] == [f"app ({ROOT}/lib/helpers.ts:6:10)"]
