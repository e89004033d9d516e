"""Git repositories with a tiny CDK app, and surroundings in which git says the same on every machine."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cdkguard.baselines import worktree

# Writes a stack `S` of the resources in resources.json, and a line to the file that RUNS names.
APP = """
import json, os, pathlib, sys
out = os.environ["CDK_OUTDIR"]
os.makedirs(out, exist_ok=True)
with open(os.environ["RUNS"], "a") as runs:
    runs.write("run\\n")
resources = json.load(open("resources.json"))
if os.path.exists("node_modules/lib/types.json"):
    resources |= json.load(open("node_modules/lib/types.json"))
lookups = json.loads(os.environ["CDK_CONTEXT_JSON"]).get("lookup")
resources["R"] = {"Type": "Test::Is::" + str(lookups or os.environ.get("STAGE", "None"))}
json.dump({"Resources": resources}, open(os.path.join(out, "S.template.json"), "w"))
frame = os.path.abspath("app.py") + ":7:1"
json.dump({"version": "38.0.0", "artifacts": {"S": {"type": "aws:cloudformation:stack",
    "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "S.template.json", "stackName": "s"},
    "metadata": {"/S/" + name: [{"type": "aws:cdk:logicalId", "data": name, "trace": [frame]}] for name in resources}}}},
    open(os.path.join(out, "manifest.json"), "w"))
"""


def isolate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home, a cache and a folder for temporary files below `tmp_path`; no CI, no settings of the machine's git."""
    for name in (*worktree.TARGETS, "CI", "STAGE", "VIRTUAL_ENV", "GIT_DIR", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "home/.gitconfig").write_text(
        '[user]\nname = T\nemail = t@example.com\n[init]\ndefaultBranch = main\n[protocol "file"]\nallow = always\n'
    )
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))


def project(folder: Path) -> Path:
    """The app and its cdk.json, in a new folder."""
    folder.mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    (folder / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" app.py'}))
    return folder


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path, **files: Any) -> str:
    """Write files (`resources={...}` is resources.json), commit all, and return the commit."""
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")
