"""task (Taskfile.yml): commands of a task and of what it depends on. The one runner whose file needs YAML."""

from __future__ import annotations

import re

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.agents.lines.workspaces import find_upwards
from cdkguard.agents.shell.state import State, is_known, unknown
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_NAMES = ("Taskfile.yml", "taskfile.yml", "Taskfile.yaml", "taskfile.yaml", "Taskfile.dist.yml", "Taskfile.dist.yaml")
_INSERT = lazy_pattern(r"\{\{\s*(.*?)\s*\}\}")


def follow_task(session: Session, words: tuple[str, ...], state: State) -> None:
    """`task deploy STAGE=prod -- arguments`."""
    from cdkguard.agents.lines.paths import join_folder

    rest, names, given, file = list(words[1:]), [], {}, ""
    while rest:
        word = rest.pop(0)
        if word == "--":
            given["CLI_ARGS"] = " ".join(rest)
            break
        if word in ("-d", "--dir") and rest:
            state.directory = join_folder(state.directory, rest.pop(0))
        elif word in ("-t", "--taskfile") and rest:
            file = rest.pop(0)
        elif word in (
            "-l",
            "--list",
            "-a",
            "--list-all",
            "-n",
            "--dry",
            "--summary",
            "--status",
            "--help",
            "--version",
            "--init",
        ):
            return
        elif "=" in word and word[:1] != "-":
            given[word.partition("=")[0]] = word.partition("=")[2]
        elif word[:1] != "-":
            names.append(word)
    folder = "" if file else find_upwards(session, state.directory, *_NAMES)
    path = file or next(
        (f"{folder}/{name}" for name in _NAMES if folder and session.repository.is_file(name, folder)), ""
    )
    tasks = _read(session, path, state, 0) if path else {}
    if not tasks:
        return
    if folder:
        state.directory = folder
    if not all(map(is_known, names)):
        names = list(tasks)
    for name in names or ["default"]:
        _run(session, tasks, name, given, state, session.repository.relative(path, state.directory), 0)


def _read(session: Session, path: str, state: State, depth: int) -> dict[str, Any]:
    """Task -> its record, included files too: `infra:deploy`."""
    text = session.repository.read(path, state.directory)
    if text is None or depth > 3:
        return {}
    import yaml

    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        session.problems.append(f"{path} could not be read as YAML")
        return {}
    if not isinstance(document, dict) or not isinstance(document.get("tasks"), dict):
        return {}
    shared = document.get("vars") if isinstance(document.get("vars"), dict) else {}
    found = {str(name): {"vars": shared, "task": task} for name, task in document["tasks"].items()}
    includes = document.get("includes")
    for name, target in includes.items() if isinstance(includes, dict) else ():
        place = target.get("taskfile") if isinstance(target, dict) else target
        if isinstance(place, str):
            base = path.rpartition("/")[0]
            candidates = [
                f"{base}/{place}" if base else place,
                *(f"{base}/{place}/{each}" if base else f"{place}/{each}" for each in _NAMES[:4]),
            ]
            real = next((each for each in candidates if session.repository.is_file(each, state.directory)), "")
            inner = _read(session, real, state, depth + 1) if real else {}
            found.update({f"{name}:{each}": task for each, task in inner.items()})
    return found


def _run(
    session: Session, tasks: dict[str, Any], name: str, given: dict[str, str], state: State, path: str, depth: int
) -> None:
    record = tasks.get(name)
    if record is None or depth > 8:
        return
    task = record["task"]
    if isinstance(task, str | list):
        task = {"cmds": task if isinstance(task, list) else [task]}
    if not isinstance(task, dict):
        return
    variables = {**_texts(record["vars"]), **_texts(task.get("vars")), **given}
    prefix = name.rpartition(":")[0]
    for need in task.get("deps") or ():
        target = need.get("task") if isinstance(need, dict) else need
        _run(
            session,
            tasks,
            _resolve(tasks, prefix, str(target)),
            _texts(need.get("vars")) if isinstance(need, dict) else {},
            state,
            path,
            depth + 1,
        )
    inner = session.copy(state)
    for key, value in _texts(task.get("env")).items():
        inner.assign(key, _insert(value, variables))
    if isinstance(task.get("dir"), str):
        from cdkguard.agents.lines.paths import join_folder

        inner.directory = join_folder(inner.directory, _insert(task["dir"], variables))
    commands = task.get("cmds") or ([task["cmd"]] if "cmd" in task else [])
    for command in commands if isinstance(commands, list) else [commands]:
        if isinstance(command, dict) and "task" in command:
            _run(
                session,
                tasks,
                _resolve(tasks, prefix, str(command["task"])),
                {**given, **_texts(command.get("vars"))},
                state,
                path,
                depth + 1,
            )
            continue
        text = command.get("cmd") or command.get("defer") or "" if isinstance(command, dict) else command
        if isinstance(text, dict):
            text = text.get("cmd") or ""
        session.run_recipe(
            f"task {name}", f"{path}:{name}:{len(str(text))}", _insert(str(text), variables), session.copy(inner)
        )


def _resolve(tasks: dict[str, Any], prefix: str, name: str) -> str:
    if name.startswith(":"):
        return name[1:]
    return f"{prefix}:{name}" if prefix and f"{prefix}:{name}" in tasks else name


def _texts(found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        return {}
    return {
        str(key): value
        if isinstance(value, str)
        else unknown(f"{{{{.{key}}}}}")
        if isinstance(value, dict)
        else str(value)
        for key, value in found.items()
    }


def _insert(text: str, variables: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1].lstrip(".").partition(" ")[0]
        return variables.get(name, unknown(found[0]))

    made = _INSERT.sub(value, text)
    return _INSERT.sub(value, made) if "{{" in made else made
