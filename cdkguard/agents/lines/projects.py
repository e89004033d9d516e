"""Scripts of Python's project tools, mise, composer, deno, rake and invoke."""

from __future__ import annotations

import json
import re

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.agents.lines.workspaces import find_upwards
from cdkguard.agents.shell.state import State, is_known

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

# Tool -> the tables in which its tasks stand, by file.
_TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    "poe": (("pyproject.toml", "tool.poe.tasks"), ("poe_tasks.toml", "tasks"), ("poe_tasks.toml", "tool.poe.tasks")),
    "pdm": (("pyproject.toml", "tool.pdm.scripts"),),
    "hatch": (("pyproject.toml", "tool.hatch.envs"), ("hatch.toml", "envs")),
    "rye": (("pyproject.toml", "tool.rye.scripts"),),
    "pixi": (("pyproject.toml", "tool.pixi.tasks"), ("pixi.toml", "tasks")),
    "pipenv": (("Pipfile", "scripts"),),
    "taskipy": (("pyproject.toml", "tool.taskipy.tasks"),),
    "mise": (
        ("mise.toml", "tasks"),
        (".mise.toml", "tasks"),
        ("mise/config.toml", "tasks"),
        (".config/mise.toml", "tasks"),
    ),
    "tox": (("tox.toml", "env"),),
}
_TABLES["rtx"] = _TABLES["mise"]
_VALUED = {
    "-C", "--directory", "-p", "--project", "-e", "--env", "--root", "--cd", "-n", "--venv", "-f", "--file", "-s",
    "--session", "-c", "--collection", "-r",
}  # fmt: skip
_RUN = {"run", "r", "task"}


def follow_project(session: Session, words: tuple[str, ...], state: State) -> None:
    """`poe deploy`, `pdm run deploy`, `hatch run prod:deploy`, `mise run deploy`, `inv deploy`."""
    tool, rest = words[0], _skip_options(words[1:])
    if tool in ("invoke", "inv", "nox"):
        _follow_code(session, ("tasks.py",) if tool != "nox" else ("noxfile.py",), "python", state, " ".join(words))
        return
    if tool in _TABLES and tool not in ("poe", "taskipy") and rest[:1] and rest[0] in _RUN:
        rest = _skip_options(tuple(rest[1:]))
    elif tool not in ("poe", "taskipy", "pdm", "mise", "rtx"):
        return
    if tool in ("mise", "rtx") and words[1:2] in (("exec",), ("x",)):
        return
    if not rest:
        return
    name, arguments = rest[0], rest[1:]
    for file, table in _TABLES.get(tool, ()):
        folder = find_upwards(session, state.directory, file)
        text = session.repository.read(file, folder) if folder else None
        tasks = _read_table(session, text, table, file) if text else {}
        if tool == "hatch":
            name, tasks = _of_hatch(name, tasks)
        names = [name] if is_known(name) else list(tasks)
        for each in names:
            if each in tasks:
                state.directory = folder
                _run(session, tasks, each, arguments, state, file, tool, 0)
    if tool in ("mise", "rtx") and is_known(name):
        for folder in ("mise-tasks", ".mise-tasks", "mise/tasks", ".mise/tasks", ".config/mise/tasks"):
            path = f"{folder}/{name.replace(':', '/')}"
            if session.repository.is_file(path, state.directory):
                from cdkguard.agents.lines.programs import run_file

                run_file(session, path, tuple(arguments), state, None)


def follow_composer(session: Session, words: tuple[str, ...], state: State) -> None:
    """`composer run deploy`, `composer deploy`."""
    rest = _skip_options(words[1:])
    if rest[:1] and rest[0] in ("run", "run-script"):
        rest = _skip_options(tuple(rest[1:]))
    folder = find_upwards(session, state.directory, "composer.json")
    scripts = _read_json(session, folder, "composer.json").get("scripts")
    if rest and isinstance(scripts, dict):
        _run(session, scripts, rest[0], rest[1:], state, "composer.json", "composer", 0)


def follow_deno(session: Session, words: tuple[str, ...], state: State) -> None:
    """`deno task deploy`."""
    if words[1:2] != ("task",):
        return
    rest = _skip_options(words[2:])
    for file in ("deno.json", "deno.jsonc", "package.json"):
        folder = find_upwards(session, state.directory, file)
        document = _read_json(session, folder, file)
        tasks = document.get("scripts" if file == "package.json" else "tasks")
        if rest and isinstance(tasks, dict):
            state.directory = folder
            _run(session, tasks, rest[0], rest[1:], state, file, "deno", 0)


def follow_rake(session: Session, words: tuple[str, ...], state: State) -> None:
    """`rake deploy`: the Rakefile is searched for calls, whichever task they stand in."""
    _follow_code(session, ("Rakefile", "rakefile", "Rakefile.rb"), "ruby", state, " ".join(words))


def _follow_code(session: Session, names: tuple[str, ...], language: str, state: State, label: str) -> None:
    folder = find_upwards(session, state.directory, *names)
    for name in names:
        text = session.repository.read(name, folder) if folder else None
        if text:
            from cdkguard.agents.lines.programs import run_recipe_of_code

            state.directory = folder
            run_recipe_of_code(session, name, text, language, state)
            return


def _run(
    session: Session,
    tasks: dict[str, Any],
    name: str,
    arguments: list[str],
    state: State,
    file: str,
    tool: str,
    depth: int,
) -> None:
    """One task: a text, a list of them, or a table that says which."""
    from cdkguard.agents.lines.paths import as_text, join_folder

    task = tasks.get(name)
    if task is None or depth > 6:
        return
    inner = session.copy(state)
    if isinstance(task, dict):
        for key in ("deps", "depends", "depends_on", "depends-on", "dependencies"):
            for need in task.get(key) or () if isinstance(task.get(key), list) else ():
                if isinstance(need, str):
                    _run(session, tasks, need.split()[0], [], state, file, tool, depth + 1)
        environment = task.get("env")
        for key, value in environment.items() if isinstance(environment, dict) else ():
            inner.assign(str(key), str(value))
        folder = task.get("cwd") or task.get("working_dir") or task.get("dir")
        if isinstance(folder, str):
            inner.directory = join_folder(inner.directory, folder)
    for text, is_name in _texts_of(task, tool):
        first = text.split()[0] if text.split() else ""
        if (
            (is_name or first.lstrip("@") in tasks)
            and first.lstrip("@") != name
            and (is_name or text[:1] == "@" or tool == "hatch")
        ):
            _run(session, tasks, first.lstrip("@"), [], state, file, tool, depth + 1)
            continue
        whole = f"{text} {as_text(tuple(arguments))}".strip() if arguments else text
        whole = re.sub(r"\{args(?::[^}]*)?\}", "", whole)
        place = f"{file}:{name}:{depth}:{len(text)}"
        session.run_recipe(f"{tool} {name}", place, whole, session.copy(inner))


def _texts_of(task: Any, tool: str) -> list[tuple[str, bool]]:
    """[(text, whether it is another task's name)]."""
    if isinstance(task, str):
        return [(task, False)]
    if isinstance(task, list):
        if tool == "pdm" and all(isinstance(each, str) for each in task):
            return [(" ".join(task), False)]
        if tool == "poe":
            return [
                found for each in task for found in ([(each, True)] if isinstance(each, str) else _texts_of(each, tool))
            ]
        return [found for each in task for found in (_texts_of(each, tool) if isinstance(each, str | dict) else [])]
    if not isinstance(task, dict):
        return []
    found: list[tuple[str, bool]] = []
    for key in (
        "cmd",
        "shell",
        "run",
        "command",
        "task",
        "script",
        "chain",
        "sequence",
        "composite",
        "pre",
        "post",
        "ref",
    ):
        value = task.get(key)
        if isinstance(value, str):
            found.append((value, key == "ref"))
        elif isinstance(value, list):
            if key == "cmd" and all(isinstance(each, str) for each in value) and tool in ("pdm", "rye"):
                found.append((" ".join(value), False))
            else:
                for each in value:
                    found += (
                        [(each, key in ("sequence", "composite"))] if isinstance(each, str) else _texts_of(each, tool)
                    )
    return found


def _of_hatch(name: str, environments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """`prod:deploy` -> (deploy, the scripts of prod)."""
    environment, has_colon, script = name.partition(":")
    if not has_colon:
        environment, script = "default", name
    one = environments.get(environment)
    scripts = one.get("scripts") if isinstance(one, dict) else None
    return script, scripts if isinstance(scripts, dict) else {}


def _read_table(session: Session, text: str, table: str, file: str) -> dict[str, Any]:
    import tomllib

    try:
        found: Any = tomllib.loads(text)
    except (ValueError, RecursionError):
        session.problems.append(f"{file} could not be read as TOML")
        return {}
    for key in table.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _read_json(session: Session, folder: str, file: str) -> dict[str, Any]:
    text = session.repository.read(file, folder) if folder else None
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _skip_options(words: tuple[str, ...]) -> list[str]:
    rest = list(words)
    while rest and rest[0][:1] == "-":
        name = rest.pop(0)
        if name in _VALUED and rest:
            rest.pop(0)
    return rest
