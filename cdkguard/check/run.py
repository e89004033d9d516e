"""The run as one function: a configuration in, a report out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache, cached_property, partial

from cdkguard import __version__
from cdkguard._typing import TYPE_CHECKING, Any, TextIO
from cdkguard.check import limits
from cdkguard.config import environments
from cdkguard.config.settings import Config
from cdkguard.engine import resources as engine
from cdkguard.errors import MACHINE, ConfigError, InputError, RulePackError, stop_of
from cdkguard.inputs.assembly import read_assembly, read_paths
from cdkguard.model import (
    AcceptedFinding,
    Assembly,
    Finding,
    Problem,
    Report,
    Rule,
    RuleInfo,
    Stack,
    StackInfo,
    severity_rank,
)
from cdkguard.packs import load as packs
from cdkguard.suppressions import apply as suppressions
from cdkguard.system import files
from cdkguard.template import loops
from cdkguard.text import credentials, spelling

if TYPE_CHECKING:
    from cdkguard.check import cfnlint, changes, parallel

Observer = Callable[[Mapping[str, Sequence[int]]], None]


def check(
    config: Config, today: str | None = None, progress: TextIO | None = None, observe: Observer | None = None
) -> Report:
    """Judge what the configuration names. `today` (ISO) decides which suppressions have expired; `observe` is told how
    often each rule on resources was met: rule id -> [pass, fail, unknown].

    Raises CdkguardError where nothing can be judged; what could not be read beside it is in `Report.errors`.
    """
    try:
        return _checked(config, today, progress, observe)
    except MACHINE as problem:
        raise stop_of(problem) or problem from problem


def _checked(config: Config, today: str | None, progress: TextIO | None, observe: Observer | None) -> Report:
    began = time.perf_counter()
    loaded = packs.load_all(config.packs)
    rules = packs.select(loaded.rules, config.rules, config.skip)
    phases = {"rules": time.perf_counter() - began}
    day = today or time.strftime("%Y-%m-%d")
    parted = _in_parts(config, loaded, rules, phases)
    if parted is not None:
        found = parted.assembly
        return _report(config, found, loaded, rules, day, began, phases, progress, observe, parted)
    with _judged(config, progress, phases) as found:
        report = _report(config, found, loaded, rules, day, began, phases, progress, observe)
    return _that_lasts(report, found.directory or "") if "synth" in phases else report


def _that_lasts(report: Report, folder: str) -> Report:
    """The report without the name of the temporary folder: it is gone, and another one each time."""
    name = os.path.basename(folder) + os.sep

    def place(path: str) -> str:
        _, found, inside = path.partition(name)
        return f"assembly:{inside}" if found else path

    return report._replace(
        findings=tuple(f._replace(template_path=place(f.template_path)) for f in report.findings),
        stacks=tuple(s._replace(template_path=place(s.template_path)) for s in report.stacks),
    )


def check_assembly(config: Config, found: Assembly, today: str | None = None) -> Report:
    """Judge an assembly that somebody else has read; raises as `check` does."""
    try:
        began = time.perf_counter()
        loaded = packs.load_all(config.packs)
        rules = packs.select(loaded.rules, config.rules, config.skip)
        return _report(config, found, loaded, rules, today or time.strftime("%Y-%m-%d"), began, {})
    except MACHINE as problem:
        raise stop_of(problem) or problem from problem


def _in_parts(
    config: Config, loaded: packs.Packs, rules: Sequence[Rule], phases: dict[str, float]
) -> parallel.Judged | None:
    """Many stacks that lie there already, judged part by part; None where the input is something else."""
    if config.app or not config.paths or (is_app(config.paths) and not config.still):
        return None
    from cdkguard.check import parallel

    parted = parallel.judge(config, [r for r in rules if r.scope != "change"], _settings(config, loaded, rules))
    if parted is not None:
        over = f" (sum over {parted.processes} processes)" if parted.processes > 1 else ""
        phases.update({name + over: seconds for name, seconds in parted.seconds.items()})
    return parted


@contextmanager
def assembled(config: Config, progress: TextIO | None = None) -> Iterator[Assembly]:
    """The assembly that the configuration names, synthesized where need be; a temporary one lives as long as the block."""
    with _judged(config, progress, {}) as found:
        if not found.stacks and not any(p.fatal for p in found.problems):
            raise InputError(f"no stack found in {found.directory or 'the paths given'}, so nothing was judged")
        yield found


@contextmanager
def _judged(config: Config, progress: TextIO | None, phases: dict[str, float]) -> Iterator[Assembly]:
    """The assembly to judge; a temporary one lives as long as the block."""
    began = time.perf_counter()
    if config.still or (not config.app and config.paths and not is_app(config.paths)):
        yield _timed(phases, "read", began, read_paths(config.paths))
        return
    outdir = os.environ.get("CDK_OUTDIR")
    if not config.app and not config.paths and outdir:
        # Behind the app in cdk.json. Without a manifest that is an error: running the app again would never end.
        yield _timed(phases, "read", began, read_assembly(outdir, app_directory=config.directory))
        return
    from cdkguard.inputs import synth

    directory = config.paths[0] if config.paths else config.directory
    app = synth.find_app(directory, config.app, config.context)
    existing = synth.existing_assembly(app)
    if existing is not None:
        yield _timed(phases, "read", began, read_assembly(existing, app_directory=directory))
        return
    with synth.synthesized(app, full=config.full_synth, timeout=config.timeout, progress=progress) as out:
        phases["synth"] = time.perf_counter() - began
        found = read_assembly(out, app_directory=directory)._replace(context=app.context)
        yield _timed(phases, "read", time.perf_counter(), found)


def _timed(phases: dict[str, float], name: str, began: float, found: Assembly) -> Assembly:
    phases[name] = time.perf_counter() - began
    return found


def is_app(paths: Sequence[str]) -> bool:
    """One folder with cdk.json (and no manifest of its own) is an app to synthesize."""
    if len(paths) != 1 or not files.is_folder(paths[0]) or files.is_file(os.path.join(paths[0], "manifest.json")):
        return False
    return files.is_file(os.path.join(paths[0], "cdk.json"))


def _report(
    config: Config,
    found: Assembly,
    loaded: packs.Packs,
    rules: tuple[Rule, ...],
    today: str,
    began: float,
    phases: dict[str, float],
    progress: TextIO | None = None,
    observe: Observer | None = None,
    parted: parallel.Judged | None = None,
) -> Report:
    problems = list(found.problems)
    chosen = _chosen(found.stacks, config.stacks)
    if not chosen and not any(p.fatal for p in problems):
        raise InputError(f"no stack found in {found.directory or 'the paths given'}, so nothing was judged")
    context = {**found.context, **config.context}
    stacks, notices = environments.assign(chosen, config.environments, config.environment, context)
    problems += notices
    problems += _missing(found) + _not_seen(stacks, rules)
    known = {rule.id for rule in loaded.rules}
    _refuse_unknown_rules(config, known)
    evaluating = time.perf_counter()
    most = cache(partial(limits.most_findings, [stack.template_path for stack in stacks]))
    settings = _settings(config, loaded, rules)._replace(most=most)
    on_resources = [rule for rule in rules if rule.scope != "change"]
    judged = engine.evaluate(stacks, on_resources, settings) if parted is None else parted.judged
    if parted is None:
        phases["rules on resources"] = time.perf_counter() - evaluating
    problems += judged.problems
    if observe is not None:
        observe(judged.counts)
    linted = _linted(config, stacks, phases) if config.lint else None
    ran = rules if config.against else on_resources
    changed = None
    if config.against:
        changed = _changes(
            config, found, chosen, stacks, loaded, rules, settings, judged.findings, today, progress, phases
        )
        problems += changed.problems
    else:
        problems.append(NO_BASELINE)
    lint_ids = _lint_ids(config, linted)
    findings, noted = suppressions.apply(
        [*judged.findings, *(linted.findings if linted else ()), *(changed.findings if changed else ())],
        stacks,
        config.suppressions,
        _accepted(config.baseline) if config.baseline else None,
        {rule.id for rule in ran} | (lint_ids if config.lint else set()),
        today,
        config.require_owner,
        known | lint_ids,
        changed.new_exemptions if changed else (),
    )
    problems += noted
    if config.honour:
        findings, noted = _honoured(config, findings, stacks, loaded, changed.new_exemptions if changed else ())
        problems += noted
    if changed is not None:
        findings, noted = changed.approved(findings, today)
        findings += changed.own
        problems += noted
    return Report(
        findings=tuple(map(_veiled, sorted(findings, key=_by_place(stacks)))),
        rules=_RuleInfos(ran, linted.rules if linted else ()),
        stacks=tuple(map(_info, stacks, map(_size, stacks) if parted is None else parted.sizes)),
        problems=tuple(p._replace(message=credentials.veiled(p.message)) for p in problems),
        seconds=time.perf_counter() - began,
        fail_on=changed.fail_on if changed else config.fail_on,
        version=__version__,
        phases=phases,
        changes=changed.changes if changed else (),
        against=changed.against if changed else "",
        rule_seconds=judged.seconds,
    )


def _veiled(finding: Finding) -> Finding:
    """No text of a finding holds a credential, not even one that stands where names do."""
    if not credentials.may_hold_one(f"{finding.message} {finding.found} {finding.branch}"):
        return finding
    texts = [text and credentials.veiled(text) for text in (finding.message, finding.found, finding.branch)]
    hides = finding.hides_secret or texts[:2] != [finding.message, finding.found]
    return finding._replace(message=texts[0] or "", found=texts[1], branch=texts[2], hides_secret=hides)


class _RuleInfos(Sequence[RuleInfo]):
    """What the report says of the rules that ran, read when an output asks for it."""

    def __init__(self, rules: Sequence[Rule], more: Sequence[RuleInfo]) -> None:
        self._rules, self._more = rules, more

    def __len__(self) -> int:
        return len(self._rules) + len(self._more)

    def __getitem__(self, at: Any) -> Any:
        return self._all[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all == tuple(other)

    @cached_property
    def _all(self) -> tuple[RuleInfo, ...]:
        infos = (RuleInfo(r.id, r.title, r.severity, r.pack, r.why, r.remedy, r.references) for r in self._rules)
        return (*infos, *self._more)


def _linted(config: Config, stacks: Sequence[Stack], phases: dict[str, float]) -> cfnlint.Linted:
    from cdkguard.check import cfnlint

    began = time.perf_counter()
    found = cfnlint.run(stacks, config.timeout, settings=not config.still)
    phases["cfn-lint"] = time.perf_counter() - began
    return found


def _lint_ids(config: Config, linted: cfnlint.Linted | None) -> set[str]:
    """Rules of cfn-lint: those that found something, and those that the configuration speaks of."""
    named = {s.rule for s in config.suppressions if s.rule.startswith("cfn-lint-")}
    return named | {rule.id for rule in linted.rules} if linted else named


def _honoured(
    config: Config, findings: Sequence[Finding], stacks: Sequence[Stack], loaded: packs.Packs, ignored: Collection[str]
) -> tuple[list[Finding], list[Problem]]:
    """The findings with those marked that are suppressed for another checker."""
    from cdkguard.data import loader as tables
    from cdkguard.suppressions import peers as honour

    return honour.apply(findings, stacks, loaded.rules, config.honour, tables.peer_ids(), ignored)


def _accepted(path: str) -> Mapping[str, AcceptedFinding]:
    from cdkguard.config import accepted

    return accepted.read(path)


NO_BASELINE = Problem(
    "notice",
    "the change was not judged, only the new templates: --against deployed, git, or a snapshot names a baseline",
    fatal=False,
)


def _changes(
    config: Config,
    found: Assembly,
    chosen: Sequence[Stack],
    stacks: Sequence[Stack],
    loaded: packs.Packs,
    rules: Sequence[Rule],
    settings: engine.Settings,
    findings: Sequence[Finding],
    today: str,
    progress: TextIO | None,
    phases: dict[str, float],
) -> changes.Judged:
    from cdkguard.baselines import open as baseline
    from cdkguard.check import changes

    def again(old: Config) -> list[Finding]:
        """What the baseline's configuration says of the new app."""
        stacks = changes.in_environments(chosen, old)
        loaded = packs.load_all(old.packs)
        rules = [r for r in packs.select(loaded.rules, old.rules, old.skip) if r.scope != "change"]
        judged = engine.evaluate(stacks, rules, _settings(old, loaded, rules)._replace(most=settings.most))
        kept = _accepted(old.baseline) if old.baseline and files.exists(old.baseline) else None
        known = {r.id for r in loaded.rules}
        ids = {r.id for r in rules}
        findings = suppressions.apply(judged.findings, stacks, old.suppressions, kept, ids, today, known=known)[0]
        return _honoured(old, findings, stacks, loaded, ())[0] if old.honour else findings

    began = time.perf_counter()
    config = config._replace(app_context=found.context)
    others = [stack for stack in (*found.stacks, *found.others) if stack not in set(chosen)]
    with baseline.opened(config, found, progress) as old:
        phases["baseline"] = time.perf_counter() - began
        began = time.perf_counter()
        judged = changes.judge(config, old, (chosen, stacks, others), loaded, rules, settings, again, findings, today)
        phases["changes"] = time.perf_counter() - began
    return judged


def _chosen(stacks: Sequence[Stack], globs: Sequence[str]) -> list[Stack]:
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


def _not_seen(stacks: Sequence[Stack], rules: Sequence[Rule]) -> list[Problem]:
    """What rules ask for and the input cannot hold; said, so that silence is not taken for a pass."""
    notices = []
    bare = [s.template_path for s in stacks if not s.from_assembly]
    if bare and any(rule.scope == "stack" for rule in rules):
        text = f"{_names(bare)}: a bare template does not hold the stack's settings: termination protection and tags were not judged"
        notices.append(Problem("notice", text, fatal=False))
    for stack in stacks:
        macros = [name for name in loops.find_transforms(stack.template) if name != loops.LOOPS]
        if macros:
            text = f"{stack.template_path}: what CloudFormation makes of it by the transform {', '.join(macros)} was not judged"
            notices.append(Problem("notice", text, stack.template_path, fatal=False))
    return notices


def _names(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def _missing(found: Assembly) -> list[Problem]:
    return [
        Problem(
            "context",
            f"missing context '{m.key}': CDK put dummy values in its place, which are judged as unknown; "
            "run `cdk synth` once with credentials to write cdk.context.json",
            fatal=False,
        )
        for m in found.missing
    ]


def _refuse_unknown_rules(config: Config, known: set[str]) -> None:
    for name in config.parameters:
        if name not in known:
            raise ConfigError(f"{config.file}: 'with' names no rule '{name}'{spelling.did_you_mean(name, known)}")
    globs = [name for name in config.severities if name not in known]
    if len(globs) > suppressions.MAX_GLOBS:
        raise ConfigError(f"{config.file}: 'severity' has more than {suppressions.MAX_GLOBS} globs")
    for name in globs:
        if not any(fnmatchcase(rule, name) for rule in known):
            raise ConfigError(f"{config.file}: 'severity' names no rule '{name}'{spelling.did_you_mean(name, known)}")


def _settings(config: Config, loaded: packs.Packs, rules: Sequence[Rule]) -> engine.Settings:
    strict = {e.name for e in config.environments if e.strict} | {"prod"}
    allowed = config.accounts.get("allowed", {})
    return engine.Settings(
        allowed_accounts=frozenset(allowed.values() if isinstance(allowed, Mapping) else allowed),
        environment_of_account=environments.account_names(config.environments),
        aws_accounts=loaded.sets.get("aws-accounts", frozenset()),
        strict_environments=frozenset(strict),
        parameters=config.parameters,
        severities=config.severities,
        template_parameters=config.template_parameters,
        sets=loaded.sets,
        judges_lookups=config.judges_lookups,
        predicates=_predicates(rules, config.python_packs, config.still),
        clock=time.perf_counter if config.timings else None,
    )


def _predicates(rules: Sequence[Rule], allowed: Sequence[str], still: bool) -> dict[str, Any]:
    """Python predicates of the selected rules; only of packages that the configuration (or command line) names."""
    names = {name for rule in rules for name in rule.predicates}
    found: dict[str, Any] = {}
    for name in sorted(names):
        module, _, function = name.partition(":")
        if module.split(".")[0] not in allowed:
            package = module.split(".")[0]
            how = f"allow it by `--python {package}`" if still else f"name '{package}' under `python` in cdkguard.yaml"
            raise ConfigError(f"rule code '{name}' is not run: {how}")
        from importlib import import_module

        try:
            found[name] = getattr(import_module(module), function)
        except (ImportError, AttributeError) as problem:
            raise RulePackError(f"rule code '{name}' cannot be loaded: {problem}") from problem
    return found


def _size(stack: Stack) -> int:
    return len(stack.template.get("Resources") or {})


def _info(stack: Stack, size: int) -> StackInfo:
    return StackInfo(
        stack.name,
        stack.construct_path or stack.name,
        stack.template_path,
        stack.environment,
        stack.account,
        stack.region,
        size,
        stack.parent is not None,
    )


def _by_place(stacks: Sequence[Stack]) -> Any:
    """Stacks in the assembly's order, constructs by name, worst first within a construct's stack."""
    order = {(s.construct_path or s.name): i for i, s in enumerate(stacks)}

    def key(finding: Finding) -> tuple[Any, ...]:
        return (
            order.get(finding.stack_path, -1 if finding.stack_path == "cdkguard" else len(order)),
            -severity_rank(finding.severity),
            finding.construct_path or "",
            finding.logical_id or "",
            finding.rule_id,
            finding.property_paths,
            finding.template_path,
        )

    return key
