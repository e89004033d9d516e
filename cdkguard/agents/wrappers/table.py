"""Wrapper by name -> what it would run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cdkguard.agents.wrappers.launches import LAUNCHES, RUNNERS
from cdkguard.agents.wrappers.nouns import Inside
from cdkguard.agents.wrappers.plain import find_inside
from cdkguard.agents.wrappers.programs import INTERPRETERS, find_in_program, interpreter_of
from cdkguard.agents.wrappers.shells import POWERSHELLS, SHELLS, find_in_cmd, find_in_powershell, find_in_shell

_Finder = Callable[[Sequence[str], "str | None"], Iterable[Inside]]
_MANY = {"xargs": "find_in_xargs", "parallel": "find_in_parallel", "find": "find_in_find", "gxargs": "find_in_xargs",
         "fd": "find_in_find", "fdfind": "find_in_find", "sem": "find_in_parallel", "run-parts": "find_in_parts"}  # fmt: skip
_REMOTE = {
    **dict.fromkeys(("docker", "podman", "nerdctl", "finch", "docker-compose", "podman-compose"), "find_in_container"),
    **dict.fromkeys(("ssh", "autossh", "mosh"), "find_in_ssh"),
    **dict.fromkeys(("tmux", "screen"), "find_in_tmux"),
    **dict.fromkeys(("at", "batch", "crontab"), "find_in_timetable"),
    "script": "find_in_script",
}


def find_wrapped(name: str, words: Sequence[str], given: str | None) -> Iterator[Inside] | None:
    """What the wrapper of that name would run; None where the name is no wrapper's."""
    if name in SHELLS:
        return find_in_shell(words, given)
    if name in LAUNCHES:
        return find_inside(LAUNCHES[name], words) if name != "nix" else _find_in_nix(words)
    if name in RUNNERS:
        return _find_in_runner(name, words)
    if name in _SPECIAL:
        return iter(_SPECIAL[name](words, given))
    if name in ("awk", "gawk", "mawk", "nawk"):
        return _find_in_awk(words)
    if interpreter := interpreter_of(name):
        return find_in_program(interpreter, words, given)
    if name in POWERSHELLS:
        return find_in_powershell(words, given)
    if name == "cmd":
        return find_in_cmd(words, given)
    if name in _MANY:
        from cdkguard.agents.wrappers import many

        found: _Finder = getattr(many, _MANY[name])
        return iter(found(words, given))
    if name in _REMOTE:
        from cdkguard.agents.wrappers import remote

        finder: _Finder = getattr(remote, _REMOTE[name])
        return iter(finder((name, *words[1:]), given))
    return None


def is_wrapper(name: str) -> bool:
    """Whether a program of that name runs others; `.` aside, which is a folder more often."""
    known = (SHELLS, LAUNCHES, RUNNERS, _SPECIAL, _MANY, _REMOTE, POWERSHELLS, ("cmd", "make", "just", "task"))
    return name != "." and (any(name in names for names in known) or interpreter_of(name) is not None)


def _find_in_runner(name: str, words: Sequence[str]) -> Iterator[Inside]:
    """npx and its like: the package's name stands for its binary; `-m` of uv and pdm is Python's."""
    if name == "uv" and tuple(words[1:3]) == ("tool", "run"):
        name, words = "uvx", words[2:]
    for inside in find_inside(RUNNERS[name], words):
        if inside.words:
            first = inside.words[0]
            if first[:1] == "@" and "/" in first:
                first = first[0] + first[1:].partition("@")[0]
            elif "@" in first[1:]:
                first = first.partition("@")[0]
            if name == "uv" and first.endswith(".py"):
                inside = inside._replace(words=("python", first, *inside.words[1:]))
            else:
                inside = inside._replace(words=(first, *inside.words[1:]))
        yield inside
    if name in ("uv", "pdm", "rye") and "run" in words:
        for option in ("-m", "--module"):
            if option in words:
                yield Inside(("python", "-m", *words[words.index(option) + 1 :]))


def _find_in_awk(words: Sequence[str]) -> Iterator[Inside]:
    at = 1
    while at < len(words) and words[at][:1] == "-" and words[at] != "--":
        if words[at] in ("-f", "--file") and at + 1 < len(words):
            yield Inside(script=words[at + 1], language="awk")
            return
        at += 2 if words[at] in ("-v", "-F", "-i") else 1
    at += words[at : at + 1] == ["--"] or words[at : at + 1] == ("--",)
    if at < len(words):
        yield Inside(code=words[at], language="awk")


def _find_in_nix(words: Sequence[str]) -> Iterator[Inside]:
    for option in ("-c", "--command"):
        if option in words and (command := tuple(words[words.index(option) + 1 :])):
            yield Inside(command)
    if list(words[1:2]) == ["run"] and "--" in words:
        package = next((word.rpartition("#")[2] for word in words[2:] if word[:1] != "-"), "")
        yield Inside((package, *words[words.index("--") + 1 :]))


def _find_in_env(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`env NAME=VALUE COMMAND`, and `env -S 'COMMAND ARGUMENTS'`."""
    from cdkguard.agents.wrappers.nouns import Launch

    launch = Launch(
        "-u -C --unset --chdir -P", takes_variables=True, folder="-C --chdir", text_options="-S --split-string"
    )
    yield from find_inside(launch, words)


def _find_in_eval(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    yield Inside(text=" ".join(words[1:]), is_same_shell=True)


def _find_in_source(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    if len(words) > 1:
        yield Inside(script=words[1], arguments=tuple(words[2:]), is_same_shell=True)


def _find_in_trap(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    if len(words) > 2 and words[1] not in ("-", "", "-p", "-l"):
        yield Inside(text=words[1] if words[1] != "--" else words[2])


def _find_in_command(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`command cdk`; `command -v cdk` only asks where it is."""
    rest = list(words[1:])
    while rest and rest[0][:1] == "-":
        if set(rest[0]) & {"v", "V"}:
            return
        del rest[0]
    if rest:
        yield Inside(tuple(rest))


def _find_in_nodemon(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`nodemon --exec TEXT`, `chokidar -c TEXT`, `concurrently TEXT TEXT`, `wsrun`."""
    if words[0].endswith("concurrently"):
        for word in words[1:]:
            if word[:1] != "-":
                yield Inside(text=word)
        return
    for option in ("--exec", "-x", "-c", "--command"):
        if option in words[:-1]:
            yield Inside(text=words[list(words).index(option) + 1])
    if words[0].endswith("nodemon") and len(words) > 1 and words[1][:1] != "-":
        yield Inside(script=words[1], language="javascript")


def _find_in_node(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`node --run NAME` runs a script of package.json as npm does; else node is an interpreter."""
    for at, word in enumerate(words[1:], 1):
        if word[:1] != "-":
            break
        if word == "--run" or word.startswith("--run="):
            name = word[6:] or "".join(words[at + 1 : at + 2])
            rest = [each for each in words[at + 1 + (word == "--run") :] if each != "--"]
            yield Inside(("npm", "run", name, *rest))
            return
    yield from find_in_program(INTERPRETERS["node"], words, given)


def _find_in_ni(words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """`nr NAME` and `nlx PACKAGE` of ni."""
    if len(words) > 1:
        yield Inside(("npm", "run", *words[1:]) if words[0] == "nr" else ("npx", *words[1:]))


_SPECIAL: dict[str, _Finder] = {
    "node": _find_in_node,
    "nr": _find_in_ni,
    "nlx": _find_in_ni,
    "env": _find_in_env,
    "genv": _find_in_env,
    "eval": _find_in_eval,
    "source": _find_in_source,
    ".": _find_in_source,
    "trap": _find_in_trap,
    "command": _find_in_command,
    "nodemon": _find_in_nodemon,
    "chokidar": _find_in_nodemon,
    "concurrently": _find_in_nodemon,
}
