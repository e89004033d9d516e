"""A pack prepared as JSON, and the user's cache folder that keeps it.

Parsing YAML and JSONPath costs more than judging an app, so that the wheel holds the built-in packs prepared (shipped.py),
and the user's cache folder holds others under the hash of their files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence

from cdkguard import __version__
from cdkguard._typing import Any, Json, NamedTuple, cast
from cdkguard.model import Remedy, Rule, RuleInfo
from cdkguard.system import files

_FORM = "12"  # The version of the prepared JSON's form; a part of the cache key.

# The fields by which rules are selected. The rest of a rule is read when a resource that it is about is met.
HEAD = ("id", "pack", "scope", "types", "environments", "profiles", "predicates", "on_change", "file")
_REST = tuple(field for field in Rule._fields if field not in HEAD)


class Lines:
    """The lines of a prepared pack: each rule as JSON, then the entry of each in a JSON report.

    `ends` are the places of their line breaks; a line is cut out when it is asked for, since a run asks for few.
    """

    def __init__(self, data: bytes, ends: Sequence[int]) -> None:
        self.data, self.ends = data, ends
        if not ends or ends[-1] != len(data) or len(ends) % 2:
            raise ValueError("a prepared pack is cut short")

    def rule(self, at: int) -> bytes:
        """The rule of that number."""
        start = self.ends[at - 1] + 1 if at else 0
        return self.data[start : self.ends[at]]

    def entry(self, at: int) -> bytes:
        """The entry of the rule of that number."""
        return self.rule(len(self.ends) // 2 + at)


class LateRule:
    """A Rule of which only the head has been read; asking for another field reads the rest.

    Reading every rule would take longer than judging a small app: see docs/speed.md.
    """

    __slots__ = (*HEAD, *_REST, "_lines", "_at", "_whole")

    def __init__(self, head: Sequence[Json], lines: Lines, at: int) -> None:
        (self.id, self.pack, self.scope, self.types, self.environments, self.profiles) = head[:6]
        (self.predicates, self.on_change, self.file) = head[6:]
        self._lines, self._at = lines, at
        self._whole: Rule | None = None

    @property
    def report_entry(self) -> bytes:
        """What the JSON report says of the rule: reading all rules for it took 7 ms."""
        return self._lines.entry(self._at)

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
        late._whole = rule_of(late._lines.rule(late._at))
    return late._whole


def rule_of(text: bytes) -> Rule:
    """The rule that a prepared pack holds as JSON."""
    raw = json.loads(text)
    remedy = raw["remedy"]
    return Rule(**{**raw, "remedy": Remedy(*remedy) if remedy else None})


def describe_rule(rule: Rule) -> RuleInfo:
    """The rule as a report describes it."""
    return RuleInfo(rule.id, rule.title, rule.severity, rule.pack, rule.why, rule.remedy, rule.references, rule.problem)


class Prepared(NamedTuple):
    """A pack that is prepared: the head of each rule, and the lines that hold the rest."""

    sets: Mapping[str, Sequence[str]]
    heads: Sequence[Sequence[Json]]
    lines: Lines

    def rules(self) -> Iterator[Rule]:
        """The pack's rules; each reads its own line when a field is asked for that its head does not hold."""
        lines = self.lines
        for at, head in enumerate(self.heads):
            yield cast(Rule, LateRule(head, lines, at))


def join_lines(rules: Sequence[bytes], entries: Sequence[bytes]) -> tuple[bytes, list[int]]:
    """The lines of a pack, and where each ends."""
    ends, at = [], -1
    for line in (*rules, *entries):
        at += 1 + len(line)
        ends.append(at)
    return b"\n".join([*rules, *entries]), ends


def _encode(prepared: Prepared) -> bytes:
    """The bytes that `_parse` reads: a line with the sets, the heads and where the others end, then the others."""
    data, ends = prepared.lines.data, prepared.lines.ends
    return json.dumps([prepared.sets, prepared.heads, ends], sort_keys=True).encode("ascii") + b"\n" + data


def _parse(data: bytes) -> Prepared:
    first, _, rest = data.partition(b"\n")
    sets, heads, ends = json.loads(first)
    return Prepared(sets, heads, Lines(rest, ends))


def find_cache_file(texts: Mapping[str, str], sets: Mapping[str, Sequence[str]]) -> str | None:
    """The cache file of a pack made from these files and the sets of other packs; None without a cache folder."""
    from cdkguard.system.cache import cache_folder

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
    return _parse(data)


def write_cached(path: str, prepared: Prepared) -> None:
    """Write a pack to the cache, if the cache folder can be written."""
    from cdkguard.system.cache import make_cache_folder
    from cdkguard.text.sha256 import digest

    data = _encode(prepared)
    try:
        make_cache_folder(os.path.dirname(path))
        files.write(path, digest(data).encode("ascii") + b"\n" + data)
    except OSError:
        pass  # Without a cache the pack is prepared in each run: that costs time, not correctness.
