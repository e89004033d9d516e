"""Makes a text of parts fit into a number of characters: what weighs least is left out first, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.outputs.summary import plural

CHARACTERS = 60_000  # GitHub takes 65,536 in a comment.
_RESERVE = 300  # Kept free for the closing note.

# Weights: what is left out last comes first. What is folded goes before what is not, and old before new.
FIRST = 0
NEW = {"critical": 1, "high": 2, "medium": 4, "low": 5}
PICTURE = 3
WHY = {"critical": 6, "high": 7, "medium": 8, "low": 9}
NOTICES = 10
OLD = {"critical": 11, "high": 12, "medium": 13, "low": 14}
SUPPRESSED = 15
FRAMEWORKS = 16


class Block(NamedTuple):
    """A piece that is shown whole or not at all."""

    text: str
    weight: int = 0  # The higher, the earlier it is left out.
    number: int = 0  # The things that are shown by it alone.
    noun: str = "row"  # What one of them is called.
    is_optional: bool = False  # Whether blocks that weigh the same or more may be shown without it.


class Part(NamedTuple):
    """Blocks that stand together, between an opening and a closing that stand only where a block does."""

    blocks: Sequence[Block]
    opening: str = ""
    closing: str = ""


def fit(head: str, parts: Iterable[Part], limit: int) -> str:
    """The head, then what of the parts fits into the limit, then the number of all that does not."""
    room = limit - _RESERVE - len(head)
    parts = list(parts)
    order = sorted(
        ((at, place) for at, part in enumerate(parts) for place in range(len(part.blocks))),
        key=lambda pair: parts[pair[0]].blocks[pair[1]].weight,
    )
    shown: dict[int, set[int]] = {}
    full = False
    for at, place in order:
        part, block = parts[at], parts[at].blocks[place]
        cost = len(block.text) + (0 if at in shown else len(part.opening) + len(part.closing))
        if full or cost > room:
            full = full or not block.is_optional
            continue
        shown.setdefault(at, set()).add(place)
        room -= cost

    text = head
    dropped: Counter[str] = Counter()
    for at, part in enumerate(parts):
        here = shown.get(at, set())
        if here:
            text += part.opening + "".join(part.blocks[place].text for place in sorted(here)) + part.closing
        for place, block in enumerate(part.blocks):
            if place not in here:
                dropped[block.noun] += block.number
    return text + _render_left_out(dropped)


def fit_blocks(head: str, texts: Iterable[str], limit: int = CHARACTERS) -> str:
    """The same for rows of one weight."""
    return fit(head, [Part([Block(text, number=1) for text in texts])], limit)


def _render_left_out(dropped: Mapping[str, int]) -> str:
    ordered = sorted(dropped.items(), key=lambda item: item[0] != "finding")
    numbers = ", ".join(plural(number, noun) for noun, number in ordered if number)
    return f"\n_{numbers} left out to keep this short; the other outputs show everything._\n" if numbers else ""
