"""The wheel, installed in an empty environment: rules are inside, prepared, and found."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.e2e
def test_a_wheel_holds_the_prepared_rules_and_runs(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)], check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "cdkguard/rules/compiled.jsonl" in names and "cdkguard/rules/core/data-retention.yaml" in names
    assert "cdkguard/schemas/rule.schema.json" in names
    assert str(ROOT) not in zipfile.ZipFile(wheel).read("cdkguard/rules/compiled.jsonl").decode()
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True)
    (tmp_path / "t.json").write_text('{"Resources": {"T": {"Type": "AWS::DynamoDB::Table"}}}')
    done = subprocess.run([python, "-m", "cdkguard", "check", "t.json"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "data-retention" in done.stdout, done.stderr
    shown = subprocess.run([python, "-m", "cdkguard", "rules", "test"], cwd=tmp_path, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stdout
