"""The settings of a run, with their defaults, and where they are loaded from."""

from __future__ import annotations

from collections.abc import Container, Mapping

from cdkguard._typing import TYPE_CHECKING, Any, Json, NamedTuple
from cdkguard.config.environments import EnvironmentRule
from cdkguard.model import Suppression

if TYPE_CHECKING:
    from cdkguard.config.preflight import PreflightSettings

ACCEPTED = ".cdkguard-baseline.json"  # the file that `cdkguard accept` writes where nothing names another


class AgentSettings(NamedTuple):
    """What a coding agent may do here: the key `agents`, which `cdkguard agents hook` reads."""

    deploy: tuple[str, ...] | None = None  # the environments to which it may deploy; None: all that are not strict
    pull_request: str = "confirm"  # whether a person confirms a pull request; else "off"
    protected_branches: tuple[str, ...] = ("main", "master")  # globs: a push to one is confirmed as a pull request is
    after_edit: bool = False  # whether new findings of the working tree are handed back when the agent has finished
    synthesize: bool = True  # whether the hook runs the app; else it judges a cdk.out that is newer than the sources
    log: bool = True  # whether what was asked and answered is written to .cdkguard/agents.jsonl

    def may_deploy(self, environment: str, strict: Container[str]) -> bool:
        """Whether an agent may deploy to an environment; `strict` are those that are judged as production."""
        return environment not in strict if self.deploy is None else environment in self.deploy


class CfnHookSettings(NamedTuple):
    """What the hook inside CloudFormation does beside the rules: the key `cfn_hook`."""

    # What is undecided only because CloudFormation tells the hook no parameters, exports and nested templates: "skip" or "fail".
    unknown: str = "skip"
    keep: tuple[str, ...] = ()  # globs of stack names that are never deleted through CloudFormation
    delete: tuple[str, ...] | None = None  # the environments whose stacks may be deleted; None: all that are not strict
    read_stack: bool = False  # whether the function reads the stack in its own account: what runs, parameters and tags

    def may_delete(self, environment: str, strict: Container[str]) -> bool:
        """Whether stacks of an environment may be deleted without a look at them."""
        return environment not in strict if self.delete is None else environment in self.delete


class Config(NamedTuple):
    """Every setting of a run."""

    # -- the app or the templates that are judged
    paths: tuple[str, ...] = ()
    app: str | None = None  # the command that runs the app
    directory: str = "."  # the app's folder
    context: Mapping[str, Json] = {}  # context values that the app is given
    app_context: Mapping[str, Json] = {}  # the app's own context values that decide about environments
    template_parameters: Mapping[str, str] = {}
    stacks: tuple[str, ...] = ()  # globs of the stacks to judge; empty: all
    full_synth: bool = False
    timeout: float | None = None  # seconds for the app
    # Whether what is judged exists already, so that nothing is run that a configuration file names.
    runs_no_code: bool = False
    # Whether what apps wrote before may be judged in place of what they would write now.
    pre_built: bool = False
    # Whether missing context counts against a stack.
    judges_lookups: bool = True

    # -- environments and accounts
    environment: str | None = None  # of every stack; None: each stack's own
    environments: tuple[EnvironmentRule, ...] = ()
    accounts: Mapping[str, Json] = {}  # {"allowed": {name: account}} or {"allowed": [account]}

    # -- rules
    rules: tuple[str, ...] = ("recommended",)
    skip: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    python_packs: tuple[str, ...] = ()  # packages whose Python predicates may run
    parameters: Mapping[str, Mapping[str, Json]] = {}  # rule id -> its parameters (`with`)
    severities: Mapping[str, Json] = {}  # rule id or glob -> severity, or {environment: severity}
    frameworks: tuple[str, ...] = ()  # the frameworks that the report sums up, control by control
    lint: bool = False  # whether cfn-lint's errors are findings, too

    # -- findings and changes that somebody accepted
    suppressions: tuple[Suppression, ...] = ()
    require_owner: bool = False
    honour: tuple[str, ...] = ()  # other checkers whose suppressions in metadata count, too
    accepted: str | None = None  # the file of accepted findings
    approvals: str | None = None  # the file of approved changes; None: the one beside the configuration
    # Where a suppression counts that a git baseline does not have: "count" everywhere, "strict" outside of strict
    # environments, "baseline" nowhere.
    new_suppressions: str = "strict"

    # -- the baseline
    against: str | None = None  # see baseline_kinds
    aws: Mapping[str, str] = {}  # for `deployed`: profile, role, region
    aws_stacks: tuple[str, ...] = ()  # for `deployed`: more stacks to read than those of the app
    install: bool = False  # for `git`: whether Node packages may be installed where the lock files differ
    runs_baseline: bool = True  # for `git`: whether the baseline's app may be run

    agents: AgentSettings = AgentSettings()
    cfn_hook: CfnHookSettings = CfnHookSettings()

    # -- the checklist before a deployment
    preflight: PreflightSettings | None = None  # None: no file says anything about it

    # -- the run and its outputs
    fail_on: str = "high"  # a severity, or "never"
    gate: str = "all"  # the findings that decide: "all", or "new" for those that the baseline does not have
    outputs: tuple[tuple[str, str | None], ...] = ()  # (format, file); without a file: standard output
    jobs: int | None = None  # processes; None: as many as are worth their start
    timings: bool = False  # whether the time of each rule is measured
    file: str | None = None  # the configuration file that was read
    overrides: Overrides | None = None  # the command line's settings, which apply to a baseline's file, too


class Overrides(NamedTuple):
    """The settings of the command line, which are applied to the configuration file of today or of a baseline."""

    values: Mapping[str, Any]  # field of Config -> the value that stands for the file's
    added: Mapping[str, tuple[str, ...]]  # field -> elements behind the file's
    merged: Mapping[str, Mapping[str, Json]]  # field -> entries that win over the file's

    def apply(self, config: Config) -> Config:
        """The configuration with these settings."""
        replaced = config._replace(**self.values, overrides=self)
        changes: dict[str, Any] = {field: (*getattr(replaced, field), *more) for field, more in self.added.items()}
        changes |= {field: {**getattr(replaced, field), **more} for field, more in self.merged.items()}
        return replaced._replace(**changes)
