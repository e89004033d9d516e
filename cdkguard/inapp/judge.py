"""Judges an assembly from inside the CDK app that wrote it, for the Aspect and the plugin alike; imports no aws_cdk."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.errors import ConfigError
from cdkguard.model import SEVERITIES

if TYPE_CHECKING:  # the engine is loaded when something is judged, not when an app imports this
    from cdkguard.config.settings import Config
    from cdkguard.model import Assembly, Report, Stack


class AppSettings(NamedTuple):
    """Settings that the app gives in code; they win over the configuration file."""

    config: str | None = None
    environment: str | None = None
    packs: tuple[str, ...] = ()
    fail_on: str | None = None
    mode: str = "error"


def check_settings(
    config: str | os.PathLike[str] | None,
    environment: str | None,
    packs: Sequence[str] | None,
    fail_on: str | None,
    mode: str,
) -> AppSettings:
    """The settings, checked; raises ConfigError for a value that is none."""
    if mode not in ("error", "warn"):
        raise ConfigError(f"CdkGuard: mode is 'error' or 'warn', not '{mode}'")
    if fail_on is not None and fail_on not in (*SEVERITIES, "never"):
        raise ConfigError(f"CdkGuard: fail_on is one of {', '.join(SEVERITIES)}, never, not '{fail_on}'")
    if isinstance(packs, str):
        raise ConfigError(f"CdkGuard: packs is a list of folders, such as ['{packs}']")
    return AppSettings(None if config is None else os.fspath(config), environment, tuple(packs or ()), fail_on, mode)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Switches the garbage collector off: with a whole CDK app in memory, one collection costs as much as many rules.

    Judging frees its objects by reference counts."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Judge:
    """Judges an assembly that CDK has written, as `cdkguard check` does."""

    def __init__(self, settings: AppSettings, root: Any = None) -> None:
        self.settings = settings
        self.root = root  # The App, where it is known.
        self.scopes: set[str] = set()  # Construct paths to judge; empty: everything; "": the whole app.
        self.acknowledged: set[str] = set()  # Ids of rules that an acknowledgement of the assembly names.
        self.partly = False  # Whether stacks were left out.
        self.waits = False  # Whether the CDK CLI looks up missing context and runs the app again: only that run counts.

    @property
    def warns(self) -> bool:
        """Whether findings are printed and fail nothing."""
        return self.waits or self.settings.mode == "warn"

    def report(self, directory: str, templates: Iterable[str] | None = None) -> Report:
        """Judge the assembly in the folder, or only the stacks with these template files; raises as `check` does."""
        from cdkguard.check.run import check_assembly
        from cdkguard.inputs.assembly import read_assembly

        with _without_collections():
            found = read_assembly(directory)
            chosen = self._chosen(found, templates)
            self.waits = bool(found.missing) and "CDK_CLI_ASM_VERSION" in os.environ
            self.acknowledged = {note.rule_id for stack in found.stacks for note in stack.acknowledgements}
            self.partly = len(chosen.stacks) < len(found.stacks)
            return check_assembly(self.configuration(), chosen)

    def configuration(self) -> Config:
        """The configuration file with the app's own settings over it."""
        from cdkguard.config.baseline_kinds import kind_of
        from cdkguard.config.load import load_config

        own = self.settings
        loaded = load_config(".", own.config)
        # Inside a synthesis nothing is read from the network, and no other app is run.
        saved = loaded.against if loaded.against and kind_of(loaded.against).is_path else None
        return loaded._replace(
            against=saved,
            environment=own.environment or loaded.environment,
            packs=(*loaded.packs, *own.packs),
            fail_on=own.fail_on or loaded.fail_on,
            context={**loaded.context, **self._context(loaded)},
            judges_lookups=False,  # a unit test never looks anything up, and the CDK CLI does it after this
        )

    def _context(self, loaded: Config) -> dict[str, Any]:
        """The app's values of the context keys by which environments are told apart."""
        if self.root is None:
            return {}
        from cdkguard.config.environments import environment_context

        values = self.root.node.get_all_context()
        return environment_context(values if isinstance(values, dict) else {}, loaded.environments)

    def _chosen(self, found: Assembly, templates: Iterable[str] | None) -> Assembly:
        """The assembly without the stacks that CDK or the Aspect's place leave out, and without their problems."""
        from cdkguard.model import Problem

        wanted = None if templates is None else {os.path.realpath(path) for path in templates}
        stacks = [s for s in found.stacks if self._covers(s) and (wanted is None or _template_file(s.root) in wanted)]
        out = {s.template_path for s in found.stacks} - {s.template_path for s in stacks}
        problems = [p for p in found.problems if p.path not in out]
        if wanted and not any(p.fatal for p in problems):
            for path in sorted(wanted - {_template_file(stack) for stack in found.stacks}):
                problems.append(Problem("template", f"{path}: in no manifest of {found.directory}", path))
        others = tuple(s for s in found.stacks if not any(s is chosen for chosen in stacks))
        return found._replace(stacks=tuple(stacks), problems=tuple(problems), others=others)

    def tell(self, report: Report) -> None:
        """Print on stderr what CDK's report has no place for: suppressions that do not count, and missing context."""
        from cdkguard.text import escape

        for problem in report.problems:
            if problem.kind == "unused-suppression" and self.partly:
                continue  # it may cover a finding in the stacks that were left out
            if problem.kind in ("suppression", "unused-suppression", "context") and not problem.fatal:
                print(escape.block(f"cdkguard: {problem.message}"), file=sys.stderr)
        if self.waits:
            print("cdkguard: the CDK CLI looks it up and runs the app again; only that run can fail", file=sys.stderr)

    def _covers(self, stack: Stack) -> bool:
        path = stack.construct_path or ""
        return not self.scopes or any(not s or path == s or path.startswith(f"{s}/") for s in self.scopes)


def _template_file(stack: Stack) -> str:
    return os.path.realpath(stack.template_path)


def find_outermost_assembly(directory: str) -> str:
    """The folder of the whole assembly around this folder: the assemblies of stages lie in each other."""
    while True:
        above, name = os.path.split(directory)
        try:
            with open(os.path.join(above, "manifest.json"), encoding="utf-8") as handle:
                artifacts = json.load(handle)["artifacts"].values()
            if not any(a.get("properties", {}).get("directoryName") == name for a in artifacts):
                return directory
        except (OSError, ValueError, KeyError, AttributeError):
            return directory
        directory = above
