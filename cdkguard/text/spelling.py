"""Suggests the word that somebody may have wanted to write."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """` (did you mean 'x'?)` with the choice that is most like the word, or nothing where none is like it.

    Of choices that are equally like it the first is taken: sort a set.
    """
    import difflib  # imported here, as only an error needs it

    close = difflib.get_close_matches(word, list(choices), 1)
    return f" (did you mean '{close[0]}'?)" if close else ""
