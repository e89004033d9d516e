"""Patterns of ARNs, actions and principals: what is contained in what, with wildcards and unknown parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import Enum

from cdkguard._typing import Json
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred, scalar_text


class Wild(Enum):
    """The wildcards of IAM."""

    ANY = "*"
    ONE = "?"


class Hole:
    """A part of a text that only the deployment knows.

    Equal by `key` alone. A `soft` one might be any text (a parameter, an import); the others are a certain resource's.
    `name` is the physical name that the template gives to that resource.
    """

    __slots__ = ("key", "soft", "name", "shown")

    def __init__(self, key: object, soft: bool, name: str | None = None, shown: str = "§") -> None:
        self.key, self.soft, self.name, self.shown = key, soft, name, shown

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hole) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


Pattern = tuple[str | Hole | Wild, ...]
Spell = Callable[[Deferred], Sequence[str | Hole]]
Guard = frozenset[tuple[str, bool]]  # CloudFormation conditions under which a part of a template counts
EVERYTHING: Pattern = (Wild.ANY,)
ALWAYS: Guard = frozenset()
_SOFT = ("parameter", "import", "dynamic", "dummy", "unknown", "pseudo")
_MOST_STEPS = 5_000_000  # of the comparison of two patterns
_WILD = {"*": Wild.ANY, "?": Wild.ONE}


def plainly(value: Deferred) -> Sequence[str | Hole]:
    """The pieces of an unknown value, without knowledge of the template's resources."""
    if value.kind == "text":
        return [
            piece for part in value.parts for piece in ([part] if isinstance(part, str) else plainly(part)) if piece
        ]
    return [Hole(value, value.kind in _SOFT)]


def pattern(value: Json, spell: Spell = plainly, wild: bool = True, fold: bool = False) -> Pattern:
    """A text with its wildcards and unknown parts, in the one form that equal patterns share."""
    text = scalar_text(value)
    if text is not None:
        pieces: Sequence[str | Hole] = [text]
    elif isinstance(value, Deferred):
        pieces = spell(value)
    else:
        pieces = [Hole(json.dumps(value, sort_keys=True, default=repr), True)]
    found: list[str | Hole | Wild] = []
    for piece in pieces:
        if isinstance(piece, Hole):
            found.append(piece)
        else:
            piece = piece.lower() if fold else piece
            found.extend([_WILD.get(c, c) for c in piece] if wild else piece)
    return _one_partition(_ordered(found) if wild else found)


def _ordered(symbols: list[str | Hole | Wild]) -> list[str | Hole | Wild]:
    """`**` is `*`, and `*?` is written `?*`."""
    found: list[str | Hole | Wild] = []
    for symbol in symbols:
        if found and found[-1] is Wild.ANY and isinstance(symbol, Wild):
            if symbol is Wild.ONE:
                found.insert(-1, symbol)
        else:
            found.append(symbol)
    return found


def _one_partition(symbols: list[str | Hole | Wild]) -> Pattern:
    """An account lives in one partition, so that `arn:aws:`, `arn:*:` and `arn:${AWS::Partition}:` say the same."""
    if symbols[:4] == ["a", "r", "n", ":"] and ":" in symbols[4:]:
        end = symbols.index(":", 4)
        if end == 5 or all(isinstance(s, str) for s in symbols[4:end]):
            symbols = [*"arn:aws", *symbols[end:]]
    return tuple(symbols)


def shown(symbols: Pattern) -> str:
    """A pattern as text for people."""
    return "".join(s if isinstance(s, str) else s.value if isinstance(s, Wild) else s.shown for s in symbols)


def contains(wide: Pattern, narrow: Pattern) -> Tri:
    """Whether every text of `narrow` is one of `wide`; None where that hangs on an unknown part."""
    if _differ_in_letters(wide, narrow):
        return False
    if wide in (narrow, EVERYTHING) or _absorbs(wide, narrow):
        return True
    holes = [s for s in (*wide, *narrow) if isinstance(s, Hole)]
    if any(hole.name is not None for hole in holes) and _absorbs(_named(wide), _named(narrow)):
        return True
    return None if any(hole.soft for hole in holes) and _meets(_named(wide), _named(narrow), strict=True) else False


def _named(symbols: Pattern) -> Pattern:
    found: list[str | Hole | Wild] = []
    for symbol in symbols:
        found.extend(symbol.name if isinstance(symbol, Hole) and symbol.name is not None else (symbol,))
    return tuple(found)


def _absorbs(wide: Pattern, narrow: Pattern) -> bool:
    """Glob matching over symbols: a wildcard of `narrow` is absorbed only by one of `wide` (that is exact, since
    the texts of a wildcard hold letters that `wide` does not)."""
    if len(wide) * len(narrow) > _MOST_STEPS:
        return False  # longer than any policy: what cannot be followed is not contained
    at = back = 0
    star = -1
    for_star = 0
    while at < len(narrow):
        symbol = wide[back] if back < len(wide) else None
        if symbol is Wild.ANY:
            star, for_star = back, at
            back += 1
        elif symbol is not None and (
            symbol == narrow[at] or (symbol is Wild.ONE and isinstance(narrow[at], str | Hole) and _single(narrow[at]))
        ):
            at, back = at + 1, back + 1
        elif star >= 0:
            for_star += 1
            at, back = for_star, star + 1
        else:
            return False
    return all(symbol is Wild.ANY for symbol in wide[back:])


def _single(symbol: str | Hole | Wild) -> bool:
    return isinstance(symbol, str)


def overlaps(one: Pattern, other: Pattern) -> bool:
    """Whether some text may be in both."""
    return _meets(_named(one), _named(other), strict=False)


def _meets(wide: Pattern, narrow: Pattern, strict: bool) -> bool:
    """Whether the patterns share a text for some values of their soft holes; `strict`: whether `wide` could then
    contain `narrow`, whose wildcards count as letters of their own."""

    if _differ_in_letters(wide, narrow) or _differ_in_letters(wide[::-1], narrow[::-1]):
        return False
    if len(wide) * len(narrow) > _MOST_STEPS // 20:
        return True  # perhaps: nobody can say otherwise in good time

    def any_text(symbol: str | Hole | Wild, of_narrow: bool) -> bool:
        if isinstance(symbol, Hole):
            return symbol.soft
        return symbol is Wild.ANY and not (strict and of_narrow)

    def same(a: str | Hole | Wild, b: str | Hole | Wild) -> bool:
        return a == b or (a is Wild.ONE and isinstance(b, str)) or (not strict and b is Wild.ONE and isinstance(a, str))

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


def _differ_in_letters(one: Pattern, other: Pattern) -> bool:
    """Whether a letter differs before the first wildcard or unknown part: the quick answer for most pairs."""
    for a, b in zip(one, other, strict=False):
        if type(a) is not str or type(b) is not str:
            return False
        if a != b:
            return True
    return False
