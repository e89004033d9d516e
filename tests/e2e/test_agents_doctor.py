"""The files that the installer writes, the hook, the judge and the doctor together: nothing stands for another."""

import json
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.support.paths import ROOT


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository whose user's login shell finds the cdkguard of this checkout."""
    root, home, programs = tmp_path / "repo", tmp_path / "home", tmp_path / "bin"
    for folder in (root, home, programs):
        folder.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main", "."], cwd=root, check=True)
    start = f"PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m cdkguard"
    (programs / "cdkguard").write_text(f'#!/bin/sh\n{start} "$@"\n')
    (programs / "cdkguard").chmod(0o755)
    (home / ".profile").write_text(f'PATH="{programs}:$PATH"\n')
    for name, value in (("HOME", home), ("SHELL", "/bin/sh")):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return root


def run(root, *argv):
    return subprocess.run([sys.executable, "-m", "cdkguard", *argv], cwd=root, capture_output=True, text=True)


def test_every_installed_hook_stops_the_destroy_of_a_table_and_lets_ls_pass(repository):
    done = run(repository, "agents", "install", "all", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(repository, "agents", "install", "--check").returncode == 0
    report = json.loads(run(repository, "doctor", "--output", "json").stdout)
    proved = {row["evidence"]["host"]: row for row in report["rows"] if "destroying" in row["evidence"]}
    hosts = {"claude", "copilot", "vscode", "codex", "gemini", "antigravity", "cursor", "kiro", "kiro-cli", "windsurf", "devin"}  # fmt: skip
    assert set(proved) == hosts | ({"opencode"} if shutil.which("node") else set())
    assert {host: row["state"] for host, row in proved.items()} == dict.fromkeys(proved, "ok"), proved
    assert not (repository / ".cdkguard").exists()  # nothing of it is in the log


def test_a_hook_whose_cdkguard_is_gone_is_broken_and_blocks(repository, tmp_path):
    run(repository, "agents", "install", "codex", "--yes")
    (tmp_path / "bin/cdkguard").unlink()
    done = run(repository, "doctor", "--output", "json")
    (row,) = [row for row in json.loads(done.stdout)["rows"] if row["name"] == "Codex"]
    assert done.returncode == 1 and row["state"] in ("broken", "unknown")
    assert row["evidence"]["destroying"]["verdict"] == "deny"
