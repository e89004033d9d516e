"""Templates of cdkguard's own synthesis equal those of the pinned CDK CLI, asset hashes aside."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cdkguard.inputs import synth
from cdkguard.inputs.app import find_app
from tests.support.paths import ROOT

CDK = ROOT / "examples/task-api/node_modules/.bin/cdk"
HASH = re.compile(r"[0-9a-f]{64}")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not CDK.exists(), reason="`make examples` installs the pinned CDK CLI"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]


def templates(folder):
    """Relative path -> template, with asset hashes taken out of it and of the file names."""
    return {
        HASH.sub("HASH", str(path.relative_to(folder))): json.loads(HASH.sub("HASH", path.read_text()))
        for path in sorted(Path(folder).rglob("*.template.json"))
    }


@pytest.mark.parametrize("name, context", [("task-api", {"env": "prod"}), ("orders", {})])
def test_templates_equal_those_of_the_cdk_cli(tmp_path, monkeypatch, name, context):
    folder = ROOT / "examples" / name
    flags = [word for key, value in context.items() for word in ("-c", f"{key}={value}")]
    cli = [
        str(CDK),
        "synth",
        "--quiet",
        "--no-notices",
        "--no-lookups",
        "--no-validation",
        "--output",
        str(tmp_path / "cli"),
        *flags,
    ]
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    done = subprocess.run(cli, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    app = find_app(str(folder), None, context)
    synth.synthesize(app, str(tmp_path / "ours"))
    ours = templates(tmp_path / "ours")
    assert ours and ours == templates(tmp_path / "cli")
