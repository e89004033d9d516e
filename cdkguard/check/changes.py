"""The change against a baseline, judged: what is deployed or was agreed, what the app makes of it, and the rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache

from cdkguard._typing import Json, NamedTuple
from cdkguard.baselines.open import Baseline, configuration_at
from cdkguard.check import guardrail as guardrails
from cdkguard.config import accepted, approvals, environments
from cdkguard.config.settings import Config
from cdkguard.data import loader as tables
from cdkguard.data.loader import shipped
from cdkguard.diff.compare import TypeFacts, compare_stacks, find_destroy_changes
from cdkguard.diff.replacement import Replacements
from cdkguard.diff.sides import Sides
from cdkguard.engine import resources as engine
from cdkguard.errors import BaselineError, TemplateError
from cdkguard.model import SEVERITIES, Assembly, Change, Finding, Problem, Rule, Stack, replace_stacks
from cdkguard.packs import load as packs
from cdkguard.suppressions import apply as suppressions
from cdkguard.system import files
from cdkguard.template.stack_scopes import StackScopes

Judge = Callable[[Config], list[Finding]]


class Judged(NamedTuple):
    """The changes, the findings on them, and what could not be judged."""

    changes: tuple[Change, ...]
    findings: list[Finding]
    problems: list[Problem]
    new_exemptions: frozenset[str]  # origins of suppressions that do not count
    against: str  # the baseline in words
    approvals: tuple[approvals.Approval, ...]
    own: list[Finding]  # on what the change does to the guardrail; marked already, by the baseline's suppressions
    fail_on: str  # the stricter of both sides'

    def approved(self, findings: Sequence[Finding], today: str) -> tuple[list[Finding], list[Problem]]:
        """The findings with those of approved changes marked."""
        return approvals.apply(findings, self.changes, self.approvals, today)


class Compared(NamedTuple):
    """The changes between two sides, the stacks as they were compared, and the values of both."""

    changes: tuple[Change, ...]
    before: Sequence[Stack]
    after: Sequence[Stack]
    sides: Sides


def compared(
    baseline: Baseline,
    before: Sequence[Stack],
    after: Sequence[Stack],
    sets: Mapping[str, frozenset[str]],
    given: Mapping[str, Json],
    given_before: Mapping[str, Json] | None = None,
) -> Compared:
    """The changes between the stacks of a baseline and the app's, both in their environments.

    `given` are values of parameters; `given_before` those in the baseline, where they may be others.
    """
    if baseline.deployed:
        after = _with_kept_parameters(before, after)
    roots = [[s for s in side if s.parent is None] for side in (before, after)]
    if len(roots[0]) == len(roots[1]) == 1 and not (roots[0][0].from_assembly or roots[1][0].from_assembly):
        # The names of two files are not the stack's name: the stack is the same.
        name = roots[1][0].name
        before = replace_stacks(before, lambda s: s._replace(name=name) if s.parent is None else s)
    sides = Sides(StackScopes(given if given_before is None else given_before), StackScopes(given))
    found = compare_stacks(before, after, tables_of(sets), sides)
    for problem in sides.before.problems:  # a loop that cannot be expanded: what it made would go unseen
        raise BaselineError(f"the baseline {baseline.words} was not read whole: {problem.message}")
    for problem in sides.after.problems:
        raise TemplateError(problem.message)
    return Compared(found, before, after, sides)


def tables_of(sets: Mapping[str, frozenset[str]]) -> TypeFacts:
    """What the diff knows of resource types, from the rules' named sets and the shipped tables."""
    stateful = sets.get("stateful", frozenset()) | sets.get("stateful-more", frozenset())
    return TypeFacts(
        replacements(),
        stateful | sets.get("stateful-minor", frozenset()),
        sets.get("snapshot-on-delete", frozenset()),
        sets.get("snapshot-on-replace", frozenset()),
    )


def _with_kept_parameters(before: Sequence[Stack], after: Sequence[Stack]) -> list[Stack]:
    """`cdk deploy` keeps the value of a deployed parameter that nobody gives anew, whatever its new Default says."""
    old = {(s.name, s.account, s.region): s for s in before if s.parent is None}

    def keep_parameters(stack: Stack) -> Stack:
        was = old.get((stack.name, stack.account, stack.region)) or old.get((stack.name, None, None))
        if stack.parent is not None or was is None:
            return stack
        return stack._replace(parameters={**was.parameters, **stack.parameters})

    return replace_stacks(after, keep_parameters)


def judge(
    settings: Config,
    baseline: Baseline,
    stacks: tuple[Sequence[Stack], Sequence[Stack], Sequence[Stack]],
    loaded: packs.Packs,
    rules: Sequence[Rule],
    engine_settings: engine.Settings,
    again: Judge,
    findings: Sequence[Finding],
    today: str,
) -> Judged:
    """Judge the change. `stacks` are those to judge as they were read, the same in their environments, and the app's others,
    which are not judged.

    `again` judges them under another configuration; `findings` are those of the new one.
    """
    from cdkguard.engine import changes as changerules

    problems = [*baseline.notes]
    old_config = _old_config(settings, baseline)
    then = old_config or settings._replace(app_context=baseline.assembly.context or settings.app_context)
    chosen, after, others = stacks
    found, before, both, sides = compared(
        baseline,
        in_environments(baseline.assembly.stacks, then),
        [*after, *others],
        loaded.sets,
        settings.template_parameters,
        then.template_parameters,
    )
    after, others = both[: len(after)], both[len(after) :]
    found = tuple(c for c in found if _is_judged(c, settings, others))
    if old_config is not None:  # from here on it judges the new app
        old_config = old_config._replace(app_context=settings.app_context)
    found = _reclassified(found, chosen, old_config or settings)
    on_changes = [r for r in rules if r.scope == "change" and not _about_us(r)]
    judged = changerules.evaluate(found, on_changes, loaded.rules, (before, after), engine_settings, sides)
    agreed = approvals.read(approvals_file(settings))
    ours = _Ours()
    if old_config is not None:
        ours = _own(old_config, settings, (before, chosen, after), again, findings, sides, today)
    if ours.only_old:
        agreed = tuple(a for a in agreed if a.change in ours.agreed)
    return Judged(
        found,
        judged.findings,
        problems + judged.problems + ours.problems,
        ours.exempt,
        baseline.words,
        agreed,
        ours.findings,
        ours.fail_on or settings.fail_on,
    )


def in_environments(stacks: Sequence[Stack], settings: Config) -> list[Stack]:
    """The stacks in the environments that a configuration gives them."""
    context = {**settings.app_context, **settings.context}
    return environments.assign(stacks, settings.environments, settings.environment, context).stacks


def _reclassified(found: Sequence[Change], chosen: Sequence[Stack], settings: Config) -> tuple[Change, ...]:
    """Without the changes of environment that weaken nothing, and without those that only the configuration makes:
    the comparison of both configurations tells them. `settings` are the baseline's, where it has some."""
    strict = _strict(settings)
    now = {s.construct_path or s.name: s.environment for s in in_environments(chosen, settings)}

    def is_news(change: Change) -> bool:
        was = change.was.environment if change.was else None
        return was in strict and now.get(change.stack.construct_path or change.stack.name) not in strict

    return tuple(c for c in found if c.impact != "STACK_RECLASSIFIED" or is_news(c))


def _strict(settings: Config) -> frozenset[str]:
    return frozenset({e.name for e in settings.environments if e.strict} | {"prod"})


def _is_judged(change: Change, settings: Config, others: Sequence[Stack]) -> bool:
    """Whether the change is of a stack that this run is about."""
    if any(change.stack is other for other in others):
        return False
    gone = change.stack is change.was
    names = {change.stack.root.name, change.stack.root.construct_path or change.stack.root.name}
    return not gone or not settings.stacks or any(fnmatchcase(n, glob) for n in names for glob in settings.stacks)


def approvals_file(settings: Config) -> str:
    """The file of approvals: the configured one, else the one beside the configuration file or in the app's folder."""
    if settings.approvals:
        return settings.approvals
    return os.path.join(os.path.dirname(settings.file) if settings.file else settings.directory, approvals.FILE)


# -- the guardrail itself


def _old_config(settings: Config, baseline: Baseline) -> Config | None:
    """The configuration in the git baseline, for the same input; None where the baseline has none of its own."""
    if baseline.directory is None:
        return None
    old = configuration_at(baseline.directory, settings)
    if settings.overlay is None:  # the program that calls us names what is judged, and not a file
        old = old._replace(paths=settings.paths)
    return old._replace(directory=settings.directory, app_context=baseline.assembly.context)


class _Ours(NamedTuple):
    """What the change does to the guardrail itself, judged by the baseline's configuration."""

    findings: list[Finding] = []
    problems: list[Problem] = []
    exempt: frozenset[str] = frozenset()  # origins of suppressions that do not count
    fail_on: str = ""
    only_old: bool = False  # only approvals that are in the baseline count
    agreed: frozenset[str] = frozenset()  # the tokens of those


def _about_us(rule: Rule) -> bool:
    return any(impact in ("GUARDRAIL_WEAKENED", "EXEMPTION_ADDED") for impact in rule.on_change)


def _own(
    old: Config,
    new: Config,
    stacks: tuple[Sequence[Stack], Sequence[Stack], Sequence[Stack]],
    again: Judge,
    findings: Sequence[Finding],
    sides: Sides,
    today: str,
) -> _Ours:
    """The rules about the guardrail, their severities and suppressions are the baseline's: nobody exempts himself."""
    from cdkguard.engine import changes as changerules

    before, chosen, after = stacks
    old_side = guardrail(old, in_environments(chosen, old), before, new.honour)
    hidden = guardrails.hidden_by(again(old), findings)
    new_side = guardrail(new, after)
    if (old.app, old.paths) == (new.app, new.paths):  # the command line's
        new_side = new_side._replace(judged=old_side.judged)
    place = guardrails.home(new.file or "cdkguard.yaml")
    found = list(guardrails.compare(old_side, new_side, hidden, place))
    loaded = packs.load_all(old.packs)
    rules = [r for r in packs.select(loaded.rules, old.rules, old.skip) if r.scope == "change" and _about_us(r)]
    shown = engine.Settings(sets=loaded.sets, severities=old.severities)
    judged = changerules.evaluate(found, rules, (), ((), ()), shown, sides)
    ids = {r.id for r in loaded.rules}
    marked = suppressions.apply(
        judged.findings, [place], old.suppressions, None, {r.id for r in rules}, today, known=ids
    )
    only_old = "baseline" in (old.new_suppressions, new.new_suppressions)
    levels = (*SEVERITIES, "never")
    return _Ours(
        marked[0],
        judged.problems,
        guardrails.new_suppressions(old_side, new_side) if only_old else frozenset(),
        min(old.fail_on, new.fail_on, key=levels.index),
        only_old,
        frozenset(a.change for a in approvals.read(approvals_file(old))),
    )


def guardrail(
    settings: Config, stacks: Sequence[Stack], code: Sequence[Stack] | None = None, peers: Sequence[str] = ()
) -> guardrails.Guardrail:
    """The configuration in force for these stacks in their environments, as `guardrails` compares it; `code` holds
    suppressions, too.

    Those for other checkers are listed for `peers` as well, lest all old ones seem new where one begins to count.
    """
    loaded = packs.load_all(settings.packs)
    rules = packs.select(loaded.rules, settings.rules, settings.skip)
    strict = _strict(settings)
    shown = engine.Settings(strict_environments=strict, severities=settings.severities)
    names = {s.environment for s in stacks if s.environment}
    home = os.path.join(os.path.dirname(settings.file or ""), "")
    written = suppressions.written_in_code(stacks if code is None else code)
    if honoured := tuple(dict.fromkeys((*settings.honour, *peers))):
        from cdkguard.suppressions import peers as honour

        ids = tables.peer_ids()
        written += honour.written_in_code(stacks if code is None else code, loaded.rules, honoured, ids)
    return guardrails.Guardrail(
        rules={r.id: r._replace(parameters={**r.parameters, **settings.parameters.get(r.id, {})}) for r in rules},
        severities={(r.id, name): engine.severity_of(r, name, shown) for r in rules for name in names},
        environments={s.construct_path or s.name: s.environment for s in stacks},
        strict=strict,
        fail_on=settings.fail_on,
        suppressions=[*settings.suppressions, *written],
        accounts=frozenset(_allowed(settings)),
        accepted=frozenset(_accepted(settings)),
        approvals=[
            f"{approvals.FILE} approves {a.impact} of {a.construct or a.logical_id or a.stack} ({a.change}): {a.reason}"
            for a in approvals.read(approvals_file(settings))
        ],
        file=settings.file or "cdkguard.yaml",
        sets=loaded.sets,
        stacks=settings.stacks,
        require_owner=settings.require_owner,
        new_suppressions=settings.new_suppressions,
        honour=settings.honour,
        lint=settings.lint,
        judged=settings.app or ", ".join(path.removeprefix(home) for path in settings.paths),
    )


def _allowed(settings: Config) -> Sequence[str]:
    allowed = settings.accounts.get("allowed", ())
    return list(allowed.values()) if isinstance(allowed, Mapping) else list(allowed)


def _accepted(settings: Config) -> Sequence[str]:
    return list(accepted.read(settings.baseline)) if settings.baseline and files.exists(settings.baseline) else []


def stacks_of(found: Assembly, settings: Config) -> list[Stack]:
    """The stacks of an assembly with their environments."""
    return in_environments(found.stacks, settings._replace(app_context=found.context))


def destroyed(
    stacks: Sequence[Stack], sets: Mapping[str, frozenset[str]], given: Mapping[str, Json]
) -> tuple[Change, ...]:
    """What `cdk destroy` of these stacks would take, by the policies that they hold."""
    return find_destroy_changes(stacks, tables_of(sets), StackScopes(given))


@cache
def replacements() -> Replacements:
    """Which property changes replace a resource; made by tools/replacement/make_table.py."""
    return Replacements(shipped("replacement.json"))
