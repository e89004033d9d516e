"""The command that runs a project's tests, where the project plainly has one."""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigParserError

from cdkguard._typing import NamedTuple
from cdkguard.config.find import repository_root
from cdkguard.config.preflight import ShellCommand
from cdkguard.system import files

_PLACEHOLDER = re.compile(r"no test specified")  # what `npm init` writes, which fails
# A lock file says which program runs the scripts of a package.json.
_MANAGERS = (
    ("pnpm-lock.yaml", "pnpm test"),
    ("yarn.lock", "yarn test"),
    ("bun.lock", "bun run test"),
    ("bun.lockb", "bun run test"),
    ("package-lock.json", "npm test"),
)
# A folder with one of these is a project by itself: the tests of the folders above it are those of something else.
_PROJECT = (
    "package.json", "pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "Pipfile", "go.mod", "pom.xml",
    "build.gradle", "build.gradle.kts",
)  # fmt: skip
_ENVIRONMENTS = ("bin/python", "Scripts/python.exe")


class FoundCommand(NamedTuple):
    """A command with the place that names it."""

    command: ShellCommand
    origin: str


def find_test_commands(directory: str) -> Iterator[FoundCommand]:
    """The commands of the nearest folder that is a project, from the app's upwards to the repository's root."""
    for folder in _folders(directory):
        found = [command for command in (_find_npm(folder), _find_pytest(folder)) if command is not None]
        yield from found
        if found or any(files.exists(os.path.join(folder, name)) for name in _PROJECT):
            return


def _folders(directory: str) -> list[str]:
    folder, root = os.path.abspath(directory), repository_root(directory)
    folders = [folder]
    while folder != root and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        folders.append(folder)
    return [os.path.relpath(each) for each in folders]


def _find_npm(folder: str) -> FoundCommand | None:
    path = os.path.join(folder, "package.json")
    if not files.is_file(path):
        return None
    try:
        data = json.loads(files.read_text(path))
    except ValueError:
        return None
    scripts = data.get("scripts") if isinstance(data, dict) else None
    test = scripts.get("test") if isinstance(scripts, dict) else None
    if not isinstance(test, str) or not test.strip() or _PLACEHOLDER.search(test):
        return None
    return FoundCommand(ShellCommand(_manager(folder), folder), "`test` in package.json")


def _manager(folder: str) -> str:
    for above in _folders(folder):
        for lock, command in _MANAGERS:
            if files.is_file(os.path.join(above, lock)):
                return command
    return "npm test"


def _find_pytest(folder: str) -> FoundCommand | None:
    origin = _pytest_settings(folder)
    if not origin:
        return None
    return FoundCommand(ShellCommand(f"{_python(folder)} -m pytest -q", folder), origin)


def _pytest_settings(folder: str) -> str:
    """The file that configures pytest; "" where none does."""
    for name in ("pytest.ini", ".pytest.ini"):
        if files.is_file(os.path.join(folder, name)):
            return name
    project = os.path.join(folder, "pyproject.toml")
    if files.is_file(project):
        try:
            tool = tomllib.loads(files.read_text(project)).get("tool")
        except (ValueError, RecursionError):
            tool = None
        if isinstance(tool, dict) and "pytest" in tool:
            return "pyproject.toml"
    for name, section in (("setup.cfg", "tool:pytest"), ("tox.ini", "pytest")):
        path = os.path.join(folder, name)
        if files.is_file(path):
            parser = ConfigParser(interpolation=None)
            try:
                parser.read_string(files.read_text(path))
            except (ConfigParserError, ValueError):
                continue
            if parser.has_section(section):
                return name
    return ""


def _python(folder: str) -> str:
    """The Python that has the project's packages, as the shell is given it in that folder."""
    for name in (".venv", "venv"):
        for program in _ENVIRONMENTS:
            if os.path.exists(os.path.join(folder, name, program)):
                return f"{name}/{program}"
    own = os.environ.get("VIRTUAL_ENV", "")
    for program in _ENVIRONMENTS:
        if own and os.path.exists(os.path.join(own, program)):
            return shlex.quote(os.path.join(own, program))
    for lock, prefix in (("uv.lock", "uv run python"), ("poetry.lock", "poetry run python")):
        if files.is_file(os.path.join(folder, lock)):
            return prefix
    return "python3" if os.name != "nt" else "python"
