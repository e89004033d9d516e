"""The wildcards of IAM: `*` stands for any text, `?` for any one character.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cdkguard._typing import Any


@lru_cache(8192)
def matches_glob(pattern: str, action: str) -> bool:
    """Whether a pattern of IAM covers an action, in any case: `s3:Get*` covers `s3:getobject`."""
    return matches_symbols(pattern.lower(), action.lower(), "*", "?")


def matches_symbols(pattern: Sequence[Any], text: Sequence[Any], many: object, one: object) -> bool:
    """Whether a glob matches a text: `many` stands for any symbols, `one` for any one that is a str.

    This is the two-pointer match, which goes back to the last `many` only. A regular expression could try every way to
    split the text, as for `?*?*?*x`. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    at = here = 0
    star, star_reach = -1, 0  # The position of the last `many` in the pattern, and how far in the text it reaches.
    while at < len(text):
        symbol = pattern[here] if here < len(pattern) else None
        if symbol == many:
            star, star_reach = here, at
            here += 1
        elif symbol is not None and (symbol == text[at] or symbol == one and isinstance(text[at], str)):
            at, here = at + 1, here + 1
        elif star >= 0:
            star_reach += 1
            at, here = star_reach, star + 1
        else:
            return False
    return all(symbol == many for symbol in pattern[here:])
