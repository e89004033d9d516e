"""Outputs of a nested stack, which its parent reads as attributes of the resource that holds it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.diff.comparable import make_comparable
from cdkguard.diff.differences import are_equal
from cdkguard.diff.sides import Sides
from cdkguard.model import Stack


def find_changed_outputs(old: Stack, new: Stack, sides: Sides) -> list[str]:
    """The outputs that both sides of a pair have, with another value."""
    before, after = _find_values(old), _find_values(new)
    if not before or not after:
        return []

    pair = sides.pair(old, new)
    return [
        name
        for name in before
        if name in after
        and not are_equal(make_comparable(pair.before, before[name]), make_comparable(pair.after, after[name]))
    ]


def _find_values(stack: Stack) -> dict[str, Json]:
    """Name -> value of each output of the template."""
    outputs = stack.template.get("Outputs")
    found = outputs if isinstance(outputs, dict) else {}
    return {name: output["Value"] for name, output in found.items() if isinstance(output, dict) and "Value" in output}
