"""A pack prepared as JSON, and the user's cache folder that keeps it.

Parsing YAML and JSONPath costs more than judging an app, so that the wheel holds the built-in packs prepared, and the
user's cache folder holds others under the hash of their files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence

from cdkguard import __version__
from cdkguard._typing import Any, Json, NamedTuple, cast
from cdkguard.model import Remedy, Rule
from cdkguard.system import files
from cdkguard.system.cache import cache_folder, make_cache_folder

_FORM = "10"  # The version of the prepared JSON's form; a part of the cache key.

# The fields by which rules are selected. The rest of a rule is read when a resource that it is about is met.
HEAD = ("id", "pack", "scope", "types", "environments", "profiles", "predicates", "on_change", "file")
_REST = tuple(field for field in Rule._fields if field not in HEAD)


class LateRule:
    """A Rule of which only the head has been read; asking for another field reads the rest.

    Reading every rule would take longer than judging a small app: see docs/speed.md.
    """

    __slots__ = (*HEAD, *_REST, "_text", "_whole")

    def __init__(self, head: Sequence[Json], text: bytes) -> None:
        self.id, self.pack, self.scope, self.types, self.environments, self.profiles = head[:6]
        self.predicates, self.on_change, self.file = head[6:]
        self._text = text
        self._whole: Rule | None = None

    def __getattr__(self, name: str) -> Any:
        """Python asks here for a slot that is empty: the first such question fills them all."""
        whole = read_whole(self)
        for field in _REST:
            setattr(self, field, getattr(whole, field))
        return getattr(whole, name)

    def __eq__(self, other: object) -> bool:
        return read_whole(self) == (read_whole(other) if isinstance(other, LateRule) else other)

    def __hash__(self) -> int:
        return hash(self.id)


def read_whole(late: LateRule) -> Rule:
    """The rule with all of its fields."""
    if late._whole is None:
        raw = json.loads(late._text)
        remedy = raw["remedy"]
        late._whole = Rule(**{**raw, "remedy": Remedy(*remedy) if remedy else None})
    return late._whole


class Prepared(NamedTuple):
    """A pack as it is stored: a line of JSON with its sets, heads and the lengths of its rules, then each rule."""

    sets: Mapping[str, list[str]]
    heads: Sequence[Sequence[Json]]
    texts: Sequence[bytes]

    def rules(self) -> Iterator[Rule]:
        """The pack's rules; each reads its own text when a field is asked for that its head does not hold."""
        for head, text in zip(self.heads, self.texts, strict=True):
            yield cast(Rule, LateRule(head, text))

    def encode(self) -> bytes:
        """The bytes that `read_prepared` reads."""
        first = [self.sets, self.heads, [len(text) for text in self.texts]]
        return b"\n".join([json.dumps(first, sort_keys=True).encode("ascii"), *self.texts])


def read_prepared(path: str) -> Prepared:
    """Read a prepared pack; raises OSError or ValueError where it is damaged."""
    return _parse(path, files.read_bytes(path))


def _parse(path: str, data: bytes) -> Prepared:
    start = data.index(b"\n")
    sets, heads, lengths = json.loads(data[:start])

    texts = []
    for length in lengths:
        texts.append(data[start + 1 : start + 1 + length])
        start += 1 + length

    if start != len(data) or len(heads) != len(texts):
        raise ValueError(f"{path}: cut short")
    return Prepared(sets, heads, texts)


def find_cache_file(texts: Mapping[str, str], sets: Mapping[str, Sequence[str]]) -> str | None:
    """The cache file of a pack made from these files and the sets of other packs; None without a cache folder."""
    folder = cache_folder("packs")
    if folder is None:
        return None

    from cdkguard.text.sha256 import digest

    key = [f"{_FORM} {__version__} {_stamp_code()}\0"]
    key += [f"{path}\0{len(text)}\0{text}" for path, text in texts.items()]
    key.append(json.dumps({k: sorted(v) for k, v in sorted(sets.items())}))
    return os.path.join(folder, digest("".join(key).encode())[:40] + ".json")


def _stamp_code() -> str:
    """A text that changes with the code that prepares rules, so that a checkout never reads a stale cache."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = [os.path.join(here, name) for name in ("packs", "language", "template")]
    return " ".join(
        str(entry.stat().st_mtime_ns) for folder in folders for entry in sorted(os.scandir(folder), key=_name)
    )


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def read_cached(path: str) -> Prepared:
    """Read a pack from the cache; raises OSError or ValueError where it is missing, or not as it was written."""
    from cdkguard.text.sha256 import digest

    expected, _, data = files.read_bytes(path).partition(b"\n")
    if expected.decode("ascii") != digest(data):
        raise ValueError(f"{path}: damaged")
    return _parse(path, data)


def write_cached(path: str, prepared: Prepared) -> None:
    """Write a pack to the cache, if the cache folder can be written."""
    from cdkguard.text.sha256 import digest

    data = prepared.encode()
    try:
        make_cache_folder(os.path.dirname(path))
        files.write(path, digest(data).encode("ascii") + b"\n" + data)
    except OSError:
        pass  # Without a cache the pack is prepared in each run: that costs time, not correctness.
