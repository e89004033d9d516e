"""How many instructions cdkguard takes for what is done most: figures that do not depend on the hour, nor on who shares the machine.

    python benchmarks/instructions.py            measures and prints beside the kept run
    python benchmarks/instructions.py --check    ends with 1 where a row takes over 5 % more than in the kept run
    python benchmarks/instructions.py --keep     measures and keeps the run in instructions.json

Counted by valgrind's cachegrind, without the CPU's caches and with a fixed hash seed; two runs differ by less than 0.5 %.
Counts depend on how Python was built. Where the kept run was made by another Python, the commit that it was made of is
measured beside today's, which needs its history.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import inputs
from package import ARGUMENTS, ROOT, SAME_RULES, install_checkout, install_package

KEPT = Path(__file__).with_name("instructions.json")
TOLERANCE = 0.05
COUNT = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
PAYLOAD = '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls -la"},"cwd":"/tmp","session_id":"s"}'


def rows(folder: Path) -> dict[str, list[str]]:
    """Name -> what is run, behind Python; the inputs are made below the folder."""
    inputs.assembly(folder / "small", 1, 20)
    inputs.assembly(folder / "ten", 10, 100)
    inputs.assembly(folder / "fleet", 100, 50)
    before, after = inputs.pair(folder / "pair", 500)
    check = [*ARGUMENTS, "check", "--fail-on", "never", "--format", "json", "--jobs", "1"]
    same = ["--rules", SAME_RULES]
    return {
        "python -c pass": ["-c", "pass"],
        "cdkguard --version": [*ARGUMENTS, "--version"],
        "cdkguard --help": [*ARGUMENTS, "--help"],
        "agents hook, another line": [*ARGUMENTS, "agents", "hook"],
        "check, 20 resources": [*check, str(folder / "small"), *same],
        "check, 20 resources, recommended": [*check, str(folder / "small"), "--rules", "recommended"],
        "check, 10 stacks x 100": [*check, str(folder / "ten"), *same],
        "check, 10 stacks x 100, all rules": [*check, str(folder / "ten"), "--rules", "all"],
        "check, 100 stacks x 50": [*check, str(folder / "fleet"), *same],
        "check --against, 2 x 500 resources": [*check, after, "--against", before, *same],
    }


def count(arguments: list[str], site: Path) -> int | None:
    """The instructions of one run, with compiled modules and caches that an earlier run has filled; None where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONHASHSEED": "0", "XDG_CACHE_HOME": str(site / "cache")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, *arguments]
    subprocess.run(
        command, env=environment, input=PAYLOAD, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    done = subprocess.run([*COUNT, *command], env=environment, input=PAYLOAD, capture_output=True, text=True)
    found = re.search(r"I +refs: +([\d,]+)", done.stderr)
    return int(found[1].replace(",", "")) if found and done.returncode in (0, 1) else None


def measure(site: Path, folder: Path) -> dict[str, int]:
    """Name -> instructions of each row that can be run."""
    counts = {name: count(arguments, site) for name, arguments in rows(folder).items()}
    return {name: found for name, found in counts.items() if found is not None}


def describe_build() -> str:
    """The build of Python and the machine, on which the counts depend."""
    return f"{sys.version} on {platform.machine()}"


def measure_commit(commit: str, temporary: Path, folder: Path) -> dict[str, int]:
    """The rows of another commit, from a checkout of its own; those that it does not have yet are left out."""
    checkout, site = temporary / "checkout", temporary / "before"
    git = ["git", "-C", str(ROOT)]
    subprocess.run([*git, "worktree", "add", "--quiet", "--detach", str(checkout), commit], check=True)
    try:
        install_checkout(checkout, site)
    finally:
        subprocess.run([*git, "worktree", "remove", "--force", str(checkout)], check=True)
    return measure(site, folder)


def read_kept() -> dict:
    """The kept run: its commit, its build of Python, and instructions by row; empty where none is kept."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def kept_beside(kept: dict, temporary: Path, folder: Path) -> dict[str, int]:
    """The kept instructions, or those of its commit counted anew where another Python made them."""
    before = kept.get("instructions", {})
    if not before or kept["python"] == describe_build():
        return before
    print(f"kept by another Python: measuring {kept['commit']} beside it", file=sys.stderr)
    return measure_commit(kept["commit"], temporary, temporary / "inputs-before")


def shown(now: dict[str, int], before: dict[str, int]) -> str:
    """A table in Markdown: today's millions and P, and the kept ones."""
    base = now["python -c pass"]
    lines = ["| | million | P | kept | now / kept |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, value in now.items():
        was = before.get(name)
        beside = f"{was / 1e6:.1f} | {value / was:.3f}" if was else " | "
        lines.append(f"| {name} | {value / 1e6:.1f} | {value / base:.2f} | {beside} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and keep or compare; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="end with 1 where a row takes over 5 % more than kept")
    parser.add_argument("--keep", action="store_true", help="keep this run")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind is not installed, so no instruction can be counted", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        site, folder = Path(temporary, "site"), Path(temporary, "inputs")
        install_package(site)
        now = measure(site, folder)
        kept = read_kept()
        before = kept.get("instructions", {}) if options.keep else kept_beside(kept, Path(temporary), folder)
    print(shown(now, before))
    if gone := [name for name in before if name not in now]:
        print(f"ended in an error: {', '.join(gone)}", file=sys.stderr)
        return 1
    if options.keep:
        commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True)
        found = {"commit": commit.stdout.strip(), "python": describe_build(), "instructions": now}
        KEPT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if not options.check:
        return 0
    if not before:
        print("no run is kept: python benchmarks/instructions.py --keep", file=sys.stderr)
        return 2
    slower = [name for name, was in before.items() if now[name] > was * (1 + TOLERANCE)]
    for name in slower:
        print(f"slower than the kept run: {name}, {now[name] / before[name]:.3f} of it", file=sys.stderr)
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
