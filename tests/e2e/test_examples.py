"""The example apps, synthesized from source: every seeded defect is found, and nothing else at high or above."""

import importlib.util
import shutil
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

spec = importlib.util.spec_from_file_location("demo", ROOT / "tools" / "demo.py")
demo = importlib.util.module_from_spec(spec)
spec.loader.exec_module(demo)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not (ROOT / "examples/task-api/node_modules").is_dir(), reason="`make examples` installs what it needs"
    ),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]


@pytest.mark.parametrize("title, example, options, expected, seeded", demo.RUNS, ids=[r[0] for r in demo.RUNS])
def test_findings(title, example, options, expected, seeded):
    status, shown, report = demo.check(example, options)
    assert not demo.differences(example, report, seeded)
    assert status == expected
    assert report["errors"] == []
    described = [f for f in report["findings"] if f["logicalId"]]
    assert all(f["source"] and f["source"]["line"] for f in described), "every finding points at a line of the app"
    assert all((ROOT / "examples" / example / f["source"]["file"]).is_file() for f in described)


def test_the_custom_resources_of_cdk_are_those_that_the_library_makes() -> None:
    tool = ROOT / "tools/cdk_custom_resources/make_set.py"
    command = [sys.executable, str(tool), str(ROOT / "examples/task-api/node_modules/aws-cdk-lib"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_the_accounts_of_aws_are_those_that_the_library_and_documents_name() -> None:
    tool = ROOT / "tools/aws_accounts/make_set.py"
    command = [sys.executable, str(tool), str(ROOT / "examples/task-api/node_modules/aws-cdk-lib"), "--check"]
    assert subprocess.run(command, capture_output=True, text=True).stderr == ""


def test_the_demo_is_one_screen_that_says_what_would_be_lost(capsys) -> None:
    status = demo.show_screen()
    lines = capsys.readouterr().out.splitlines()
    assert status == 0
    assert len(lines) <= 30
    assert sum(line.startswith("$ cdkguard check") for line in lines) == 4
    for words in (
        "DESTROYED  TaskApi-prod/Tasks",
        "holds data",
        "deleted for good",
        "overrideLogicalId",
        "failed: new: 1",
    ):
        assert any(words in line for line in lines), words
