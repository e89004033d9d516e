"""Synthesizes a CDK app as the CDK CLI does, without the CLI.

The app gets what the CLI (aws-cdk 2.1148) gives it: the context in CDK_CONTEXT_JSON, the assembly's folder in CDK_OUTDIR.
By default it runs without CDK's validator, asset bundling, containers and TypeScript's type check, and with stack traces of
the host language; that changes nothing in the templates but the hashes of bundled assets. With `full` it runs as under the
CLI.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from cdkguard._typing import Json, TextIO
from cdkguard.errors import SynthError
from cdkguard.inputs import containers
from cdkguard.inputs.app import App
from cdkguard.inputs.app_process import AppProcess
from cdkguard.inputs.default_environment import DefaultEnvironment, find_default_environment
from cdkguard.inputs.installed_packages import refuse_missing_packages
from cdkguard.inputs.own_environment import path_of_app
from cdkguard.inputs.stack_traces import stack_trace_variables
from cdkguard.system import files
from cdkguard.system.temporary_folders import temporary_folder

CLI_VERSION, SCHEMA_VERSION = "2.1148.1", "55.0.0"
_ENV_LIMIT = 131_072 if os.name == "posix" else 32_760  # bytes of the app's environment; beyond, the CLI writes a file


@contextmanager
def open_synthesized_app(
    app: App,
    full: bool = False,
    timeout: float | None = None,
    default: DefaultEnvironment | None = None,
    progress: TextIO | None = None,
) -> Iterator[str]:
    """The path of a temporary folder with the app's assembly, removed after the block; raises SynthError."""
    with temporary_folder() as out:
        synthesize(app, out, full=full, timeout=timeout, default=default, progress=progress)
        yield out


def synthesize(
    app: App,
    out: str,
    *,
    full: bool = False,
    timeout: float | None = None,
    default: DefaultEnvironment | None = None,
    progress: TextIO | None = None,
) -> None:
    """Run the app, which writes its cloud assembly into the folder `out`. Raises SynthError.

    The app's output goes to standard error. `timeout` is in seconds and holds for the build command and the app together.
    `default` is what the app is told of its account and region; None: what is found for its folder.
    """
    refuse_missing_packages(app)
    deadline = None if timeout is None else time.monotonic() + timeout
    out = os.path.abspath(out)
    if default is None:
        default = find_default_environment(app.directory, app.settings.get("profile"))

    def advise(said: Sequence[str]) -> str:
        from cdkguard.inputs.synth_advice import advise_on_failure

        return advise_on_failure(app, default, out, said)

    base = dict(os.environ) | default.variables
    if app.build:
        AppProcess(app.build, app.directory, base, deadline, progress, advise).run("the build command")

    environment = _environment_of_app(app, out, base, full)
    with temporary_folder() as folder:
        if not full:
            environment |= containers.stand_in_variables(out, folder)
        context = json.dumps(_add_cli_context(app, full))
        given = _context_variables(context, "" if _fits(context, environment) else folder)
        command = add_interpreter(app.command, app.directory)
        try:
            AppProcess(command, app.directory, environment | given, deadline, progress, advise).run("the app")
        finally:
            containers.remove_made_folders(out)

    if not files.is_file(os.path.join(out, "manifest.json")):
        raise SynthError(
            f"the app ended without an error and wrote no cloud assembly (does it call app.synth()?): {app.command}"
        )


def add_interpreter(command: str, directory: str) -> str:
    """`bin/app.js` -> `node bin/app.js`, for a JavaScript file that is not executable; other commands as they are."""
    for file in (command, command.split(" ")[0]):
        path = os.path.join(directory, file)
        if file.endswith(".js") and os.path.isfile(path) and not os.access(path, os.X_OK):
            quoted = f'"{file}"' if " " in file else file
            return f"node {quoted}{command[len(file) :]}"
    return command


# -- the app's environment and context


def _environment_of_app(app: App, out: str, base: Mapping[str, str], full: bool) -> dict[str, str]:
    environment = dict(base) | {
        "CDK_OUTDIR": out, "CDK_CLI_ASM_VERSION": SCHEMA_VERSION, "CDK_CLI_VERSION": CLI_VERSION,
        "CDK_ERROR_FILE": os.path.join(out, "error.txt"), "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip
    if (path := path_of_app(base)) is not None:
        environment["PATH"] = path
    environment.update(stack_trace_variables(app, environment))
    if not full:
        environment["CDK_VALIDATION"] = "false"
        environment["TS_NODE_TRANSPILE_ONLY"] = "true"
    return environment


def _add_cli_context(app: App, full: bool) -> dict[str, Json]:
    """The app's context and the keys that the CLI adds, which win."""
    settings = app.settings
    context = dict(app.context)
    if settings.get("pathMetadata") is not False:
        context["aws:cdk:enable-path-metadata"] = True
    if settings.get("assetMetadata") is not False:
        context["aws:cdk:enable-asset-metadata"] = True
    if settings.get("versionReporting") is not False:
        context["aws:cdk:version-reporting"] = True
    else:
        context["aws:cdk:disable-version-reporting"] = True
    if settings.get("staging") is False:
        context["aws:cdk:disable-asset-staging"] = True
    context.pop("aws:cdk:disable-creation-stack-traces", None)  # findings name the user's own line by these traces
    context["aws:cdk:bundling-stacks"] = ["**"] if full else []
    context["@aws-cdk/core:failSynthOnValidationErrors"] = (
        False  # so that a user's own validation plugin does not end the app
    )
    return context


def _fits(context: str, environment: Mapping[str, str]) -> bool:
    """Whether the context has room in the environment."""
    used = sum(len(k.encode()) + len(v.encode()) + 2 for k, v in environment.items())
    return used + len(context.encode()) + 64 < _ENV_LIMIT


def _context_variables(text: str, folder: str) -> dict[str, str]:
    """The environment variables that hand over the context, through a file in `folder` where one is given.

    CDK merges the file's context into that of the variable.
    """
    if not folder:
        return {"CDK_CONTEXT_JSON": text}
    file = os.path.join(folder, "context.json")
    files.write(file, text.encode())
    return {"CDK_CONTEXT_JSON": "{}", "CONTEXT_OVERFLOW_LOCATION_ENV": file}
