"""Property paths as texts, such as `Properties.Replicas[1].Region`."""

from __future__ import annotations

import re

from cdkguard._typing import Json
from cdkguard.template.values import ABSENT


def value_at_text(body: Json, path: str) -> Json:
    """The value at a path; ABSENT where there is none."""
    value: Json = body
    for part in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return ABSENT
    return value


def overlap(one: str, other: str) -> bool:
    """Whether one of two paths is the other or lies in it."""
    return any(a == b or a.startswith((f"{b}.", f"{b}[")) for a, b in ((one, other), (other, one)))
