"""The work that one line may cause, and how deep it may nest: past the bound it is said, not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

WORK = 1_000_000  # about one for each character that is looked at, 50 for each command
DEPTH = 40  # a command in a substitution in a function in a script is four deep


class TooMuch(Exception):
    """The line is longer or deeper than is read."""


class Budget:
    """What is left of the work; one for each line, scripts included."""

    def __init__(self, work: int = WORK, depth: int = DEPTH) -> None:
        self.work = work
        self.depth = depth

    def spend(self, amount: int) -> None:
        """Take from the work; raises TooMuch where nothing is left."""
        self.work -= amount
        if self.work < 0:
            raise TooMuch("the line means more work than is done for one")

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level deeper; raises TooMuch below the last."""
        if self.depth <= 0:
            raise TooMuch("the line nests deeper than is read")
        self.depth -= 1
        try:
            yield
        finally:
            self.depth += 1
