"""Every place that catches an exception and goes on is listed, with what keeps it from turning into a pass."""

import ast
import csv
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cdkguard"


def swallowing(node, module, around=""):
    """(module, function, exceptions) of the handlers that do not end by raising, and of `suppress`."""
    for child in ast.iter_child_nodes(node):
        inside = around
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
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
    with open(ROOT / "docs" / "failclosed.tsv", encoding="utf-8", newline="") as handle:
        return [(row["module"], row["function"], row["exceptions"], row["what happens"]) for row in csv.DictReader(handle, delimiter="\t")]  # fmt: skip


def test_every_exception_that_is_swallowed_is_listed_with_a_reason():
    rows = listed()
    assert sorted({row[:3] for row in rows}) == sorted(set(found()))
    assert all(len(row[3]) > 20 for row in rows)


def test_nothing_is_caught_without_a_name():
    assert not [row for row in found() if row[2] == "everything"]
