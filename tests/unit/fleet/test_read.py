"""A report is read whole or refused, with the file and the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdkguard.errors import InputError
from cdkguard.fleet.read import read_fleet, read_report
from cdkguard.model import Outcome, Problem, Report, Suppression
from cdkguard.outputs.render import Options, render
from tests.support.page_reports import finding, stack

OPTIONS = Options(app="orders", commit="1f3c", made="2026-11-29T05:40:00Z")
ACCEPTED = Suppression("cors", "accepted", "accepted findings", "accepted", since="2025-01-01")
REPORT = Report(
    (
        finding(severity="critical", is_new=True),
        finding("Cache", "staging/Data", "cache-auth", outcome=Outcome.UNKNOWN, is_new=False),
        finding("Old", rule="cors", is_new=False, suppression=ACCEPTED),
    ),
    (),
    (stack("prod/Data", "prod"), stack("staging/Data", "staging"), stack("Tools", None)),
    (Problem("notice", "a notice", fatal=False),),
    against="git",
    version="1.0.0",
)


def written(folder: Path, report: Report = REPORT, options: Options = OPTIONS, **changed: Any) -> str:
    """The file of a report, with some members of the document changed; None takes one out."""
    document = json.loads(render("json", report, options)) | changed
    path = folder / "orders.json"
    path.write_text(json.dumps({key: value for key, value in document.items() if value != "gone"}), encoding="utf-8")
    return str(path)


def test_an_app_is_what_its_report_says(tmp_path):
    app = read_report(written(tmp_path))
    assert (app.name, app.commit, app.made, app.version) == ("orders", "1f3c", "2026-11-29T05:40:00Z", "1.0.0")
    assert app.fails and app.verdict == "2 findings at or above high"
    assert list(app.environments) == ["prod", "staging", ""]
    assert app.environments["prod"]["critical"] == 1 and app.environments["prod"]["suppressed"] == 1
    assert app.environments["staging"]["unknown"] == 1 and not any(app.environments[""].values())
    assert app.new == 1 and app.stacks == 3 and app.resources == 9
    assert [(a.rule_id, a.since, a.findings) for a in app.acceptances] == [("cors", "2025-01-01", 1)]
    assert [(r.rule_id, r.findings) for r in app.rules] == [("data-retention", 1), ("cache-auth", 1)]
    assert app.notices == ("a notice",)


@pytest.mark.parametrize("fail_on, fails", [("low", True), ("critical", True), ("never", False)])
def test_it_fails_as_the_run_did(tmp_path, fail_on, fails):
    assert read_report(written(tmp_path, REPORT._replace(fail_on=fail_on))).fails is fails


def test_an_error_fails_whatever_the_findings_are(tmp_path):
    app = read_report(written(tmp_path, Report((), (), REPORT.stacks, (Problem("template", "x.json: not read"),))))
    assert app.fails and app.errors == ("x.json: not read",) and app.verdict.startswith("1 error")


def test_a_gate_of_new_findings_counts_those_alone(tmp_path):
    old = REPORT._replace(findings=(finding(is_new=False), finding("B", is_new=None)))
    assert read_report(written(tmp_path, old, gate="new")).verdict == "1 finding at or above high"
    assert read_report(written(tmp_path, old)).verdict == "2 findings at or above high"


def test_a_report_of_an_older_version_is_read(tmp_path):
    """It does not have the fields that came later."""
    path = written(tmp_path, app="gone", commit="gone", made="gone", frameworks="gone")
    document = json.loads(Path(path).read_text())
    for one in document["findings"]:
        one.pop("isNew", None)
        if one["suppression"]:
            del one["suppression"]["since"]
    Path(path).write_text(json.dumps(document))
    app = read_report(path)
    assert app.name == "orders" and app.new is None and app.commit == "" and app.acceptances[0].since is None


def test_two_apps_of_one_name_are_told_apart_by_their_files(tmp_path):
    path = written(tmp_path)
    other = tmp_path / "other.json"
    other.write_text(Path(path).read_text())
    assert [app.name for app in read_fleet([path, str(other)], "1").apps] == [f"orders ({path})", f"orders ({other})"]


@pytest.mark.parametrize(
    "changed, reason",
    [
        ({"schemaVersion": "2.0"}, "a report of schema 2.0"),
        ({"schemaVersion": "1.99"}, "a report of schema 1.99"),
        ({"schemaVersion": "new"}, "none of a report"),
        ({"schemaVersion": 1}, "schemaVersion is not a text"),
        ({"schemaVersion": "gone"}, "not a report of `cdkguard check --output json`"),
        ({"schemaVersion": "gone", "planVersion": "1.0"}, "a plan, not a report"),
        ({"findings": "gone"}, "findings is missing"),
        ({"findings": {}}, "findings is not a list"),
        ({"findings": [1]}, r"findings\[0\] is not an object"),
        ({"errors": "gone"}, "errors is missing"),
        ({"stacks": [{"resources": -1}]}, r"stacks\[0\].resources is not a number"),
        ({"failOn": "none"}, "failOn is not one of low"),
        ({"app": 1}, "app is not a text"),
    ],
)
def test_anything_else_is_refused(tmp_path, changed, reason):
    path = written(tmp_path, **changed)
    with pytest.raises(InputError, match=f"^{path}: .*{reason}"):
        read_report(path)


@pytest.mark.parametrize(
    "field, value",
    [("severity", "worst"), ("outcome", "pass"), ("isNew", "yes"), ("ruleId", None), ("suppression", None)],
)
def test_a_finding_that_is_none_is_refused(tmp_path, field, value):
    path = written(tmp_path)
    document = json.loads(Path(path).read_text())
    document["findings"][2][field] = value
    Path(path).write_text(json.dumps(document))
    with pytest.raises(InputError, match=rf"findings\[2\].{field}"):
        read_report(path)


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "[" * 100_000, "1" * 10_000, '{"schemaVersion": "1.0"}'])
def test_what_is_no_json_or_no_report_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=f"^{path}: "):
        read_report(str(path))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_report(str(tmp_path / "none.json"))
