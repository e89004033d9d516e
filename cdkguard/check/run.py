"""The run as one function: a configuration in, a report out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache, partial

from cdkguard import __version__
from cdkguard._typing import TYPE_CHECKING, NamedTuple, TextIO
from cdkguard.check.assemble import names_an_app, note_apps_around, open_assembly, refuse_apps, refuse_empty
from cdkguard.check.evaluate import (
    BoundConfig,
    assign_environments,
    bind_config,
    engine_settings,
    mark_suppressed,
    note_unused_accepted,
    refuse_unknown_rules,
    strict_environments,
)
from cdkguard.check.report import (
    NO_BASELINE,
    RuleInfos,
    describe_stack,
    find_missing_context,
    find_unseen,
    sort_findings,
    veil_credentials,
    without_temporary_folder,
)
from cdkguard.config.settings import Config
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.errors import MACHINE, CdkguardError, ConfigError, stop_of
from cdkguard.inputs.assembly import list_parts
from cdkguard.model import Assembly, Finding, Report, RuleInfo, Stack
from cdkguard.suppressions.added import AddedSuppressions
from cdkguard.text import credentials

if TYPE_CHECKING:
    from cdkguard.check import changes, parallel

Observer = Callable[[Mapping[str, Sequence[int]]], None]


def check(
    config: Config,
    today: str | None = None,
    progress: TextIO | None = None,
    observe: Observer | None = None,
    bound: BoundConfig | None = None,
) -> Report:
    """Judge what the configuration names. `today` (ISO) decides which suppressions have expired; `observe` is told how
    often each rule on resources was met: rule id -> [pass, fail, unknown]. `bound` is the configuration with its rules,
    where an earlier check has loaded them.

    Raises CdkguardError where nothing can be judged; what could not be read beside it is in `Report.errors`.
    """
    with _machine_errors_as_stops():
        run = _Run(today, progress, observe)
        bound = bound or bind_config(config)
        run.phases["rules"] = time.perf_counter() - run.began
        evaluated = _evaluate_in_parts(bound, run)
        if evaluated is not None:
            return _report(bound, evaluated.assembly, run, evaluated)

        if config.against:
            from cdkguard.baselines.open import refuse_missing_revision

            refuse_missing_revision(config)
        with open_assembly(config, progress, run.phases) as found:
            report = _report(bound, found, run)
        return without_temporary_folder(report, found.directory or "") if "synth" in run.phases else report


def check_assembly(config: Config, found: Assembly, today: str | None = None) -> Report:
    """Judge an assembly that somebody else has read; raises as `check` does."""
    with _machine_errors_as_stops():
        run = _Run(today, None, None)
        return _report(bind_config(config), found, run)


@contextmanager
def _machine_errors_as_stops() -> Iterator[None]:
    try:
        yield
    except MACHINE as problem:
        raise stop_of(problem) or problem from problem


class _Run:
    """The day, the clock and the observer that all steps of one run share."""

    def __init__(self, today: str | None, progress: TextIO | None, observe: Observer | None) -> None:
        self.began = time.perf_counter()
        self.today = today or time.strftime("%Y-%m-%d")
        self.progress, self.observe = progress, observe
        self.phases: dict[str, float] = {}  # Seconds by phase.

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.phases[phase] = time.perf_counter() - began


def _evaluate_in_parts(bound: BoundConfig, run: _Run) -> parallel.EvaluatedParts | None:
    """Many stacks that lie there already, evaluated part by part; None where the input is to be read as a whole.

    Changes, cfn-lint and peers' suppressions look at all templates at once. Where a path cannot be read, reading the
    whole says why.
    """
    config = bound.config
    if config.app or not config.paths or names_an_app(config):
        return None
    if config.stacks or config.against or config.lint or config.honour:
        return None
    refuse_apps(config)
    try:
        parts = list_parts(config.paths, refuses_apps=not config.pre_built)
    except CdkguardError:
        return None
    if len(parts) < 2 or any(part.lacks_context for part in parts):  # Which stacks hold a dummy is seen in all of them.
        return None

    from cdkguard.check import parallel

    settings = engine_settings(bound, bound.rules)
    evaluated = parallel.evaluate_parts(config, bound.rules_on_resources(), settings, parts)
    if evaluated is not None:
        over = f" (sum over {evaluated.processes} processes)" if evaluated.processes > 1 else ""
        run.phases.update({name + over: seconds for name, seconds in evaluated.seconds.items()})
    return evaluated


def _report(bound: BoundConfig, found: Assembly, run: _Run, in_parts: parallel.EvaluatedParts | None = None) -> Report:
    chosen = _select_stacks(found.stacks, bound.config.stacks)
    refuse_empty(found._replace(stacks=tuple(chosen)))
    bound = bound._replace(config=bound.config._replace(app_context=found.context))
    config = bound.config

    stacks, notices = assign_environments(config, chosen, [*found.stacks, *found.others])
    # What is said of each stack in the same words is said once.
    problems = [*dict.fromkeys(found.problems), *notices, *note_apps_around(config), *find_missing_context(found)]
    problems += find_unseen(stacks, bound.rules)
    problems += note_unused_accepted(config)
    refuse_unknown_rules(bound)

    most = cache(partial(_limit_of_findings, [stack.template_path for stack in stacks]))
    settings = engine_settings(bound, bound.rules)._replace(most=most)
    if in_parts is None:
        with run.timed("rules on resources"):
            evaluated = evaluate_resources(stacks, bound.rules_on_resources(), settings)
    else:
        evaluated = in_parts.evaluation
    problems += evaluated.problems
    if run.observe is not None:
        run.observe(evaluated.counts)

    linted = _lint(config, stacks, run) if config.lint else _Linted()
    changed = None
    if config.against:
        new = _new_side(bound, settings, found, chosen, stacks, evaluated.findings)
        changed = _judge_changes(new, found, run)
        problems += changed.problems
    elif not any(problem.fatal for problem in problems):  # An error says more than enough.
        problems.append(NO_BASELINE)

    ran = bound.rules if config.against else tuple(bound.rules_on_resources())
    findings, notes = mark_suppressed(
        bound,
        [*evaluated.findings, *linted.findings, *(changed.findings if changed else ())],
        stacks,
        {rule.id for rule in ran} | linted.ids,
        bound.known_ids() | linted.ids | _lint_ids_in(config),
        run.today,
        changed.added if changed else AddedSuppressions(),
    )
    problems += notes
    if changed is not None:
        findings, notes = changed.mark_approved(findings, run.today)
        from cdkguard.check.new_findings import mark_new

        findings = mark_new([*findings, *changed.on_guardrail], changed.known)
        problems += notes

    sizes = in_parts.sizes if in_parts else [len(stack.template.get("Resources") or {}) for stack in stacks]
    return Report(
        findings=tuple(
            map(
                veil_credentials,
                sort_findings(_fit_remedies(findings, found), stacks, strict_environments(config)),
            )
        ),
        rules=RuleInfos(ran, linted.rules),
        stacks=tuple(map(describe_stack, stacks, sizes)),
        problems=tuple(p._replace(message=credentials.hide_credentials(p.message)) for p in problems),
        seconds=time.perf_counter() - run.began,
        fail_on=changed.fail_on if changed else config.fail_on,
        gate=changed.gate if changed else "all",  # Without a baseline every finding may be new.
        version=__version__,
        phases=run.phases,
        changes=changed.changes if changed else (),
        against=changed.against if changed else "",
        rule_seconds=evaluated.seconds,
    )


def _fit_remedies(findings: Sequence[Finding], found: Assembly) -> list[Finding]:
    """The findings, with code that fits the classes that the app made its resources of."""
    if not findings:
        return []
    from cdkguard.check import remedies  # A clean run advises nothing.
    from cdkguard.inputs.construct_tree import find_raw_resources

    asks = any(map(remedies.asks_for_classes, findings))
    return list(remedies.fit_remedies(findings, find_raw_resources(found.directory) if asks else ()))


def _limit_of_findings(files: Sequence[str]) -> int:
    from cdkguard.check import limits  # Few runs have so many findings that they ask.

    return limits.limit_of_findings(files)


def _select_stacks(stacks: Sequence[Stack], globs: Sequence[str]) -> list[Stack]:
    """The stacks that `--stack` globs name, with their nested stacks; each glob must name one."""
    if not globs:
        return list(stacks)

    used: set[str] = set()
    chosen = []
    for stack in stacks:
        names = {stack.root.name, stack.root.construct_path or stack.root.name}
        hits = [glob for glob in globs if any(fnmatchcase(name, glob) for name in names)]
        if hits:
            used.update(hits)
            chosen.append(stack)

    for glob in globs:
        if glob not in used:
            known = ", ".join(sorted({s.construct_path or s.name for s in stacks if s.parent is None}))
            raise ConfigError(f"--stack '{glob}' names no stack; there are: {known}")
    return chosen


# -- cfn-lint


class _Linted(NamedTuple):
    """The findings of cfn-lint; `ids` are its rules that suppressions may name."""

    findings: Sequence[Finding] = ()
    rules: Sequence[RuleInfo] = ()
    ids: frozenset[str] = frozenset()


def _lint(config: Config, stacks: Sequence[Stack], run: _Run) -> _Linted:
    from cdkguard.check import cfnlint

    with run.timed("cfn-lint"):
        found = cfnlint.run_cfnlint(stacks, config.timeout, settings=not config.runs_no_code)
    ids = {rule.id for rule in found.rules} | _lint_ids_in(config)
    return _Linted(found.findings, found.rules, frozenset(ids))


def _lint_ids_in(config: Config) -> set[str]:
    """The rules of cfn-lint of which the configuration speaks: they are known even where cfn-lint does not run."""
    return {s.rule for s in config.suppressions if s.rule.startswith("cfn-lint-")}


# -- changes


def _new_side(
    bound: BoundConfig,
    settings: EngineSettings,
    found: Assembly,
    chosen: Sequence[Stack],
    stacks: Sequence[Stack],
    findings: Sequence[Finding],
) -> changes.NewSide:
    from cdkguard.check import changes

    read = set(chosen)
    others = [stack for stack in (*found.stacks, *found.others) if stack not in read]
    return changes.NewSide(bound, settings, chosen, stacks, others, findings)


def _judge_changes(new: changes.NewSide, found: Assembly, run: _Run) -> changes.JudgedChange:
    from cdkguard.baselines.open import open_baseline
    from cdkguard.check import changes

    began = time.perf_counter()
    with open_baseline(new.bound.config, found, run.progress) as old:
        run.phases["baseline"] = time.perf_counter() - began
        with run.timed("changes"):
            judged = changes.judge_change(new, old, run.today)
    return judged
