"""Caches of what scopes find out about a template's values."""

from __future__ import annotations

from collections.abc import Callable

from cdkguard._typing import Any

_MAX_LARGE = 16_000_000  # characters of all large values of a template; those after them are unknown


class IdentityCache(dict[int, tuple[Any, Any]]):
    """The id() of an object -> the object and an answer about it: a template's values have no hash.

    Storing the object beside the answer keeps it alive, so that CPython cannot reuse its id.
    """

    __slots__ = ()

    def store(self, value: Any, answer: Any) -> tuple[Any, Any]:
        """Stores the answer about the object; returns both, as `get(id(value))` does from then on."""
        entry = self[id(value)] = (value, answer)
        return entry

    def ask_once(self, ask: Callable[[Any], Any], value: Any) -> Any:
        """The answer about the object, which is asked for the first time only."""
        entry = self.get(id(value))
        return (self.store(value, ask(value)) if entry is None else entry)[1]


class SharedCaches:
    """Values that a scope shares with its forks, since they hold under every assumption, and counts of their work."""

    __slots__ = ("large_characters", "forks", "equalities", "digests", "lists", "flat", "referrers")

    def __init__(self) -> None:
        # Characters of the large values that functions have made. They may make far more of a template than it is, such
        # as a text in a mapping that thousands of Fn::Joins repeat.
        self.large_characters = 0
        # Scopes that were made by assumptions.
        self.forks = 0
        # The left side of an undecided Fn::Equals -> its right side, and the key of their atom.
        self.equalities = IdentityCache()
        # A large value -> its SHA-256.
        self.digests = IdentityCache()
        # The text of a list parameter -> the list.
        self.lists = IdentityCache()
        # A value of a mapping -> whether it is a scalar or a list of scalars.
        self.flat = IdentityCache()
        # A `referrer` requirement and the parameters whose Default does not count -> its index of the template's
        # resources (language.references).
        self.referrers: dict[Any, Any] = {}

    def is_spent(self) -> bool:
        """Whether functions have made as much of the template as they may."""
        return self.large_characters > _MAX_LARGE
