"""Rows of a table that are measured in turn: the CPU of all processes that a command starts, its time by the clock, its peak of memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

PYTHON = sys.executable
COLUMNS = ("CPU", "CPU, P", "x floor", "wall", "median wall", "peak MB", "rules")
FINDINGS_STATUSES = {
    0,
    1,
    2,
    4,
    6,
    8,
    14,
    19,
}  # those of cdkguard and of its peers that have judged; what fails otherwise is no row

# A small parent for each run: the peak of a child counts what its parent held when it was started. What it prints counts the
# processes of the whole tree that were waited for (RUSAGE_CHILDREN), not the parent itself.
WATCH = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, done.returncode]))
"""


class Row:
    """A command, how many rules it judges by, and what its runs took: CPU and wall in seconds, the peak of one process in MB."""

    def __init__(self, name, command, runs, floor=None, cwd=None, site=None, stdin="", rules=""):
        environment = {**os.environ, "PATH": os.path.dirname(PYTHON) + os.pathsep + os.environ["PATH"]}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its compiled modules
        if site:
            environment["PYTHONPATH"] = str(site)
        self.name, self.command, self.runs, self.floor, self.rules = name, command, runs, floor, rules
        self.options = {"cwd": cwd, "env": environment, "input": stdin, "text": True}
        self.processor, self.wall, self.peak, self.failed = [], [], 0.0, False

    def warm(self):
        """A first run, which fills the caches and is not counted."""
        self.failed = self._taken()[3] not in FINDINGS_STATUSES

    def run(self):
        processor, wall, peak, status = self._taken()
        self.processor.append(processor)
        self.wall.append(wall)
        self.peak = max(self.peak, peak)
        self.failed = self.failed or status not in FINDINGS_STATUSES

    def _taken(self):
        done = subprocess.run([PYTHON, "-c", WATCH, *self.command], stdout=subprocess.PIPE, **self.options)
        return json.loads(done.stdout)

    @property
    def least(self):
        """Seconds of CPU of the run that took least: what others do on the machine only ever adds."""
        return min(self.processor)

    def shown(self, base):
        """The row in Markdown; base is the CPU of `python -c pass` in seconds."""
        ratio = f"{self.least / self.floor.least:.1f}" if self.floor else ""
        clock = f"{min(self.wall) * 1000:.0f} | {statistics.median(self.wall) * 1000:.0f}"
        cells = (
            f"{self.least * 1000:.0f} | {self.least / base:.1f} | {ratio} | {clock} | {self.peak:.0f} | {self.rules}"
        )
        return f"| {self.name} | {cells} |"


class Table:
    """Titles and rows, measured in turn: each once, then each once more, so that no row has a busy minute to itself."""

    def __init__(self):
        self.lines = []

    def title(self, text):
        self.lines.append(f"\n## {text}\n\n| | {' | '.join(COLUMNS)} |\n| --- |{' ---: |' * len(COLUMNS)}")

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
        for row in rows:
            if row.failed:
                print(f"left out, because it ended in an error: {row.name}", file=sys.stderr)

    def text(self, base):
        return "\n".join(
            x if isinstance(x, str) else x.shown(base) for x in self.lines if not getattr(x, "failed", False)
        )


def floor_row(table, runs, files):
    """The least that anything in Python can take: start it, and read the same files with json.load."""
    code = "import json, sys\nfor name in sys.stdin.read().split('\\n'): json.load(open(name))"
    floor = table.row("floor: json.load", [PYTHON, "-c", code], runs, stdin="\n".join(files))
    floor.floor = floor
    return floor


def hash_row(table, runs, floor, files):
    """The least that a cache of verdicts would cost: reading and hashing what is judged, to know that nothing has changed."""
    code = "import hashlib, sys\nfor name in sys.stdin.read().split('\\n'): hashlib.sha256(open(name, 'rb').read())"
    return table.row("read and hash", [PYTHON, "-c", code], runs, floor, stdin="\n".join(files))


def size_of(files):
    """Megabytes of some files."""
    return sum(Path(file).stat().st_size for file in files) / 1e6
