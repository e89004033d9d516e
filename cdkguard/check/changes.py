"""Judges the change against a baseline: the comparison, the rules on changes, and the change's own configuration."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import NamedTuple
from cdkguard.baselines.open import Baseline, configuration_at
from cdkguard.check import comparison
from cdkguard.check.evaluate import (
    BoundConfig,
    assign_environments,
    bind_config,
    evaluate_baseline,
    strict_environments,
)
from cdkguard.check.guardrail_config import GuardrailResult, is_about_guardrail, judge_guardrail
from cdkguard.check.lost_macros import find_lost_macros
from cdkguard.check.new_findings import KnownFindings, find_known
from cdkguard.config import approvals
from cdkguard.config.find import repository_root
from cdkguard.config.settings import Config
from cdkguard.diff.causes import keep_known_causes
from cdkguard.engine.changes import evaluate_changes
from cdkguard.engine.rules import EngineSettings
from cdkguard.model import Change, Finding, Problem, Stack
from cdkguard.suppressions.added import AddedSuppressions


class NewSide(NamedTuple):
    """The app as it is judged, to be compared with a baseline."""

    bound: BoundConfig
    settings: EngineSettings
    chosen: Sequence[Stack]  # The stacks to judge, as they were read.
    stacks: Sequence[Stack]  # The same in their environments.
    others: Sequence[Stack]  # The app's other stacks: a baseline may hold them, and they are not judged.
    findings: Sequence[Finding]  # Of the rules on resources.
    approvals: tuple[approvals.Approval, ...] | None = None  # None: those in the file of the configuration.


class JudgedChange(NamedTuple):
    """The changes, the findings on them, and what could not be judged."""

    changes: tuple[Change, ...]
    findings: list[Finding]
    problems: list[Problem]
    added: AddedSuppressions  # Suppressions that the baseline does not have.
    against: str  # The baseline in words.
    approvals: tuple[approvals.Approval, ...]
    on_guardrail: list[Finding]  # Findings on edits of the guardrail, marked already by the baseline's suppressions.
    fail_on: str  # The stricter of both sides', as the gate is.
    gate: str
    known: KnownFindings  # The findings that the baseline has.

    def mark_approved(self, findings: Sequence[Finding], today: str) -> tuple[list[Finding], list[Problem]]:
        """The findings, those marked whose change is approved."""
        return approvals.apply_approvals(findings, self.changes, self.approvals, today)


def judge_change(new: NewSide, baseline: Baseline, today: str) -> JudgedChange:
    """Judge what leads from the baseline to the new side."""
    config, loaded = new.bound.config, new.bound.packs
    old_config = _baseline_config(config, baseline)
    then = old_config or config._replace(app_context=baseline.assembly.context or config.app_context)
    compared = comparison.compare_with_baseline(
        baseline,
        assign_environments(then, baseline.assembly.stacks).stacks,
        [*new.stacks, *new.others],
        loaded.sets,
        config.template_parameters,
        then.template_parameters,
    )
    after, others = compared.after[: len(new.stacks)], compared.after[len(new.stacks) :]

    old = None
    if old_config is not None:  # It judges the new app, whose context counts.
        old = bind_config(old_config._replace(app_context=config.app_context))
    changes = tuple(c for c in compared.changes if _is_judged(c, config, others))
    changes = keep_known_causes(_without_harmless_moves(changes, new.chosen, old.config if old else config))

    rules = [r for r in new.bound.rules if r.scope == "change" and not is_about_guardrail(r)]
    judged = evaluate_changes(changes, rules, loaded.rules, (compared.before, after), new.settings, compared.sides)
    own = GuardrailResult()
    if old is not None:
        findings_before = evaluate_baseline(old, new.chosen, new.settings, today)
        own = judge_guardrail(old, new.bound, (compared.before, new.chosen, after), findings_before, new.findings,
                              compared.sides, today)  # fmt: skip

    on_old_side = new.settings._replace(template_parameters=then.template_parameters)
    known = find_known(new.findings, new.bound.rules_on_resources(), compared.before, changes, on_old_side)
    lost = find_lost_macros(compared.before, after, new.findings, new.bound.rules_on_resources(), on_old_side)
    agreed = approvals.read_approvals(approvals.file_of(config)) if new.approvals is None else new.approvals
    if own.only_old_approvals:
        agreed = tuple(a for a in agreed if a.change in own.old_approvals)
    return JudgedChange(
        changes,
        [*judged.findings, *lost],
        [*baseline.notes, *compared.notes, *judged.problems, *own.problems],
        own.added,
        baseline.words,
        agreed,
        own.findings,
        own.fail_on or config.fail_on,
        own.gate or config.gate,
        known,
    )


def _baseline_config(config: Config, baseline: Baseline) -> Config | None:
    """The configuration in the git baseline, for the same input; None where the baseline has none of its own."""
    if baseline.directory is None:
        return None
    old = configuration_at(baseline.directory, config)
    if config.overrides is None:  # A program that calls `check` names what is judged itself: no file does.
        old = old._replace(paths=config.paths)
    elif "accepted" in config.overrides.values:
        old = old._replace(accepted=_accepted_at(config, baseline.directory))
    return old._replace(directory=config.directory, app_context=baseline.assembly.context)


def _accepted_at(config: Config, directory: str) -> str | None:
    """The baseline's version of the file of accepted findings that the command line names."""
    file = os.path.realpath(config.accepted or "")
    root = os.path.realpath(repository_root(config.directory))
    if os.path.commonpath([file, root]) != root:
        return config.accepted  # It is no part of the change.
    return os.path.join(directory, os.path.relpath(file, os.path.realpath(config.directory)))


def _is_judged(change: Change, config: Config, others: Sequence[Stack]) -> bool:
    """Whether the change is of a stack that this run is about."""
    if any(change.stack is other for other in others):
        return False
    is_gone = change.stack is change.old_stack
    names = {change.stack.root.name, change.stack.root.construct_path or change.stack.root.name}
    return not is_gone or not config.stacks or any(fnmatchcase(n, glob) for n in names for glob in config.stacks)


def _without_harmless_moves(changes: Sequence[Change], chosen: Sequence[Stack], config: Config) -> tuple[Change, ...]:
    """Without the changes of environment that weaken nothing, and without those that only a new configuration makes.

    `config` is the baseline's, where it has one: comparing both configurations tells what the new one weakens.
    """
    strict = strict_environments(config)
    stacks = assign_environments(config, chosen).stacks
    now = {s.construct_path or s.name: s.environment for s in stacks}

    def leaves_strict(change: Change) -> bool:
        was = change.old_stack.environment if change.old_stack else None
        return was in strict and now.get(change.stack.construct_path or change.stack.name) not in strict

    return tuple(c for c in changes if c.impact != "STACK_RECLASSIFIED" or leaves_strict(c))
