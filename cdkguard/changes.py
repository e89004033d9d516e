"""The change against a baseline, judged: what is deployed or was agreed, what the app makes of it, and the rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cdkguard import accepted, approvals, config, diff, engine, environments, guardrails, packs, tables
from cdkguard.baseline import Baseline
from cdkguard.config import Config
from cdkguard.model import Assembly, Change, Finding, Problem, Rule, Stack
from cdkguard.scopes import Scopes

Json = Any
Judge = Callable[[Config, Sequence[Stack]], list[Finding]]


class Judged(NamedTuple):
    """The changes, the findings on them, and what could not be judged."""

    changes: tuple[Change, ...]
    findings: list[Finding]
    problems: list[Problem]
    new_exemptions: frozenset[str]  # origins of suppressions that do not count
    against: str  # the baseline in words
    approvals: tuple[approvals.Approval, ...]

    def approved(self, findings: Sequence[Finding], today: str) -> tuple[list[Finding], list[Problem]]:
        """The findings with those of approved changes marked."""
        return approvals.apply(findings, self.changes, self.approvals, today)


def compared(
    baseline: Baseline, after: Sequence[Stack], sets: Mapping[str, frozenset[str]], given: Mapping[str, Json]
) -> tuple[tuple[Change, ...], diff.Sides]:
    """The changes between a baseline and the app's stacks, and the values of both."""
    if baseline.deployed:
        _keep_parameters(baseline.assembly.stacks, after)
    roots = [[s for s in side if s.parent is None] for side in (baseline.assembly.stacks, after)]
    if len(roots[0]) == len(roots[1]) == 1 and not (roots[0][0].from_assembly or roots[1][0].from_assembly):
        roots[0][0].name = roots[1][0].name  # two files: what they are called is not the stack's name
    sides = diff.Sides(Scopes(given), Scopes(given))
    return diff.compare(baseline.assembly.stacks, after, tables_of(sets), sides), sides


def tables_of(sets: Mapping[str, frozenset[str]]) -> diff.Tables:
    """What the diff knows of resource types, from the rules' named sets and the shipped tables."""
    stateful = sets.get("stateful", frozenset()) | sets.get("stateful-more", frozenset())
    return diff.Tables(
        tables.replacements(),
        stateful | sets.get("stateful-minor", frozenset()),
        sets.get("snapshot-on-delete", frozenset()),
        sets.get("snapshot-on-replace", frozenset()),
    )


def _keep_parameters(before: Sequence[Stack], after: Sequence[Stack]) -> None:
    """`cdk deploy` keeps the value of a deployed parameter that nobody gives anew, whatever its new Default says."""
    old = {(s.name, s.account, s.region): s for s in before if s.parent is None}
    for stack in after:
        was = old.get((stack.name, stack.account, stack.region)) or old.get((stack.name, None, None))
        if stack.parent is None and was is not None:
            stack.parameters = {**was.parameters, **stack.parameters}


def judge(
    settings: Config,
    baseline: Baseline,
    after: Sequence[Stack],
    loaded: packs.Packs,
    rules: Sequence[Rule],
    engine_settings: engine.Settings,
    again: Judge,
    findings: Sequence[Finding],
) -> Judged:
    """Judge the change. `again` judges stacks under another configuration; `findings` are those of the new one."""
    from cdkguard import changerules

    before, problems = list(baseline.assembly.stacks), [*baseline.notes]
    old_config = _old_config(settings, baseline)
    environments.assign(before, (old_config or settings).environments, settings.environment, settings.context)
    found, sides = compared(baseline, after, loaded.sets, settings.template_parameters)
    chosen = [r for r in rules if r.scope == "change"]
    own: list[Change] = []
    exempt: frozenset[str] = frozenset()
    if old_config is not None:
        own, exempt = _own(old_config, settings, after, again, findings)
    judged = changerules.evaluate((*own, *found), chosen, loaded.rules, (before, after), engine_settings, sides)
    agreed = approvals.read(approvals_file(settings))
    return Judged(found, judged.findings, problems + judged.problems, exempt, baseline.words, agreed)


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
    old = config.load(baseline.directory, None)
    return old._replace(
        paths=settings.paths,
        environment=settings.environment,
        context={**settings.context, **old.context},
        template_parameters={**settings.template_parameters, **old.template_parameters},
    )


def _own(
    old: Config, new: Config, after: Sequence[Stack], again: Judge, findings: Sequence[Finding]
) -> tuple[list[Change], frozenset[str]]:
    sides = [guardrail(settings, after) for settings in (old, new)]
    hidden = guardrails.hidden_by(again(old, after), findings)
    environments.assign(after, new.environments, new.environment, new.context)  # `again` assigned the old ones
    home = guardrails.home(new.file or "cdkguard.yaml")
    exempt = guardrails.new_suppressions(*sides) if new.new_suppressions == "baseline" else frozenset()
    return list(guardrails.compare(sides[0], sides[1], hidden, home)), exempt


def guardrail(settings: Config, stacks: Sequence[Stack]) -> guardrails.Guardrail:
    """The configuration in force for these stacks, as `guardrails` compares it."""
    loaded = packs.load_all(settings.packs)
    rules = packs.select(loaded.rules, settings.rules, settings.skip)
    environments.assign(stacks, settings.environments, settings.environment, settings.context)
    strict = frozenset({e.name for e in settings.environments if e.strict} | {"prod"})
    shown = engine.Settings(strict_environments=strict, severities=settings.severities)
    names = {s.environment for s in stacks if s.environment}
    return guardrails.Guardrail(
        rules={r.id: r for r in rules},
        severities={(r.id, name): engine.severity_of(r, name, shown) for r in rules for name in names},
        environments={s.construct_path or s.name: s.environment for s in stacks},
        strict=strict,
        fail_on=settings.fail_on,
        suppressions=settings.suppressions,
        accounts=frozenset(_allowed(settings)),
        accepted=frozenset(_accepted(settings)),
        approvals=[
            f"{approvals.FILE} approves {a.impact} of {a.construct or a.logical_id or a.stack} ({a.change}): {a.reason}"
            for a in approvals.read(approvals_file(settings))
        ],
        file=settings.file or "cdkguard.yaml",
    )


def _allowed(settings: Config) -> Sequence[str]:
    allowed = settings.accounts.get("allowed", ())
    return list(allowed.values()) if isinstance(allowed, Mapping) else list(allowed)


def _accepted(settings: Config) -> Sequence[str]:
    return list(accepted.read(settings.baseline)) if settings.baseline and os.path.exists(settings.baseline) else []


def stacks_of(found: Assembly, settings: Config) -> list[Stack]:
    """The stacks of an assembly with their environments."""
    stacks = list(found.stacks)
    environments.assign(stacks, settings.environments, settings.environment, settings.context)
    return stacks


def destroyed(
    stacks: Sequence[Stack], sets: Mapping[str, frozenset[str]], given: Mapping[str, Json]
) -> tuple[Change, ...]:
    """What `cdk destroy` of these stacks would take, by the policies that they hold."""
    return diff.destroyed(stacks, tables_of(sets), Scopes(given))
