"""Programs that run a command for each of many things: xargs, parallel, find, fd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.agents.shell.state import is_known, unknown
from cdkguard.agents.wrappers.nouns import Inside

_XARGS = set(
    [
        "-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s", "-J", "-R", "--arg-file", "--delimiter", "--replace", "--max-lines",
        "--max-args", "--max-procs", "--max-chars", "--eof", "--process-slot-var",
    ]
)  # fmt: skip
_PARALLEL = set(
    [
        "-j", "--jobs", "-a", "--arg-file", "-n", "--max-args", "-N", "-L", "--max-lines", "-I", "--colsep", "-C", "-S",
        "--sshlogin", "--joblog", "--tmpdir", "--results", "--delay", "--timeout", "--retries", "--workdir", "--wd",
        "--tagstring", "--progress-bar",
    ]
)  # fmt: skip
MOST = 60  # commands of one line that are looked at one by one


def find_in_xargs(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """The command with what comes in as its last arguments, or in the place of the mark of `-I`."""
    at, mark = 1, ""
    while at < len(words) and words[at][:1] == "-":
        name, has_value, value = words[at].partition("=")
        if name in ("-I", "-J", "--replace", "-i"):
            mark = value if has_value else words[at + 1] if name in ("-I", "-J") and at + 1 < len(words) else "{}"
        elif name[:2] == "-I" and len(name) > 2:
            mark = name[2:]
        if words[at] == "--":
            at += 1
            break
        at += 2 if name in _XARGS and not has_value and name not in ("--replace", "--eof", "--max-lines") else 1
    command = list(words[at:]) or ["echo"]
    values = given.split() if given is not None and is_known(given) else [unknown("(input)")]
    if (
        given is not None
        and is_known(given)
        and any(word in ("-0", "--null", "-d", "-L", "-L1") or word[:2] == "-d" for word in words[1:at])
    ):
        values = given.splitlines()
    if mark:
        lines = given.splitlines() if given is not None and is_known(given) else values
        for line in lines[:MOST]:
            yield Inside(tuple(word.replace(mark, line.strip()) for word in command))
        if len(lines) > MOST:
            yield Inside(tuple(word.replace(mark, unknown("(input)")) for word in command))
        return
    each = _number_at_once(words[1:at]) or len(values) or 1
    for start in range(0, min(len(values), MOST * each) or 1, each):
        yield Inside((*command, *(value.strip("'\"") for value in values[start : start + each])))


def _number_at_once(options: Sequence[str]) -> int:
    """How many arguments each command gets, by `-n` and `-L`; 0 where nothing is said."""
    for option, value in zip(options, (*options[1:], ""), strict=False):
        for name in ("-n", "-L", "--max-args=", "--max-lines="):
            number = option[len(name) :] if option.startswith(name) else ""
            number = value if option == name or option == name.rstrip("=") else number
            if number.isdigit() and len(number) < 6:
                return int(number)
    return 0


def find_in_parallel(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """GNU parallel: `parallel cdk destroy ::: A B`, or whole lines."""
    at = 1
    while at < len(words) and words[at][:1] == "-" and words[at] != "--":
        at += 2 if words[at] in _PARALLEL else 1
    rest = list(words[at + (list(words[at : at + 1]) == ["--"]) :])
    cut = next((place for place, word in enumerate(rest) if word in (":::", "::::", ":::+")), None)
    command, values = (rest, None) if cut is None else (rest[:cut], rest[cut + 1 :])
    if cut is not None and rest[cut] == "::::":
        values = None
    elif values is None and given is not None and is_known(given):
        values = given.splitlines()
    for value in (values or [unknown("(input)")])[:MOST]:
        text = " ".join(command)
        yield Inside(text=text.replace("{}", value) if "{}" in text else f"{text} {value}".strip())


def find_in_parts(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`run-parts FOLDER`: each file of it."""
    for path in given.splitlines()[:MOST] if given is not None else ():
        yield Inside((path,))


def find_in_find(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`find -exec COMMAND ;` and its like, `fd -x COMMAND`."""
    starts = ("-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch")
    at = 1
    while at < len(words):
        if words[at] in starts:
            end = at + 1
            while end < len(words) and words[end] not in (";", "+"):
                end += 1
            command = tuple(words[at + 1 : end])
            paths = given.splitlines()[:MOST] if given is not None and is_known(given) else [unknown("{}")]
            if "{}" in command and words[end : end + 1] == ["+"]:
                place = command.index("{}")
                yield Inside((*command[:place], *paths, *command[place + 1 :]))
            elif command:
                for path in paths:
                    yield Inside(tuple(word.replace("{}", path) for word in command))
            at = end
        at += 1
