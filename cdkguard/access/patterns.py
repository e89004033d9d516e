"""Patterns: ARNs, names of actions and principals, with IAM's wildcards and with parts that only the deployment knows.

A pattern stands for the set of texts that it matches. `s3:Get*` contains `s3:GetObject`; whether it contains
`${Action}` depends on a parameter, so that the answer is None. All comparisons of this folder come down to `contains`
and `overlaps`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html says what a wildcard matches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import Enum

from cdkguard._typing import Json
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred, scalar_text


class Wildcard(Enum):
    """The wildcards of IAM."""

    ANY = "*"  # any text, also an empty one
    ONE = "?"  # any one character


class UnknownPart:
    """A part of a text that only the deployment knows.

    Two parts are equal if their `key` is: the deployment then gives both the same text.
    One that `may_be_anything` (a parameter, an import) might come out as any text; the others belong to one resource of
    the template and equal themselves alone. `name` is the physical name that the template gives to that resource.
    `label` shows the part to people: `${Bucket}`.
    """

    __slots__ = ("key", "may_be_anything", "name", "label")

    def __init__(self, key: object, may_be_anything: bool, name: str | None = None, label: str = "§") -> None:
        self.key, self.may_be_anything, self.name, self.label = key, may_be_anything, name, label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownPart) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


# A pattern is a sequence of symbols: single characters, wildcards and unknown parts.
Symbol = str | UnknownPart | Wildcard
Pattern = tuple[Symbol, ...]
# Spells a value that only the deployment knows as texts and unknown parts.
Speller = Callable[[Deferred], Sequence[str | UnknownPart]]

EVERYTHING: Pattern = (Wildcard.ANY,)

_MAY_BE_ANYTHING = ("parameter", "import", "dynamic", "dummy", "unknown", "pseudo")  # kinds of Deferred
_MOST_STEPS = 5_000_000  # of one comparison; the longest policy of IAM has 10,240 characters
_WILDCARDS = {"*": Wildcard.ANY, "?": Wildcard.ONE}


# -- making patterns


def spell_plainly(value: Deferred) -> Sequence[str | UnknownPart]:
    """Spell an unknown value without knowledge of the template's resources."""
    if value.kind == "text":
        return [
            piece
            for part in value.parts
            for piece in ([part] if isinstance(part, str) else spell_plainly(part))
            if piece
        ]
    return [UnknownPart(value, value.kind in _MAY_BE_ANYTHING)]


def make_pattern(
    value: Json, spell: Speller = spell_plainly, wildcards: bool = True, ignore_case: bool = False
) -> Pattern:
    """Make the pattern of a value from the template, in one form: patterns that match the same texts are equal.

    Without `wildcards`, `*` and `?` are characters like others. With `ignore_case`, the pattern is in lower case.
    """
    text = scalar_text(value)
    if text is not None:
        pieces: Sequence[str | UnknownPart] = [text]
    elif isinstance(value, Deferred):
        pieces = spell(value)
    else:
        pieces = [UnknownPart(json.dumps(value, sort_keys=True, default=repr), True)]

    symbols: list[Symbol] = []
    for piece in pieces:
        if isinstance(piece, UnknownPart):
            symbols.append(piece)
        else:
            piece = piece.lower() if ignore_case else piece
            symbols.extend([_WILDCARDS.get(c, c) for c in piece] if wildcards else piece)

    return _normalize_partition(_normalize_wildcards(symbols) if wildcards else symbols)


def _normalize_wildcards(symbols: list[Symbol]) -> list[Symbol]:
    """Write `**` as `*`, and `*?` as `?*`."""
    found: list[Symbol] = []
    for symbol in symbols:
        if found and found[-1] is Wildcard.ANY and isinstance(symbol, Wildcard):
            if symbol is Wildcard.ONE:
                found.insert(-1, symbol)
        else:
            found.append(symbol)
    return found


def _normalize_partition(symbols: list[Symbol]) -> Pattern:
    """Write `arn:*:` and `arn:${AWS::Partition}:` as `arn:aws:`.

    An account lives in one partition, so that the three mean the same there.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    if symbols[:4] == ["a", "r", "n", ":"] and ":" in symbols[4:]:
        end = symbols.index(":", 4)
        # One symbol is a wildcard or a pseudo parameter; several are a partition only if all of them are characters.
        if end == 5 or all(isinstance(s, str) for s in symbols[4:end]):
            symbols = [*"arn:aws", *symbols[end:]]
    return tuple(symbols)


def render_pattern(symbols: Pattern) -> str:
    """Render a pattern for people, unknown parts by their label."""
    return "".join(s if isinstance(s, str) else s.value if isinstance(s, Wildcard) else s.label for s in symbols)


# -- comparing patterns


def contains(wide: Pattern, narrow: Pattern) -> Tri:
    """Whether `wide` matches every text that `narrow` matches; None where that depends on an unknown part."""
    if _first_characters_differ(wide, narrow):
        return False
    if wide in (narrow, EVERYTHING) or _matches_glob(wide, narrow):
        return True

    unknown = [s for s in (*wide, *narrow) if isinstance(s, UnknownPart)]
    if any(part.name is not None for part in unknown) and _matches_glob(_with_names(wide), _with_names(narrow)):
        return True

    is_open = any(part.may_be_anything for part in unknown)
    return None if is_open and _may_share_a_text(_with_names(wide), _with_names(narrow), contained=True) else False


def overlaps(one: Pattern, other: Pattern) -> bool:
    """Whether some text may match both patterns."""
    return _may_share_a_text(_with_names(one), _with_names(other), contained=False)


def are_disjoint(one: Pattern, other: Pattern) -> Tri:
    """Whether no text matches both patterns; None where that depends on an unknown part."""
    if not overlaps(one, other):
        return True
    is_open = any(isinstance(s, UnknownPart) and s.may_be_anything for s in (*one, *other))
    return None if is_open and one != other else False


def _with_names(symbols: Pattern) -> Pattern:
    """Write the physical name of a resource in place of the reference to it, where the template gives one."""
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

    Standard two-pointer glob match; `aws/policies.matches` is the same one over plain text. A `*` in `narrow` only
    matches a `*` in `wide`: it stands for arbitrary text, which no character in `wide` can cover.
    """
    if len(wide) * len(narrow) > _MOST_STEPS:
        return False  # Longer than any policy. Calling it not contained never hides a widening.

    at = back = 0
    star = -1  # position after which the last `*` of `wide` stands, and how far in `narrow` it reaches
    star_reach = 0
    while at < len(narrow):
        symbol = wide[back] if back < len(wide) else None
        if symbol is Wildcard.ANY:
            star, star_reach = back, at
            back += 1
        elif symbol is not None and (symbol == narrow[at] or (symbol is Wildcard.ONE and isinstance(narrow[at], str))):
            at, back = at + 1, back + 1
        elif star >= 0:
            star_reach += 1
            at, back = star_reach, star + 1
        else:
            return False
    return all(symbol is Wildcard.ANY for symbol in wide[back:])


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
