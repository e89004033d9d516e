"""The app that a command is about: which one it is, with which settings, and its stacks as they would be deployed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from glob import escape

from cdkguard._typing import Any, NamedTuple
from cdkguard.agents.judge.reason import quote, quote_all
from cdkguard.agents.judge.trusted import Trusted
from cdkguard.agents.nouns import Action
from cdkguard.baselines.git import without_chain
from cdkguard.check.assemble import open_assembly, refuse_empty
from cdkguard.check.evaluate import assign_environments
from cdkguard.config.baseline_kinds import kind_of
from cdkguard.config.settings import Config, Overrides
from cdkguard.errors import ConfigError, InputError
from cdkguard.inputs.app import find_app
from cdkguard.inputs.assembly import read_paths
from cdkguard.inputs.staleness import find_newer_source
from cdkguard.model import Assembly, Stack
from cdkguard.system import files

# Variables of a line by which the judge itself, its git or its AWS calls would be led elsewhere.
_STEERING = re.compile(
    r"(?i)GIT_.*|CDKGUARD_.*|LD_.*|DYLD_.*|HOME|USERPROFILE|AWS_ENDPOINT_URL.*|AWS_CONFIG_FILE|AWS_SHARED_CREDENTIALS_FILE|"
    r"AWS_CA_BUNDLE|CDK_OUTDIR|CDK_CONTEXT_JSON|CONTEXT_OVERFLOW_LOCATION_ENV|GITHUB_BASE_REF|CHANGE_TARGET|"
    r"CI_MERGE_REQUEST_TARGET_BRANCH_NAME|BITBUCKET_PR_DESTINATION_BRANCH|SYSTEM_PULLREQUEST_TARGETBRANCH|"
    r"BUILDKITE_PULL_REQUEST_BASE_BRANCH"
)


class OpenedApp(NamedTuple):
    """The app as the command would deploy it."""

    config: Config  # what to judge it with; `stacks` are those that the command reaches
    assembly: Assembly
    stacks: tuple[Stack, ...]  # the root stacks that the command reaches, in their environments
    pre_built: bool  # whether nothing was run

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments of the stacks."""
        return tuple(dict.fromkeys(str(stack.environment) for stack in self.stacks))


@contextmanager
def open_app(action: Action, trusted: Trusted, seconds: float, reach: str = "upstream") -> Iterator[OpenedApp]:
    """The app that an action is about, for as long as the block lasts. Raises CdkguardError where it cannot be told.

    `reach` says which stacks belong to those that are named: those that they depend on ("upstream", as `cdk deploy`
    takes them along), or those that depend on them ("downstream", as `cdk destroy` does).
    """
    refuse_steering(action.variables)
    overrides = _overrides_for(action, trusted, seconds)
    config = overrides.apply(trusted.config)
    with _in_folder(trusted.config.directory), _set_variables(action.variables), _open(config) as found:
        refuse_empty(found)
        named = _select(found, action, reach)
        overrides = overrides._replace(values={**overrides.values, "stacks": named})
        config = config._replace(stacks=named, overrides=overrides, app_context=found.context)
        everything = [*found.stacks, *found.others]
        roots = [stack for stack in found.stacks if stack.parent is None and _is_named(stack, named)]
        placed = assign_environments(config, roots, everything).stacks
        yield OpenedApp(config, found, tuple(placed), config.pre_built)


def is_steering(name: str) -> bool:
    """Whether a variable would lead the judge itself elsewhere."""
    return _STEERING.fullmatch(name) is not None


def refuse_steering(variables: Mapping[str, str]) -> None:
    """Raises ConfigError where a line sets a variable that would lead the judge itself elsewhere."""
    steering = [name for name in variables if is_steering(name)]
    if steering:
        raise ConfigError(f"the line sets {quote_all(steering)}, by which the judge itself would be led elsewhere")


def _overrides_for(action: Action, trusted: Trusted, seconds: float) -> Overrides:
    values: dict[str, Any] = {
        "directory": trusted.config.directory,
        "against": trusted.config.against,
        "stacks": (),
        "new_suppressions": "baseline",
        "approvals": _approvals_of(trusted.config),
        "timeout": max(1.0, min(seconds, trusted.config.timeout or seconds)),
        "jobs": 1,
        **_input_of(action, trusted),
    }
    aws = {key: value for key, value in (("profile", action.profile), ("region", action.region)) if value}
    merged = {"context": action.context, "template_parameters": action.parameters, "aws": aws}
    return Overrides(values, {}, merged)


def _approvals_of(config: Config) -> str:
    from cdkguard.config import approvals

    return approvals.file_of(config)


def _input_of(action: Action, trusted: Trusted) -> dict[str, Any]:
    """The settings that say what is judged; raises ConfigError or InputError where that would run another command."""
    directory = trusted.config.directory
    if action.app is not None:
        folder = os.path.join(directory, action.app)
        if os.path.isdir(folder):
            return _of_folder(folder)
        if " ".join(action.app.split()) not in _known_commands(directory, trusted.config):
            raise ConfigError(
                f"its --app {quote(action.app)} is not the app of cdk.json, and the hook runs no command of a line"
            )
    elif not files.is_file(os.path.join(directory, "cdk.json")) and not trusted.config.app:
        raise InputError(f"there is no cdk.json in {quote(directory)}")
    app = find_app(directory, trusted.config.app, {})
    if trusted.settings.synthesize:
        command = without_chain(app.command)
        return {"paths": ()} if command == app.command else {"paths": (), "app": command}
    output = app.settings["output"] if isinstance(app.settings.get("output"), str) else "cdk.out"
    return _of_folder(os.path.join(directory, output), directory)


def _of_folder(folder: str, sources: str | None = None) -> dict[str, Any]:
    """Judge the assembly of a folder; where it must not be older than `sources`, raises InputError if it is."""
    if not files.is_file(os.path.join(folder, "manifest.json")):
        raise InputError(f"there is no cloud assembly in {quote(os.path.basename(folder))}")
    if sources is not None and (newer := find_newer_source(sources, folder)) is not None:
        raise InputError(f"the hook does not run the app here, and {quote(newer)} is newer than the cloud assembly")
    return {"paths": (folder,), "app": None, "runs_no_code": True, "pre_built": True, "runs_baseline": sources is None}


def _known_commands(directory: str, config: Config) -> set[str]:
    """The commands that `cdk synth` would run here anyway, with single spaces."""
    known = {config.app or ""}
    if files.is_file(os.path.join(directory, "cdk.json")):
        known.add(find_app(directory, None, {}).command)
    return {" ".join(command.split()) for command in known if command}


@contextmanager
def _open(config: Config) -> Iterator[Assembly]:
    if not config.pre_built:
        with open_assembly(config) as found:
            yield found
        return
    context = find_app(config.directory, config.app, {}).context if _has_app(config.directory) else {}
    found = read_paths(config.paths, refuses_apps=False)
    yield found._replace(context={**context, **config.context})


def _has_app(directory: str) -> bool:
    return files.is_file(os.path.join(directory, "cdk.json"))


@contextmanager
def _in_folder(directory: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _set_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set the environment variables of a line for the app that it would start."""
    given = {name: value for name, value in variables.items() if name != "PATH"}  # git is found by our own
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


# -- the stacks that a command reaches


def _select(found: Assembly, action: Action, reach: str) -> tuple[str, ...]:
    """The stacks that a command reaches, as globs that match them alone; none where it reaches all.

    Raises ConfigError where it names a stack that the app does not have.
    """
    if not action.stacks:
        return ()
    roots = [stack for stack in (*found.stacks, *found.others) if stack.parent is None]
    chosen: list[Stack] = []
    for glob in action.stacks:
        hits = [stack for stack in roots if _is_named(stack, (glob,))]
        if not hits:
            raise ConfigError(f"the app has no stack {quote(glob)}; it has {quote_all([_path_of(s) for s in roots])}")
        chosen += hits
    if not {"--exclusively", "-e"} & set(action.words):
        chosen = _extend(chosen, roots, reach)
    return tuple(dict.fromkeys(escape(_path_of(stack)) for stack in chosen))


def _extend(chosen: list[Stack], roots: list[Stack], reach: str) -> list[Stack]:
    """The stacks with those before or behind them, as CDK's CLI takes them along."""
    extended = list(dict.fromkeys(chosen))
    for stack in extended:  # grows meanwhile
        for other in roots:
            upstream, downstream = (stack, other) if reach == "upstream" else (other, stack)
            if other not in extended and downstream.artifact in upstream.depends_on:
                extended.append(other)
    return extended


def _path_of(stack: Stack) -> str:
    return stack.construct_path or stack.name


def _is_named(stack: Stack, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for name in (stack.name, _path_of(stack)) for glob in globs)


def baseline_kind(config: Config) -> str:
    """The kind of the baseline: "deployed", "git", "saved", or "" where none is configured."""
    if not config.against:
        return ""
    kind = kind_of(config.against)
    return "deployed" if kind.name == "deployed" else "git" if kind.runs_app else "saved"
