"""For maintainers: `make mutate` breaks layers 1 and 2 in small ways, one at a time, and asks whether the unit suite notices.

    python tools/mutate.py FOLDER [--seed 1] [--share 6] [--least 20] [--only diff,paths] [--budget 20]

FOLDER holds a copy of the checkout (made if it is missing), the map of which test runs which line, and the results. Only
the tests that run the broken line are run, a module's own first, then the fastest, up to `--budget` seconds of them: a
mutant that only a later test would notice counts as survived. It needs coverage.py beside the `dev` extra.

Why not mutmut: it asks pytest for tests by name, and cannot for names with `::` in them, as of ARNs; its copies of all functions
took eight minutes to make. Why not cosmic-ray: it starts the suite anew for each mutant.
"""

import argparse
import ast
import copy
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WARM = ("pytest", "_pytest.assertion.rewrite", "hypothesis.strategies", "yaml", "jsonpath_ng.ext", "rich.console",
        "rich.markup", "jsonschema", "junitparser", "boto3", "subprocess", "difflib", "coverage")  # fmt: skip
COMPARE = {"Eq": ["NotEq"], "NotEq": ["Eq"], "Lt": ["LtE", "GtE"], "LtE": ["Lt", "Gt"], "Gt": ["GtE", "LtE"],
           "GtE": ["Gt", "Lt"], "In": ["NotIn"], "NotIn": ["In"], "Is": ["IsNot"], "IsNot": ["Is"]}  # fmt: skip
ARITHMETIC = {"Add": "Sub", "Sub": "Add", "Mult": "FloorDiv", "FloorDiv": "Mult", "Mod": "Mult", "BitOr": "BitAnd", "BitAnd": "BitOr"}  # fmt: skip
CALLS = {"any": "all", "all": "any", "min": "max", "max": "min", "startswith": "endswith", "endswith": "startswith"}
# Tests that ask nothing of the pure folders in this process, or take too long to be asked again for each mutant.
NOT_ASKED = {f"test_{name}" for name in ("aspect", "bounds", "chained", "corpus", "deployed", "docs", "examples", "faults", "fuzz",
             "fuzz_targets", "hooks", "layers", "mutation", "rule_docs", "schemas", "synth", "wheel")}  # fmt: skip
NO_CODE = ("annotation", "returns", "decorator_list", "bases", "cls")


def changed(node, **fields):
    """The source of a node with these fields in place of its own."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    text = ast.unparse(ast.fix_missing_locations(other))
    return (
        f"({text})" if isinstance(node, ast.expr) and not isinstance(node, ast.Constant | ast.Name | ast.Call) else text
    )


def broken(node):
    """What may stand in a node's place, as source."""
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                for name in COMPARE[type(op).__name__]:
                    yield changed(node, ops=[*ops[:at], getattr(ast, name)(), *ops[at + 1 :]])
        case ast.BoolOp(op=op, values=values):
            yield changed(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            for at in range(len(values)):
                rest = values[:at] + values[at + 1 :]
                yield changed(node, values=rest) if rest[1:] else f"({ast.unparse(rest[0])})"
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.BinOp(op=op) if (other := ARITHMETIC.get(type(op).__name__)) is not None:
            yield changed(node, op=getattr(ast, other)())
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value)):
            yield from (str(value + 1), str(value - 1))
        case ast.Constant(value=str(value)):
            yield repr("XX" + value)
        case ast.Constant(value=None):
            yield "1"
        case ast.Name(id=name) if name in CALLS:
            yield CALLS[name]
        case ast.Call(func=func, args=args, keywords=keywords):
            if isinstance(func, ast.Attribute) and func.attr in CALLS:
                yield changed(node, func=ast.Attribute(func.value, CALLS[func.attr]))
            if len(args) > 1 and not any(isinstance(a, ast.Starred) for a in args[:2]):
                yield changed(node, args=[args[1], args[0], *args[2:]])
            yield from (changed(node, keywords=keywords[:k] + keywords[k + 1 :]) for k in range(len(keywords)))
        case ast.Subscript(value=value, slice=ast.Slice(lower=low, upper=high, step=step)):
            if low:
                yield changed(node, slice=ast.Slice(None, high, step))
            if high:
                yield changed(node, slice=ast.Slice(low, None, step))
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "return None"
        case ast.Continue():
            yield "break"
        case ast.Break():
            yield "continue"
        case ast.Raise() | ast.AugAssign() | ast.Delete() | ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "pass"


def places(node):
    """(node, what may stand there) over all code: no annotation, decorator, docstring or f-string, no type alias."""
    for name, field in ast.iter_fields(node):
        for child in field if isinstance(field, list) else [field]:
            if not isinstance(child, ast.AST) or name in NO_CODE or isinstance(child, ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.comprehension):
                yield from ((test, "True") for test in child.ifs)
            elif isinstance(child, ast.If | ast.IfExp | ast.match_case | ast.While):
                test = child.guard if isinstance(child, ast.match_case) else child.test
                if test is not None and not isinstance(test, ast.Compare | ast.UnaryOp | ast.Constant):
                    yield test, f"(not ({ast.unparse(test)}))"
            if not (name in ("comparators", "left") and isinstance(child, ast.Constant) and child.value is None):
                yield from ((child, text) for text in broken(child))
            yield from places(child)


def mutants(source):
    """(first line, last line, start, end, new text) of every mutant that compiles, offsets in bytes."""
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    seen = set()
    for node, text in places(ast.parse(source)):
        start, end = lines[node.lineno - 1] + node.col_offset, lines[node.end_lineno - 1] + node.end_col_offset
        if (start, end, text) not in seen and source[start:end] != text.encode():
            seen.add((start, end, text))
            with suppress(SyntaxError):
                compile(source[:start] + text.encode() + source[end:], "mutant", "exec")
                yield node.lineno, node.end_lineno, start, end, text


class Recorder:
    """A pytest plugin: which test runs which line, and how long each that passes takes."""

    def __init__(self, cov):
        self.cov, self.seconds = cov, Counter()

    def pytest_runtest_logstart(self, nodeid):
        for name in [name for name in sys.modules if name.startswith("cdkguard")]:
            for value in list(vars(sys.modules[name]).values()):  # or only the first test would run a cached function
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
        self.cov.switch_context(nodeid)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration if report.passed else 1e6


class Only:
    """A pytest plugin: these tests, in this order; it remembers the one that failed."""

    def __init__(self, order):
        self.order, self.failed = {test: n for n, test in enumerate(order)}, ""

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted((i for i in items if i.nodeid in self.order), key=lambda i: self.order[i.nodeid])

    def pytest_runtest_logreport(self, report):
        self.failed = self.failed or (report.nodeid if report.failed else "")


def forked(work, limit, log):
    """The exit status of `work` in a child of its own session; None where it took too long."""
    child = os.fork()
    if not child:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        with open(log, "w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        os._exit(work())
    until = time.monotonic() + limit
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def suite(*arguments, plugins):
    from hypothesis import settings

    settings.register_profile("mutate", derandomize=True, database=None, max_examples=25, deadline=None)
    settings.load_profile("mutate")
    # The suite refuses warnings; one says that what WARM has imported is not rewritten.
    early = "ignore::pytest.PytestAssertRewriteWarning"
    return import_module("pytest").main(["-p", "no:cacheprovider", "--tb=no", "-W", early, *arguments], plugins=plugins)


def module_of(path):
    """`access.grants` of `.../cdkguard/access/grants.py`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[len(parts) - parts[::-1].index("cdkguard") :])


def mapped(folder):
    """(module -> line -> tests, test -> seconds), from one run of the suite, kept in the folder."""
    import coverage

    data, times = folder / "coverage", folder / "seconds.json"
    if not times.exists():
        cov = coverage.Coverage(data_file=str(data), source=["cdkguard"])

        def record():
            recorder = Recorder(cov)
            cov.start()
            asked = [str(f) for f in sorted(Path("tests").rglob("test_*.py")) if f.stem not in NOT_ASKED]
            suite("-m", "not e2e", *asked, plugins=[recorder])
            cov.stop()
            cov.save()
            times.write_text(json.dumps({test: s for test, s in recorder.seconds.items() if s < 1e6}))
            return 0

        forked(record, 3600, folder / "map.log")
    found = coverage.CoverageData(str(data))
    found.read()
    lines = {module_of(Path(f)): found.contexts_by_lineno(f) for f in found.measured_files()}
    return lines, json.loads(times.read_text())


def chosen(lines, first, last, seconds, module, budget):
    """The tests for a mutant of these lines, or of what the module says when it is imported: its own first, then by time, slow ones last."""
    hit = {test for line in range(first, last + 1) for test in lines.get(line, ())}
    while not hit and first > 1:  # a statement of several lines is known by its first
        first -= 1
        hit = set(lines.get(first, ()))
    if hit == {""}:
        hit = {test for tests in lines.values() for test in tests}
    own = module.replace(".", "/test_")
    order = sorted(hit & seconds.keys(), key=lambda t: (seconds[t] > 1, f"/{own}.py" not in t, seconds[t]))
    total = 0.0
    for n, test in enumerate(order):
        total += seconds[test]
        if total > budget and n:
            return order[:n]
    return order


def judged(path, source, mutant, tests, seconds, log):
    """`killed`, `timeout` or `survived`, and the test that failed."""
    first, _, start, end, text = mutant
    told, stamp = log.with_suffix(".killer"), path.stat()
    told.write_text("")

    def work():
        sys.dont_write_bytecode = True
        only = Only(tests)
        status = suite("-x", *sorted({t.split("::")[0] for t in tests}), plugins=[only])
        told.write_text(only.failed)
        return int(status)

    path.write_bytes(source[:start] + text.encode() + source[end:])
    os.utime(path, (stamp.st_atime, stamp.st_mtime + first + 1))  # else Python would run what it compiled before
    try:
        status = forked(work, 20 + 3 * sum(seconds[t] for t in tests), log) if tests else 0
    finally:
        path.write_bytes(source)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    return ("timeout" if status is None else "survived" if status == 0 else "killed"), told.read_text()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--share", type=int, default=6, help="a mutant for so many lines, at most 60 a module")
    parser.add_argument("--least", type=int, default=20, help="mutants of a module at least")
    parser.add_argument("--only", default="", help="modules, with commas")
    parser.add_argument("--budget", type=float, default=20, help="seconds of tests a mutant")
    options = parser.parse_args()
    folder = options.folder.resolve()
    checkout = folder / "checkout"
    if not checkout.exists():
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in files.split("\0")[:-1]:
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    os.chdir(checkout)
    sys.path.insert(0, str(checkout))
    os.environ |= {"PYTHONPATH": str(checkout), "XDG_CACHE_HOME": str(folder / "cache")}
    for name in WARM:
        with suppress(ImportError):
            import_module(name)
    by_line, seconds = mapped(folder)
    from tests.support.folders import PURE, modules

    pure = [module for path, folder, module in modules() if folder in PURE and path.name != "__init__.py"]
    table = {}
    for module in options.only.split(",") if options.only else pure:
        path = checkout / "cdkguard" / (module.replace(".", "/") + ".py")
        source, draw = path.read_bytes(), random.Random(f"{options.seed}/{module}")
        every = list(mutants(source))
        size = min(len(every), 60, max(options.least, source.count(b"\n") // options.share))
        table[module] = counts = Counter()
        for mutant in sorted(draw.sample(every, size)):
            first, last, start, end, text = mutant
            tests = chosen(by_line.get(module, {}), first, last, seconds, module, options.budget)
            verdict, killer = judged(path, source, mutant, tests, seconds, folder / "mutant.log")
            counts[verdict] += 1
            row = {"module": module, "line": first, "was": source[start:end].decode(), "is": text, "verdict": verdict,
                   "killer": killer, "tests": len(tests), "in": source.splitlines()[first - 1].decode().strip()}  # fmt: skip
            with open(folder / f"results-{options.seed}.jsonl", "a") as out:
                out.write(json.dumps(row) + "\n")
            if verdict == "survived":
                print(f"{module}.py:{first}: {row['in']}\n    {row['was']!r} -> {text!r}", flush=True)
    table["all"] = sum(table.values(), Counter())
    print("module            mutants killed timeout survived  score")
    for module, counts in table.items():
        total, survived = sum(counts.values()), counts["survived"]
        print(
            f"{module:<17} {total:7} {counts['killed']:6} {counts['timeout']:7} {survived:8} {100 - 100 * survived / total:5.1f} %"
        )


if __name__ == "__main__":
    main()
