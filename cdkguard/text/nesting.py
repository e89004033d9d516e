"""How deeply a text can nest."""

from __future__ import annotations

import re

MAX_DEPTH = 100  # of nested values; what people write has a tenth of it, and every level costs stack


def may_be_deep(text: str) -> bool:
    """Whether a line's indentation, its dashes or the open brackets can make more than MAX_DEPTH levels."""
    if re.search(rf"^(?:[ ]*[-?:][ \t]){{{MAX_DEPTH // 4},}}|^[ ]{{{2 * MAX_DEPTH},}}[^ \n]", text, re.MULTILINE):
        return True
    deepest = depth = 0
    for found in re.finditer(r"[\[{\]}]", text):
        # Never below zero: closing brackets in a text must not pay for open ones after it.
        depth = depth + 1 if found.group() in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH
