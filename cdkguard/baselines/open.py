"""The other side of a diff: what is deployed, a git revision, or a saved assembly, snapshot or template."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cdkguard._typing import NamedTuple, TextIO
from cdkguard.config.find import repository_root
from cdkguard.config.settings import Config, load_config
from cdkguard.errors import BaselineError, ConfigError
from cdkguard.inputs.assembly import read_paths
from cdkguard.model import Assembly, Problem
from cdkguard.system import files


class Baseline(NamedTuple):
    """What a change is measured against."""

    assembly: Assembly
    words: str  # "git 1a2b3c4", "what is deployed", "cdkguard.snapshot"
    deployed: bool = False
    directory: str | None = None  # git: the app's folder at that revision, with its rules and suppressions
    notes: tuple[Problem, ...] = ()


@contextmanager
def opened(config: Config, after: Assembly, progress: TextIO | None) -> Iterator[Baseline]:
    """The baseline that `config.against` names: deployed, git, git:REVISION, or a path. Raises BaselineError.

    What it holds lives as long as the block: a git revision is checked out for that time.
    """
    against = config.against or ""
    if against == "deployed":
        yield _deployed(config, after)
    elif against == "git" or against.startswith("git:"):
        if not config.runs_baseline:
            raise ConfigError(
                f"{config.file}: 'against: {against}' runs the app of that revision, and where a cloud assembly or template "
                f"is judged, nothing runs that a file names; say it on the command line: --against {against}"
            )
        with _git(config, after, against[4:] or None, progress) as found:
            yield found
    else:
        yield read(against)


def read(path: str, may_be_empty: bool = False) -> Baseline:
    """A saved baseline: a snapshot, a cloud assembly, or a template; with resources, unless a person looks at all of the change."""
    from cdkguard.baselines import snapshot

    if not files.exists(path):
        raise BaselineError(
            f"{path}: no such baseline; it is `deployed`, `git`, `git:REVISION`, or the path of a snapshot, "
            "a cdk.out or a template"
        )
    found = snapshot.read(path) if snapshot.is_snapshot(path) else read_paths([path])
    _refuse_unread(found, path)
    if not found.stacks:
        raise BaselineError(f"the baseline {path} has no stack: everything would pass for new")
    if not may_be_empty and not any(stack.template.get("Resources") for stack in found.stacks):
        raise BaselineError(f"the baseline {path} has no resource: everything would pass for new")
    return Baseline(found, path)


def _refuse_unread(found: Assembly, name: str) -> None:
    """A baseline that was read in part would hide what is deleted."""
    fatal = [p for p in found.problems if p.fatal]
    if fatal:
        raise BaselineError(f"the baseline {name} was not read whole: {fatal[0].message}")


def _deployed(config: Config, after: Assembly) -> Baseline:
    from cdkguard.baselines import deployed

    aws = config.aws
    access = deployed.Access(profile=aws.get("profile"), role=aws.get("role"), region=aws.get("region"))
    found = deployed.read(after, access, tuple(config.aws_stacks))
    return Baseline(found, "what is deployed", deployed=True, notes=found.problems)


@contextmanager
def _git(config: Config, after: Assembly, revision: str | None, progress: TextIO | None) -> Iterator[Baseline]:
    from cdkguard.baselines import git as gitbase

    def configured(folder: str) -> tuple[str | None, Mapping[str, str]]:
        then = configuration_at(folder, config)
        return then.app or load_config(folder, None).app, then.context

    directory = _app_directory(config, after)
    if config.still and os.path.realpath(repository_root(directory)) != os.path.realpath(repository_root(".")):
        raise BaselineError(
            f"{directory}: is not in the repository of the current folder, whose code alone is run as the baseline of "
            "what is judged without being run: go to that repository if you trust it"
        )
    with gitbase.checked_out(
        revision,
        directory,
        app=config.app,
        context=config.context,
        timeout=config.timeout,
        full_synth=config.full_synth,
        progress=progress,
        install=config.install,
        configured=configured,
    ) as found:
        _refuse_unread(found.assembly, f"git {found.commit[:10]}")
        yield Baseline(found.assembly, f"git {found.commit[:10]}", directory=found.directory, notes=found.notes)


def configuration_at(folder: str, config: Config) -> Config:
    """The configuration in a folder of the baseline, with what the command line sets today over it."""
    then = load_config(folder, None)
    if config.overlay is not None:
        found: Config = config.overlay(then)
        return found
    return then._replace(app=config.app, context=config.context, environment=config.environment)


def _app_directory(config: Config, after: Assembly) -> str:
    """The folder with cdk.json; where only a cdk.out was given, the one beside it or the current one."""
    beside = os.path.dirname(os.path.abspath(after.directory or ""))
    for folder in (config.directory, after.app_directory, beside, "."):
        if folder and files.is_file(os.path.join(folder, "cdk.json")):
            return folder
    return config.directory
