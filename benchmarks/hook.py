"""The agents' hook before a command that is nothing of ours, beside `cdkguard --version`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from package import RUN

HOOK_RUNS = 200  # interleaved, so that the slowest hundredth of each row is of the same minutes


def measure_hook(table, site, temporary):
    """The hook before a command of an agent, beside `--version`: nothing of ours, and scripts that are read and are not ours."""
    project = Path(temporary, "project")
    project.mkdir()
    (project / "package.json").write_text(json.dumps({"scripts": {"pretest": "tsc -p .", "test": "jest --ci"}}))
    (project / "Makefile").write_text("SRC := src\nx: y\n\tgrep -rn foo $(SRC)\ny:\n\techo done\n")
    environment = {**os.environ, "PYTHONPATH": str(site), "CDKGUARD_CACHE_DIR": str(Path(temporary, "hook-cache"))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    hook = [*RUN, "agents", "hook", "--host", "claude"]
    rows = {
        "python -c pass": ([sys.executable, "-c", "pass"], ""),
        "cdkguard --version": ([*RUN, "--version"], ""),
        "agents hook: ls -la src": (hook, _payload("ls -la src", project)),
        "agents hook: npm test": (hook, _payload("npm test", project)),
        "agents hook: make x": (hook, _payload("make x", project)),
    }
    times = {name: [] for name in rows}
    for number in range(HOOK_RUNS + 2):
        for name, (command, given) in rows.items():
            began = time.perf_counter()
            done = subprocess.run(command, input=given, capture_output=True, text=True, cwd=project, env=environment)
            if done.returncode or (given and done.stdout):
                raise SystemExit(f"{name}: the hook was to say nothing: {done.stdout}{done.stderr}")
            if number >= 2:
                times[name].append(time.perf_counter() - began)

    quickest, usual, slowest = (_quantiles(times["cdkguard --version"], share) for share in (0, 0.5, 0.99))
    table.lines += [
        "\n## the hook, before each command of an agent\n",
        f'{HOOK_RUNS} runs of each row, in turn; "x" is beside `cdkguard --version` of the same run.\n',
        "| | min | p50 | p99 | x min | x p50 | x p99 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in times.items():
        least, median, most = (_quantiles(found, share) for share in (0, 0.5, 0.99))
        shown = " | ".join(f"{value * 1000:.0f}" for value in (least, median, most))
        ratios = f"{least / quickest:.2f} | {median / usual:.2f} | {most / slowest:.2f}"
        table.lines.append(f"| {name} | {shown} | {ratios} |")


def _payload(command, folder):
    """A payload in Claude Code's form, whose paths name us, as they do in a repository of ours."""
    return json.dumps({
        "session_id": "s", "transcript_path": "/home/dev/.claude/projects/cdk-app/s.jsonl", "cwd": str(folder),
        "permission_mode": "default", "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": {"command": command, "description": "Run it"}, "tool_use_id": "toolu_1",
    })  # fmt: skip


def _quantiles(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
