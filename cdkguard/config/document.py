"""A YAML or TOML document of a team's own files, whose values know their lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cdkguard._typing import Json
from cdkguard.errors import ConfigError
from cdkguard.system import files
from cdkguard.text.spelling import did_you_mean

Path = tuple[str | int, ...]  # the keys and list indexes that lead to a value


class Document:
    """A file's data, with the line of each value and the characters of those that YAML does not read as text.

    `lines` and `written` are keyed by the path of the value; TOML has lines for keys at the beginning of a line only.
    """

    def __init__(self, file: str, data: Json, lines: Mapping[Path, int], written: Mapping[Path, str]) -> None:
        self.file, self.data, self.lines, self.written = file, data, lines, written

    @property
    def root(self) -> DocumentValue:
        """The whole document as a value."""
        return DocumentValue(self, (), self.data)

    def line(self, path: Path) -> int:
        """The line of the value, or of the nearest one around it whose line is known; 1 where none is."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class DocumentValue:
    """One value of a document; each method gives it in one shape, or raises ConfigError with its file and line."""

    def __init__(self, document: Document, path: Path, value: Json) -> None:
        self.document, self.path, self.value = document, path, value

    def wrong(self, message: str) -> ConfigError:
        """An error about this value, for the caller to raise."""
        return ConfigError(f"{self.document.file}:{self.document.line(self.path)}: {message}")

    @property
    def name(self) -> str:
        """The value's keys as messages write them: `environments.prod.accounts`."""
        return ".".join(str(part) for part in self.path if isinstance(part, str)) or "the file"

    def child(self, key: str | int, value: Json) -> DocumentValue:
        """The value at a key or index of this one, with its path."""
        return DocumentValue(self.document, (*self.path, key), value)

    def items(self) -> dict[str, DocumentValue]:
        """A mapping's entries."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"{self.name} is a mapping of names to values")
        return {key: self.child(key, value) for key, value in self.value.items()}

    def known(self, keys: Iterable[str]) -> dict[str, DocumentValue]:
        """The entries that are not null; each key must be one of `keys`."""
        items = self.items()
        for key, item in items.items():
            if key not in keys:
                raise item.wrong(f"no key '{key}'{did_you_mean(key, keys)}")
        return {key: item for key, item in items.items() if item.value is not None}

    def elements(self) -> list[DocumentValue]:
        """A list's elements."""
        if not isinstance(self.value, list):
            raise self.wrong(f"{self.name} is a list")
        return [self.child(index, value) for index, value in enumerate(self.value)]

    def text(self) -> str:
        """A text that is not blank."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        written = self.document.written.get(self.path)
        hint = f'; write "{written}" in quotes' if written else ""
        raise self.wrong(f"{self.name} is a text{hint}")

    def texts(self) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of it."""
        return tuple(item.text() for item in self.one_or_more())

    def one_or_more(self) -> list[DocumentValue]:
        """The elements; one text stands for a list of it."""
        return [self] if isinstance(self.value, str) else self.elements()

    def as_written(self) -> str:
        """Text, or a number or boolean in the very characters of the file."""
        if self.value is None or isinstance(self.value, dict | list):
            raise self.wrong(f"{self.name} is a text, a number or a boolean")
        return str(self.document.written.get(self.path, self.value))

    def written_pairs(self) -> dict[str, str]:
        """A mapping of names to values `as_written`."""
        return {key: item.as_written() for key, item in self.items().items()}

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong(f"{self.name} is true or false")
        return self.value

    def one_of(self, choice: Iterable[str]) -> str:
        """A text that is among the choice."""
        if not isinstance(self.value, str) or self.value not in choice:
            written = self.document.written.get(self.path, str(self.value))
            raise self.wrong(
                f"{self.name} is one of {', '.join(choice)}, not '{written}'{did_you_mean(written, choice)}"
            )
        return self.value

    def account(self) -> str:
        """An AWS account id, which must be quoted, because YAML reads 012345670123 as an octal number."""
        written = self.document.written.get(self.path)
        if written is not None:
            raise self.wrong(f'account {written} is read as a number: write "{written}" in quotes')
        if not isinstance(self.value, str) or not re.fullmatch(r"[0-9]{12}", self.value):
            raise self.wrong(f"an account id has 12 digits, not '{self.value}'")
        return self.value


def read_text(file: str) -> str:
    """A file's text; raises ConfigError."""
    try:
        return files.read_text(file)
    except OSError as problem:
        raise ConfigError(f"{file}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{file}: not UTF-8 text") from problem
