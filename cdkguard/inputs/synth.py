"""Runs a CDK app as the CDK CLI does, without the CLI.

The contract is the CLI's own (aws-cdk 2.1148): context in CDK_CONTEXT_JSON, the assembly in CDK_OUTDIR. By default the
app runs without CDK's validator, asset bundling and TypeScript's type check, and with stack traces of the host language;
templates do not change by that, but for the hashes of bundled assets. `full` does it the CLI's way.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress

from cdkguard._typing import Json, NamedTuple, TextIO
from cdkguard.errors import ConfigError, InputError, SynthError
from cdkguard.system import files, processes
from cdkguard.system.interrupts import exit_on_termination, hold_signals

CLI_VERSION, SCHEMA_VERSION = "2.1148.1", "55.0.0"
TAIL = 20  # lines of the app's output that an error repeats
_ENV_LIMIT = 131_072 if os.name == "posix" else 32_760  # bytes of one process's environment that the CLI fills
_NOT_FOUND = re.compile(
    r"^\S*(?:sh|env): (?:line )?(?:\d+: )?(.+?): (?:command not found|not found|No such file or directory)$"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BANNER = re.compile(r"^(?:b')?!!.*!!|^!{20,}|^b'!+")  # jsii's warning about the age of Node


class App(NamedTuple):
    """How an app is run."""

    command: str
    directory: str
    context: Mapping[str, Json]
    build: str | None = None
    settings: Mapping[str, Json] = {}


def find_app(directory: str, app: str | None, context: Mapping[str, str]) -> App:
    """The app of a folder by cdk.json, ~/.cdk.json, cdk.context.json and `-c`; raises InputError or ConfigError."""
    if not files.is_folder(directory):
        raise InputError(f"{directory}: no such folder")
    file = os.path.join(directory, "cdk.json")
    user, project = read_settings(os.path.expanduser("~/.cdk.json")), read_settings(file)
    if "build" in user:
        raise ConfigError("~/.cdk.json: 'build' belongs into a project's cdk.json")
    if app is None and not files.is_file(file):
        raise InputError(
            f"no cdk.json in {os.path.abspath(directory)}: name the app's folder, an assembly, templates or --app"
        )
    settings = {**user, **project}
    command = app if app is not None else settings.get("app")
    if isinstance(command, list):
        command = " ".join(str(part) for part in command)
    if not isinstance(command, str) or not command.strip():
        raise InputError(f"{file}: has no 'app' command; add one or use --app")
    merged: dict[str, Json] = {}
    own, users = _context_of(project, file), _context_of(user, "~/.cdk.json")
    for source in (users, read_settings(os.path.join(directory, "cdk.context.json")), own):
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


def existing_assembly(app: App) -> str | None:
    """The folder, where the `app` is no command but an assembly that exists already."""
    path = os.path.join(app.directory, app.command)
    return path if os.path.isdir(path) else None  # a command is seldom a path at all


@contextmanager
def synthesized(
    app: App,
    full: bool = False,
    timeout: float | None = None,
    region: str | None = None,
    progress: TextIO | None = None,
) -> Iterator[str]:
    """Synthesize into a temporary folder that is gone after the block; yields its path."""
    with files.temporary_folder() as out:
        run(app, out, full=full, timeout=timeout, region=region, progress=progress)
        yield out


def run(
    app: App,
    out: str,
    *,
    full: bool = False,
    timeout: float | None = None,
    region: str | None = None,
    progress: TextIO | None = None,
) -> None:
    """Run the app so that its cloud assembly is in `out`; raises SynthError. Its output goes to standard error."""
    deadline = None if timeout is None else time.monotonic() + timeout
    base = dict(os.environ) | {"CDK_DEFAULT_REGION": region or _region()}
    if app.build:
        _Child(app.build, app.directory, base, deadline, progress).run("the build command")
    environment = _environment(app, os.path.abspath(out), base, full)
    context = json.dumps(_full_context(app, full))
    fits = _fits(context, environment)
    with nullcontext("") if fits else files.temporary_folder() as folder:
        given = _context(context, folder)
        command = guess(app.command, app.directory)
        _Child(command, app.directory, environment | given, deadline, progress).run("the app")
    if not files.is_file(os.path.join(out, "manifest.json")):
        raise SynthError(
            f"the app ended without an error and wrote no cloud assembly (does it call app.synth()?): {app.command}"
        )


def guess(command: str, directory: str) -> str:
    """`bin/app.js` -> `node bin/app.js`, for a JavaScript file that is not executable; other commands as they are."""
    for file in (command, command.split(" ")[0]):
        path = os.path.join(directory, file)
        if file.endswith(".js") and os.path.isfile(path) and not os.access(path, os.X_OK):
            quoted = f'"{file}"' if " " in file else file
            return f"node {quoted}{command[len(file) :]}"
    return command


# -- what the app is given


def _environment(app: App, out: str, base: Mapping[str, str], full: bool) -> dict[str, str]:
    environment = dict(base) | {
        "CDK_OUTDIR": out, "CDK_CLI_ASM_VERSION": SCHEMA_VERSION, "CDK_CLI_VERSION": CLI_VERSION,
        "CDK_ERROR_FILE": os.path.join(out, "error.txt"), "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip
    # Traces cost next to nothing, and are what findings point at the user's own line with.
    environment.setdefault("JSII_HOST_STACK_TRACES", "1")
    if "--stack-trace-limit" not in environment.get("NODE_OPTIONS", ""):
        environment["NODE_OPTIONS"] = (environment.get("NODE_OPTIONS", "") + " --stack-trace-limit=50").strip()
    if not full:
        environment["CDK_VALIDATION"] = "false"
        environment["TS_NODE_TRANSPILE_ONLY"] = "true"
    return environment


def _full_context(app: App, full: bool) -> dict[str, Json]:
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
    context["aws:cdk:bundling-stacks"] = ["**"] if full else []
    context["@aws-cdk/core:failSynthOnValidationErrors"] = False  # a user's own plugin must not end the app
    return context


def _fits(context: str, environment: Mapping[str, str]) -> bool:
    used = sum(len(k.encode()) + len(v.encode()) + 2 for k, v in environment.items())
    return used + len(context.encode()) + 64 < _ENV_LIMIT


def _context(text: str, folder: str) -> dict[str, str]:
    """The context as variables; what does not fit into the environment goes into a file of `folder`, which the app merges."""
    if not folder:
        return {"CDK_CONTEXT_JSON": text}
    file = os.path.join(folder, "context.json")
    files.write(file, text.encode())
    return {"CDK_CONTEXT_JSON": "{}", "CONTEXT_OVERFLOW_LOCATION_ENV": file}


def _region() -> str:
    names = ("AWS_REGION", "AMAZON_REGION", "AWS_DEFAULT_REGION", "AMAZON_DEFAULT_REGION", "CDK_DEFAULT_REGION")
    return next((os.environ[name] for name in names if os.environ.get(name)), "us-east-1")


def _merge(into: dict[str, Json], source: Mapping[str, Json]) -> None:
    """Mappings merge, lists and scalars replace."""
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


def read_settings(path: str) -> dict[str, Json]:
    """A JSON settings file; nothing where there is none."""
    try:
        if not files.exists(path):
            return {}
        value = json.loads(files.read_text(path))
    except OSError as problem:
        raise InputError(f"{path}: cannot be read: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{path}: cannot be read: {problem}") from problem
    if not isinstance(value, dict):
        raise InputError(f"{path}: is not a JSON object")
    return value


# -- the process


class _Child:
    """A shell command in a process group of its own, which never outlives us."""

    def __init__(
        self,
        command: str,
        directory: str,
        environment: Mapping[str, str],
        deadline: float | None,
        progress: TextIO | None,
    ) -> None:
        self.command, self.deadline = command, deadline
        self.directory, self.environment = directory, environment
        self.tail: deque[str] = deque(maxlen=TAIL)
        self.progress = progress if progress is not None and progress.isatty() else None
        self._lock = threading.Lock()
        self._drawn = False
        self.process: subprocess.Popen[str] | None = None
        self.reader: threading.Thread | None = None

    def run(self, what: str) -> None:
        """Until it has ended; raises SynthError unless with success. Whatever happens, its processes are gone after."""
        began = time.monotonic()
        with exit_on_termination():
            try:
                with hold_signals():
                    self._start(what)
                status = self._wait(what, began)
            finally:
                with hold_signals():
                    self._stop()
                    self._erase()
        if status != 0:
            raise SynthError(self._why(what, status))

    def _start(self, what: str) -> None:
        try:
            self.process = subprocess.Popen(
                self.command, shell=True, cwd=self.directory, env=dict(self.environment), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, text=True, encoding="utf-8",
                errors="replace",
            )  # fmt: skip
        except OSError as problem:
            raise SynthError(f"{what} cannot be started: {problem.strerror}: {self.command}") from problem
        reader = threading.Thread(target=self._forward, args=(self.process.stdout,), daemon=True)
        try:
            reader.start()
        except RuntimeError as problem:  # no more threads
            raise SynthError(f"{what} cannot be watched: {problem}: {self.command}") from problem
        self.reader = reader

    def _wait(self, what: str, began: float) -> int:
        assert self.process is not None and self.reader is not None
        while True:
            try:
                status = self.process.wait(0.1)
                self.reader.join(2)
                return status
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                self._draw(now - began)
                if self.deadline is not None and now > self.deadline:
                    raise SynthError(
                        f"{what} was stopped after {now - began:.0f} s (--timeout): {self.command}"
                    ) from None

    def _why(self, what: str, status: int) -> str:
        said = [plain for line in self.tail if (plain := _COLOUR.sub("", line)).strip()]
        unknown = next((found for line in reversed(said) if (found := _NOT_FOUND.match(line))), None)
        if status == 127:  # the shell's, and env's in a script's first line: "env: 'node': No such file or directory"
            name = unknown.group(1).strip("'\"‘’") if unknown else self.command.split()[0]
            return (
                f"{what} cannot be run: a command is not found (is {name} installed and on the PATH?): {self.command}\n"
                + _indent(said[-3:])
            )
        ended = f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"
        return f"{what} {ended}: {self.command}" + ("\n" + _indent(said) if said else "")

    def _forward(self, output: TextIO) -> None:
        """The app's output, to our standard error: standard output is the report's."""
        with suppress(OSError), output:  # closed where it cannot be read: the app would wait for its reader for ever
            for line in output:
                if not _BANNER.match(line):
                    self.tail.append(line.rstrip("\n"))
                    self._show(line)

    def _show(self, line: str) -> None:
        with self._lock, suppress(OSError):  # nobody listens any more; that is no reason to stop reading
            self._clear()
            sys.stderr.write(line)
            sys.stderr.flush()

    def _draw(self, seconds: float) -> None:
        if self.progress is not None and seconds > 0.3:
            with self._lock:
                name = self.command if len(self.command) <= 50 else self.command[:49] + "…"
                self.progress.write(f"\r\x1b[Ksynthesizing: {name} {seconds:.0f} s")
                self.progress.flush()
                self._drawn = True

    def _clear(self) -> None:
        if self._drawn and self.progress is not None:
            self.progress.write("\r\x1b[K")
            self.progress.flush()
            self._drawn = False

    def _erase(self) -> None:
        with self._lock:
            self._clear()

    def _stop(self) -> None:
        if self.process is not None:
            processes.end_group(self.process)
        if self.reader is not None:
            self.reader.join(1)


def _indent(lines: list[str]) -> str:
    return "\n".join(f"  | {line}" for line in lines)
