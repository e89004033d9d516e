"""A CDK app: its command, settings and context, from cdk.json and the files beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.errors import ConfigError, InputError
from cdkguard.system import files

_SHOWN = 5  # apps that a message lists
_LEVELS, _MOST_FOLDERS = 4, 500  # how deep, and at how many folders of a level, apps are looked for below a folder


class App(NamedTuple):
    """A CDK app, as cdk.json and the command line describe it."""

    command: str
    directory: str
    context: Mapping[str, Json]
    build: str | None = None
    settings: Mapping[str, Json] = {}


def find_app(directory: str, app: str | None, context: Mapping[str, str]) -> App:
    """The app of a folder, by cdk.json, ~/.cdk.json, cdk.context.json and the command line.

    `app` and `context` are those of --app and -c, which win. Raises InputError or ConfigError.
    https://docs.aws.amazon.com/cdk/v2/guide/context.html
    """
    if not files.is_folder(directory):
        raise InputError(f"{directory}: no such folder")

    file = os.path.normpath(os.path.join(directory, "cdk.json"))
    user, project = read_json_settings(os.path.expanduser("~/.cdk.json")), read_json_settings(file)
    if "build" in user:
        raise ConfigError("~/.cdk.json: 'build' belongs into a project's cdk.json")
    if app is None and not files.is_file(file):
        raise InputError(
            f"no cdk.json in {os.path.abspath(directory)}: name the app's folder, an assembly, templates or --app"
            + _tell_apps_below(directory)
        )

    settings = {**user, **project}
    command = app if app is not None else settings.get("app")
    if isinstance(command, list):
        command = " ".join(str(part) for part in command)
    if not isinstance(command, str) or not command.strip():
        raise InputError(f"{file}: has no 'app' command; add one or use --app")

    merged: dict[str, Json] = {}
    own, users = _context_of(project, file), _context_of(user, "~/.cdk.json")
    for source in (users, read_json_settings(os.path.join(directory, "cdk.context.json")), own):
        _merge(merged, source)
    for key in ("default-account", "default-region"):
        if key in own or key in users:
            raise ConfigError(f"{file}: context '{key}' is not read by CDK any more; use the stack's env")

    for key, value in context.items():
        if key.startswith("aws:"):
            raise ConfigError(f"-c {key}: keys that begin with 'aws:' are CDK's own")
        merged[key] = value

    build = settings.get("build")
    return App(command, directory, merged, build if isinstance(build, str) else None, settings)


def context_of_cli(directory: str) -> dict[str, str]:
    """The context that the command line of the CDK CLI around this process gave (`cdk synth -c`); raises InputError.

    It is what CDK_CONTEXT_JSON holds beside the files of the app's folder. Without a CLI there is none.
    """
    given: dict[str, Json] = {}
    try:
        given = json.loads(os.environ.get("CDK_CONTEXT_JSON") or "{}")
        overflow = os.environ.get("CONTEXT_OVERFLOW_LOCATION_ENV")
        given = {**given, **(json.loads(files.read_text(overflow)) if overflow else {})}
    except (OSError, ValueError, TypeError, RecursionError) as problem:
        raise InputError(
            f"the context that the app was given cannot be read (CDK_CONTEXT_JSON): {problem}"
        ) from problem
    if not given:
        return {}
    own = find_app(directory, "none", {}).context
    return {
        key: value
        for key, value in given.items()
        if isinstance(value, str) and not key.startswith("aws:") and own.get(key) != value
    }


def existing_assembly(app: App) -> str | None:
    """The folder that the app's command names, where it is no command but an assembly that exists already."""
    path = os.path.join(app.directory, app.command)
    return path if os.path.isdir(path) else None  # not `files.is_folder`: a command is seldom a path at all


def _tell_apps_below(directory: str) -> str:
    """That folders below hold apps, such as those of a monorepo."""
    found = find_apps_below(directory)
    if not found:
        return ""
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    these = "this folder below holds" if len(found) == 1 else "these folders below hold"
    return f"; {these} one: {', '.join(found[:_SHOWN])}{more}: `cdkguard check {found[0]}`"


def find_apps_below(directory: str) -> list[str]:
    """The folders with a cdk.json, at most a few levels below; installed packages and hidden folders are left out."""
    found: list[str] = []
    level = [directory]
    for _ in range(_LEVELS):
        below = []
        for folder in level[:_MOST_FOLDERS]:
            for entry in sorted(os.listdir(folder)):
                path = os.path.join(folder, entry)
                if entry.startswith((".", "cdk.out")) or entry == "node_modules" or os.path.islink(path):
                    continue
                if os.path.isdir(path) and os.access(path, os.R_OK | os.X_OK):
                    below.append(path)
        found += [os.path.normpath(path) for path in below if files.is_file(os.path.join(path, "cdk.json"))]
        level = below
    return found


def _merge(into: dict[str, Json], source: Mapping[str, Json]) -> None:
    """Put the entries of `source` over those of `into`; mappings are merged, other values replaced."""
    for key, value in source.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            into[key] = dict(into[key])
            _merge(into[key], value)
        else:
            into[key] = value


def _context_of(settings: Mapping[str, Json], file: str) -> Mapping[str, Json]:
    value = settings.get("context")
    if value is not None and not isinstance(value, dict):
        raise InputError(f"{file}: 'context' is not a JSON object")
    return value or {}


def read_json_settings(path: str) -> dict[str, Json]:
    """The mapping in a JSON file, empty where there is no such file; raises InputError."""
    name = os.path.normpath(path)
    try:
        if not files.exists(path):
            return {}
        value = json.loads(files.read_text(path))
    except OSError as problem:
        raise InputError(f"{name}: cannot be read: {problem.strerror}") from problem
    except json.JSONDecodeError as problem:
        raise InputError(f"{name}:{problem.lineno}: not JSON: {problem.msg}") from problem
    except UnicodeDecodeError as problem:
        raise InputError(f"{name}: not UTF-8 text (byte {problem.start})") from problem
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{name}: not JSON: {problem}") from problem
    if not isinstance(value, dict):
        raise InputError(f"{name}: is not a JSON object")
    return value
