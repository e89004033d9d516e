"""Lists on one screen: where they are too many lines, the least important ones make room first, and say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.outputs.audit.verdict import amount
from cdkguard.outputs.styled_lines import Line

# (part, how many entries it keeps), in the order in which they make room.
_MAKES_ROOM = (
    ("oldest", 0), ("accounts", 2), ("rules", 2), ("accounts", 1), ("unread", 2), ("rules", 1), ("news", 2),
    ("accounts", 0), ("unread", 1), ("news", 1), ("rules", 0), ("news", 0),
)  # fmt: skip


class Part(NamedTuple):
    """A list with its title; `total` is how many entries there are, `entries` the lines of those that are shown."""

    name: str
    title: Line
    entries: tuple[list[Line], ...]
    total: int
    noun: str = ""  # Of what there are so many.
    ends_blank: bool = False

    @property
    def is_cut(self) -> bool:
        """Whether it has more entries than are shown."""
        return len(self.entries) < self.total

    def lay_out(self) -> Iterator[Line]:
        """Its lines; none where it has nothing to show."""
        if self.entries:
            shown = (
                f" ({amount(len(self.entries))} of {f'{amount(self.total)} {self.noun}'.rstrip()} shown)"
                if self.is_cut
                else ""
            )
            yield [*self.title, (shown, "dim")]
            for entry in self.entries:
                yield from entry
        if self.ends_blank and (self.entries or not self.title):
            yield []


def make_room(parts: Sequence[Part], room: int, width: int) -> list[Part]:
    """The parts, with fewer entries where they take more than `room` lines of a terminal of that width."""
    found = list(parts)
    for name, keeps in _MAKES_ROOM:
        if sum(count_lines(part.lay_out(), width) for part in found) <= room:
            break
        found = [part._replace(entries=part.entries[:keeps]) if part.name == name else part for part in found]
    return found


def count_lines(lines: Iterable[Line], width: int) -> int:
    """How many lines of a terminal they take: a long one goes on in the next."""
    lengths = (sum(len(text) for text, _style in line) for line in lines)
    return sum(max(1, -(-length // width)) for length in lengths)


def shorten(lines: list[Line], most: int) -> list[Line]:
    """At most so many of the lines, with dots where others follow."""
    if len(lines) <= most:
        return lines
    *kept, last = lines[:most]
    return [*kept, [*last, (" ...", "dim")]]
