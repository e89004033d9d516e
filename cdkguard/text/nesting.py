"""Bounds how deeply a text nests, before a parser reads it."""

from __future__ import annotations

import re

MAX_DEPTH = 100  # of nested values; what people write has a tenth of it, and every level costs stack


def may_be_deep(text: str) -> bool:
    """Whether JSON or YAML can nest deeper than MAX_DEPTH: by indentation, by dashes on one line, or by open brackets."""
    if re.search(rf"^(?:[ ]*[-?:][ \t]){{{MAX_DEPTH // 4},}}|^[ ]{{{2 * MAX_DEPTH},}}[^ \n]", text, re.MULTILINE):
        return True

    deepest = depth = 0
    for found in re.finditer(r"[\[{\]}]", text):
        # Never below zero: closing brackets in a text must not pay for open ones after it.
        depth = depth + 1 if found.group() in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH
