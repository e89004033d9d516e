"""Runners of scripts, by name -> the module that reads what they would run; and files of the repository as commands."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.shell.state import State, is_known

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_RUNNERS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("npm", "pnpm", "yarn", "yarnpkg", "bun"), ("packages", "follow_manager")),
    **dict.fromkeys(("npm-run-all", "run-s", "run-p", "run-s2", "npm-run-all2"), ("packages", "follow_run_all")),
    **dict.fromkeys(("turbo", "lerna", "nx", "rush", "rushx", "wireit", "wsrun", "ultra"), ("monorepos", "follow_monorepo")),
    **dict.fromkeys(("make", "gmake", "gnumake", "remake", "mingw32-make"), ("makefiles", "follow_make")),
    "just": ("justfiles", "follow_just"),
    **dict.fromkeys(("task", "go-task"), ("taskfiles", "follow_task")),
    **dict.fromkeys(("poe", "pdm", "hatch", "pipenv", "rye", "pixi", "poetry", "uv", "mise", "rtx", "taskipy", "invoke", "inv", "nox", "tox"), ("projects", "follow_project")),
    **dict.fromkeys(("docker", "docker-compose", "podman", "podman-compose", "nerdctl"), ("compose", "follow_compose")),
    **dict.fromkeys(
        ("cmake", "ninja", "samu", "meson", "gradle", "gulp", "gulp-cli", "grunt", "grunt-cli", "jake", "ant", "scons", "doit", "earthly", "mage"),
        ("targets", "follow_target"),
    ),
    "go": ("compiled", "follow_go"),
    "composer": ("projects", "follow_composer"),
    "deno": ("projects", "follow_deno"),
    "rake": ("projects", "follow_rake"),
}  # fmt: skip
_ALSO = ("docker", "podman", "nerdctl", "docker-compose", "podman-compose", "go", "cmake")  # they do much else


def follow(
    session: Session, name: str, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
) -> bool:
    """Follow a command into what it runs; whether it is a runner, or a file that was read."""
    if name in _RUNNERS:
        module, function = _RUNNERS[name]
        inner = session.copy(state)
        for key, value in variables.items():
            inner.assign(key, value)
        session.given = given
        getattr(import_module(f"cdkguard.agents.lines.{module}"), function)(session, (name, *words[1:]), inner)
        return name not in _ALSO
    if "/" not in words[0] and "\\" not in words[0]:
        return False
    if not is_known(words[0]):
        return False
    path = words[0].replace("\\", "/")
    from cdkguard.agents.lines.programs import run_file

    inner = session.copy(state)
    for key, value in variables.items():
        inner.assign(key, value)
    return run_file(session, path, words[1:], inner, given)
