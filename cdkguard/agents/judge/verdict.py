"""What one action is answered, in parts; and the strictest of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.agents.nouns import ANSWERS

if TYPE_CHECKING:
    from cdkguard.agents.nouns import Answer


class Verdict(NamedTuple):
    """The answer to one action; its texts hold what is foreign as `quote` writes it, and nothing else of it."""

    answer: Answer
    headline: str = ""  # one sentence: what is refused or asked about, and why
    facts: tuple[str, ...] = ()  # a sentence each, the worst first
    ways: tuple[str, ...] = ()  # what to do instead
    environment: str = ""
    tokens: tuple[str, ...] = ()  # of the changes
    evidence: Mapping[str, Json] = {}


SILENT = Verdict("silent")


def rank(answer: Answer) -> int:
    """0 for silent ... 2 for deny."""
    return ANSWERS.index(answer)


def at_least(verdict: Verdict, answer: Answer) -> Answer:
    """The stricter of the verdict's answer and another."""
    return max(verdict.answer, answer, key=rank)


def strictest_answer(verdicts: Sequence[Verdict]) -> Answer:
    """The strictest answer of all; silent where there is none."""
    return max((v.answer for v in verdicts), key=rank, default="silent")
