"""What cdkguard costs beside a floor and the peers that are installed, in turn, in one run; writes docs/speed.md.

The floor is: start Python and json.load the same files. cdkguard runs as from a wheel: a copy of the package with its
prepared rules, started as pip's script starts it. Peers are run where they are on the PATH or in the folders that --peers
names (virtual environments, folders with node_modules); nothing is installed. Where valgrind is installed, the instructions
of what is done most are counted, too, and shown beside the kept run (instructions.py).

    python benchmarks/run.py [--repeats 9] [--before CHECKOUT] [--peers FOLDER ...] [--no-synth] [--no-peers]
                             [--only-start] [--only-compare] [--only-hook] [--out docs/speed.md]

`--before` is a checkout of another version, which is measured in turn with ours: its start, and the rules of recommended.txt
on the inputs that say what judging costs. A release must not start or judge slower.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import aspect
import from_source
import hook
import inputs
import instructions
import peers
from package import KEPT_RULES, ROOT, RUN, SAME_RULES, install_checkout, install_package
from rows import PYTHON, Table, floor_row, hash_row, size_of

COMPARED = ("10 stacks x 100", "fleet: 1,000 templates x 50")
INPUTS = (
    ("20 resources", 1, 20),
    ("100 resources", 1, 100),
    ("500 resources", 1, 500),
    ("10 stacks x 100", 10, 100),
    ("fleet: 1,000 templates x 50", 1000, 50),
)
HEAD = """# Speed

Measured by `make bench` on {cores} shared cores with Python {version}, as installed from a wheel, with a JSON report. CPU is
what a command and all processes that it starts take, in milliseconds, the least of the runs: other work on the machine adds
to it little, and to the time by the clock ("wall", least and median) much. P is the CPU of `python -c pass` in the same run
({base:.1f} ms); the floor starts Python and calls `json.load` on the same files. Memory is the peak of one process. "rules"
is how many rules each side judges by: its own default set where it is a peer, but for cfn-guard, which brings none and
runs `benchmarks/peers.guard`.

"""
NOTES = """
## What the rows say

- "30 rules" are 30 recommended rules about single resources; "kept" are the {kept} rules that were recommended in November
  2026, so that versions can be compared; "recommended" is today's profile ({recommended} rules), "all" every built-in rule
  ({all} rules), which finds something on most of these resources: those rows pay for writing a finding on each of them, too.
- Start-up hardly grows with the rules: only the heads of the rules are read, and the rest of a rule when a resource of
  its types is met. An installed package has them prepared; a folder of own rules is prepared once and kept in the cache
  folder of the user.
- Many stacks are judged part by part (a stack with those nested in it), so memory holds one of them at a time, whatever
  their number; findings aside. `--against`, `--stack`, `--lint` and `--honour` look at all templates together, and hold them.
- `--jobs N` says how many processes share them. Without it there are as many as there are cores where the templates have
  more than {worth:.0f} MB, and one otherwise. The report is the same with any number, in the same order.
- `--timings` says on stderr what each phase took and which rules took longest. Taking the time of each rule costs about a
  fifth; without the option nothing is taken.
- Beyond these sizes judging is not what one waits for. A stack of 50 resources takes a few milliseconds; to fetch its
  template from CloudFormation takes one call of an API that allows some calls a second in each account and region.
  An [audit](audit.md) of an organisation is as fast as those limits, whatever the number of cores.

## A regression

`make bench-check` counts instructions (valgrind) of the rows in `benchmarks/instructions.py` and fails where one takes over
5 % more than in the kept run, `benchmarks/instructions.json`; every night it runs in CI. Two runs of the same code differ by
less than 0.5 %, whoever shares the machine. A change that is worth its cost keeps a new run by `make bench-keep`, in the same
commit, whose message says why.

## One process for the change

`--jobs` does not share a check with `--against`. A prototype read and compared both sides, and then judged resources and changes of each half of
the stacks in a process of its own. By the CPU of the process that takes longest, on templates of 50 resources:

| | one process | two | faster | CPU in all | peak MB |
| --- | ---: | ---: | ---: | ---: | ---: |
| 200 pairs, a tenth of them changed | 0.82 s | 0.66 s | 1.24 x | + 10 % | 81, 78 |
| 200 pairs, all changed | 1.97 s | 1.43 s | 1.38 x | + 11 % | 93, 88 |
| 1,000 pairs, a tenth of them changed | 3.98 s | 3.15 s | 1.26 x | + 6 % | 315, 309 |
| 1,000 pairs, all changed | 9.0 s | 6.1 s | 1.47 x | + 7 % | 372, 358 |

Reading and comparing stay in one process: a rename or a move, an export that somebody imports and a value that a nested stack gets
are seen among all stacks of both sides. A part that is compared by itself would take a move from one stack into another for a deletion, which is a
false alarm, or for nothing but a new resource, which is a deletion that nobody is told of. That is too little for twice the memory.

## No cache of verdicts

The rows "read and hash" are the least that a cache by content could cost, as it must read and hash everything to know that
nothing has changed; loading the findings comes on top. For one app that saves little beside the start of Python, and
nothing that is felt beside the synthesis before it. A fleet of a thousand unchanged templates would gain most of its time,
{saved:.1f} s here; against that stands a verdict that depends on more than one template (accounts, names of other stacks,
configuration, suppressions and their expiry, version), each a way to pass something that was never judged. So there is none.
"""


def measure_starts(table, sites, temporary, repeats):
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
    check = [*RUN, "check", "--rules", SAME_RULES, "--fail-on", "never", "--format", "json", "--jobs=1"]
    for title, stacks, resources in INPUTS:
        if title not in COMPARED:
            continue
        folder = Path(temporary, f"compared-{stacks}")
        inputs.assembly(folder, stacks, resources)
        table.title(f"{title}, this version beside another")
        for version, site in sites.items():
            table.row(f"cdkguard{version}", [*check, str(folder)], repeats, site=site, rules=len(KEPT_RULES))


def measure_inputs(table, site, thirty, numbers, temporary, repeats, folders):
    """The rows of every generated input; returns those of the last whose difference a cache would save at most."""
    check = [*RUN, "check", "--fail-on", "never", "--format", "json"]
    profiles = (("30 rules", thirty, 30), ("kept", SAME_RULES, len(KEPT_RULES)),
                ("recommended", "recommended", numbers["recommended"]), ("all", "all", numbers["all"]))  # fmt: skip
    for title, stacks, resources in INPUTS:
        folder = Path(temporary, title.replace(" ", "-").replace(":", "").replace(",", ""))
        files = inputs.assembly(folder, stacks, resources)
        runs = max(2, repeats if stacks < 100 else repeats // 2)
        size = size_of(files)
        table.title(f"{title} ({size:.1f} MB)" if size >= 0.1 else title)
        floor = floor_row(table, runs, files)
        cached = hash_row(table, runs, floor, files)
        for name, rules, number in profiles:
            if stacks >= 100 and rules == "all":  # that would measure the writing of a hundred thousand findings
                continue
            for jobs in (None,) if stacks < 100 else (1, 2):
                some = f", {jobs} process{'es' if jobs > 1 else ''}" if jobs else ""
                command = [*check, str(folder), "--rules", rules, *([f"--jobs={jobs}"] if jobs else [])]
                last = table.row(f"cdkguard, {name}{some}", command, runs, floor, site=site, rules=number)
        for peer in peers.find_peers(folders, folder, files) if folders is not None else ():
            if stacks < 100 or peer.quick:
                table.row(peer.name, peer.command, 1, floor, stdin="\n".join(files), rules=peer.rules)
    return last, cached


def measure_memory(table, site, numbers, temporary):
    """What one process holds of many templates without a manifest."""
    table.title("memory: templates of 50 resources in a folder, one process")
    for number in (1000, 4000):
        folder = Path(temporary, f"memory-{number}")
        inputs.assembly(folder, number, 50)
        (folder / "manifest.json").unlink()
        command = [*RUN, "check", str(folder), "--jobs=1", "--fail-on", "never", "--format", "json"]
        table.row(f"{number:,} templates", command, 1, site=site, rules=numbers["recommended"])


def measure_change(table, site, numbers, temporary, repeats):
    """The diff of two templates of 500 resources."""
    before, after = inputs.pair(Path(temporary, "diff"), 500)
    table.title("diff of two templates with 500 resources")
    floor = floor_row(table, repeats, [before, after])
    table.row("cdkguard diff", [*RUN, "diff", before, after, "--format", "json"], repeats, floor, site=site)
    check = [*RUN, "check", after, "--against", before, "--fail-on", "never", "--format", "json"]
    for name, rules, number in (
        ("kept", SAME_RULES, len(KEPT_RULES)),
        ("recommended", "recommended", numbers["recommended"]),
    ):
        command = [*check, "--rules", rules]
        table.row(f"cdkguard check --against, {name}", command, repeats, floor, site=site, rules=number)
    if from_source.CDK.exists():
        folder = Path(temporary, "diff-app")
        files = inputs.assembly(folder, 1, 500)
        shutil.copy(after, files[0])
        command = [str(from_source.CDK), "diff", "--app", str(folder), "--no-notices", "--template", before, "Stack0"]
        table.row("cdk diff --template", command, 3, floor)


def measure_aspect(table, site, repeats):
    """`app.synth()` of 2,000 resources: bare, with the Aspect as installed, with cdk-nag where it is installed."""
    if importlib.util.find_spec("aws_cdk") is None:
        return
    kinds = aspect.kinds()
    times = {kind: [] for kind in kinds}
    for _ in range(repeats):
        for kind in kinds:
            times[kind].append(aspect.measured(kind, 2000, site))
    shown = [
        "\n## the Aspect, app.synth() of 2,000 resources, by the clock\n",
        "| | min | median | x bare |",
        "| --- | ---: | ---: | ---: |",
    ]
    for kind, found in times.items():
        least, median = min(found), sorted(found)[len(found) // 2]
        shown.append(f"| {kind} | {least * 1000:.0f} | {median * 1000:.0f} | {least / min(times['bare']):.2f} |")
    nag = importlib.util.find_spec("cdk_nag")
    if nag and nag.origin:
        number = peers.count_nag_rules(Path(nag.origin).parents[1])
        shown.append(f"\ncdk-nag runs its AwsSolutions pack of {number} rules.")
    table.lines += shown


def count_instructions(table, site, temporary):
    """The rows of instructions.py beside its kept run, where valgrind is installed."""
    if shutil.which("valgrind") is None:
        print("valgrind is not installed, so no instruction is counted", file=sys.stderr)
        return
    kept = instructions.read_kept()
    folder = Path(temporary, "instructions")
    now = instructions.measure(site, folder)
    before = instructions.kept_beside(kept, Path(temporary), folder)
    table.lines += [
        "\n## instructions\n",
        f"Millions, counted by valgrind: they do not depend on the hour. Rows name the {len(KEPT_RULES)} kept rules but where they",
        "say otherwise; P is `python -c pass` again.\n",
        instructions.shown(now, before),
    ]


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
        thirty, numbers = install_package(site)
        if options.only_hook:
            hook.measure_hook(table, site, temporary)
            print("\n".join(table.lines))
            return
        table.title("start")
        start = table.row("python -c pass", [PYTHON, "-c", "pass"], options.repeats * 3)
        sites = {"": site}
        if options.before:
            sites[", before"] = Path(temporary, "before")
            install_checkout(options.before, sites[", before"])
        if not options.only_compare:
            measure_starts(table, sites, temporary, options.repeats)
        if options.before and not options.only_start:
            compare_judging(table, sites, temporary, options.repeats)
        if options.only_start or options.only_compare:
            table.measure()
            print(table.text(start.least))
            return
        judged, cached = measure_inputs(table, site, thirty, numbers, temporary, options.repeats, folders)
        measure_memory(table, site, numbers, temporary)
        measure_change(table, site, numbers, temporary, options.repeats)
        if not options.no_synth:
            check = [*RUN, "check", "--fail-on", "never"]
            from_source.add_rows(table, check, site, temporary, min(5, options.repeats), numbers["recommended"])
        table.measure()
        hook.measure_hook(table, site, temporary)
        count_instructions(table, site, temporary)
        if not options.no_synth:
            measure_aspect(table, site, min(5, options.repeats))
    from cdkguard.check import parallel

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    base = start.least
    head = HEAD.format(cores=cores, version=".".join(map(str, sys.version_info[:2])), base=base * 1000)
    saved = judged.least - cached.least
    notes = NOTES.format(saved=saved, worth=parallel.WORTH_A_PROCESS / 1e6, kept=len(KEPT_RULES), **numbers)
    text = head.rstrip() + "\n" + table.text(base) + "\n" + notes
    print(text)
    Path(options.out).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
