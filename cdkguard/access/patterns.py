"""Patterns: ARNs, names of actions and principals, with IAM's wildcards and with parts that only the deployment knows.

A pattern stands for the set of texts that it matches. `s3:Get*` contains `s3:GetObject`; whether it contains
`${Action}` depends on a parameter. `containment.py` compares patterns.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache

from cdkguard._typing import Json
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
_WILDCARDS = {"*": Wildcard.ANY, "?": Wildcard.ONE}


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
        return _make_pattern_of_text(text.lower() if ignore_case else text, wildcards)
    if isinstance(value, Deferred):
        pieces: Sequence[str | UnknownPart] = spell(value)
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


@lru_cache(8192)
def _make_pattern_of_text(text: str, wildcards: bool) -> Pattern:
    """The pattern of a text that is known: the same actions stand in many statements."""
    symbols: list[Symbol] = list(text)
    if wildcards and ("*" in text or "?" in text):
        symbols = _normalize_wildcards([_WILDCARDS.get(c, c) for c in text])
    return _normalize_partition(symbols)


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
