"""Services of docker compose: what their entry points and commands run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.agents.lines.hidden import find_named_tool
from cdkguard.agents.lines.workspaces import find_upwards
from cdkguard.agents.shell.state import State

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_VALUED = set(
    [
        "-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory", "--ansi", "--progress",
        "--parallel", "-e", "--env", "-l", "--label", "--name", "-u", "--user", "-v", "--volume", "-w", "--workdir", "--entrypoint",
        "--scale", "--timeout", "-t", "--exit-code-from", "--attach", "--no-attach", "--pull", "--publish", "--wait-timeout",
    ]
)  # fmt: skip
_STARTS = ("up", "run", "start", "create", "restart", "watch")


def follow_compose(session: Session, words: tuple[str, ...], state: State) -> None:
    """`docker compose up SERVICE`, `docker compose run SERVICE ARGUMENTS`."""
    rest = list(words[1:])
    if not words[0].endswith("-compose"):
        if "compose" not in rest:
            return
        rest = rest[rest.index("compose") + 1 :]
    files: list[str] = []
    plain: list[str] = []
    entry = ""
    while rest and not (plain[:1] == ["run"] and len(plain) > 1):
        word = rest.pop(0)
        name, has_value, value = word.partition("=")
        if word[:1] != "-":
            plain.append(word)
        elif name in _VALUED and not (plain and name in ("-f", "-t", "-p")):
            value = value if has_value else rest.pop(0) if rest else ""
            files += [value] if name in ("-f", "--file") else []
            entry = value if name == "--entrypoint" else entry
    if plain[:1] == [] or plain[0] not in _STARTS:
        return
    services = _read_services(session, files, state)
    names = plain[1:] or [name for name, one in services.items() if not one.get("profiles")]
    if plain[0] == "run":
        _run_service(session, services, names[:1], tuple(rest), entry, state)
    else:
        _run_service(session, services, names, (), "", state)


def _read_services(session: Session, files: list[str], state: State) -> dict[str, dict[str, Any]]:
    folder = "" if files else find_upwards(session, state.directory, *_NAMES)
    paths = files or [f"{folder}/{name}" for name in _NAMES if folder and session.repository.is_file(name, folder)][:1]
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        text = session.read_input(path, state)
        if not text or not any(word in text for word in ("command", "entrypoint", "image")):
            continue
        import yaml

        try:
            document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except (yaml.YAMLError, ValueError, RecursionError):
            if find_named_tool(text):
                session.problems.append(f"{path} could not be read as YAML")
            continue
        services = document.get("services") if isinstance(document, dict) else None
        for name, one in services.items() if isinstance(services, dict) else ():
            if isinstance(one, dict):
                found[str(name)] = {**found.get(str(name), {}), **one}
    return found


def _run_service(
    session: Session,
    services: Mapping[str, dict[str, Any]],
    names: list[str],
    arguments: tuple[str, ...],
    entry: str,
    state: State,
) -> None:
    waiting, done = list(names), set()
    while waiting:
        name = waiting.pop(0)
        one = services.get(name)
        if one is None or name in done:
            continue
        done.add(name)
        depends = one.get("depends_on")
        waiting += [each for each in depends if isinstance(each, str)] if isinstance(depends, list | dict) else []
        is_named = name in names
        words = (*_words_of(entry if entry and is_named else one.get("entrypoint")),
                 *(arguments if arguments and is_named else _words_of(one.get("command"))))  # fmt: skip
        image = str(one.get("image") or "").rpartition("/")[2].partition(":")[0]
        with session.inside(f"docker compose {name}", f"docker compose {name}") as is_open:
            if is_open and words:
                session.run_words(words, session.copy(state), _variables_of(one), None, is_inside=True)
            if is_open and image and not one.get("entrypoint") and not (entry and is_named):
                session.run_words(("docker", "run", image, *words), session.copy(state), _variables_of(one), None, True)


def _words_of(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(each) for each in value if isinstance(each, str | int | float))
    if not isinstance(value, str):
        return ()
    try:
        return tuple(shlex.split(value))
    except ValueError:
        return tuple(value.split())


def _variables_of(one: Mapping[str, Any]) -> dict[str, str]:
    given = one.get("environment")
    if isinstance(given, dict):
        return {str(name): str(value) for name, value in given.items() if isinstance(value, str | int | float)}
    pairs = [each.partition("=") for each in given if isinstance(each, str)] if isinstance(given, list) else []
    return {name: value for name, sign, value in pairs if sign}
