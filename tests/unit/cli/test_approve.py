"""`cdkguard approve`."""

from __future__ import annotations

import json

import pytest

from tests.support.changes import write_template
from tests.support.two_templates import TABLE, TOPIC, in_one_line, run

pytestmark = pytest.mark.usefixtures("here")


WHO = ("--reason", "moved to Aurora", "--owner", "data team")


def test_approve_shows_first(here, capsys):
    status, out, _err = run(capsys, "approve", "--env", "prod", "old.json", "new.json")
    assert status == 1
    assert "data-destroyed" in out
    assert "nothing was approved" in out
    assert not (here / "cdkguard.approvals.yaml").exists()


def test_approve_hides_nothing_that_it_shows(here, capsys):
    (here / "hostile.json").write_text(json.dumps({"Resources": {"\x1b[1A\x1b[2K": TABLE, "O": TOPIC}}))
    (here / "rest.json").write_text(json.dumps({"Resources": {"O": TOPIC}}))
    status, out, _err = run(capsys, "approve", "--env", "prod", "hostile.json", "rest.json")
    assert status == 1
    assert "\x1b" not in out and "\\x1b[2K" in out
    assert all(len(line) <= 80 for line in out.splitlines() if line.startswith(" " * 10))


@pytest.mark.parametrize("missing", ["--reason", "--owner", "--change"])
def test_approve_needs_all_three(here, capsys, missing):
    options = {"--change": "It", "--reason": "r", "--owner": "o"}
    options.pop(missing)
    argv = [part for pair in options.items() for part in pair]
    assert run(capsys, "approve", "--env", "prod", *argv, "old.json", "new.json")[0] == 1
    assert not (here / "cdkguard.approvals.yaml").exists()


def test_an_approved_change_passes_until_it_is_edited(here, capsys):
    check = ("check", "--env", "prod", "--against", "old.json", "new.json")
    assert run(capsys, "approve", "--env", "prod", "--change", "It", *WHO, "old.json", "new.json")[0] == 0
    status, out, _err = run(capsys, *check)
    assert status == 0
    write_template(here / "old.json", {"It": {**TABLE, "Properties": {"TableName": "users"}}, "T": TOPIC})
    status, out, err = run(capsys, *check)
    assert status == 1
    assert "is for another change" in in_one_line(out, err)


def test_an_approval_is_of_one_resource(here, capsys):
    write_template(here / "old.json", {"It": TABLE, "Too": {**TABLE, "Properties": {"TableName": "x"}}, "T": TOPIC})
    run(capsys, "approve", "--env", "prod", "--change", "It", *WHO, "old.json", "new.json")
    status, out, _err = run(capsys, "check", "--env", "prod", "--format", "json", "--against", "old.json", "new.json")
    assert status == 1
    found = {
        f["logicalId"]: bool(f["suppression"]) for f in json.loads(out)["findings"] if f["ruleId"] == "data-destroyed"
    }
    assert found == {"It": True, "Too": False}


def test_what_has_landed_is_told(here, capsys):
    run(capsys, "approve", "--env", "prod", "--change", "It", *WHO, "old.json", "new.json")
    status, out, err = run(capsys, "check", "--env", "prod", "--against", "new.json", "new.json")
    assert status == 0
    assert "meets no change" in in_one_line(out, err)


def test_nothing_to_approve(here, capsys):
    assert run(capsys, "approve", "--env", "prod", "--change", "Nope", *WHO, "old.json", "new.json")[0] == 2


@pytest.mark.parametrize("date", ["soon", "2020-01-01", "2026-13-40"])
def test_a_day_that_is_none_or_gone_is_refused(here, capsys, date):
    argv = ("approve", "--env", "prod", "--change", "It", *WHO, "--expires", date, "old.json", "new.json")
    assert run(capsys, *argv)[0] == 2
    assert not (here / "cdkguard.approvals.yaml").exists()
