"""`cdkguard destroy`, the older form of `cdkguard plan --destroy`."""

from __future__ import annotations

import json

import pytest

from tests.support.changes import write_assembly
from tests.support.two_templates import TABLE, run

pytestmark = pytest.mark.usefixtures("here")


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


def test_destroy_shows_without_being_asked_for_a_plan(here, capsys):
    assert run(capsys, "destroy", "old.json") == run(capsys, "destroy", "--plan", "old.json")


def test_fail_on_data_is_for_a_hook(here, capsys):
    status, _out, err = run(capsys, "destroy", "--fail-on", "data", "old.json")
    assert (status, "data is at stake" in err) == (1, True)
