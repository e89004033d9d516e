"""`cdkguard snapshot`."""

from __future__ import annotations

import json

import pytest

from tests.support.changes import write_assembly
from tests.support.two_templates import TABLE, TOPIC, run

pytestmark = pytest.mark.usefixtures("here")


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
