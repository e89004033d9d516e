"""Commands of the shell itself that change what comes behind them: cd, export, set, alias and their like."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.switches import read_variables
from cdkguard.agents.shell.expand import BLANK, split_fields
from cdkguard.agents.shell.state import State, is_known, unknown

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_FOLDERS = {"cd", "chdir", "pushd", "popd", "set-location", "sl", "push-location", "pop-location"}
_DECLARES = {"export", "declare", "typeset", "local", "readonly", "set", "setenv", "set-variable"}
BUILTINS = frozenset(
    _FOLDERS
    | _DECLARES
    | {
        "unset", "alias", "unalias", "shift", "read", "readarray", "mapfile", "getopts", ":", "[", "[[", "test", "true",
        "false", "printf",
    }
) - {"printf"}  # fmt: skip


def run_builtin(session: Session, words: tuple[str, ...], state: State, given: str | None) -> str | None:
    """Carry the command out on the state; none of them prints anything that is asked for here."""
    name, rest = words[0], words[1:]
    if name in _FOLDERS:
        _change_folder(name, rest, state)
    elif name in _DECLARES:
        _declare(session, name, rest, state)
    elif name == "unset":
        for each in rest:
            state.variables.pop(each, None)
            state.functions.pop(each, None)
            if each.upper().startswith("CDKGUARD_"):
                session.actions += read_variables(session.make_call(words, state, {}, None), {each: ""})
    elif name == "alias":
        for each in rest:
            key, has_value, value = each.partition("=")
            if has_value:
                state.aliases[key] = value
    elif name == "unalias":
        for each in rest:
            state.aliases.pop(each, None)
    elif name == "shift" and state.arguments is not None:
        count = int(rest[0]) if rest and rest[0].isdigit() else 1
        state.arguments = state.arguments[count:]
    elif name in ("read", "readarray", "mapfile"):
        _read(session, name, rest, state, given)
    return ""


def _change_folder(name: str, rest: tuple[str, ...], state: State) -> None:
    from cdkguard.agents.lines.paths import join_folder

    paths = [word for word in rest if word[:1] != "-" or word == "-"]
    if name in ("popd", "pop-location"):
        state.directory = state.folders.pop() if state.folders else ""
        return
    if name in ("pushd", "push-location"):
        state.folders.append(state.directory)
    if not paths:
        home = state.variables.get("HOME")
        state.directory = home if isinstance(home, str) and is_known(home) else ""
    elif paths[-1] == "-":
        state.directory = ""
    else:
        path, home = paths[-1], state.variables.get("HOME")
        if path[:1] == "~" and path[1:2] in ("", "/") and isinstance(home, str):
            path = home + path[1:]
        state.directory = join_folder(state.directory, path)


def _declare(session: Session, name: str, rest: tuple[str, ...], state: State) -> None:
    if name == "set":
        if rest[:1] == ("--",):
            state.arguments = rest[1:]
        elif rest and rest[0][:1] not in "-+":
            state.arguments = rest
        return
    if name == "setenv" and len(rest) == 2:
        rest = (f"{rest[0]}={rest[1]}",)
    for each in rest:
        key, has_value, value = each.partition("=")
        if has_value and key.removesuffix("+").isidentifier():
            key = key.removesuffix("+")
            state.assign(key, value)
            session.actions += read_variables(session.make_call((name, *rest), state, {}, None), {key: value})
        elif key.isidentifier() and name == "export":
            value_before = state.variables.get(key)
            if value_before is not None:
                state.assign(key, value_before)


def _read(session: Session, command: str, rest: tuple[str, ...], state: State, given: str | None) -> None:
    """`read NAME NAME`: the words of the input's only line, where it is known; of several, each may be the one."""
    names = [word for word in rest if word.isidentifier()]
    if given is not None and command != "read":
        state.variables[names[-1] if names else "MAPFILE"] = tuple(given.splitlines())
        return
    if given is not None and len(given.strip("\n").splitlines()) > 1 and len(names) == 1:
        session.perhaps[f"${names[0]}"] = given
        given = None
    if given is not None and "-r" not in rest:
        given = given.replace("\\\n", "").replace("\\", "")
    words = split_fields(given.split("\n")[0], BLANK) if given is not None else None
    if words is not None and len(words) > len(names) > 0:
        words = [*words[: len(names) - 1], " ".join(words[len(names) - 1 :])]
    for at, name in enumerate(names):
        if words is None:
            state.variables[name] = unknown(f"${name}")
        else:
            state.variables[name] = words[at] if at < len(words) else ""
