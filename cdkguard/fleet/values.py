"""Values of a JSON document of somebody else's: each is as the schema says, or the document is refused."""

from __future__ import annotations

from collections.abc import Iterable

from cdkguard._typing import Any, NamedTuple
from cdkguard.errors import InputError


class JsonValue(NamedTuple):
    """A value of a document, with its place; a member that is not as the schema says raises InputError."""

    path: str
    place: str
    value: Any

    def wrong(self, wanted: str) -> InputError:
        """The error that says what it should be."""
        return InputError(f"{self.path}: {self.place or 'the document'} is not {wanted}: no report of `cdkguard check`")

    def member(self, name: str) -> JsonValue:
        """A member that must be there."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        place = f"{self.place}.{name}" if self.place else name
        if name not in self.value:
            raise InputError(f"{self.path}: {place} is missing: no report of `cdkguard check`")
        return JsonValue(self.path, place, self.value[name])

    def find(self, name: str) -> JsonValue | None:
        """A member that may be missing or null."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return None if self.value.get(name) is None else self.member(name)

    def items(self, name: str) -> list[JsonValue]:
        """The elements of a member that is a list."""
        at = self.member(name)
        if not isinstance(at.value, list):
            raise at.wrong("a list")
        return [JsonValue(self.path, f"{at.place}[{number}]", item) for number, item in enumerate(at.value)]

    def text(self, name: str) -> str:
        """A member that is a text."""
        at = self.member(name)
        if not isinstance(at.value, str):
            raise at.wrong("a text")
        return at.value

    def find_text(self, name: str) -> str | None:
        """A text that may be missing or null."""
        return None if self.find(name) is None else self.text(name)

    def one_of(self, name: str, words: Iterable[str]) -> str:
        """A text that is one of the words."""
        text = self.text(name)
        if text not in words:
            raise self.member(name).wrong(f"one of {', '.join(words)}")
        return text

    def number(self, name: str) -> int:
        """A whole number from 0 on."""
        at = self.member(name)
        if not isinstance(at.value, int) or isinstance(at.value, bool) or at.value < 0:
            raise at.wrong("a number")
        return at.value

    def find_flag(self, name: str) -> bool | None:
        """True or false; None where it is missing or null."""
        at = self.find(name)
        if at is not None and not isinstance(at.value, bool):
            raise at.wrong("true or false")
        return at.value if at is not None else None
