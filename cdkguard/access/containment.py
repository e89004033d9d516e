"""Whether one pattern contains another, or shares a text with it: all comparisons of this folder come down to these.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html says what a wildcard matches.
"""

from __future__ import annotations

from cdkguard.access.patterns import EVERYTHING, Pattern, Symbol, UnknownPart, Wildcard
from cdkguard.aws.globs import matches_symbols
from cdkguard.logic import Tri

_MOST_STEPS = 5_000_000  # of one comparison; a policy of IAM has at most 10,240 characters


def contains(wide: Pattern, narrow: Pattern) -> Tri:
    """Whether `wide` matches every text that `narrow` matches; None where that depends on an unknown part."""
    if _first_characters_differ(wide, narrow):
        return False
    if wide in (narrow, EVERYTHING) or _matches_glob(wide, narrow):
        return True

    unknown = [s for s in (*wide, *narrow) if type(s) is UnknownPart]
    if any(part.name is not None for part in unknown) and _matches_glob(_with_names(wide), _with_names(narrow)):
        return True

    is_open = any(part.may_be_anything for part in unknown)
    return None if is_open and _may_share_a_text(_with_names(wide), _with_names(narrow), contained=True) else False


def overlaps(one: Pattern, other: Pattern) -> bool:
    """Whether some text may match both patterns."""
    if _first_characters_differ(one, other):
        return False
    return _may_share_a_text(_with_names(one), _with_names(other), contained=False)


def are_disjoint(one: Pattern, other: Pattern) -> Tri:
    """Whether no text matches both patterns; None where that depends on an unknown part."""
    if not overlaps(one, other):
        return True
    is_open = any(isinstance(s, UnknownPart) and s.may_be_anything for s in (*one, *other))
    return None if is_open and one != other else False


def _with_names(symbols: Pattern) -> Pattern:
    """Write the physical name of a resource in place of the reference to it, where the template gives one."""
    if not any([type(symbol) is UnknownPart for symbol in symbols]):
        return symbols
    found: list[Symbol] = []
    for symbol in symbols:
        found.extend(symbol.name if isinstance(symbol, UnknownPart) and symbol.name is not None else (symbol,))
    return tuple(found)


def _first_characters_differ(one: Pattern, other: Pattern) -> bool:
    """Whether a character differs before the first wildcard or unknown part: the quick answer for most pairs."""
    for a, b in zip(one, other, strict=False):
        if type(a) is not str or type(b) is not str:
            return False
        if a != b:
            return True
    return False


def _matches_glob(wide: Pattern, narrow: Pattern) -> bool:
    """Whether `wide`, read as a glob, matches the symbols of `narrow`.

    A `*` in `narrow` only matches a `*` in `wide`: it stands for arbitrary text, which no character in `wide` can cover.
    """
    if len(wide) * len(narrow) > _MOST_STEPS:
        return False  # Longer than any policy. Calling it not contained never hides a widening.

    return matches_symbols(wide, narrow, Wildcard.ANY, Wildcard.ONE)


def _may_share_a_text(wide: Pattern, narrow: Pattern, contained: bool) -> bool:
    """Whether the patterns share a text for some values of the unknown parts that may be anything.

    With `contained`: whether `wide` could then contain `narrow`. The wildcards of `narrow` count as characters of
    their own, since `wide` must match whatever they stand for.

    Dynamic programming: `row[j]` says whether the symbols of `wide` so far and the first `j` of `narrow` can agree.
    """
    if _first_characters_differ(wide, narrow) or _first_characters_differ(wide[::-1], narrow[::-1]):
        return False
    if len(wide) * len(narrow) > _MOST_STEPS // 20:
        return True  # "Perhaps" is the safe answer where the exact one takes too long.

    def matches_any_text(symbol: Symbol, of_narrow: bool) -> bool:
        if isinstance(symbol, UnknownPart):
            return symbol.may_be_anything
        return symbol is Wildcard.ANY and not (contained and of_narrow)

    def match_each_other(a: Symbol, b: Symbol) -> bool:
        if a == b or (a is Wildcard.ONE and isinstance(b, str)):
            return True
        return not contained and b is Wildcard.ONE and isinstance(a, str)

    width = len(narrow) + 1
    row = [True] + [False] * len(narrow)
    for j, symbol in enumerate(narrow):
        row[j + 1] = row[j] and matches_any_text(symbol, True)

    for symbol in wide:
        is_free = matches_any_text(symbol, False)
        new = [row[0] and is_free] + [False] * len(narrow)
        for j in range(1, width):
            other = narrow[j - 1]
            new[j] = (
                (row[j - 1] and match_each_other(symbol, other))
                or (is_free and (row[j] or new[j - 1]))
                or (matches_any_text(other, True) and (row[j] or new[j - 1]))
            )
        row = new
    return row[-1]
