"""The commands about changes, on real files."""

from __future__ import annotations

import json

import pytest

from cdkguard.cli.main import main
from tests.support.changes import write_assembly, write_template

TABLE = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "Properties": {"TableName": "orders"}}
TOPIC = {"Type": "AWS::SNS::Topic"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CDK_OUTDIR", raising=False)
    write_template(tmp_path / "old.json", {"It": TABLE, "T": TOPIC})
    write_template(tmp_path / "new.json", {"T": TOPIC})
    return tmp_path


def run(capsys, *argv):
    status = main([str(a) for a in argv])
    found = capsys.readouterr()
    return status, found.out, found.err


def in_one_line(*texts):
    return " ".join(" ".join(texts).split())


# -- diff


def test_diff_of_two_templates(here, capsys):
    status, out, _err = run(capsys, "diff", "old.json", "new.json")
    assert status == 0
    assert "WILL_DESTROY" in out
    assert "1 destroyed" in out


def test_diff_both_ways(here, capsys):
    assert "WILL_CREATE" in run(capsys, "diff", "new.json", "old.json")[1]
    assert "no change" in run(capsys, "diff", "old.json", "old.json")[1]


def test_diff_as_json(here, capsys):
    status, out, _err = run(capsys, "diff", "--format", "json", "old.json", "new.json")
    (change,) = json.loads(out)["changes"]
    assert (status, change["logicalId"], change["impact"], change["fate"]) == (0, "It", "WILL_DESTROY", "destroyed")


def test_diff_as_markdown(here, capsys):
    assert "| Impact | Resource |" in run(capsys, "diff", "--format", "markdown", "old.json", "new.json")[1]


def test_diff_against(here, capsys):
    status, out, _err = run(capsys, "diff", "--against", "old.json", "new.json")
    assert (status, "WILL_DESTROY" in out) == (0, True)


def test_diff_from_nothing(here, capsys):
    (here / "empty.json").write_text("{}")
    assert "2 created" in run(capsys, "diff", "empty.json", "old.json")[1]
    assert "2 destroyed" in run(capsys, "diff", "old.json", "empty.json")[1]
    (here / "outputs.json").write_text('{"Resources": {}, "Outputs": {"O": {"Value": "x"}}}')
    assert "2 created" in run(capsys, "diff", "outputs.json", "old.json")[1]
    assert run(capsys, "check", "--against", "outputs.json", "old.json")[0] == 3


def test_diff_needs_two_sides(here, capsys):
    status, _out, err = run(capsys, "diff", "new.json")
    assert status == 2
    assert "nothing to compare with" in err


LOOP = {"Transform": "AWS::LanguageExtensions", "Parameters": {"P": {"Type": "CommaDelimitedList"}}}


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"Resources": []}', '{"Resources": {"It": 5}}', "{}"])
@pytest.mark.parametrize("command", ["diff", "check", "plan"])
def test_a_baseline_that_cannot_be_read_is_no_empty_one(here, capsys, text, command):
    (here / "broken.json").write_text(text)
    status, out, err = run(capsys, command, "--against", "broken.json", "new.json")
    assert status == 3
    assert "broken.json" in err or "broken.json" in out


@pytest.mark.parametrize("command", ["diff", "check", "plan"])
def test_a_baseline_that_is_not_there(here, capsys, command):
    status, _out, err = run(capsys, command, "--against", "nowhere", "new.json")
    assert status == 3
    assert "nowhere" in err


@pytest.mark.parametrize("command", ["diff", "check", "plan"])
@pytest.mark.parametrize("sides", [("loop.json", "new.json"), ("new.json", "loop.json")])
def test_a_loop_that_nobody_can_expand_is_an_error_on_either_side(here, capsys, command, sides):
    loop = {"Fn::ForEach::X": ["N", {"Ref": "P"}, {"It${N}": TABLE}]}
    write_template(here / "loop.json", {**loop, "T": TOPIC}, **LOOP)
    status, out, err = run(capsys, command, "--against", *sides)
    assert status == 3
    assert "Fn::ForEach::X" in out + err


def test_an_assembly_without_stacks_is_no_baseline(here, capsys):
    write_assembly(here / "none")
    status, _out, err = run(capsys, "check", "--against", "none", "new.json")
    assert status == 3
    assert "none" in err


def test_a_nested_template_that_is_missing_is_an_error(here, capsys):
    folder = here / "old.out"
    write_assembly(folder, Shop={"template": {"Resources": {"T": TOPIC}}, "nested": {"Data": {"It": TABLE}}})
    write_assembly(here / "new.out", Shop={"T": TOPIC})
    (folder / "ShopData.nested.template.json").unlink()
    status, out, err = run(capsys, "check", "--against", folder, here / "new.out")
    assert status == 3
    assert "ShopData" in out + err


def test_only_the_stacks_that_are_named(here, capsys):
    write_assembly(here / "old.out", Shop={"It": TABLE, "T": TOPIC}, Data={"It": TABLE, "T": TOPIC})
    write_assembly(here / "new.out", Shop={"T": TOPIC}, Data={"T": TOPIC})
    out = run(capsys, "diff", "--format", "json", "--stack", "Data", "old.out", "new.out")[1]
    assert {c["stack"] for c in json.loads(out)["changes"]} == {"Data"}


# -- check


def test_check_against_a_path(here, capsys):
    status, out, _err = run(capsys, "check", "--env", "prod", "--against", "old.json", "new.json")
    assert status == 1
    assert "data-destroyed" in out


def test_check_without_a_baseline_says_so_in_one_line(here, capsys):
    status, out, err = run(capsys, "check", "--env", "prod", "new.json")
    lines = [line for line in (out + err).splitlines() if "the change was not judged" in line]
    assert (status, len(lines)) == (0, 1)


# -- plan


def test_plan(here, capsys):
    status, out, _err = run(capsys, "plan", "--json", "--env", "prod", "old.json", "new.json")
    document = json.loads(out)
    assert status == 1
    assert (document["verdict"], document["destroysData"]) == ("BLOCK", True)
    assert "data-destroyed" in {f["ruleId"] for f in document["findings"]}


def test_plan_of_nothing(here, capsys):
    status, out, _err = run(capsys, "plan", "--env", "prod", "new.json", "new.json")
    assert (status, json.loads(out)["verdict"], json.loads(out)["changes"]) == (0, "APPROVE", [])


# -- destroy


def test_destroy_says_what_goes_and_what_stays(here, capsys):
    kept = {**TABLE, "DeletionPolicy": "Retain"}
    write_assembly(
        here / "out",
        Shop={"template": {"Resources": {"Kept": kept, "It": TABLE}}, "properties": {"terminationProtection": True}},
    )
    status, out, _err = run(capsys, "destroy", "--plan", "--format", "json", "out")
    document = json.loads(out)
    assert status == 0
    assert {c["logicalId"]: c["impact"] for c in document["changes"]} == {"Kept": "WILL_ORPHAN", "It": "WILL_DESTROY"}
    assert any("termination protection" in n for n in document["notices"])


def test_destroy_goes_by_the_baseline(here, capsys):
    out = run(capsys, "destroy", "--plan", "--format", "json", "--against", "old.json", "new.json")[1]
    assert {c["logicalId"] for c in json.loads(out)["changes"]} == {"It", "T"}


def test_destroy_of_no_stack(here, capsys):
    write_assembly(here / "out", Shop={"It": TABLE})
    assert run(capsys, "destroy", "--plan", "--stack", "Nope", "out")[0] == 2


def test_destroy_without_plan_is_refused(here, capsys):
    status, _out, err = run(capsys, "destroy", "old.json")
    assert status == 2
    assert "--plan" in err


# -- approve

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


# -- snapshot


def test_a_snapshot_is_a_baseline(here, capsys):
    write_assembly(here / "old.out", Shop={"template": {"Resources": {"T": TOPIC}}, "nested": {"Data": {"It": TABLE}},
                                           "properties": {"terminationProtection": True}})  # fmt: skip
    write_assembly(here / "new.out", Shop={"T": TOPIC})
    status, out, _err = run(capsys, "snapshot", "old.out")
    assert (status, "cdkguard.snapshot" in out) == (0, True)
    same = json.loads(run(capsys, "diff", "--format", "json", "--against", "cdkguard.snapshot", "old.out")[1])
    assert set(same["summary"]) <= {"harmless"}
    status, out, _err = run(capsys, "check", "--env", "prod", "--against", "cdkguard.snapshot", "new.out")
    assert status == 1
    assert "data-destroyed" in out
    assert "stack-termination-protection-off" in out


def test_a_snapshot_of_what_was_not_read_whole_is_refused(here, capsys):
    (here / "broken.json").write_text("{")
    assert run(capsys, "snapshot", "broken.json")[0] == 3
    assert not (here / "cdkguard.snapshot").exists()
