"""Chained behind the app in cdk.json: the pinned CDK CLI prints the findings with the user's line, and fails."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

APP = ROOT / "examples/task-api"
CDK = APP / "node_modules/.bin/cdk"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not CDK.exists(), reason="`make examples` installs the pinned CDK CLI"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]


@pytest.mark.parametrize("variant, status", [("careless", 1), ("guarded", 0)])
def test_cdk_synth_tells_the_findings(tmp_path, variant, status):
    for name in ("bin", "lib", "lambda", "cdk.json", "cdkguard.yaml", "tsconfig.json", "package.json"):
        source = APP / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path / name)
    os.symlink(APP / "node_modules", tmp_path / "node_modules")
    settings = json.loads((tmp_path / "cdk.json").read_text())
    settings["app"] += f' && "{sys.executable}" -m cdkguard check'
    (tmp_path / "cdk.json").write_text(json.dumps(settings))
    environment = {**os.environ, "TS_NODE_TRANSPILE_ONLY": "true", "CDK_VALIDATION": "false", "NO_COLOR": "1"}
    done = subprocess.run(
        [str(CDK), "synth", "--quiet", "--no-notices", "-c", "env=prod", "-c", f"variant={variant}"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == status, said
    if status:
        assert "lib/task-api-stack.ts:" in said and "cdkguard::data-retention" in said
