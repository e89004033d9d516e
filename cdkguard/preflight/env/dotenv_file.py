"""A file such as `.env.example`: the variables that it names, and the values that look like secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard._typing import NamedTuple
from cdkguard.text import credentials
from cdkguard.text.secret_values import entropy, is_secret_text

NAMES = (".env.example", ".env.sample", ".env.template")
_ENTRY = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)\s*=(?P<value>.*)")
_COMMENTED = re.compile(r"\s*#+\s?(?:export\s+)?(?P<name>[A-Z_][A-Z0-9_]*)\s*=(?P<value>\S*)\s*\Z")
_BARE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Z][A-Z0-9_]*)\s*\Z")
# Words that a value shows where the real one is to be written.
_STANDS_IN = re.compile(
    r"change|example|placeholder|dummy|fake|sample|todo|your|secret|passw|insert|replace|xxx|test|local|dev|foo|bar|demo|default"
    r"|none|null|redacted|some|here|\.\.\.|12345|abc",
    re.IGNORECASE,
)
_URL_PASSWORD = re.compile(r"://[^\s/:@]*:(?P<password>[^\s/@]+)@(?P<host>[^\s/:?]+)")
_ENTROPY = 2.7  # bits per character; `1x00000000000000AA` is a key that only tests
_LONG = 8  # characters from which a value with letters and digits can be a secret


class Entry(NamedTuple):
    """A variable of the file."""

    name: str
    value: str
    line: int
    is_commented: bool = False  # `# NAME=`: an optional one


def read_dotenv(text: str) -> list[Entry]:
    """The entries of a dotenv file, those that are commented out included."""
    return list(_read(text.split("\n")))


def _read(lines: list[str]) -> Iterator[Entry]:
    quote = ""
    for number, line in enumerate(lines, 1):
        if quote:  # inside a value of several lines
            quote = "" if line.rstrip().endswith(quote) else quote
            continue
        if found := _COMMENTED.fullmatch(line):
            yield Entry(found["name"], _value(found["value"]), number, is_commented=True)
        elif line.lstrip().startswith("#"):
            continue
        elif found := _ENTRY.match(line):
            value = found["value"].strip()
            if value[:1] in ("'", '"', "`") and value.count(value[0]) == 1:
                quote = value[0]
            yield Entry(found["name"], _value(value), number)
        elif found := _BARE.match(line):
            yield Entry(found["name"], "", number)


def _value(text: str) -> str:
    """The value without quotes and without the comment behind it."""
    text = text.strip()
    if text[:1] in ("'", '"', "`"):
        return text[1:].partition(text[0])[0]
    return re.split(r"\s#", text, maxsplit=1)[0].strip()


def describe_secret(entry: Entry) -> str:
    """Why the value looks like a secret, in words that do not hold it; "" where it does not."""
    value = entry.value
    kind = credentials.find_credential_kind(value)
    if kind and kind.startswith("url"):
        found = _URL_PASSWORD.search(value)
        if found is None or not _may_be_secret(found["password"]) or found["host"] in ("localhost", "127.0.0.1", "db"):
            return ""
        return "an address with a password"
    if kind:
        return f"a value of the shape of a credential ({kind})" if not _is_documented(value) else ""
    if is_secret_text(entry.name, value) and _may_be_secret(value):
        return f"what looks like a secret ({len(value)} characters)"
    return ""


def _is_documented(value: str) -> bool:
    """AWS's and others' documents show keys with EXAMPLE in them."""
    return "EXAMPLE" in value.upper()


def _may_be_secret(value: str) -> bool:
    """Whether a value is more than a word that stands where the secret belongs."""
    if len(value) < _LONG or _STANDS_IN.search(value):
        return False
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and entropy(value) >= _ENTROPY
