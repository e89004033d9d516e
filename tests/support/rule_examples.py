"""The built-in rules' own examples, changed in one place, and how the rules decide then."""

import copy
import functools
from collections.abc import Iterator
from typing import Any

from cdkguard.check import examples
from cdkguard.engine.run import evaluate_resources
from cdkguard.model import Rule
from cdkguard.packs import folders
from cdkguard.packs import load as packs
from cdkguard.template.functions import FUNCTIONS

Json = Any
Path = tuple[str | int, ...]  # keys and indexes, from the example inwards

LOADED = packs.load_packs(())
UNKNOWN = "Fuzz"  # the name of a parameter, and of a condition, whose value nobody knows


@functools.cache
def rules() -> list[Rule]:
    """The built-in rules about one resource or one value, with their examples."""
    return [r._replace(file=folders.source_file(r)) for r in LOADED.rules if r.scope in ("resource", "value")]


def places(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """(path, value) of everything in a container that is no operand of an intrinsic function."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in FUNCTIONS:
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key), inner
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def in_properties(case: Json) -> Iterator[tuple[Path, Json]]:
    """(path, value) of each property in an example; paths begin at the example."""
    if "template" in case:
        for logical_id, body in case["template"]["Resources"].items():
            yield from places(body.get("Properties") or {}, ("template", "Resources", logical_id, "Properties"))
    elif "resource" in case:
        yield from places(case["resource"].get("Properties") or {}, ("resource", "Properties"))
    elif "stack" not in case:
        yield from places(case)


def failing() -> Iterator[tuple[Rule, Json, Path, Json]]:
    """(rule, example, path, value) of each value in an example that fails."""
    for rule in rules():
        for case in examples._read_examples(rule).get("fail", []):
            for path, value in in_properties(case) if isinstance(case, dict) else ():
                yield rule, case, path, value


def with_value(case: Json, path: Path, value: Json) -> Json:
    """A copy of the example with this value at the path."""
    case = copy.deepcopy(case)
    inner = case
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return case


def outcome(rule: Rule, case: Json, conditions: dict[str, Json] | None = None) -> str:
    """`pass`, `fail` or `unknown`: how the rule decides on the example, beside an unknown parameter and condition."""
    stack, settings, subject = examples.build_stack(rule, case, LOADED.sets)
    stack.template["Parameters"] = {**stack.template.get("Parameters", {}), UNKNOWN: {"Type": "String"}}
    unknown = {UNKNOWN: {"Fn::Equals": [{"Ref": UNKNOWN}, "yes"]}}
    stack.template["Conditions"] = {**stack.template.get("Conditions", {}), **unknown, **(conditions or {})}
    judged = evaluate_resources([stack], [rule], settings)
    assert not judged.problems, judged.problems
    found = {f.outcome.value for f in judged.findings if subject is None or f.logical_id in (subject, None)}
    return "fail" if "fail" in found else "unknown" if found else "pass"
