"""The benchmarks' own code: what is kept is what is measured, and a run that ends in an error is no row."""

import json
import sys

import pytest

from tests.support.paths import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import instructions  # noqa: E402 — the benchmarks are scripts of a folder, not a package
import rows  # noqa: E402


def test_the_kept_run_has_every_row_that_is_measured(tmp_path):
    kept = json.loads(instructions.KEPT.read_text(encoding="utf-8"))
    assert set(kept["instructions"]) == set(instructions.rows(tmp_path))


def test_a_commit_beside_another_gets_inputs_of_its_own(tmp_path, monkeypatch):
    measured = []
    monkeypatch.setattr(instructions, "measure_commit", lambda *given: measured.append(given) or {"row": 1})
    kept = {"commit": "abc", "python": "another", "instructions": {"row": 2}}
    assert instructions.kept_beside(kept, tmp_path, tmp_path / "inputs") == {"row": 1}
    assert measured[0][0] == "abc" and measured[0][2] != tmp_path / "inputs"


def test_a_kept_run_of_the_same_python_is_compared_as_it_is(tmp_path):
    kept = {"commit": "abc", "python": instructions.describe_build(), "instructions": {"row": 2}}
    assert instructions.kept_beside(kept, tmp_path, tmp_path) == {"row": 2}


def test_the_cpu_of_a_child_s_child_is_counted():
    """What a command hands to another process costs, too."""
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    through = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    row = rows.Row("busy", [rows.PYTHON, "-c", through], 1)
    row.run()
    assert row.least >= 0.2


@pytest.mark.parametrize(("status", "failed"), [(0, False), (1, False), (3, True)])
def test_a_run_that_could_not_judge_is_left_out(status, failed):
    table = rows.Table()
    table.row("some", [rows.PYTHON, "-c", f"raise SystemExit({status})"], 1)
    table.measure()
    assert ("some" in table.text(0.01)) is not failed
