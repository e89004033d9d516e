"""The hook as a host starts it: a process with a payload on standard input, beside a judge that says what a test wants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cdkguard._typing import Any
from tests.support.paths import ROOT

PAYLOADS = ROOT / "tests/fixtures/agents/payloads"
# A judge that answers by the last word of the line. It takes the place of cdkguard.agents.judge.decide.
JUDGE = """
import os, sys, time, types
from cdkguard.agents.nouns import Decision

def decide(request):
    asked = os.environ["TEST_VERDICT"]
    print("the app prints this")
    if asked == "timeout": time.sleep(60)
    if asked == "crash": raise RuntimeError("a defect")
    if asked == "exit": os._exit(0)
    if asked == "garbage": os.write(1, b"{}"); os._exit(0)
    open(os.environ["TEST_NOTES"], "a").write("judged\\n")
    return Decision(asked, "" if asked == "silent" else "the table \\x1b[31mgoes\\n\\nand more", "prod", "t0ken")

module = types.ModuleType("cdkguard.agents.judge.decide")
module.decide = decide
sys.modules["cdkguard.agents.judge.decide"] = module
"""


def load_payload(name: str) -> dict[str, Any]:
    """The payload of a kept file: `claude/bash`."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))["payload"]
    return found


def run_hook(
    given: Any,
    folder: Path,
    *words: str,
    verdict: str = "deny",
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run the hook in a folder with `given`, a payload or a text, on standard input."""
    site = folder.parent / "site"
    site.mkdir(exist_ok=True)
    missing = "import sys; sys.modules['cdkguard.agents.judge.decide'] = None\n"  # as in a broken installation
    (site / "sitecustomize.py").write_text(JUDGE if verdict != "none" else missing)
    variables = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COPILOT", "CURSOR", "USER_PROMPT"))
        },
        "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]),
        "TEST_VERDICT": verdict,
        "TEST_NOTES": str(folder.parent / "notes"),
        "CDKGUARD_CACHE_DIR": str(folder.parent / "cache"),
        **(environment or {}),
    }
    text = given if isinstance(given, str) else json.dumps(given)
    return subprocess.run(
        [sys.executable, "-m", "cdkguard", "agents", "hook", *words],
        input=text, capture_output=True, text=True, cwd=folder, env=variables, timeout=60, **options,
    )  # fmt: skip


def judged(folder: Path) -> int:
    """How often the judge has decided."""
    notes = folder.parent / "notes"
    return len(notes.read_text().splitlines()) if notes.exists() else 0
