"""Findings in editors: `cdk lsp` of the pinned CDK CLI publishes what a chained cdkguard writes, at the construct's line."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec

import pytest

from cdkguard.cli.chain import chain_app
from tests.support.lsp_client import collect_diagnostics
from tests.support.paths import ROOT

MODULES = ROOT / "examples/task-api/node_modules"
CDK = str(MODULES / ".bin/cdk")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not MODULES.exists(), reason="`make examples` installs the pinned CDK CLI"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]
needs_python = pytest.mark.skipif(find_spec("aws_cdk") is None, reason="`make examples` installs aws-cdk-lib")


@pytest.fixture
def example(tmp_path, monkeypatch):
    """Copies an example, whose command finds this Python and this cdkguard."""
    (tmp_path / "bin").mkdir()
    for name, command in {"cdkguard": "-m cdkguard", "python3": ""}.items():
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        program.chmod(0o755)
    for name, value in {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "TS_NODE_TRANSPILE_ONLY": "true",
        "CDK_VALIDATION": "false", "NO_COLOR": "1", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def copy(name):
        folder = tmp_path / name
        ignored = shutil.ignore_patterns("node_modules", "cdk.out", "__pycache__")
        shutil.copytree(ROOT / "examples" / name, folder, ignore=ignored)
        if name == "task-api":
            os.symlink(MODULES, folder / "node_modules")
        return folder

    return copy


def synthesize(folder, *words):
    command = [CDK, "synth", "--quiet", "--no-notices", "--no-lookups", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def violations(folder):
    document = json.loads((folder / "cdk.out/validation-report.json").read_text())
    (ours,) = [plugin for plugin in document["pluginReports"] if plugin["pluginName"] == "cdkguard"]
    return ours["violations"]


def published(folder):
    found = collect_diagnostics([CDK, "lsp"], folder)
    return {file: [d for d in several if d["source"] == "cdkguard"] for file, several in found.items()}


def test_a_typescript_app_has_its_findings_at_its_lines(example):
    app = example("task-api")
    chain_app(str(app))
    status, said = synthesize(app, "-c", "env=prod")
    assert status == 1 and "no finding has a source line" not in said
    frames = Counter(c["stackTraces"][0] for v in violations(app) for c in v["violatingConstructs"])
    lines = (app / "lib/task-api-stack.ts").read_text().splitlines()
    for frame in frames:
        file, line, column = frame.removeprefix("app (").removesuffix(")").split(":")
        if file == "lib/task-api-stack.ts":
            assert lines[int(line) - 1][int(column) - 1 :].startswith("new "), "the column is the construct's"

    found = published(app)
    assert sum(map(len, found.values())) == sum(frames.values()) == 9
    lost = [d for d in found["lib/task-api-stack.ts"] if d["code"] == "data-retention"]
    assert {d["severity"] for d in lost} == {1}
    for each in lost:
        assert "https://cdkguard.github.io/cdkguard/rules/data-retention/" in each["message"]
        assert "= new " in lines[each["range"]["start"]["line"]]
        assert each["range"]["start"]["character"] == 0, "cdk lsp 2.1148.1 marks the whole line, whatever the column"


@needs_python
def test_a_python_app_says_what_is_missing_and_init_adds_it(example):
    app = example("orders")
    settings = json.loads((app / "cdk.json").read_text())
    (app / "cdk.json").write_text(json.dumps({**settings, "app": "python3 app.py && cdkguard check"}))
    status, said = synthesize(app)
    assert status == 0 and "the stacks are in Stages: only `cdk synth '**'` fails on them" in said
    assert "no finding has a source line" in said and "`cdkguard init --chain` puts what records them" in said

    assert "JSII_HOST_STACK_TRACES=1 python3 app.py && cdkguard check" in chain_app(str(app))
    status, said = synthesize(app, "**")
    assert status == 1 and "no finding has a source line" not in said
    found = published(app)
    assert all("stackTraces" in c for v in violations(app) for c in v["violatingConstructs"])
    assert {
        "orders/data.py",
        "orders/network.py",
        "orders/reporting.py",
        "orders/service.py",
        "orders/agents.py",
    } <= found.keys()
    lines = (app / "orders/data.py").read_text().splitlines()
    lost = [lines[d["range"]["start"]["line"]] for d in found["orders/data.py"] if d["code"] == "data-retention"]
    assert lost and all("(" in line for line in lost), "each stands at the call that makes the construct"
    shown = {
        (v["ruleName"], v["description"], c["stackTraces"][0])
        for v in violations(app)
        for c in v["violatingConstructs"]
    }
    assert sum(map(len, found.values())) == len(shown), "the same words at the same line once, for both stages"
