"""Opens the cloud assembly that a configuration names, synthesized where need be."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cdkguard._typing import TYPE_CHECKING, TextIO
from cdkguard.config.settings import Config
from cdkguard.errors import CdkguardError, ConfigError, InputError
from cdkguard.inputs.assembly import read_assembly, read_paths
from cdkguard.inputs.folders import is_app_folder
from cdkguard.model import Assembly, Problem
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.inputs.default_environment import DefaultEnvironment

_GIVEN_TO_APPS = ("CDK_CONTEXT_JSON", "CONTEXT_OVERFLOW_LOCATION_ENV", "CDK_CLI_ASM_VERSION")


def is_app(paths: Sequence[str]) -> bool:
    """Whether the paths are one folder with cdk.json, and no manifest of its own: an app to synthesize."""
    if len(paths) != 1 or not files.is_folder(paths[0]) or files.is_file(os.path.join(paths[0], "manifest.json")):
        return False
    return files.is_file(os.path.join(paths[0], "cdk.json"))


def refuse_apps(config: Config) -> None:
    """Raises ConfigError where an app is one of several paths: each has settings, environments and a baseline of its own."""
    apps = [path for path in config.paths if is_app((path,))] if not config.pre_built else []
    if apps and len(config.paths) > 1:
        raise ConfigError(
            f"{' and '.join(apps)}: {'an app' if len(apps) == 1 else 'apps'} (cdk.json) among several paths, and an app is "
            f"checked by itself: `cdkguard check {apps[0]}`; --pre-built judges what apps wrote before"
        )


def note_apps_around(config: Config) -> list[Problem]:
    """A notice for each folder of templates that lies in an app: what the app writes was not judged."""
    if config.pre_built or names_an_app(config):
        return []
    named = [
        path
        for path in config.paths
        if files.is_folder(path) and not files.is_file(os.path.join(path, "manifest.json"))
    ]
    around = [(path, app) for path in named if (app := _app_around(path)) is not None]
    text = "{} lies in the app of {}, which was not run: only the templates in it were judged"
    return [Problem("notice", text.format(path, os.path.relpath(app)), path, fatal=False) for path, app in around]


def _app_around(path: str) -> str | None:
    """The nearest folder above the path that holds an app, inside its repository."""
    folder = os.path.abspath(path)
    while not files.exists(os.path.join(folder, ".git")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        if is_app_folder(folder):
            return folder
    return None


def chained_folder(config: Config) -> str | None:
    """The folder that the app around this process writes to, where it runs behind the app in cdk.json.

    CDK_OUTDIR alone does not say so: whoever runs an app gives it its context or the version of the CLI as well.
    """
    outdir = os.environ.get("CDK_OUTDIR")
    return (
        outdir if outdir and not config.app and not config.paths and any(map(os.environ.get, _GIVEN_TO_APPS)) else None
    )


def names_an_app(config: Config) -> bool:
    """Whether the configuration has an app synthesized, or judges what the app around this process has written."""
    return not config.runs_no_code and bool(config.app or not config.paths or is_app(config.paths))


@contextmanager
def open_assembly(
    config: Config, progress: TextIO | None = None, phases: dict[str, float] | None = None
) -> Iterator[Assembly]:
    """The assembly that the configuration names; the folder of a synthesis lives as long as the block.

    `phases` gets the seconds of "synth" and "read". Raises InputError where there is nothing to read.
    """
    seconds = {} if phases is None else phases
    began = time.perf_counter()
    if not names_an_app(config):
        refuse_apps(config)
        found = read_paths(config.paths, refuses_apps=not config.pre_built)
    else:
        outdir = chained_folder(config)
        if outdir is not None:
            # Behind the app in cdk.json. Without a manifest that is an error: running the app again would never end.
            found = read_assembly(outdir, app_directory=config.directory)
        else:
            with _open_app(config, progress, seconds) as found:
                yield found._replace(problems=(*found.problems, *_note_foreign_folder(config)))
            return

    seconds["read"] = time.perf_counter() - began
    yield found


def _note_foreign_folder(config: Config) -> list[Problem]:
    """A notice where CDK_OUTDIR names a folder that was not judged."""
    outdir = os.environ.get("CDK_OUTDIR")
    if not outdir or config.app or config.paths:
        return []
    text = f"CDK_OUTDIR is set to {outdir}, and not for an app that runs now: the app was run, and that folder was not judged"
    return [Problem("notice", text, fatal=False)]


@contextmanager
def _open_app(config: Config, progress: TextIO | None, seconds: dict[str, float]) -> Iterator[Assembly]:
    from cdkguard.inputs import synth
    from cdkguard.inputs.app import existing_assembly, find_app
    from cdkguard.inputs.default_environment import find_default_environment

    began = time.perf_counter()
    directory = config.paths[0] if config.paths else config.directory
    app = find_app(directory, config.app, config.context)
    existing = existing_assembly(app)
    if existing is not None:
        found = read_assembly(existing, app_directory=directory)
        seconds["read"] = time.perf_counter() - began
        yield found
        return

    default = find_default_environment(directory, app.settings.get("profile"))
    with synth.open_synthesized_app(
        app, full=config.full_synth, timeout=config.timeout, default=default, progress=progress
    ) as out:
        synthesized = time.perf_counter()
        seconds["synth"] = synthesized - began
        with files_named_shortly(out):
            found = read_assembly(out, app_directory=directory)._replace(context=app.context)
            seconds["read"] = time.perf_counter() - synthesized
            problems = (
                p._replace(message=_name_shortly(p.message, out), path=p.path and _name_shortly(p.path, out))
                for p in found.problems
            )
            yield found._replace(problems=(*problems, *_note_synthesis(default, out)))


def _note_synthesis(default: DefaultEnvironment, out: str) -> list[Problem]:
    """Notices of what the app was told that nobody said, and of what was not made for it."""
    from cdkguard.inputs.containers import tell_calls

    told = tell_calls(out)
    unbuilt = (
        f"{told}, so the content and the hashes of these assets are not those of a deployment; --full-synth makes them"
    )
    return [Problem("notice", text, fatal=False) for text in (default.note, told and unbuilt) if text]


@contextmanager
def files_named_shortly(folder: str) -> Iterator[None]:
    """Errors inside the block name the files of a synthesis, whose folder is gone afterwards, as `assembly:...`."""
    try:
        yield
    except CdkguardError as stop:
        stop.args = (_name_shortly(str(stop), folder),)
        raise


def _name_shortly(text: str, folder: str) -> str:
    for path in (folder, os.path.realpath(folder), os.path.relpath(folder)):
        text = text.replace(path + os.sep, "assembly:").replace(path, "the assembly")
    return text


def refuse_empty(found: Assembly) -> None:
    """Raises InputError where no stack was found and nothing says why: that is no pass."""
    if not found.stacks and not any(problem.fatal for problem in found.problems):
        raise InputError(f"no stack found in {found.directory or 'the paths given'}, so nothing was judged")
