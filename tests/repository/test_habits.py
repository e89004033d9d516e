"""The files around the code hold to their own rules: pinned actions, listed targets, a changelog in its form."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cdkguard import __version__

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.stem)
def test_every_action_is_pinned_by_commit_and_says_its_version(path):
    used = re.findall(r"uses: (?!\./ )(.+)", path.read_text(encoding="utf-8"))  # `./` is the action of this very commit
    assert used
    assert not [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)]


def test_a_workflow_may_read_and_nothing_else():
    for path in WORKFLOWS:
        if path.stem == "release":  # tests/repository/test_release.py says what each of its jobs may
            continue
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        if (
            path.stem == "docs"
        ):  # GitHub Pages: one job reads and builds, the other deploys what was built, and checks nothing out
            assert workflow["permissions"] == {}
            rights = {name: job["permissions"] for name, job in workflow["jobs"].items()}
            assert rights == {"build": {"contents": "read"}, "deploy": {"pages": "write", "id-token": "write"}}
            assert not [step for step in workflow["jobs"]["deploy"]["steps"] if "checkout" in step.get("uses", "")]
            continue
        assert workflow["permissions"] == {"contents": "read"}, path.name
        assert not [name for name, job in workflow["jobs"].items() if "permissions" in job], path.name


def test_everything_whose_changes_start_a_workflow_exists():
    for path in WORKFLOWS:
        triggers = yaml.safe_load(path.read_text(encoding="utf-8"))[True]  # YAML 1.1 reads the key `on` as true
        for trigger in triggers.values():
            paths = trigger.get("paths", ()) if isinstance(trigger, dict) else ()
            named = [each.removesuffix("/**") for each in paths if each != "**.md"]
            assert not [each for each in named if not (ROOT / each).exists()], path.name


def test_make_help_lists_every_target():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.+)", text, re.MULTILINE).group(1).split()
    assert re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE) == targets


def test_the_configuration_of_pre_commit_is_valid():
    file = str(ROOT / ".pre-commit-config.yaml")
    assert subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", file]).returncode == 0


def test_the_changelog_has_this_version_and_the_usual_headings():
    assert re.findall(r"^## \[(.+?)\]", CHANGELOG, re.MULTILINE)[:2] == ["Unreleased", __version__]
    assert set(re.findall(r"^### (.+)", CHANGELOG, re.MULTILINE)) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}  # fmt: skip


def test_every_rule_that_the_changelog_names_exists():
    rules = {path.stem for path in (ROOT / "rules").rglob("*.yaml")}
    named = set(re.findall(r"\*\*([a-z0-9-]+)\*\*", CHANGELOG))
    assert named and named <= rules


def test_no_test_is_named_by_what_differs_from_run_to_run(request):
    """The processes of pytest-xdist must collect the same names; sets and addresses have others in each process."""
    names = [item.nodeid for item in request.session.items]
    assert not [name for name in names if re.search(r"\bset\(|frozenset\(| at 0x", name)]
