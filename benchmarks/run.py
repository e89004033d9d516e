"""Whole-process times of cdkguard beside a floor and the peers that are installed, in turn, in one run; writes docs/speed.md.

The floor is: start Python and json.load the same files. cdkguard runs as from a wheel: a copy of the package with its
prepared rules, started as pip's script starts it. Peers are run where they are on the PATH or in the folders that --peers
names (virtual environments, folders with node_modules); nothing is installed.

    python benchmarks/run.py [--repeats 9] [--before CHECKOUT] [--peers FOLDER ...] [--no-synth] [--no-peers]
                             [--only-start] [--only-compare] [--only-hook] [--out docs/speed.md]

`--before` is a checkout of another version, which is measured in turn with ours: its start, and the rules of recommended.txt
on the inputs that say what judging costs. A release must not start or judge slower.
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aspect
import inputs

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
# What pip's script does. -P: not the checkout in the current folder is measured, but what was installed.
RUN = [PYTHON, "-P", "-c", "import sys; from cdkguard.__main__ import run; sys.exit(run())"]
FLOOR = "import json, sys\nfor name in sys.stdin.read().split('\\n'): json.load(open(name))"
# The least that a cache of verdicts would cost: reading and hashing what is judged, to know that nothing has changed.
CACHED = FLOOR.replace("import json", "import hashlib").replace(
    "json.load(open(name))", "hashlib.sha256(open(name, 'rb').read())"
)
# The recommended profile of November 2026. Both versions judge by these rules, so that a rule that is added does not count as slower.
SAME_RULES = ",".join((ROOT / "benchmarks/recommended.txt").read_text(encoding="utf-8").split())
COMPARED = ("10 stacks x 100", "fleet: 1,000 templates x 50")
CDK = ROOT / "examples/task-api/node_modules/.bin/cdk"
INPUTS = (
    ("20 resources", 1, 20),
    ("100 resources", 1, 100),
    ("500 resources", 1, 500),
    ("10 stacks x 100", 10, 100),
    ("fleet: 1,000 templates x 50", 1000, 50),
)
HEAD = """# Speed

Measured by `make bench` on {cores} shared cores with Python {version}: whole processes, from the start to the last line of
the report, in milliseconds. P is `python -c pass` on the same machine in the same run ({base:.1f} ms); the floor starts
Python and calls `json.load` on the same files. The machine is shared, so read the ratios and the minimum; memory is the
peak of one process. cdkguard runs as installed from a wheel, with a JSON report.

"""
NOTES = """
## What the rows say

- "30 rules" are 30 recommended rules about single resources; "recommended" is the whole profile ({recommended} rules),
  "all" every built-in rule ({all} rules), which finds something on most of these resources: those rows pay for writing a
  finding on each of them, too.
- Start-up does not grow with the rules: only the heads of the rules are read, and the rest of a rule when a resource of
  its types is met. An installed package has them prepared; a folder of own rules is prepared once and kept in the cache
  folder of the user.
- Many stacks are judged part by part (a stack with those nested in it), so memory holds one of them at a time, whatever
  their number; findings aside. `--against`, `--stack`, `--lint` and `--honour` look at all templates together, and hold them.
- `--jobs N` says how many processes share them. Without it there are as many as there are cores where the templates have
  more than {worth:.0f} MB, and one otherwise. The report is the same with any number, in the same order.
- `--timings` says on stderr what each phase took and which rules took longest. Taking the time of each rule costs about a
  fifth; without the option nothing is taken.

## No cache of verdicts

The rows "read and hash" are the least that a cache by content could cost, as it must read and hash everything to know that
nothing has changed; loading the findings comes on top. For one app that saves little beside the start of Python, and
nothing that is felt beside the synthesis before it. A fleet of a thousand unchanged templates would gain most of its time,
{saved:.1f} s here; against that stands a verdict that depends on more than one template (accounts, names of other stacks,
configuration, suppressions and their expiry, version), each a way to pass something that was never judged. So there is none.
"""


class Row:
    """A command and what its runs took."""

    def __init__(self, name, command, runs, floor=None, cwd=None, site=None, stdin=""):
        environment = {**os.environ, "PATH": os.path.dirname(PYTHON) + os.pathsep + os.environ["PATH"]}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its compiled modules
        if site:
            environment["PYTHONPATH"] = str(site)
        self.name, self.command, self.runs, self.floor = name, command, runs, floor
        self.options = {"cwd": cwd, "env": environment, "input": stdin, "text": True}
        self.times, self.peak, self.failed = [], 0.0, False

    def warm(self):
        """A first run, which fills the caches and says the peak of memory in MB."""
        command = [PYTHON, "-c", WATCH, *self.command]
        self.peak = int(subprocess.run(command, stdout=subprocess.PIPE, **self.options).stdout) / 1024

    def run(self):
        began = time.perf_counter()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        done = subprocess.run(self.command, **quiet, **self.options)
        self.times.append(time.perf_counter() - began)
        self.failed = self.failed or done.returncode not in (0, 1, 2, 4, 6, 8, 14, 19)

    @property
    def least(self):
        return min(self.times)

    def shown(self, base):
        ratio = f"{self.least / self.floor.least:.1f}" if self.floor else ""
        median = statistics.median(self.times)
        figures = f"{self.least * 1000:.0f} | {median * 1000:.0f} | {self.least / base:.1f} | {ratio} | {self.peak:.0f}"
        return f"| {self.name} | {figures} |"


class Table:
    """Titles and rows, measured in turn: each once, then each once more, so that no row has a busy minute to itself."""

    def __init__(self):
        self.lines = []

    def title(self, text):
        self.lines.append(
            f"\n## {text}\n\n| | min | median | P | x floor | peak MB |\n| --- | ---: | ---: | ---: | ---: | ---: |"
        )

    def row(self, *arguments, **options):
        self.lines.append(Row(*arguments, **options))
        return self.lines[-1]

    def measure(self):
        rows = [line for line in self.lines if isinstance(line, Row)]
        for row in rows:
            row.warm()
        for number in range(max(row.runs for row in rows)):
            for row in rows:
                if number < row.runs and not row.failed:
                    row.run()
            print(f"round {number + 1}", file=sys.stderr, flush=True)

    def text(self, base):
        return "\n".join(
            x if isinstance(x, str) else x.shown(base) for x in self.lines if not getattr(x, "failed", False)
        )


# A small parent: a child's peak counts what its parent held when it was started.
WATCH = (
    "import resource, subprocess, sys\n"
    "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def installed(folder):
    """The package as a wheel holds it, rules prepared."""
    sys.path.insert(0, str(ROOT))
    from cdkguard.packs import folders as folders_module
    from cdkguard.packs import load as packs
    from cdkguard.packs import selection

    shutil.copytree(ROOT / "cdkguard", folder / "cdkguard", ignore=shutil.ignore_patterns("__pycache__"))
    rules = folders_module.builtin_folder()
    shutil.copytree(rules, folder / "cdkguard/rules", dirs_exist_ok=True)
    texts = {path: Path(path).read_text(encoding="utf-8") for path in folders_module.find_rule_files(rules)}
    (folder / "cdkguard/rules" / folders_module.COMPILED_FILE).write_bytes(
        packs.prepare_pack(rules, texts, {}).encode()
    )
    loaded = packs.load_packs()
    recommended = selection.select_rules(loaded.rules, ["recommended"])
    thirty = [rule.id for rule in recommended if rule.scope == "resource"][:30]
    return ",".join(thirty), {"recommended": len(recommended), "all": len(loaded.rules)}


VALIDATE = (
    "import sys; from cloudformation_validate import CompositeEngine; engine = CompositeEngine()\n"
    "for file in sys.stdin.read().split(): engine.validate_template(file)"
)


def peers(folders, folder, files):
    """(name, command, whether it is quick enough for a fleet) of the peers that are installed; the files are on stdin, too."""
    path = os.pathsep.join([*(os.path.join(at, "bin") for at in folders), os.environ["PATH"]])

    def program(name):
        return shutil.which(name, path=path)

    guard = Path("node_modules/@cdklabs/cdk-validator-cfnguard/bin/ubuntu/x86_64/cfn-guard")
    found = [
        ("cfn-lint", program("cfn-lint"), files),
        ("checkov", program("checkov"), ["--quiet", "--compact", "--framework", "cloudformation", "-d", str(folder)]),
        ("cfripper", program("cfripper"), files),
    ]
    for name, command, rest in found:
        if command:
            yield name, [command, *rest], False
    for at in folders:
        if (Path(at) / guard).exists():
            rules = ["-r", str(ROOT / "benchmarks/peers.guard")]
            yield (
                "cfn-guard, 10 rules",
                [str(Path(at) / guard), "validate", "-S", "none", "-d", str(folder), *rules],
                False,
            )
        python = os.path.join(at, "bin", "python")
        if list(Path(at).glob("lib/python3*/site-packages/cloudformation_validate")):
            yield "cloudformation-validate", [python, "-c", VALIDATE], True


def install_checkout(checkout, site):
    """Another version of the package as its wheel holds it."""
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", str(site)]
    subprocess.run([*command, str(checkout)], check=True)


def starts(table, sites, temporary, repeats):
    """The start of each installed version: what it costs to load it, and to judge one bucket."""
    template = Path(temporary, "bucket.json")
    template.write_text(json.dumps({"Resources": {"Bucket": inputs.resource(0)}}))
    commands = {
        "--version": ["--version"],
        "--help": ["--help"],
        "check, one bucket": ["check", str(template), "--fail-on", "never"],
        "check --against, one bucket": ["check", str(template), "--against", str(template), "--fail-on", "never"],
    }
    for name, arguments in commands.items():
        for version, site in sites.items():
            table.row(f"cdkguard {name}{version}", [*RUN, *arguments], repeats * 3, site=site)


def compare_judging(table, sites, temporary, repeats):
    """What the same rules cost in each installed version; one process, so that no scheduler has a say."""
    for title, stacks, resources in INPUTS:
        if title not in COMPARED:
            continue
        folder = Path(temporary, f"compared-{stacks}")
        inputs.assembly(folder, stacks, resources)
        command = [
            *RUN,
            "check",
            str(folder),
            "--rules",
            SAME_RULES,
            "--fail-on",
            "never",
            "--format",
            "json",
            "--jobs=1",
        ]
        table.title(f"{title}, {SAME_RULES.count(',') + 1} rules")
        for version, site in sites.items():
            table.row(f"cdkguard{version}", command, repeats, site=site)


def measure(table, site, thirty, temporary, repeats, folders):
    """The rows of every generated input; returns those of the last whose difference a cache would save at most."""
    check = [*RUN, "check", "--fail-on", "never", "--format", "json"]
    for title, stacks, resources in INPUTS:
        folder = Path(temporary, title.replace(" ", "-").replace(":", "").replace(",", ""))
        files = inputs.assembly(folder, stacks, resources)
        runs = max(2, repeats if stacks < 100 else repeats // 2)
        size = sum(os.path.getsize(file) for file in files) / 1e6
        table.title(f"{title} ({size:.1f} MB)" if size >= 0.1 else title)
        given = "\n".join(files)
        floor = table.row("floor: json.load", [PYTHON, "-c", FLOOR], runs, stdin=given)
        floor.floor = floor
        cached = table.row("read and hash", [PYTHON, "-c", CACHED], runs, floor, stdin=given)
        for name, rules in (("30 rules", thirty), ("recommended", "recommended"), ("all", "all")):
            if stacks >= 100 and rules == "all":  # that would measure the writing of a hundred thousand findings
                continue
            for jobs in (None,) if stacks < 100 else (1, 2):
                some = f", {jobs} process{'es' if jobs > 1 else ''}" if jobs else ""
                command = [*check, str(folder), "--rules", rules, *([f"--jobs={jobs}"] if jobs else [])]
                last = table.row(f"cdkguard, {name}{some}", command, runs, floor, site=site)
        for name, command, quick in peers(folders, folder, files) if folders is not None else ():
            if stacks < 100 or quick:
                table.row(name, command, 1, floor, stdin=given)
    return last, cached


def memory(table, site, temporary):
    """What one process holds of many templates without a manifest."""
    table.title("memory: templates of 50 resources in a folder, one process")
    for number in (1000, 4000):
        folder = Path(temporary, f"memory-{number}")
        inputs.assembly(folder, number, 50)
        (folder / "manifest.json").unlink()
        command = [*RUN, "check", str(folder), "--jobs=1", "--fail-on", "never", "--format", "json"]
        table.row(f"{number:,} templates", command, 1, site=site)


def differences(table, site, temporary, repeats):
    """The diff of two templates of 500 resources."""
    before, after = inputs.pair(Path(temporary, "diff"), 500)
    table.title("diff of two templates with 500 resources")
    floor = table.row("floor: json.load", [PYTHON, "-c", FLOOR], repeats, stdin=f"{before}\n{after}")
    floor.floor = floor
    table.row("cdkguard diff", [*RUN, "diff", before, after, "--format", "json"], repeats, floor, site=site)
    check = [*RUN, "check", after, "--against", before, "--fail-on", "never", "--format", "json"]
    table.row("cdkguard check --against", check, repeats, floor, site=site)
    if CDK.exists():
        folder = Path(temporary, "diff-app")
        files = inputs.assembly(folder, 1, 500)
        shutil.copy(after, files[0])
        command = [str(CDK), "diff", "--app", str(folder), "--no-notices", "--template", before, "Stack0"]
        table.row("cdk diff --template", command, 3, floor)


def from_source(table, site, temporary, repeats):
    """The examples from source: cdkguard (synthesis and check) beside `cdk synth` alone."""
    if not CDK.exists():
        return
    for name in ("task-api", "orders"):
        table.title(f"from source: examples/{name}")
        folder = ROOT / "examples" / name
        table.row("cdkguard check", [*RUN, "check", "--fail-on", "never"], min(3, repeats), cwd=folder, site=site)
        synth = [str(CDK), "synth", "-q", "--no-notices", "-o", os.path.join(temporary, "out", name)]
        table.row("cdk synth", synth, min(3, repeats), cwd=folder)


def in_the_app(table, repeats):
    """`app.synth()` of 2,000 resources: bare, with the Aspect, with cdk-nag where it is installed."""
    if importlib.util.find_spec("aws_cdk") is None:
        return
    kinds = aspect.kinds()
    times = {kind: [] for kind in kinds}
    for _ in range(repeats):
        for kind in kinds:
            times[kind].append(aspect.measured(kind, 2000))
    shown = [
        "\n## the Aspect, app.synth() of 2,000 resources\n",
        "| | min | median | x bare |",
        "| --- | ---: | ---: | ---: |",
    ]
    for kind, found in times.items():
        least, median = min(found), statistics.median(found)
        shown.append(f"| {kind} | {least * 1000:.0f} | {median * 1000:.0f} | {least / min(times['bare']):.2f} |")
    table.lines += shown


HOOK_RUNS = 200  # interleaved, so that the slowest hundredth of each row is of the same minutes


def hooks(table, site, temporary):
    """The hook before a command of an agent, beside `--version`: nothing of ours, and scripts that are read and are not ours."""
    project = Path(temporary, "project")
    project.mkdir()
    (project / "package.json").write_text(json.dumps({"scripts": {"pretest": "tsc -p .", "test": "jest --ci"}}))
    (project / "Makefile").write_text("SRC := src\nx: y\n\tgrep -rn foo $(SRC)\ny:\n\techo done\n")
    environment = {**os.environ, "PYTHONPATH": str(site), "CDKGUARD_CACHE_DIR": str(Path(temporary, "hook-cache"))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    hook = [*RUN, "agents", "hook", "--host", "claude"]
    rows = {
        "python -c pass": ([PYTHON, "-c", "pass"], ""),
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--no-synth", action="store_true", help="leave out the runs from source")
    parser.add_argument("--no-peers", action="store_true", help="leave out what others take")
    parser.add_argument("--peers", nargs="*", default=[], help="folders in which peers are installed")
    parser.add_argument("--before", metavar="CHECKOUT", help="another version, whose start is measured beside ours")
    parser.add_argument("--only-start", action="store_true", help="measure the start alone, and write no file")
    parser.add_argument(
        "--only-compare", action="store_true", help="measure judging beside --before alone, and write no file"
    )
    parser.add_argument(
        "--only-hook", action="store_true", help="measure the hook of coding agents alone, and write no file"
    )
    parser.add_argument("--out", default=str(ROOT / "docs/speed.md"), help="the file to write")
    options = parser.parse_args()
    folders = None if options.no_peers else options.peers
    table = Table()
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary, "site")
        thirty, numbers = installed(site)
        if options.only_hook:
            hooks(table, site, temporary)
            print("\n".join(table.lines))
            return
        table.title("start")
        start = table.row("python -c pass", [PYTHON, "-c", "pass"], options.repeats * 3)
        sites = {"": site}
        if options.before:
            sites[", before"] = Path(temporary, "before")
            install_checkout(options.before, sites[", before"])
        if not options.only_compare:
            starts(table, sites, temporary, options.repeats)
        if not options.only_start:
            compare_judging(table, sites, temporary, options.repeats)
        if options.only_start or options.only_compare:
            table.measure()
            print(table.text(start.least))
            return
        judged, cached = measure(table, site, thirty, temporary, options.repeats, folders)
        memory(table, site, temporary)
        differences(table, site, temporary, options.repeats)
        if not options.no_synth:
            from_source(table, site, temporary, options.repeats)
        table.measure()
        hooks(table, site, temporary)
        if not options.no_synth:
            in_the_app(table, min(5, options.repeats))
    from cdkguard.check import parallel

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    base = start.least
    head = HEAD.format(cores=cores, version=".".join(map(str, sys.version_info[:2])), base=base * 1000)
    notes = NOTES.format(saved=judged.least - cached.least, worth=parallel.WORTH_A_PROCESS / 1e6, **numbers)
    text = head.rstrip() + "\n" + table.text(base) + "\n" + notes
    print(text)
    Path(options.out).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
