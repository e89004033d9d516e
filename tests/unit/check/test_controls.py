"""Compliance frameworks: the shipped table, what a run says of a control, and how the outputs show it."""

import json
import subprocess
import sys

import jsonschema
import pytest

from cdkguard.check import controls
from cdkguard.cli import main as cli
from cdkguard.data import frameworks
from cdkguard.errors import ConfigError
from cdkguard.model import Finding, Outcome, Problem, Report, RuleInfo, Suppression
from cdkguard.outputs import render as render_module
from cdkguard.packs import load as packs
from tests.support.assemblies import assembly_with
from tests.support.paths import ROOT

TABLE = json.loads((ROOT / "cdkguard/data/frameworks.json").read_text())
SCHEMA = json.loads((ROOT / "cdkguard/schemas/report.schema.json").read_text())


def test_the_table_names_rules_that_exist():
    known = {rule.id for rule in packs.load_packs().rules}
    for name in frameworks.framework_names():
        assert set(frameworks.rule_ids_of([name])) <= known, f"{name}: run tools/make_frameworks.py"


def test_the_table_is_up_to_date():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/make_frameworks.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name, control, rule",
    [
        ("nist-800-53", "SC-28", "s3-encryption"),
        ("hipaa", "164.312(b)", "cloudtrail-cloudwatch"),
        ("pci-dss-3.2.1", "1.3.1", "rds-public-access"),
        ("fsbp", "RDS.2", "rds-public-access"),
        ("fsbp", "DynamoDB.2", "dynamodb-pitr"),
        ("cis-aws-1.4", "2.3.1", "rds-instance-encryption"),
    ],
)
def test_well_known_pairs(name, control, rule):
    assert rule in TABLE[name]["controls"][control]


def test_an_unknown_framework_is_an_error_with_a_proposal():
    with pytest.raises(ConfigError, match="did you mean 'nist-800-53'"):
        frameworks.rule_ids_of(["nist-800-35"])


# -- what a run says of a control


@pytest.fixture
def small(monkeypatch):
    table = {"f": {"title": "F 1", "controls": {"A": ["r1"], "B": ["r1", "r2"], "C": ["r3"], "D": []}}}
    monkeypatch.setattr(frameworks, "_table", lambda: table)


def report(*findings, ran=("r1", "r2"), problems=()):
    rules = tuple(RuleInfo(name, "t", "high", "p", "", None) for name in ran)
    return Report(findings, rules, (), problems)


def finding(rule, outcome=Outcome.FAIL, accepted=False):
    suppression = Suppression(rule, "because", "here", "configuration") if accepted else None
    return Finding(rule, outcome, "high", "m", "S", "S", "t.json", None, suppression=suppression)


def outcomes(found, judged=None):
    counts = {"r1": [1, 0, 0], "r2": [1, 0, 0]} if judged is None else judged
    (framework,) = controls.summarize_controls(["f"], found, counts)
    return {control.id: control.outcome for control in framework.controls}


def test_nothing_found_passes_where_something_was_judged(small):
    assert outcomes(report()) == {"A": "pass", "B": "pass", "C": "not judged", "D": "not judged"}
    assert outcomes(report(), {"r1": [0, 0, 0], "r2": [1, 0, 0]})["A"] == "not judged"


def test_one_failed_rule_fails_every_control_that_has_it(small):
    assert outcomes(report(finding("r2"))) == {"A": "pass", "B": "fail", "C": "not judged", "D": "not judged"}
    assert outcomes(report(finding("r1")))["A"] == outcomes(report(finding("r1")))["B"] == "fail"


def test_a_failure_weighs_more_than_what_is_undecided(small):
    assert outcomes(report(finding("r1", Outcome.UNKNOWN)))["B"] == "unknown"
    assert outcomes(report(finding("r1", Outcome.UNKNOWN), finding("r2")))["B"] == "fail"


def test_an_accepted_finding_passes_and_is_counted(small):
    (framework,) = controls.summarize_controls(["f"], report(finding("r1", accepted=True)), {})
    assert (framework.controls[0].outcome, framework.controls[0].suppressed) == ("pass", 1)


def test_nothing_passes_where_something_was_not_read(small):
    found = outcomes(report(problems=(Problem("template", "x.json: not JSON"),)))
    assert found == {"A": "unknown", "B": "unknown", "C": "not judged", "D": "not judged"}


def test_why_a_control_is_not_judged(small):
    (framework,) = controls.summarize_controls(["f", "f"], report(), {"r1": [0, 0, 0]})
    reasons = {control.id: control.reason for control in framework.controls}
    assert reasons["A"] == "the app has nothing that its rules judge"
    assert (reasons["C"], reasons["D"]) == ("its rules did not run", "no rule judges it")


# -- in the outputs


def render(name, width=80):
    (framework,) = controls.summarize_controls(["f"], report(finding("r2")), {"r1": [1, 0, 0]})
    return render_module.render(
        name, report(finding("r2")), render_module.Options(width=width, frameworks=(framework,))
    )


def test_text_ends_with_the_controls(small):
    text = render("text")
    assert "F 1: 1 fail, 0 unknown, 1 pass, 2 not judged\n" in text
    assert "  fail        B: r2 (1 finding)\n  pass        A\n" in text
    assert "  not judged  its rules did not run: C\n" in text


def test_markdown_has_a_row_per_failed_control(small):
    text = render("markdown")
    assert "F 1" in text and "| <code>B</code> | fail | <code>r2</code> (1) |" in text and "**pass**: A" in text


def test_json_has_every_control_and_keeps_its_schema(small):
    found = json.loads(render("json"))
    jsonschema.validate(found, SCHEMA)
    assert found["frameworks"][0]["summary"] == {"fail": 1, "unknown": 0, "pass": 1, "notJudged": 2}
    assert [c["outcome"] for c in found["frameworks"][0]["controls"]] == ["pass", "fail", "not judged", "not judged"]


# -- in a whole run


def run(capsys, *arguments):
    status = cli.main(["check", "--format", "json", *arguments])
    out = capsys.readouterr()
    return status, json.loads(out.out) if out.out else out.err


def test_a_framework_selects_its_rules_and_is_summed_up(tmp_path, capsys):
    table = {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
    }
    assembly_with(tmp_path / "cdk.out", {"Table": table})
    status, found = run(capsys, str(tmp_path / "cdk.out"), "--framework", "nist-800-53,fsbp")
    chosen = {rule["id"] for rule in found["rules"] if rule["pack"] != "unseen"}
    assert chosen == set(frameworks.rule_ids_of(["nist-800-53", "fsbp"]))
    assert [framework["name"] for framework in found["frameworks"]] == ["nist-800-53", "fsbp"]
    controls = {c["id"]: c for c in found["frameworks"][1]["controls"]}
    assert controls["DynamoDB.2"]["outcome"] == "fail"
    assert controls["DynamoDB.2"]["failed"] == ["dynamodb-pitr"]
    assert controls["RDS.2"]["outcome"] == "not judged"  # the app has no database


def test_rules_named_beside_a_framework_are_the_ones_that_run(tmp_path, capsys):
    assembly_with(tmp_path / "cdk.out", {"Table": {"Type": "AWS::DynamoDB::Table"}})
    _, found = run(capsys, str(tmp_path / "cdk.out"), "--framework", "fsbp", "--rules", "dynamodb-pitr")
    assert [rule["id"] for rule in found["rules"] if rule["pack"] != "unseen"] == ["dynamodb-pitr"]
    assert found["frameworks"][0]["summary"]["notJudged"] == len(found["frameworks"][0]["controls"]) - 1


def test_frameworksof_the_configuration_hold_until_the_command_line_names_others(tmp_path, capsys):
    assembly_with(tmp_path / "cdk.out", {"Table": {"Type": "AWS::DynamoDB::Table"}})
    file = tmp_path / "cdkguard.yaml"
    file.write_text("frameworks: [fsbp]\n", encoding="utf-8")
    arguments = (str(tmp_path / "cdk.out"), "--config", str(file))
    _, found = run(capsys, *arguments)
    assert {rule["id"] for rule in found["rules"] if rule["pack"] != "unseen"} == set(frameworks.rule_ids_of(["fsbp"]))
    assert [framework["name"] for framework in found["frameworks"]] == ["fsbp"]
    _, found = run(capsys, *arguments, "--framework", "hipaa")
    assert [framework["name"] for framework in found["frameworks"]] == ["hipaa"]
    _, found = run(capsys, *arguments, "--rules", "dynamodb-pitr")
    assert [rule["id"] for rule in found["rules"] if rule["pack"] != "unseen"] == ["dynamodb-pitr"]
    assert [framework["name"] for framework in found["frameworks"]] == ["fsbp"]


def test_an_unknown_framework_is_a_usage_error(capsys):
    status, said = run(capsys, ".", "--framework", "sox")
    assert status == 2 and "there are: nist-800-53" in said
