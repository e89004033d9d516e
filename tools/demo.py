"""Shows cdkguard on the example apps. Without options: one screen, what a rename of task-api's table would take.

`--whole` shows the check of the rename whole. `--all` checks both example apps from source and compares the findings at high
or above with the seeded defects that each one's expected.yaml lists: no more, and no fewer. The status is 0 where everything
is as expected.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
RUNS = [
    ("task-api, prod, careless", "task-api", ["-c", "env=prod", "-c", "variant=careless"], 1, True),
    ("task-api, prod, guarded", "task-api", ["-c", "env=prod", "-c", "variant=guarded"], 0, False),
    ("task-api, dev", "task-api", ["-c", "env=dev"], 0, False),
    ("orders, staging and prod", "orders", [], 1, True),
]
STACK = "lib/task-api-stack.ts"
OLD, NEW = "new dynamodb.Table(this, 'Tasks', {", "new dynamodb.Table(this, 'TaskTable', {"
CHANGE = ["-c", "env=prod", "--against", "git"]
# (options, expected exit status); without `variant` it is the careless one.
ON_SCREEN = [(["-c", "env=prod"], 1), (["-c", "env=prod", "-c", "variant=guarded"], 0), (["-c", "env=dev"], 0)]
GREEN, RED, BOLD, DIM = "32", "31", "1", "2"


def run_check(folder, options, **environment):
    """The finished process of `cdkguard check` in a folder."""
    # The apps run with this interpreter's environment: `python3 app.py` must find aws_cdk.
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    return subprocess.run(
        [sys.executable, "-m", "cdkguard", "check", ".", *options],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        text=True,
        stdout=subprocess.PIPE,
    )


def check(example, options):
    """(exit status, what the terminal shows, the report as data)."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        outputs = ["--output", "text", "--output", f"json={report}"]
        done = run_check(ROOT / "examples" / example, [*options, *outputs])
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


def show_all():
    """Check both apps, and show everything."""
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


def rename_table(folder):
    """Copy task-api into a repository of its own, and rename the table's construct in its work tree."""
    app = ROOT / "examples/task-api"
    shutil.copytree(app, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "cdk.out"))
    os.symlink(app / "node_modules", folder / "node_modules")
    (folder / ".gitignore").write_text("node_modules\ncdk.out\n")
    who = ["-c", "user.name=demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgsign=false"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-qm", "deployed"],
        ["switch", "-qc", "tidy-up"],
    ):
        subprocess.run(["git", *who, *words], cwd=folder, check=True)
    text = (folder / STACK).read_text()
    assert text.count(OLD) == 1
    (folder / STACK).write_text(text.replace(OLD, NEW))


def show_screen(whole=False):
    """One screen: the verdicts on task-api, a change that looks harmless, and what would be lost."""
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    words = {"FORCE_COLOR": "1"} if color else {"NO_COLOR": "1"}

    def paint(style, text):
        return f"\x1b[{style}m{text}\x1b[0m" if color else text

    width = str(min(100, max(80, shutil.get_terminal_size().columns)))
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as pool:
        folder = Path(name)
        rename_table(folder)
        app = ROOT / "examples/task-api"
        quiet = ["--output", "text"]
        verdicts = [pool.submit(run_check, app, [*one, *quiet], COLUMNS="200", NO_COLOR="1") for one, _ in ON_SCREEN]
        change = pool.submit(run_check, folder, CHANGE, COLUMNS=width, **words)
        print(f"{paint(BOLD, 'examples/task-api')}, a to-do API in TypeScript (nothing is deployed)\n", flush=True)
        right = True
        for (options, expected), verdict in zip(ON_SCREEN, verdicts, strict=True):
            done = verdict.result()
            right = right and done.returncode == expected
            line = done.stdout.strip().splitlines()[-1].partition(" · ")[0]
            print(
                f"$ cdkguard check {' '.join(options)} -> {paint(RED if done.returncode else GREEN, line)}", flush=True
            )
        print("\nOne word of code is tidied up on a branch:\n")
        print(paint(RED, f"  - const table = {OLD}") + "\n" + paint(GREEN, f"  + const table = {NEW}"))
        done = change.result()
        print(f"\n$ cdkguard check {' '.join(CHANGE)}")
        print(done.stdout if whole else "\n".join(select_lines(done.stdout)))
        print(
            paint(DIM, f"exit status {done.returncode} · whole: make demo ARGS=--whole · both examples: make demo-all")
        )
    return 0 if right and done.returncode == 1 and "DESTROYED" in done.stdout else 1


def select_lines(shown):
    """Of the whole output: what the change takes, the finding's headline and its fix, the verdict."""
    part = ""
    for line in shown.rstrip().splitlines():
        plain = re.sub("\x1b\\[[0-9;]*m", "", line)
        if plain.startswith("This change"):
            part = "change"
        elif re.match(r"\d+ findings? new|There before|notice|a change that", plain):
            part = ""
        elif re.match(r"(CRITICAL|HIGH) ", plain):
            part = "headline"
        elif plain.strip().startswith("fix:"):
            part = "fix"
        elif plain.startswith(("failed:", "passed:")):
            yield line
            part = ""
        elif part == "headline" and plain.startswith("  ") and not plain.startswith("    "):
            part = ""
        if part == "change" and re.match(r" +\d+ follow: ", plain):
            yield line.rstrip(" ,") + " ..."
            part = "follow"
        elif part == "follow" and re.match(r"  \S", plain):
            part = "change"
        if part not in ("", "follow") and plain.strip() and not plain.startswith("This change"):
            yield line


def main():
    if "--all" in sys.argv:
        return show_all()
    return show_screen("--whole" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
