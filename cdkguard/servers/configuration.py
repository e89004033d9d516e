"""A request -> the configuration of a run: the team's file, with what the client asks, and nothing that it may not."""

from __future__ import annotations

import io
import os

from cdkguard._typing import Any, NamedTuple
from cdkguard.config.baseline_kinds import kind_of
from cdkguard.config.load import load_config
from cdkguard.config.settings import Config, Overrides
from cdkguard.errors import ConfigError, InputError
from cdkguard.inputs import staleness
from cdkguard.servers.requests import Request
from cdkguard.system import files

UNTRUSTED = "nobody has allowed that code of the app runs; the user can, when the client asks, or by `cdkguard mcp --allow-synth`"
LONGEST_SYNTHESIS = 600.0  # seconds, where the configuration names no limit


class Configured(NamedTuple):
    """A run's configuration, and why a pass of it would not be one."""

    config: Config
    runs: bool  # Whether the app is synthesized now.
    not_judged: tuple[str, ...] = ()  # sentences


def enter_folder(request: Request) -> str:
    """Make the app's folder the current one; returns the path of what is judged, relative to it.

    Settings inside a cloud assembly, which an app writes, do not count. Raises InputError.
    """
    folder = request.path if files.is_folder(request.path) else os.path.dirname(request.path)
    while files.exists(os.path.join(folder, "manifest.json")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    os.chdir(folder)
    return os.path.relpath(request.path, folder)


def configure(request: Request, path: str) -> Configured:
    """The configuration for `path`, below the current folder. Raises CdkguardError.

    The app runs only where the request says so and is trusted. Without trust nothing runs: neither a baseline of git nor
    the Python of rule packs that the configuration file names.
    """
    loaded = load_config(".", None)
    runs = request.synthesize and request.is_trusted
    is_app = files.is_file(os.path.join(path, "cdk.json")) and not files.is_file(os.path.join(path, "manifest.json"))
    if request.synthesize and not is_app:
        raise InputError(f"there is no app to synthesize: {request.path} has no cdk.json")
    if request.synthesize and not request.is_trusted:
        raise ConfigError(f"the app was not run, and nothing was judged: {UNTRUSTED}")
    if request.context and not runs:
        raise ConfigError("context is given to an app that runs: it needs synthesize=true")

    notes = io.StringIO()
    judged = path
    if is_app and not runs:
        judged = staleness.find_existing_assembly(path, notes, "call this with synthesize=true")
    elif files.is_file(os.path.join(path, "manifest.json")) and files.is_file("cdk.json"):
        staleness.note_newer_sources(".", path, notes)
    if not runs:
        _refuse_links_out(judged, request.roots)
    if request.against is not None and kind_of(request.against).is_path:
        _refuse_links_out(request.against, request.roots)

    values: dict[str, Any] = {
        "directory": ".",
        "paths": (judged,),
        "runs_no_code": not runs,
        "pre_built": not runs and (is_app or files.is_file(os.path.join(judged, "manifest.json"))),
        "runs_baseline": request.is_trusted,
        "install": False,
        "outputs": (),
        "timeout": loaded.timeout or LONGEST_SYNTHESIS,
    }
    # These win over the configuration of a baseline, too: today's file must not get there by this way.
    given = {"stacks": request.stacks, "against": request.against, "environment": request.environment}
    values |= {field: value for field, value in given.items() if value}
    if not runs:
        values |= {"app": None, "python_packs": ()}
    config = Overrides(values, {}, {"context": request.context}).apply(loaded)

    stale = [line.removeprefix("cdkguard: ") for line in notes.getvalue().splitlines()]
    return _without_code_of_git(Configured(config, runs, tuple(stale)), request)


def _without_code_of_git(configured: Configured, request: Request) -> Configured:
    """Without the baseline of the configuration file, where reading it would run the app and nobody allowed that."""
    config = configured.config
    if config.against is None or not kind_of(config.against).runs_app or request.is_trusted:
        return configured
    if request.against:
        raise ConfigError(
            f"the baseline {request.against} runs the app of that revision, and was not read: {UNTRUSTED}; `deployed` or a "
            "saved cdk.out runs nothing"
        )
    text = f"the change against `{config.against}` was not judged, since that runs the app of that revision"
    return configured._replace(config=config._replace(against=None), not_judged=(*configured.not_judged, text))


def _refuse_links_out(path: str, roots: tuple[str, ...]) -> None:
    """Raises InputError where what is judged leads out of the client's folders by a link."""
    for folder, folders, names in files.walk(path) if files.is_folder(path) else ():
        folders[:] = [
            name for name in folders if name not in ("node_modules", ".git") and not name.startswith("asset.")
        ]
        for name in (*folders, *names):
            link = os.path.join(folder, name)
            if os.path.islink(link) and not is_inside(os.path.realpath(link), roots):
                raise InputError(f"{link} is a link that leads out of the client's folders")
    if not is_inside(os.path.realpath(path), roots):
        raise InputError(f"{path} leads out of the client's folders")


def is_inside(path: str, roots: tuple[str, ...]) -> bool:
    """Whether a real path is one of the folders, which are real paths, or lies below one."""
    there = os.path.normcase(path)
    return any(
        there == folder or there.startswith(folder.rstrip(os.sep) + os.sep) for folder in map(os.path.normcase, roots)
    )
