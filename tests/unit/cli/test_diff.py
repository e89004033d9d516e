"""`cdkguard diff`, and baselines that cannot be read."""

from __future__ import annotations

import json

import pytest

from tests.support.changes import write_assembly, write_template
from tests.support.two_templates import TABLE, TOPIC, run

pytestmark = pytest.mark.usefixtures("here")


def test_diff_of_two_templates(here, capsys):
    status, out, _err = run(capsys, "diff", "old.json", "new.json")
    assert status == 0
    assert "- DESTROYED  It" in out
    assert "1 destroyed" in out


def test_diff_both_ways(here, capsys):
    assert "  + It  AWS::" in run(capsys, "diff", "new.json", "old.json")[1]
    assert "no change" in run(capsys, "diff", "old.json", "old.json")[1]


def test_diff_as_json(here, capsys):
    status, out, _err = run(capsys, "diff", "--format", "json", "old.json", "new.json")
    (change,) = json.loads(out)["changes"]
    assert (status, change["logicalId"], change["impact"], change["fate"]) == (0, "It", "WILL_DESTROY", "destroyed")


def test_diff_as_markdown(here, capsys):
    assert "| Change | Resource |" in run(capsys, "diff", "--format", "markdown", "old.json", "new.json")[1]


def test_diff_against(here, capsys):
    status, out, _err = run(capsys, "diff", "--against", "old.json", "new.json")
    assert (status, "DESTROYED" in out) == (0, True)


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        ("old", "new", ("data", "replace", "any")),  # a table goes
        ("topic", "old", ("any",)),  # and comes
        ("queue", "topic", ("replace", "any")),  # something without data goes
        ("old", "old", ()),
    ],
)
def test_fail_on_says_which_change_is_exit_status_1(here, capsys, old, new, fails):
    write_template(here / "topic.json", {"T": TOPIC})
    write_template(here / "queue.json", {"T": TOPIC, "P": {"Type": "AWS::SNS::TopicPolicy"}})
    found = []
    for word in ("data", "replace", "any", "never"):
        status, out, err = run(capsys, "diff", "--fail-on", word, f"{old}.json", f"{new}.json")
        assert (f"--fail-on {word}" in err) is bool(status)
        assert out
        found += [word] if status else []
    assert tuple(found) == fails
    assert run(capsys, "diff", "--fail-on", "dta", "old.json", "new.json")[0] == 2


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


def test_check_against_a_path(here, capsys):
    status, out, _err = run(capsys, "check", "--env", "prod", "--against", "old.json", "new.json")
    assert status == 1
    assert "data-destroyed" in out


def test_check_without_a_baseline_says_so_in_one_line(here, capsys):
    status, out, err = run(capsys, "check", "--env", "prod", "new.json")
    lines = [line for line in (out + err).splitlines() if "the change was not judged" in line]
    assert (status, len(lines)) == (0, 1)
