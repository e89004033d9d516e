"""Patterns of ARNs, actions and principals: what is contained in what, with wildcards and unknown parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import Enum

from cdkguard._typing import Json
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred, scalar_text


class Wildcard(Enum):
    """The wildcards of IAM."""

    ANY = "*"
    ONE = "?"


class UnknownPart:
    """A part of a text that only the deployment knows.

    Equal by `key` alone. One that `may_be_anything` might be any text (a parameter, an import); the others are a certain resource's.
    `name` is the physical name that the template gives to that resource.
    """

    __slots__ = ("key", "may_be_anything", "name", "label")

    def __init__(self, key: object, may_be_anything: bool, name: str | None = None, label: str = "§") -> None:
        self.key, self.may_be_anything, self.name, self.label = key, may_be_anything, name, label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownPart) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


Pattern = tuple[str | UnknownPart | Wildcard, ...]
Speller = Callable[[Deferred], Sequence[str | UnknownPart]]
Assumptions = frozenset[tuple[str, bool]]  # CloudFormation conditions under which a part of a template counts
EVERYTHING: Pattern = (Wildcard.ANY,)
ALWAYS: Assumptions = frozenset()
_MAY_BE_ANYTHING = ("parameter", "import", "dynamic", "dummy", "unknown", "pseudo")
_MOST_STEPS = 5_000_000  # of the comparison of two patterns
_WILDCARDS = {"*": Wildcard.ANY, "?": Wildcard.ONE}


def spell_plainly(value: Deferred) -> Sequence[str | UnknownPart]:
    """The pieces of an unknown value, without knowledge of the template's resources."""
    if value.kind == "text":
        return [
            piece
            for part in value.parts
            for piece in ([part] if isinstance(part, str) else spell_plainly(part))
            if piece
        ]
    return [UnknownPart(value, value.kind in _MAY_BE_ANYTHING)]


def make_pattern(value: Json, spell: Speller = spell_plainly, wild: bool = True, fold: bool = False) -> Pattern:
    """A text with its wildcards and unknown parts, in the one form that equal patterns share."""
    text = scalar_text(value)
    if text is not None:
        pieces: Sequence[str | UnknownPart] = [text]
    elif isinstance(value, Deferred):
        pieces = spell(value)
    else:
        pieces = [UnknownPart(json.dumps(value, sort_keys=True, default=repr), True)]
    found: list[str | UnknownPart | Wildcard] = []
    for piece in pieces:
        if isinstance(piece, UnknownPart):
            found.append(piece)
        else:
            piece = piece.lower() if fold else piece
            found.extend([_WILDCARDS.get(c, c) for c in piece] if wild else piece)
    return _normalize_partition(_normalize_wildcards(found) if wild else found)


def _normalize_wildcards(symbols: list[str | UnknownPart | Wildcard]) -> list[str | UnknownPart | Wildcard]:
    """`**` is `*`, and `*?` is written `?*`."""
    found: list[str | UnknownPart | Wildcard] = []
    for symbol in symbols:
        if found and found[-1] is Wildcard.ANY and isinstance(symbol, Wildcard):
            if symbol is Wildcard.ONE:
                found.insert(-1, symbol)
        else:
            found.append(symbol)
    return found


def _normalize_partition(symbols: list[str | UnknownPart | Wildcard]) -> Pattern:
    """An account lives in one partition, so that `arn:aws:`, `arn:*:` and `arn:${AWS::Partition}:` say the same."""
    if symbols[:4] == ["a", "r", "n", ":"] and ":" in symbols[4:]:
        end = symbols.index(":", 4)
        if end == 5 or all(isinstance(s, str) for s in symbols[4:end]):
            symbols = [*"arn:aws", *symbols[end:]]
    return tuple(symbols)


def render_pattern(symbols: Pattern) -> str:
    """A pattern as text for people."""
    return "".join(s if isinstance(s, str) else s.value if isinstance(s, Wildcard) else s.label for s in symbols)


def contains(wide: Pattern, narrow: Pattern) -> Tri:
    """Whether every text of `narrow` is one of `wide`; None where that hangs on an unknown part."""
    if _first_letters_differ(wide, narrow):
        return False
    if wide in (narrow, EVERYTHING) or _matches_glob(wide, narrow):
        return True
    holes = [s for s in (*wide, *narrow) if isinstance(s, UnknownPart)]
    if any(hole.name is not None for hole in holes) and _matches_glob(
        _with_physical_names(wide), _with_physical_names(narrow)
    ):
        return True
    return (
        None
        if any(hole.may_be_anything for hole in holes)
        and _may_share_a_text(_with_physical_names(wide), _with_physical_names(narrow), strict=True)
        else False
    )


def _with_physical_names(symbols: Pattern) -> Pattern:
    found: list[str | UnknownPart | Wildcard] = []
    for symbol in symbols:
        found.extend(symbol.name if isinstance(symbol, UnknownPart) and symbol.name is not None else (symbol,))
    return tuple(found)


def _matches_glob(wide: Pattern, narrow: Pattern) -> bool:
    """Glob matching over symbols: a wildcard of `narrow` is absorbed only by one of `wide` (that is exact, since
    the texts of a wildcard hold letters that `wide` does not)."""
    if len(wide) * len(narrow) > _MOST_STEPS:
        return False  # longer than any policy: what cannot be followed is not contained
    at = back = 0
    star = -1
    for_star = 0
    while at < len(narrow):
        symbol = wide[back] if back < len(wide) else None
        if symbol is Wildcard.ANY:
            star, for_star = back, at
            back += 1
        elif symbol is not None and (
            symbol == narrow[at]
            or (symbol is Wildcard.ONE and isinstance(narrow[at], str | UnknownPart) and _single(narrow[at]))
        ):
            at, back = at + 1, back + 1
        elif star >= 0:
            for_star += 1
            at, back = for_star, star + 1
        else:
            return False
    return all(symbol is Wildcard.ANY for symbol in wide[back:])


def _single(symbol: str | UnknownPart | Wildcard) -> bool:
    return isinstance(symbol, str)


def overlaps(one: Pattern, other: Pattern) -> bool:
    """Whether some text may be in both."""
    return _may_share_a_text(_with_physical_names(one), _with_physical_names(other), strict=False)


def _may_share_a_text(wide: Pattern, narrow: Pattern, strict: bool) -> bool:
    """Whether the patterns share a text for some values of their soft holes; `strict`: whether `wide` could then
    contain `narrow`, whose wildcards count as letters of their own."""

    if _first_letters_differ(wide, narrow) or _first_letters_differ(wide[::-1], narrow[::-1]):
        return False
    if len(wide) * len(narrow) > _MOST_STEPS // 20:
        return True  # perhaps: nobody can say otherwise in good time

    def any_text(symbol: str | UnknownPart | Wildcard, of_narrow: bool) -> bool:
        if isinstance(symbol, UnknownPart):
            return symbol.may_be_anything
        return symbol is Wildcard.ANY and not (strict and of_narrow)

    def same(a: str | UnknownPart | Wildcard, b: str | UnknownPart | Wildcard) -> bool:
        return (
            a == b
            or (a is Wildcard.ONE and isinstance(b, str))
            or (not strict and b is Wildcard.ONE and isinstance(a, str))
        )

    width = len(narrow) + 1
    row = [True] + [False] * len(narrow)
    for j, symbol in enumerate(narrow):
        row[j + 1] = row[j] and any_text(symbol, True)
    for symbol in wide:
        free = any_text(symbol, False)
        new = [row[0] and free] + [False] * len(narrow)
        for j in range(1, width):
            other = narrow[j - 1]
            new[j] = (
                (row[j - 1] and same(symbol, other))
                or (free and (row[j] or new[j - 1]))
                or (any_text(other, True) and (row[j] or new[j - 1]))
            )
        row = new
    return row[-1]


def _first_letters_differ(one: Pattern, other: Pattern) -> bool:
    """Whether a letter differs before the first wildcard or unknown part: the quick answer for most pairs."""
    for a, b in zip(one, other, strict=False):
        if type(a) is not str or type(b) is not str:
            return False
        if a != b:
            return True
    return False
