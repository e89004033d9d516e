"""The other side of a diff: what is deployed, a git revision, or a saved assembly, snapshot or template."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from cdkguard._typing import NamedTuple, TextIO
from cdkguard.config.baseline_kinds import (
    DEPLOYED,
    GIT,
    GIT_REVISION,
    SAVED,
    SAVED_FORMS,
    kind_of,
    names_without_path,
)
from cdkguard.config.find import repository_root
from cdkguard.config.load import load_config
from cdkguard.config.settings import Config
from cdkguard.errors import BaselineError, ConfigError
from cdkguard.inputs.assembly import read_paths
from cdkguard.inputs.folders import is_app_folder
from cdkguard.model import Assembly, Problem
from cdkguard.system import files


class Baseline(NamedTuple):
    """The old side of a diff."""

    assembly: Assembly
    words: str  # the name that reports give it: "git 1a2b3c4", "what is deployed", "cdkguard.snapshot"
    deployed: bool = False
    normalized: bool = False  # Whether its templates are written without what differs from build to build.
    # Of a git revision: the app's folder in it, with the rules and suppressions of then.
    directory: str | None = None
    notes: tuple[Problem, ...] = ()  # about how it was read; none is fatal


@contextmanager
def open_baseline(config: Config, after: Assembly, progress: TextIO | None) -> Iterator[Baseline]:
    """The baseline that `config.against` names, for the new side `after`. Raises BaselineError or ConfigError.

    What it holds lives as long as the block: a git revision is checked out for that time.
    """
    against = config.against or ""
    kind = kind_of(against)
    if kind.runs_app and not config.runs_baseline:
        raise ConfigError(
            f"{config.file}: 'against: {against}' runs the app of that revision, and where a cloud assembly or template "
            f"is judged, nothing runs that a file names; say it on the command line: --against {against}"
        )
    with _OPENERS[kind.name](against, config, after, progress) as baseline:
        yield baseline


def refuse_missing_revision(config: Config) -> None:
    """Raise BaselineError where the app of the configuration's folder has no revision to be compared with.

    Git tells that at once; opening the baseline tells it when the app has been synthesized.
    """
    against = config.against or ""
    if not against or config.paths or not kind_of(against).runs_app or not config.runs_baseline:
        return
    if not files.is_file(os.path.join(config.directory, "cdk.json")):
        return  # Which folder is compared is known when the app has been read.
    from cdkguard.baselines import worktree

    worktree.find_commit(worktree.find_repository(config.directory), against.partition(":")[2] or None)


def read_saved(path: str, may_be_empty: bool = False) -> Baseline:
    """A saved baseline: a snapshot, a cloud assembly, or a template. Raises BaselineError.

    One without a resource is refused unless it `may_be_empty`, as where a person looks at the whole change.
    """
    if not files.exists(path):
        names = ", ".join(f"`{name}`" for name in names_without_path())
        *forms, last = [f"a {form}" for form in SAVED_FORMS]
        raise BaselineError(f"{path}: no such baseline; it is {names}, or the path of {', '.join(forms)} or {last}")

    if is_app_folder(path) and not files.is_file(os.path.join(path, "manifest.json")):
        raise BaselineError(
            f"{path}: an app (cdk.json), which is not run as a baseline: name the cdk.out that it wrote"
        )
    saved = _read_snapshot(path) if files.is_folder(path) else None
    found = read_paths([path]) if saved is None else saved
    _refuse_unread(found, path)
    if not found.stacks:
        raise BaselineError(f"the baseline {path} has no stack: everything would pass for new")
    if not may_be_empty and not any(stack.template.get("Resources") for stack in found.stacks):
        raise BaselineError(f"the baseline {path} has no resource: everything would pass for new")
    return Baseline(found, path, normalized=saved is not None)


def _read_snapshot(folder: str) -> Assembly | None:
    """The assembly of a snapshot; None where the folder is none."""
    from cdkguard.baselines import snapshot, snapshot_reader

    return snapshot_reader.read_snapshot(folder) if snapshot.is_snapshot(folder) else None


@contextmanager
def _open_saved(against: str, _config: Config, _after: Assembly, _progress: TextIO | None) -> Iterator[Baseline]:
    yield read_saved(against)


@contextmanager
def _open_deployed(_against: str, config: Config, after: Assembly, _progress: TextIO | None) -> Iterator[Baseline]:
    from cdkguard.baselines.aws_session import Access
    from cdkguard.baselines.deployed import read_deployed

    aws = config.aws
    access = Access(profile=aws.get("profile"), role=aws.get("role"), region=aws.get("region"))
    found = read_deployed(after, access, tuple(config.aws_stacks))
    yield Baseline(found, "what is deployed", deployed=True, notes=found.problems)


@contextmanager
def _open_git(against: str, config: Config, after: Assembly, progress: TextIO | None) -> Iterator[Baseline]:
    """`git`, the merge base with the main branch, or `git:REVISION`."""
    from cdkguard.baselines import git
    from cdkguard.inputs.app import context_of_cli

    def configured(folder: str) -> git.Configured:
        old = configuration_at(folder, config)
        app = old.app or load_config(folder, None).app
        return git.Configured(app, {**old.context, **given}, _list_files(old, folder))

    directory = _app_directory(config, after)
    if config.runs_no_code and os.path.realpath(repository_root(directory)) != os.path.realpath(repository_root(".")):
        raise BaselineError(
            f"{directory}: is not in the repository of the current folder, whose code alone is run as the baseline of "
            "what is judged without being run: go to that repository if you trust it"
        )
    revision = against.partition(":")[2] or None
    is_chained = not config.app and not config.paths and os.environ.get("CDK_OUTDIR")
    given = context_of_cli(directory) if is_chained else {}
    with git.open_revision(
        revision, directory, app=config.app, context=config.context, timeout=config.timeout, full_synth=config.full_synth,
        progress=progress, install=config.install, configured=configured,
    ) as found:  # fmt: skip
        words = f"git {found.commit[:10]}"
        _refuse_unread(found.assembly, words)
        yield Baseline(found.assembly, words, directory=found.directory, notes=found.notes)


# By the kind's name; a test holds them to the table of kinds.
_OPENERS: dict[str, Callable[[str, Config, Assembly, TextIO | None], AbstractContextManager[Baseline]]] = {
    DEPLOYED.name: _open_deployed,
    GIT.name: _open_git,
    GIT_REVISION.name: _open_git,
    SAVED.name: _open_saved,
}


def _refuse_unread(found: Assembly, words: str) -> None:
    """A baseline that was read in part would hide deletions."""
    fatal = [p for p in found.problems if p.fatal]
    if fatal:
        raise BaselineError(f"the baseline {words} was not read whole: {fatal[0].message}")


def configuration_at(folder: str, config: Config) -> Config:
    """The configuration in a folder of the baseline, with today's command line applied to it."""
    old = load_config(folder, None)
    if config.overrides is not None:
        return config.overrides.apply(old)
    return old._replace(app=config.app, context=config.context, environment=config.environment)


def _list_files(old: Config, folder: str) -> tuple[str, ...]:
    """The files and folders that a configuration of then names, but for the app's own."""
    from cdkguard.config.approvals import file_of

    approvals = file_of(old._replace(directory=folder))
    return (*old.packs, *old.python_packs, approvals, *([old.accepted] if old.accepted else []))


def _app_directory(config: Config, after: Assembly) -> str:
    """The folder with cdk.json; where only a cdk.out was given, the one beside it or the current one."""
    beside = os.path.dirname(os.path.abspath(after.directory or ""))
    for folder in (config.directory, after.app_directory, beside, "."):
        if folder and files.is_file(os.path.join(folder, "cdk.json")):
            return folder
    return config.directory
