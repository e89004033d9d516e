"""Runs `cdkguard check` on the example apps, from source, and compares the findings with the lists of seeded defects.

It succeeds when the findings at high or above are those that each example's expected.yaml lists, no more and no fewer.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
RUNS = [
    ("task-api, prod, careless", "task-api", ["-c", "env=prod", "-c", "variant=careless"], 1, True),
    ("task-api, prod, guarded", "task-api", ["-c", "env=prod", "-c", "variant=guarded"], 0, False),
    ("task-api, dev", "task-api", ["-c", "env=dev"], 0, False),
    ("orders, staging and prod", "orders", [], 1, True),
]


def check(example, options):
    """(exit status, what the terminal shows, the report as data)."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [
            sys.executable,
            "-m",
            "cdkguard",
            "check",
            ".",
            *options,
            "--output",
            "text",
            "--output",
            f"json={report}",
        ]
        # The apps run with this interpreter's environment: `python3 app.py` must find aws_cdk.
        path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
        done = subprocess.run(
            command,
            cwd=ROOT / "examples" / example,
            env={**os.environ, "PATH": path},
            text=True,
            stdout=subprocess.PIPE,
        )
        return done.returncode, done.stdout, json.loads(report.read_text()) if report.exists() else None


def differences(example, report, seeded):
    """What is found and not listed, and what is listed and not found, at high or above."""
    found = {
        (f["ruleId"], f["constructPath"] or f["stackPath"])
        for f in report["findings"]
        if f["outcome"] != "suppressed" and f["severity"] in ("high", "critical")
    }
    rows = yaml.safe_load((ROOT / "examples" / example / "expected.yaml").read_text()) if seeded else []
    wanted = {(row["rule"], row["construct"]) for row in rows}
    return [f"not listed: {rule} at {path}" for rule, path in sorted(found - wanted)] + [
        f"not found: {rule} at {path}" for rule, path in sorted(wanted - found)
    ]


def main():
    wrong = []
    for title, example, options, expected, seeded in RUNS:
        print(f"\n=== {title}: cdkguard check {' '.join(options)}", flush=True)
        status, shown, report = check(example, options)
        print(shown, flush=True)
        problems = [f"exit {status}, expected {expected}"] if status != expected else []
        problems += differences(example, report, seeded) if report else ["no report"]
        wrong += [f"{title}: {problem}" for problem in problems]
        print(f"=== {title}: {'as expected' if not problems else '; '.join(problems)}", flush=True)
    print("\n" + "\n".join(wrong or ["Every seeded defect was found, and nothing else at high or above."]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
