"""The environment variables that make an app record the user's own line of each construct.

aws-cdk-lib records them by itself since 2.251, in Python since 2.260. docs/source-lines.md has what each costs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING
from cdkguard.system import files
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.inputs.app import App

# The first versions of aws-cdk-lib that record traces, and in them the frames of a Python app.
RECORDS_LINES, RECORDS_HOST_LINES = (2, 251), (2, 260)
_LIMIT = "--stack-trace-limit"
_NODE = lazy_pattern(r"(?:^|[\s/])(?:node|npx|npm|pnpm|yarn|tsx|ts-node|bun|bunx)(?=\s|$)|\.[cm]?[jt]s\b")
_PYTHON = lazy_pattern(r"(?:^|[\s/])(?:python[\d.]*|uv|poetry|pipenv|pdm|hatch)(?=\s|$)|\.py\b")
_BUN = lazy_pattern(r"(?:^|[\s/])bunx?(?=\s|$)")
_VERSION = lazy_pattern(r"(\d{1,9})\.(\d{1,9})")
_FOLDER = os.path.dirname(os.path.abspath(__file__))


def stack_trace_variables(app: App, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables to add to the app's environment, in which the user's own settings win."""
    found = {"JSII_HOST_STACK_TRACES": environment.get("JSII_HOST_STACK_TRACES") or "1"}
    options = [environment.get("NODE_OPTIONS", "")]
    if _LIMIT not in options[0]:
        options.append(f"{_LIMIT}=50")

    is_behind_jsii = _PYTHON.search(app.command) is not None or not _NODE.search(app.command)
    is_old = not is_behind_jsii and is_older(library_version(app.directory), RECORDS_LINES)
    if is_behind_jsii or is_old:  # which aws-cdk-lib jsii brings is seen when it is loaded
        options.append(f"--require={_quote(os.path.join(_FOLDER, 'library_traces.cjs'))}")
    if is_old:
        found["CDK_DEBUG"] = environment.get("CDK_DEBUG") or "on"
    if _BUN.search(app.command):
        preload = f"--preload={os.path.join(_FOLDER, 'bun_frames.cjs')}"
        found["BUN_OPTIONS"] = f"{environment.get('BUN_OPTIONS', '')} {preload}".strip()

    found["NODE_OPTIONS"] = " ".join(filter(None, options))
    return found


def chain_command(command: str, version: str | None) -> str:
    """The app's command with `cdkguard check` behind it, and with the variables that make lines be recorded.

    As a POSIX shell takes them; `version` is that of aws-cdk-lib in node_modules.
    """
    variables: dict[str, str] = {}
    if (interpreter := _PYTHON.search(command)) is not None:
        variables = {"JSII_HOST_STACK_TRACES": "1"}
    elif (interpreter := _NODE.search(command)) is not None:
        variables = {"CDK_DEBUG": "1"} if is_older(version, RECORDS_LINES) else {}
        variables["NODE_OPTIONS"] = f"{_LIMIT}=50"
    start = command.rfind(" ", 0, interpreter.start() + 1) + 1 if interpreter else 0
    given = "".join(f"{name}={value} " for name, value in variables.items() if f"{name}=" not in command)
    chained = command[:start] + given + command[start:]
    return chained if "cdkguard check" in command else f"{chained} && cdkguard check"


def library_version(directory: str) -> str | None:
    """The version of the aws-cdk-lib that Node finds from the folder; None where it is in no node_modules above."""
    folder = os.path.abspath(directory)
    while True:
        path = os.path.join(folder, "node_modules", "aws-cdk-lib", "package.json")
        try:
            if files.is_file(path):
                version = json.loads(files.read_text(path)).get("version")
                return version if isinstance(version, str) else None
        except (OSError, ValueError, AttributeError, RecursionError):
            return None
        if os.path.dirname(folder) == folder:
            return None
        folder = os.path.dirname(folder)


def is_older(version: str | None, than: tuple[int, int]) -> bool:
    """Whether the version is known, and older."""
    match = _VERSION.match(version or "")
    return match is not None and (int(match[1]), int(match[2])) < than


def _quote(path: str) -> str:
    """The path as NODE_OPTIONS takes it: https://nodejs.org/api/cli.html#node_optionsoptions."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if " " in path or "\\" in path else path
