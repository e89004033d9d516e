"""Cases written from the user guides of AWS by people who had not seen a rule: half hazards, half in order, each before
its first run. They are kept as they were synthesized (tests/fixtures/guides/README.md)."""

import contextlib
import io
import json
from pathlib import Path

import pytest

from cdkguard.cli.main import main
from cdkguard.model import severity_rank
from tests.support.paths import ROOT

FOLDER = ROOT / "tests/fixtures/guides"
CASES = [json.loads(line) for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]


def judge(case, folder: Path):
    """(exit status, findings) of the case's app, judged as production."""
    for name, content in case["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["check", str(folder), "--environment", "prod", "--output", "json"])
    return status, json.loads(out.getvalue())["findings"]


def is_told(case, finding) -> bool:
    place = f"{finding['constructPath']} {finding['logicalId']}"
    return case["where"] in place and severity_rank(finding["severity"]) >= severity_rank(case["severity"])


def test_there_are_as_many_hazards_as_there_are_apps_in_order() -> None:
    hazards = sum(case["hazard"] for case in CASES)
    assert len(CASES) >= 100 and 2 * hazards == len(CASES)
    assert sum("disputed" in case for case in CASES) <= len(CASES) // 20


@pytest.mark.parametrize("case", [c for c in CASES if "disputed" not in c], ids=lambda case: case["name"])
def test_a_hazard_is_told_and_what_is_in_order_is_let_through(case, tmp_path):
    status, findings = judge(case, tmp_path / "cdk.out")
    if case["hazard"]:
        assert any(is_told(case, finding) for finding in findings), case["fact"]
    else:
        assert (status, [f["ruleId"] for f in findings if severity_rank(f["severity"]) >= 2]) == (0, []), case["fact"]
