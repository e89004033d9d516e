"""Logic of three values: None is not known before deployment."""

from __future__ import annotations

from collections.abc import Iterable

Tri = bool | None  # None: not known before deployment


def all_of(answers: Iterable[Tri]) -> Tri:
    """False if any is False, else None if any is None, else True."""
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown = unknown or answer is None
    return None if unknown else True


def any_of(answers: Iterable[Tri]) -> Tri:
    """True if any is True, else None if any is None, else False."""
    unknown = False
    for answer in answers:
        if answer is True:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def negate(answer: Tri) -> Tri:
    """The opposite; what is not known stays unknown."""
    return None if answer is None else not answer
