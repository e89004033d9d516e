"""The settings of a run, with their defaults, and where they are loaded from."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.config.environments import EnvironmentRule
from cdkguard.config.find import find_config_file
from cdkguard.model import Suppression


class Config(NamedTuple):
    """Every setting of a run."""

    paths: tuple[str, ...] = ()
    app: str | None = None
    directory: str = "."
    context: Mapping[str, Json] = {}
    app_context: Mapping[str, Json] = {}  # what the app itself sets, by which environments may be told apart
    environment: str | None = None
    environments: tuple[EnvironmentRule, ...] = ()
    fail_on: str = "high"  # severity or "never"
    rules: tuple[str, ...] = ("recommended",)
    skip: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    python_packs: tuple[str, ...] = ()  # packages whose predicates may run
    stacks: tuple[str, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    accounts: Mapping[str, Json] = {}  # {"allowed": {name: account}} or {"allowed": [account]}
    parameters: Mapping[str, Mapping[str, Json]] = {}  # rule id -> its parameters (`with`)
    severities: Mapping[str, Json] = {}  # rule id or glob -> severity, or {environment: severity}
    template_parameters: Mapping[str, str] = {}
    accepted: str | None = None
    full_synth: bool = False
    timeout: float | None = None
    outputs: tuple[tuple[str, str | None], ...] = ()  # (format, file); without a file: standard output
    file: str | None = None  # the file that was read
    require_owner: bool = False
    against: str | None = None  # the baseline, see baseline_kinds
    approvals: str | None = None  # the file of approved changes; None: the one beside the configuration
    new_suppressions: str = "count"  # with a git baseline: count | baseline (only those that are there count)
    aws: Mapping[str, str] = {}  # for `deployed`: profile, role, region
    install: bool = False  # for `git`: install the baseline's own Node dependencies where they are others
    overrides: Overrides | None = (
        None  # the Overrides of the command line, which apply to a baseline's configuration, too
    )
    aws_stacks: tuple[str, ...] = ()  # for `deployed`: stacks to read although the app does not have them
    honour: tuple[str, ...] = ()  # other checkers whose suppressions in metadata count, too
    lint: bool = False  # cfn-lint's errors are findings, too
    frameworks: tuple[str, ...] = ()  # those that the report sums up, control by control
    jobs: int | None = None  # processes for inputs of many stacks; None: as many as pay
    timings: bool = False  # whether the time of each rule is taken
    still: bool = False  # what is judged is there already: nothing runs that a file names
    judges_lookups: bool = True  # whether missing context is held against a stack
    runs_baseline: bool = True  # whether the app of a git baseline may be run


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


def load_config(directory: str, file: str | None) -> Config:
    """The configuration of a folder: the nearest file in it or in the folders up to its repository's root.

    `file` names the file instead. Without any file every setting has its default. Raises ConfigError.
    """
    path = file if file is not None else find_config_file(directory)
    if path is None:
        return Config(directory=directory)

    from cdkguard.config.settings_file import config_of

    if path.endswith(".toml"):
        from cdkguard.config.toml_document import read_toml

        return config_of(read_toml(path), directory)
    from cdkguard.config.yaml_document import read_yaml

    return config_of(read_yaml(path), directory)


def config_of_data(data: Json) -> Config:
    """The configuration that a file with these plain values would give; raises ConfigError."""
    from cdkguard.config.document import Document
    from cdkguard.config.settings_file import config_of

    return config_of(Document("cdkguard.yaml", data, {}, {}), ".")
