"""The pre-commit hooks, tried on a repository with an app."""

import json
import shutil
import subprocess
import sys

import pytest
import yaml

from tests.support.assemblies import assembly_with
from tests.support.paths import ROOT

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def test_the_manifest_is_valid():
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    )
    assert done.returncode == 0
    assert [h["id"] for h in HOOKS] == ["cdkguard", "cdkguard-synth"]


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_static_hook_on_a_repository(tmp_path, monkeypatch):
    """`pre-commit try-repo` installs the hook's own environment from this checkout and runs it."""
    source, app = tmp_path / "cdkguard", tmp_path / "app"
    ignore = shutil.ignore_patterns(
        ".git", ".venv", "node_modules", "cdk.out", "examples", "__pycache__", ".hypothesis", ".*_cache"
    )
    shutil.copytree(ROOT, source, ignore=ignore)
    git(source, "init", "-q")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "hook")
    app.mkdir()
    git(app, "init", "-q")
    (app / "cdk.json").write_text(json.dumps({"app": "true"}))
    assembly_with(app / "cdk.out", {"Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}})
    git(app, "add", "cdk.json")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", str(source), "cdkguard", "--all-files", "--verbose"],
        cwd=app, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "data-retention" in done.stdout and "failed: " in done.stdout


def git(folder, *words):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.hooksPath=/dev/null"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)
