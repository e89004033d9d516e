"""Runs the scripts of the GitHub Action with real bash, in a workspace of their own, beside stubs of `uv` and `gh`."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.support.paths import ROOT

SCRIPTS = ROOT / ".github" / "action"

# What `uv tool install` leaves: the command, in the folder that uv was told. It notes the arguments that it is called with.
_UV = """#!/usr/bin/env bash
[ -z "${STUB_UV_FAILS:-}" ] || { echo "error: No solution found" >&2; exit "$STUB_UV_FAILS"; }
printf '%s\\n' "$PWD" "$@" >"$STUB_NOTES/uv"
mkdir -p "$UV_TOOL_BIN_DIR"
cp "$STUB_NOTES/cdkguard.stub" "$UV_TOOL_BIN_DIR/cdkguard"
chmod +x "$UV_TOOL_BIN_DIR/cdkguard"
"""
_VERSION = '#!/usr/bin/env bash\n[ "$1" != --version ] || { echo cdkguard 0.0.0; exit 0; }\n'
# Notes its arguments and what it can see of the runner, and writes the files that --output names.
_JUDGES = """printf '%s\\0' "$@" >"$STUB_NOTES/arguments"
pwd >"$STUB_NOTES/folder"
env >"$STUB_NOTES/environment"
for argument; do
  case $argument in
    --output=json=*) printf '{\\n  "schemaVersion": "1.0",\\n  "verdict": "%s",\\n  "failOn": "high"\\n}\\n' "$STUB_VERDICT" >"${argument#*json=}" ;;
    --output=markdown=*) printf '<!-- cdkguard -->\\nthe text of the comment\\n' >"${argument#*markdown=}" ;;
    --output=sarif=*) echo '{}' >"${argument#*sarif=}" ;;
    --output=html=*) echo '<html>' >"${argument#*html=}" ;;
  esac
done
echo "::notice title=cdkguard::$STUB_VERDICT"
exit "$STUB_STATUS"
"""

JUDGES = _VERSION + _JUDGES
REAL = f'{_VERSION}PYTHONPATH={ROOT} exec {sys.executable} -P -m cdkguard "$@"\n'


def ends(status: int, message: str = "") -> str:
    """A cdkguard that says `message` on standard error, writes no report and ends with `status`."""
    return f"{_VERSION}cat >&2 <<'END'\n{message}\nEND\nexit {status}\n"


class Ended(NamedTuple):
    """How a script ended, and what it left."""

    status: int
    text: str
    outputs: dict[str, str]
    summary: str
    notes: Path

    @property
    def arguments(self) -> list[str]:
        return (self.notes / "arguments").read_text().split("\0")[:-1]

    def read(self, output: str) -> str:
        return Path(self.outputs[output]).read_text()


class Workspace:
    """A runner's workspace."""

    def __init__(self, folder: Path) -> None:
        self.root, self.notes, self.temp, self.programs = (folder / n for n in ("work", "notes", "temp", "programs"))
        for path in (self.root, self.notes, self.temp, self.programs):
            path.mkdir()
        self.program("uv", _UV)

    def program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, script: str, cdkguard: str = "", **environment: str) -> Ended:
        (self.notes / "cdkguard.stub").write_text(cdkguard)
        output, summary = self.temp / "output", self.temp / "summary"
        output.write_text("")
        summary.write_text("")
        settings = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HOME": str(self.temp),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_WORKSPACE": str(self.root),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_ENV": str(self.temp / "env"),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_REPOSITORY": "acme/shop",
            "GIT_CEILING_DIRECTORIES": str(self.root.parent),
            "STUB_NOTES": str(self.notes),
            "STUB_VERDICT": "APPROVE",
            "STUB_STATUS": "0",
        }
        done = subprocess.run(
            ["bash", str(SCRIPTS / script)],
            cwd=self.root, env=settings | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        outputs = dict(re.findall(r"^([a-z-]+)=(.*)$", output.read_text(), re.MULTILINE))
        return Ended(done.returncode, done.stdout, outputs, summary.read_text(), self.notes)
