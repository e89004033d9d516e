"""What the rows look at: the app, synthesized and judged once, its environments, and what is deployed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property

from cdkguard._typing import TYPE_CHECKING, TextIO
from cdkguard.check.assemble import open_assembly, refuse_empty
from cdkguard.check.evaluate import BoundConfig, assign_environments, bind_config, strict_environments
from cdkguard.check.report import without_temporary_folder
from cdkguard.check.run import check_assembly
from cdkguard.config.environment_words import BUILTIN, all_environments_in
from cdkguard.config.preflight import PreflightSettings
from cdkguard.config.settings import Config
from cdkguard.errors import BaselineError, ConfigError, InputError
from cdkguard.model import Assembly, Report, Rule, Stack
from cdkguard.text.spelling import did_you_mean

if TYPE_CHECKING:
    from cdkguard.baselines.deployed import DeployedApp


class Subject:
    """One app before a deployment. What cannot be read is a reason in words, which each row that needs it shows."""

    def __init__(self, config: Config, today: str | None = None, progress: TextIO | None = None) -> None:
        self.config = config
        self.settings = config.preflight or PreflightSettings()
        self.today = today or time.strftime("%Y-%m-%d")
        self.progress = progress
        self.assembly: Assembly | None = None
        self.report: Report | None = None
        self.unread = ""  # why the app could not be read
        self.unread_baseline = ""
        self.closing = ExitStack()  # the folders of syntheses live until it is closed
        self._deployed: dict[str, DeployedApp] = {}

    @property
    def file(self) -> str:
        """The configuration file, as messages name it."""
        return self.config.file or "cdkguard.yaml"

    @property
    def directory(self) -> str:
        """The app's folder, as it is written from the current one."""
        return self.config.directory

    @cached_property
    def bound(self) -> BoundConfig:
        """The configuration with the rules of its packs."""
        return bind_config(self.config)

    def rules_of(self, row: str) -> list[Rule]:
        """The rules of a row, of the default profile or selected; not all of them need have run."""
        return [
            rule
            for rule in self.bound.packs.rules
            if rule.checklist == row and ("recommended" in rule.profiles or rule.id in self.ran)
        ]

    @cached_property
    def ran(self) -> frozenset[str]:
        """The ids of the rules that were asked."""
        return frozenset(rule.id for rule in self.report.rules) if self.report is not None else frozenset()

    # -- environments

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """All stacks of the app, each in its environment."""
        if self.assembly is None:
            return ()
        found = self.assembly
        config = self.config._replace(app_context=found.context)
        return tuple(assign_environments(config, [*found.stacks, *found.others]).stacks)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The environments that are about to be deployed, as far as command line and configuration say so."""
        named = self.settings.environment
        if named is None:
            return tuple(sorted(strict_environments(self.config), key=lambda name: name != "prod"))
        known = tuple(dict.fromkeys((*(rule.name for rule in self.config.environments), *BUILTIN)))
        if named not in known:
            raise ConfigError(f"no environment '{named}'{did_you_mean(named, known)}; there are: {', '.join(known)}")
        return (named,)

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Those of them that have a stack; all of them where none has."""
        names = [rule.name for rule in self.config.environments]
        present = {stack.environment for stack in self.stacks}
        configured = tuple(name for name in self.asked if name in names) or self.asked
        return tuple(name for name in self.asked if name in present) or configured

    def stacks_of(self, *environments: str) -> list[Stack]:
        """The stacks of these environments, nested ones included."""
        return [stack for stack in self.stacks if stack.environment in environments]

    @cached_property
    def staging_stacks(self) -> tuple[Stack, ...]:
        """The stacks of the environment that comes before, by another synthesis where the configuration gives a context."""
        more = self.settings.staging_context
        if not more:
            return tuple(self.stacks_of(self.staging))
        config = self.config._replace(context={**self.config.context, **more})
        found = self.closing.enter_context(open_assembly(config, self.progress))
        self.directories[self.staging] = found.directory
        config = config._replace(app_context=found.context)
        placed = assign_environments(config, [*found.stacks, *found.others]).stacks
        return tuple(stack for stack in placed if stack.environment == self.staging)

    @cached_property
    def directories(self) -> dict[str, str | None]:
        """Environment -> the cloud assembly that its stacks are of, where it is one of its own."""
        return {}

    def read_deployed(self, name: str, stacks: Sequence[Stack]) -> DeployedApp:
        """What runs of these stacks, which are those of an environment; read once. Raises BaselineError."""
        if name not in self._deployed:
            from cdkguard.baselines.aws_session import Access
            from cdkguard.baselines.deployed import read_deployed_stacks

            aws = self.config.aws
            access = Access(profile=aws.get("profile"), role=aws.get("role"), region=aws.get("region"))
            directory = self.directories.get(name, self.assembly and self.assembly.directory)
            self._deployed[name] = read_deployed_stacks(Assembly(tuple(stacks), directory=directory), access)
        return self._deployed[name]

    @cached_property
    def staging(self) -> str:
        """The environment that comes before; "" where nothing says which one it is."""
        if self.settings.staging is not None:
            return self.settings.staging
        names = [rule.name for rule in self.config.environments]
        present = [stack.environment for stack in self.stacks if stack.environment]
        found = [name for name in dict.fromkeys([*names, *present]) if all_environments_in(name) == {"staging"}]
        return found[0] if len(found) == 1 and found[0] not in self.asked else ""


@contextmanager
def open_subject(
    config: Config, needs_app: bool, needs_rules: bool, today: str | None = None, progress: TextIO | None = None
) -> Iterator[Subject]:
    """The app, read and judged as far as rows need that; the folder of its synthesis lives as long as the block."""
    subject = Subject(config, today, progress)
    if not needs_app:
        yield subject
        return
    with subject.closing:
        try:
            subject.assembly = subject.closing.enter_context(open_assembly(config, progress))
        except InputError as problem:
            subject.unread = problem.unshown
        if subject.assembly is not None and needs_rules:
            _judge(subject, subject.assembly)
        yield subject


def _judge(subject: Subject, found: Assembly) -> None:
    """Run the rules, with the change where a baseline is named; where that cannot be read, without it."""
    try:
        refuse_empty(found)
        try:
            report = check_assembly(subject.config, found, subject.today)
        except BaselineError as problem:
            subject.unread_baseline = problem.unshown
            report = check_assembly(subject.config._replace(against=None), found, subject.today)
    except InputError as problem:
        subject.unread = problem.unshown
        return
    subject.report = without_temporary_folder(report, found.directory or "")


def show_file(path: str) -> str:
    """A path as it is written from the current folder, where it lies below it."""
    from cdkguard.system import files

    return files.relative(path, os.getcwd())


def name_stacks(stacks: Sequence[Stack], most: int = 4) -> str:
    """`prod/Data, prod/Service and 3 more`: the root stacks, by construct path."""
    names = list(dict.fromkeys((stack.root.construct_path or stack.root.name) for stack in stacks))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
