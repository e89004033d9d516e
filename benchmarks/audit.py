"""What an audit costs and survives: table E of its design, as counts and ratios, so that a busy machine does not matter.

    python benchmarks/audit.py [--only cpu,throttled,faults,memory,outputs] [--templates 5000] [--stacks 10000] [--no-dask] [--out FILE]

`memory` audits `--stacks` synthetic stacks, and a tenth of them, over HTTP from a stub in a process of its own. `outputs` writes a
result of so many stacks, with seven findings each and compared with another one, in every format.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks"), os.environ.get("PYTHONPATH", "")])

import audit_load  # noqa: E402

REGION = "eu-west-1"
RATE = 2  # Calls a second that the throttled stub takes for each account.
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="cpu,throttled,faults,memory,outputs")
    parser.add_argument("--templates", type=int, default=5000)
    parser.add_argument("--stacks", type=int, default=10_000)
    parser.add_argument("--no-dask", action="store_true")
    parser.add_argument("--out")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.update(KEYS)
    if options.step:
        run_step(*options.step)
        return
    engines = ["local"] if options.no_dask else ["local", "dask"]
    rows = []
    for part in options.only.split(","):
        for row in globals()[f"measure_{part}"](options, engines):
            rows.append(row)
            print(f"{row[0]}  {row[1]:<66} {row[2]:<38} {'ok' if row[3] else 'MISSED'}", flush=True)
    if options.out:
        Path(options.out).write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(not all(row[3] for row in rows))


def step(*words: object, env: dict[str, str] | None = None) -> tuple[dict, float]:
    """(what a step of this file printed, CPU seconds of its whole process tree)"""
    command = [sys.executable, __file__, "--step", *map(str, words)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, **(env or {})}, check=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout.strip().splitlines()[-1]), cpu


# -- 1 and 9: CPU, and one result


def measure_cpu(options, engines):
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "templates.jsonl")
        with open(file, "w") as lines:
            lines.writelines(f"{audit_load.make_template(number)}\n" for number in range(options.templates))
        idle = {}  # CPU of starting and ending alone, which does not grow with the audit.
        ways = [("loop", 0), ("local", 50)] + ([("dask", 50), ("dask", 250)] if "dask" in engines else [])
        found = {}
        for _ in range(2):
            for engine, size in ways:
                digest, cpu = step("judge", engine, size, file, options.templates)
                started = step("judge", engine, size, file, 0)[1]
                idle[engine, size] = min(started, idle.get((engine, size)) or started)
                old = found.get((engine, size))
                found[engine, size] = (digest, min(cpu, old[1]) if old else cpu)
        floor = found["loop", 0]
        plain = floor[1] - idle["loop", 0]
        for (engine, size), (digest, cpu) in list(found.items())[1:]:
            limit = 1.35 if (engine, size) == ("dask", 50) else 1.15
            own = idle[engine, size]
            words = f"CPU of {options.templates} templates, {engine}, {size} a unit, / plain loop ({plain:.1f} s)"
            ratio = (cpu - own) / plain
            yield 1, words, f"{ratio:.2f} (at most {limit}), start {own:.1f} s", ratio <= limit
            yield 9, f"findings of {engine}, {size} a unit, as of the plain loop", digest["digest"], digest == floor[0]


def step_judge(engine: str, size: str, file: str, count: str) -> dict:
    import hashlib

    from cdkguard.audit.engines import open_local
    from cdkguard.audit.units import make_terms
    from cdkguard.config.settings import Config

    terms = make_terms(Config(), today="2030-01-31")
    if engine == "loop":
        found = audit_load.judge_templates(terms, file, 0, 0, int(count))
    else:
        with open(file, "rb") as lines:
            offsets = [0, *itertools.accumulate(map(len, lines))]
        with open_local(2, 2, 2) if engine == "local" else open_cluster(terms) as opened:
            futures = [
                opened.executor.submit(audit_load.judge_templates, terms, file, offsets[first], first, int(size))
                for first in range(0, int(count), int(size))
            ]
            found = [finding for future in futures for finding in future.result()]
    return {"findings": len(found), "digest": hashlib.sha256(repr(sorted(found)).encode()).hexdigest()[:12]}


@contextmanager
def open_cluster(terms=None, threads: int = 1):
    import distributed

    from cdkguard.audit.engines import open_dask
    from cdkguard.audit.units import make_terms
    from cdkguard.config.settings import Config

    terms = terms or make_terms(Config())
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=threads, dashboard_address=None, host="127.0.0.1", silence_logs=50
        ) as cluster,
        open_dask(cluster.scheduler_address, terms.config, terms.fingerprint) as engine,
    ):
        yield engine


# -- 2: a place that throttles


def measure_throttled(options, engines):
    found, _cpu = step("throttled")
    # AWS's rate here is a fifth of the likely one, so that the time is that of waiting and not of a busy machine.
    ideal = (50 - RATE) / RATE
    words = f"20 places x 50, {RATE} calls/s each: wall / ideal ({ideal:.0f} s)"
    yield 2, words, f"{found['seconds'] / ideal:.2f} (at most 2.0)", found["seconds"] <= 2 * ideal
    share = found["refused"] / found["calls"]
    yield 2, "refusals / calls", f"{share:.1%} (at most 5 %)", share <= 0.05
    yield 2, "stacks judged, nothing unread", str(found["stacks"]), found["stacks"] == 1000 and not found["unread"]


def step_throttled() -> dict:
    from tests.support.aws_stub import Answer

    throttle = audit_load.Throttle(RATE)

    def fault(action, parameters, count):
        if action == "GetTemplate" and not throttle.takes(parameters["StackName"].split(":")[4]):
            return Answer(400, "Throttling", "Rate exceeded")
        return None

    with open_stub(20, 50, fault, delay=0.05) as (url, accounts), tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        audit = run(url, accounts, folder, rate=0.9 * RATE)
        counts = audit.summary.run.counts
        return {
            "seconds": time.monotonic() - began, "refused": throttle.refused, "calls": throttle.calls,
            "stacks": counts.stacks, "unread": counts.unread,
        }  # fmt: skip


@contextmanager
def open_stub(places: int, stacks: int, fault=None, delay: float = 0.0, resources: int = 5):
    from tests.support.aws_stub import Stub

    accounts = [f"{number:012d}" for number in range(1, places + 1)]
    body = audit_load.make_template(0, resources)
    with Stub(delay=delay) as stub:
        if fault is not None:
            stub.fault = fault
        stub.roles = {f"arn:aws:iam::{account}:role/audit" for account in accounts}
        for account in accounts:
            for number in range(stacks):
                stack_id = f"arn:aws:cloudformation:{REGION}:{account}:stack/svc-{number:04d}/1"
                stub.stack(f"svc-{number:04d}", body, REGION, account, stack_id, tags={"team": "a"})
        yield stub.url, accounts


def run(url, accounts, out, **more):
    from cdkguard.audit.key_ring import RoleSettings
    from cdkguard.audit.progress import Progress
    from cdkguard.audit.results.store import open_store
    from cdkguard.audit.run import run_audit
    from cdkguard.audit.scope import AuditSettings
    from cdkguard.config.settings import Config

    settings = AuditSettings(Config(), (REGION,), tuple(accounts), role=RoleSettings("audit"), endpoint_url=url)
    progress = more.pop("progress", None) or Progress()
    return run_audit(settings._replace(**more), open_store(os.path.join(out, "result")), progress)


# -- 3 and 5: what dies (4, 6 and 7 are tests: tests/e2e/test_audit_run.py)


def measure_faults(options, engines):
    plain, _cpu = step("fault", "local", "none")
    for engine in engines:
        killed, _cpu = step("fault", engine, "worker")
        same = killed["digest"] == plain["digest"] and not killed["unread"]
        yield 3, f"{engine}: a worker is killed: result as undisturbed", killed["digest"][:12], same
        deadly, _cpu = step("fault", engine, "deadly")
        exact = (deadly["unread"], deadly["stacks"]) == (100, 300)
        yield (
            5,
            f"{engine}: a unit that kills every worker: rows unread, others judged",
            f"{deadly['unread']}, {deadly['stacks']}",
            exact,
        )  # noqa: E501


def step_fault(engine: str, kind: str) -> dict:
    import signal

    import cdkguard.audit.run
    from cdkguard.audit.progress import Progress

    class Kills(Progress):
        done = False

        def add(self, stacks=0, **_more):
            if stacks and kind == "worker" and not self.done:
                self.done = True
                os.kill(find_worker(), signal.SIGKILL)

    if kind == "deadly":
        cdkguard.audit.run.judge_unit = audit_load.kill_for_first_account
    with open_stub(4, 100, delay=0.02) as (url, accounts), tempfile.TemporaryDirectory() as folder:
        if engine == "dask":
            import distributed

            with distributed.LocalCluster(
                n_workers=2, threads_per_worker=8, dashboard_address=None, host="127.0.0.1", silence_logs=50
            ) as cluster:
                more = {"engine": "dask", "scheduler": cluster.scheduler_address}
                audit = run(url, accounts, folder, rate=500.0, progress=Kills(), **more)
        else:
            audit = run(url, accounts, folder, rate=500.0, processes=2, progress=Kills())
        record = audit.summary.run
        return {"digest": record.digest, "unread": record.counts.unread, "stacks": record.counts.stacks}


def find_worker() -> int:
    """The id of a process that works for this one, or for one that it started."""
    parents, workers = {}, []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(pid)] = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text():
                workers.append(int(pid))
        except OSError:
            continue
    return next(pid for pid in sorted(workers) if parents[pid] == os.getpid())


# -- 8: memory


def measure_memory(options, engines):
    found = {}
    for stacks in (options.stacks // 10, options.stacks):
        url = subprocess.Popen(
            [sys.executable, __file__, "--step", "serve", str(max(1, stacks // 500)), "500"], stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        try:
            address = url.stdout.readline().strip()
            found[stacks], cpu = step("memory", address, max(1, stacks // 500))
        finally:
            url.terminate()
            url.communicate()
        seen = found[stacks]
        words = f"{stacks} stacks: {seen['seconds']:.0f} s, {cpu:.0f} CPU s, driver {seen['driver'] / 1024:.0f} MB, a worker {seen['worker'] / 1024:.0f} MB"  # noqa: E501
        yield 8, words, f"{seen['stacks']} judged, {seen['unread']} unread", seen["stacks"] == stacks
    small, large = found[options.stacks // 10], found[options.stacks]
    ratio = large["driver"] / small["driver"]
    yield (
        8,
        f"driver memory at {options.stacks} / at {options.stacks // 10}",
        f"{ratio:.2f} (at most 1.5)",
        ratio <= 1.5,
    )


def step_serve(places: str, stacks: str) -> None:
    with open_stub(int(places), int(stacks), resources=10) as (url, _accounts):
        print(url, flush=True)
        threading_forever()


def threading_forever() -> None:
    import threading

    threading.Event().wait()


def step_memory(url: str, places: str) -> dict:
    accounts = [f"{number:012d}" for number in range(1, int(places) + 1)]
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        audit = run(url, accounts, folder, rate=1000.0)
        seconds = time.monotonic() - began
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    counts = audit.summary.run.counts
    return {
        "seconds": seconds, "stacks": counts.stacks, "unread": counts.unread, "findings": counts.open, "bytes": size,
        "driver": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, "worker": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    }  # fmt: skip


# -- what every format takes


def measure_outputs(options, engines):
    sizes = (options.stacks // 10, options.stacks)
    held = {}
    with tempfile.TemporaryDirectory() as folder:
        for stacks in sizes:
            made, cpu = step("result", os.path.join(folder, str(stacks)), stacks)
            words = f"result of {made['stacks']} stacks, {made['findings']} findings, {made['former']} former: {cpu:.0f} CPU s"
            yield (
                8,
                words,
                f"{made['peak'] / 1024:.0f} MB, {made['bytes'] / 1e6:.1f} MB on disk",
                made["stacks"] == stacks,
            )
            for name in ("text", "html", "json", "csv", "ocsf", "asff"):
                seen, cpu = step("output", os.path.join(folder, str(stacks), "second"), name)
                held[name, stacks] = seen["peak"]
                words = (
                    f"{name} of {stacks} stacks: {cpu:.1f} CPU s, {seen['lines']} lines, {seen['bytes'] / 1e6:.1f} MB"
                )
                yield 8, words, f"peak {seen['peak'] / 1024:.0f} MB", True
    for name in ("text", "html", "json", "csv", "ocsf", "asff"):
        ratio = held[name, sizes[1]] / held[name, sizes[0]]
        yield 8, f"{name}: memory at {sizes[1]} / at {sizes[0]}", f"{ratio:.2f} (at most 1.5)", ratio <= 1.5


def step_result(folder: str, stacks: str) -> dict:
    """Two results of so many stacks, the second compared with the first, of which it has nine findings in ten."""
    from cdkguard.audit.results.store import open_store
    from cdkguard.outputs.audit.record import FindingRow
    from tests.support.audit_results import REGIONS, header_of, many_units

    accounts = max(1, int(stacks) // 1000)
    each = int(stacks) // accounts // len(REGIONS)
    for name, started, since in (("first", "2030-01-24T00:00:00Z", None), ("second", "2030-01-31T00:00:00Z", "first")):
        store = open_store(os.path.join(folder, name))
        header = store.begin(header_of(accounts, started=started, ended=started))
        for unit, rows in many_units(accounts, REGIONS, each):
            left = [
                row
                for at, row in enumerate(rows)
                if name == "first" or not isinstance(row, FindingRow) or (at + len(unit)) % 10
            ]
            store.write_part(unit, left)
        audit = store.finish(header, since=since and os.path.join(folder, since))
    counts = audit.summary.run.counts
    return {
        "stacks": counts.stacks, "findings": counts.open + counts.suppressed, "former": counts.resolved + counts.resolved_by_rules,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "bytes": sum(path.stat().st_size for path in Path(folder, "second").rglob("*") if path.is_file()),
    }  # fmt: skip


def step_output(result: str, name: str) -> dict:
    from cdkguard.cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "out")
        status = main(["audit", "show", result, "--output", f"{name}={file}"])
        assert status in (1, 3), status
        with open(file, "rb") as lines:
            count = sum(1 for _line in lines)
        size = os.path.getsize(file)
    return {"lines": count, "bytes": size, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def run_step(name: str, *words: str) -> None:
    found = globals()[f"step_{name}"](*words)
    if found is not None:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
