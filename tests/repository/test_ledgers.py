"""Every place that catches an exception and goes on is listed, with what keeps it from turning into a pass."""

import ast
import csv

from tests.support.folders import modules
from tests.support.paths import PACKAGE, ROOT


def swallowing(node, module, around=""):
    """(module, function, exceptions) of the handlers that do not end by raising, and of `suppress`."""
    for child in ast.iter_child_nodes(node):
        inside = around
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{around}.{child.name}" if around else child.name
        if isinstance(child, ast.ExceptHandler) and not isinstance(child.body[-1], ast.Raise):
            yield module, around, ast.unparse(child.type) if child.type else "everything"
        if isinstance(child, ast.Call) and ast.unparse(child.func).endswith("suppress"):
            caught = [ast.unparse(each) for each in child.args]
            yield module, around, caught[0] if len(caught) == 1 else f"({', '.join(caught)})"
        yield from swallowing(child, module, inside)


def found():
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield from swallowing(ast.parse(path.read_text(encoding="utf-8")), module)


def listed():
    with open(ROOT / "docs" / "development" / "failclosed.tsv", encoding="utf-8", newline="") as handle:
        return [(row["module"], row["function"], row["exceptions"], row["what happens"]) for row in csv.DictReader(handle, delimiter="\t")]  # fmt: skip


def test_every_exception_that_is_swallowed_is_listed_with_a_reason():
    rows = listed()
    assert sorted({row[:3] for row in rows}) == sorted(set(found()))
    assert all(len(row[3]) > 20 for row in rows)


def test_nothing_is_caught_without_a_name():
    assert not [row for row in found() if row[2] == "everything"]


# -- defaults

# What stands for a missing value there may decide a verdict.
JUDGING = {
    "text", "system", "template", "suppressions", "data", "aws", "diff", "config", "inputs", "language", "access", "outputs",
    "baselines", "engine", "packs", "check", "api", "cfnhook",
}  # fmt: skip
SHOWN = ("outputs", "check.examples")  # what is written of a report, held by tests/golden, and the test of the rules


def defaulting(node, module, around=""):
    """(module, function) of the calls of `get` and `pop` that say what stands for a missing value."""
    for child in ast.iter_child_nodes(node):
        inside = around
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{around}.{child.name}" if around else child.name
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and len(child.args) == 2 and child.func.attr in ("get", "pop"):  # fmt: skip
            yield module, around
        yield from defaulting(child, module, inside)


def test_every_default_is_listed_with_what_it_stands_for():
    found = set()
    for path, folder, module in modules():
        if folder in JUDGING and folder not in SHOWN and module not in SHOWN:
            found |= set(defaulting(ast.parse(path.read_text(encoding="utf-8")), module))
    with open(ROOT / "docs" / "development" / "defaults.tsv", encoding="utf-8", newline="") as handle:
        rows = [(row["module"], row["function"], row["what a default stands for"]) for row in csv.DictReader(handle, delimiter="\t")]  # fmt: skip
    assert sorted(row[:2] for row in rows) == sorted(found)
    assert all(len(row[2]) >= 12 for row in rows)
