"""`cdkguard report`: from files of reports to one page, and its exit status."""

from __future__ import annotations

import json

import pytest

from cdkguard.cli import main as cli

TABLE = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}


@pytest.fixture
def reports(tmp_path, monkeypatch, capsys):
    """`a.json`, which fails, and `b.json`, which does not, of two folders."""
    monkeypatch.chdir(tmp_path)
    for name, resource in (("a", TABLE), ("b", {"Type": "AWS::SNS::Topic"})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.json").write_text(json.dumps({"Resources": {"X": resource}}))
        cli.main(["check", f"{name}/t.json", "--rules", "data-retention", "--output", f"json={name}.json"])
    capsys.readouterr()
    return tmp_path


def test_it_shows_every_app_and_passes(reports, capsys):
    assert cli.main(["report", "a.json", "b.json", "--output", "html=fleet.html", "--output", "text"]) == 0
    out = capsys.readouterr().out
    assert "1 of 2 apps fail" in out and "failed" in out
    assert "data-retention" in (reports / "fleet.html").read_text()


def test_it_fails_where_it_is_asked_to(reports):
    assert cli.main(["report", "a.json", "b.json", "--fail", "--output", "json=f.json"]) == 1
    assert cli.main(["report", "b.json", "--fail", "--output", "json=f.json"]) == 0


def test_a_report_that_cannot_be_read_stops_it(reports, capsys):
    (reports / "broken.json").write_text("{")
    assert cli.main(["report", "b.json", "broken.json", "--output", "html=fleet.html"]) == 3
    assert "broken.json: not JSON" in capsys.readouterr().err
    assert not (reports / "fleet.html").exists()


def test_the_json_of_a_report_names_its_app_and_its_time(reports):
    found = json.loads((reports / "a.json").read_text())
    assert found["app"] == reports.name and found["made"].endswith("Z") and found["commit"] is None
