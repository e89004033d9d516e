"""Templates made of the built-in rules' examples: each type that a rule is about, in order and not."""

from collections.abc import Iterator
from typing import Any

from cdkguard.check.examples import _read_examples
from tests.support.rule_examples import rules

Json = Any


def example_templates(size: int, every: int = 1) -> Iterator[Json]:
    """Templates of so many resources, from the examples of every rule about one resource, or of each n-th one."""
    resources: dict[str, Json] = {}
    for rule in rules()[::every]:
        kind = next((t for t in rule.types if t.startswith("AWS::") and "*" not in t), "")
        cases = [case for found in _read_examples(rule).values() for case in found if isinstance(case, dict)]
        for number, case in enumerate(cases):
            if "template" in case or "stack" in case or not (kind or "resource" in case):
                continue
            body = case.get("resource", {"Type": kind, "Properties": case})
            name = "".join(word.title() for word in rule.id.split("-"))
            resources[f"{name}{number}"] = {"Type": kind, **body}
            if len(resources) == size:
                yield {"Resources": resources}
                resources = {}
    if resources:
        yield {"Resources": resources}
