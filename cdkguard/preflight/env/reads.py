"""What a code file says about environment variables, the same for every language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cdkguard._typing import NamedTuple


class Read(NamedTuple):
    """A variable that the code reads by its name."""

    name: str
    file: str
    line: int
    folds_case: bool = False  # whether the settings class takes the name in any case
    has_default: bool = False  # whether it is a field of a settings class that has a value without the variable
    nested: str = ""  # what separates the name from the names of parts, which may be given instead: "__"


class Unclear(NamedTuple):
    """A place where the code reads variables whose names nobody can see."""

    file: str
    line: int
    what: str  # in words, without a full stop


class Helper(NamedTuple):
    """A function that reads the variable which its caller names: `def env(name): return os.environ[name]`."""

    function: str
    position: int
    parameter: str
    is_method: bool
    file: str
    line: int


class Call(NamedTuple):
    """A call of a function by name, with what it gives as texts: position or keyword -> text."""

    function: str
    texts: dict[int | str, str]
    passed_on: dict[int | str, tuple[str, int, str]]  # -> (function, position, parameter) of the caller's own parameter
    given: frozenset[int | str]  # all positions and keywords
    file: str
    line: int


class FileReads(NamedTuple):
    """All of one file, or of many."""

    reads: Sequence[Read] = ()
    unclear: Sequence[Unclear] = ()
    helpers: Sequence[Helper] = ()
    calls: Sequence[Call] = ()


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOUTED = re.compile(r"[A-Z][A-Z0-9_]*")
_ROUNDS = 4  # helpers of helpers


def resolve_helpers(found: Iterable[FileReads]) -> FileReads:
    """The reads of all files together, with those that calls of helpers make."""
    parts = list(found)
    reads = [read for part in parts for read in part.reads]
    unclear = [one for part in parts for one in part.unclear]
    helpers = {(h.function, h.position): h for part in parts for h in part.helpers}
    calls = [call for part in parts for call in part.calls]

    fresh = dict(helpers)
    for _round in range(_ROUNDS):
        more: dict[tuple[str, int], Helper] = {}
        for helper in fresh.values():
            for call in calls:
                if call.function != helper.function:
                    continue
                key: int | str = helper.parameter if helper.parameter in call.given else helper.position
                text = call.texts.get(key)
                if text is not None:
                    if (_SHOUTED if helper.is_method else _NAME).fullmatch(text):
                        reads.append(Read(text, call.file, call.line))
                elif key in call.passed_on:
                    function, position, parameter = call.passed_on[key]
                    outer = Helper(function, position, parameter, False, call.file, call.line)
                    if (function, position) not in helpers:
                        more[function, position] = helpers[function, position] = outer
                elif key in call.given and not helper.is_method:
                    unclear.append(
                        Unclear(call.file, call.line, f"`{call.function}` is given a name that is made there")
                    )
        fresh = more
        if not fresh:
            break
    return FileReads(tuple(dict.fromkeys(reads)), tuple(dict.fromkeys(unclear)))
