"""Evaluates a configuration on stacks: the app's own, and the one of its baseline on the same app."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.config import environments
from cdkguard.config.environments import Assigned
from cdkguard.config.settings import ACCEPTED, Config
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.errors import ConfigError
from cdkguard.model import Finding, Problem, Rule, Stack
from cdkguard.packs.load import Packs, load_packs
from cdkguard.packs.selection import select_rules
from cdkguard.suppressions.added import AddedSuppressions
from cdkguard.suppressions.apply import MAX_GLOBS, Terms, apply_suppressions
from cdkguard.system import files
from cdkguard.text.spelling import did_you_mean

if TYPE_CHECKING:
    from cdkguard.model import AcceptedFinding


class BoundConfig(NamedTuple):
    """A configuration with the rules of its packs; `rules` are those that it selects."""

    config: Config
    packs: Packs
    rules: tuple[Rule, ...]

    def rules_on_resources(self) -> list[Rule]:
        """The selected rules that judge templates; the others judge changes."""
        return [rule for rule in self.rules if rule.scope != "change"]

    def known_ids(self) -> set[str]:
        """The ids of all rules of the packs, selected or not."""
        return {rule.id for rule in self.packs.rules}


def bind_config(config: Config) -> BoundConfig:
    """Load the packs of a configuration and select its rules; raises ConfigError or RulePackError."""
    loaded = load_packs(config.packs)
    return BoundConfig(config, loaded, select_rules(loaded.rules, config.rules, config.skip))


def refuse_unknown_rules(bound: BoundConfig) -> None:
    """Raises ConfigError where `with` or `severity` name a rule that no pack has."""
    config, known = bound.config, bound.known_ids()
    for name in config.parameters:
        if name not in known:
            raise ConfigError(f"{config.file}: 'with' names no rule '{name}'{did_you_mean(name, known)}")

    globs = [name for name in config.severities if name not in known]
    if len(globs) > MAX_GLOBS:
        raise ConfigError(f"{config.file}: 'severity' has more than {MAX_GLOBS} globs")
    for name in globs:
        if not any(fnmatchcase(rule, name) for rule in known):
            raise ConfigError(f"{config.file}: 'severity' names no rule '{name}'{did_you_mean(name, known)}")


def assign_environments(config: Config, stacks: Sequence[Stack], others: Sequence[Stack] = ()) -> Assigned:
    """The stacks in the environments that a configuration gives them; `others` are stacks of the app that are not judged."""
    context = {**config.app_context, **config.context}
    found = environments.assign_environments(stacks, config.environments, config.environment, context, others)
    of_file = config.file and (config.overrides is None or "environment" not in config.overrides.values)
    if config.environment and of_file and config.environment not in strict_environments(config):
        text = f"{config.file} has every stack judged as {config.environment}, whatever it is called"
        found.notices.append(Problem("notice", text, fatal=False))
    return found


def strict_environments(config: Config) -> frozenset[str]:
    """The environments to which the rules for prod apply."""
    return frozenset({e.name for e in config.environments if e.strict} | {"prod"})


def allowed_accounts(config: Config) -> frozenset[str]:
    """The accounts outside the app that its templates may name."""
    allowed = config.accounts.get("allowed", {})
    return frozenset(allowed.values() if isinstance(allowed, Mapping) else allowed)


def engine_settings(bound: BoundConfig, rules: Sequence[Rule]) -> EngineSettings:
    """The settings that the engine needs to run these rules; imports the Python code that they name."""
    config, sets = bound.config, bound.packs.sets
    return EngineSettings(
        allowed_accounts=allowed_accounts(config),
        environment_of_account=environments.account_names(config.environments),
        aws_accounts=sets.get("aws-accounts", frozenset()),
        strict_environments=strict_environments(config),
        parameters=config.parameters,
        severities=config.severities,
        template_parameters=config.template_parameters,
        sets=sets,
        judges_lookups=config.judges_lookups,
        predicates=_load_predicates(rules, config),
        clock=time.perf_counter if config.timings else None,
        sdk_calls=load_sdk_calls,
    )


def load_sdk_calls() -> Any:
    """The table of aws/sdk_calls, which only a custom resource needs."""
    from cdkguard.data import loader

    return loader.sdk_calls()


def _load_predicates(rules: Sequence[Rule], config: Config) -> dict[str, Any]:
    names = {name for rule in rules for name in rule.predicates}
    if not names:
        return {}
    from cdkguard.check.predicates import load_predicates

    return load_predicates(names, config.python_packs, config.runs_no_code)


def mark_suppressed(
    bound: BoundConfig,
    findings: Sequence[Finding],
    stacks: Sequence[Stack],
    rule_ids: Collection[str],
    known_ids: Collection[str],
    today: str,
    added: AddedSuppressions = AddedSuppressions(),
    is_baseline: bool = False,
) -> tuple[list[Finding], list[Problem]]:
    """The findings, those marked that somebody accepted; the problems are suppressions that do not count.

    `rule_ids` are the rules that ran, `known_ids` all that a suppression may name, `added` the suppressions
    that the baseline does not have. A baseline's file of accepted findings may be gone.
    """
    accepted = read_accepted_findings(bound.config, may_be_gone=is_baseline)
    terms = Terms(rule_ids, today, known_ids, bound.config.require_owner, added)
    return mark_accepted(bound, findings, stacks, accepted, terms)


def mark_accepted(
    bound: BoundConfig,
    findings: Sequence[Finding],
    stacks: Sequence[Stack],
    accepted: Mapping[str, AcceptedFinding] | None,
    terms: Terms,
) -> tuple[list[Finding], list[Problem]]:
    """As `mark_suppressed`, with the accepted findings that somebody has read."""
    config = bound.config
    marked, problems = apply_suppressions(findings, stacks, config.suppressions, accepted, terms)
    if config.honour:
        from cdkguard.data import loader
        from cdkguard.suppressions.peer_suppressions import apply_peer_suppressions

        marked, more = apply_peer_suppressions(
            marked, stacks, bound.packs.rules, config.honour, loader.peer_ids(), terms.added
        )
        problems = [*problems, *more]
    return marked, problems


def read_accepted_findings(config: Config, may_be_gone: bool) -> Mapping[str, AcceptedFinding] | None:
    """Fingerprint -> accepted finding; None where the configuration names no file, or names one that may be gone and is.

    One of the old form counts as gone, lest a change that rewrites it could not be judged.
    """
    if not config.accepted or (may_be_gone and not files.exists(config.accepted)):
        return None
    from cdkguard.config import accepted

    if may_be_gone and accepted.is_of_old_version(config.accepted):
        return None
    return accepted.read_accepted(config.accepted)


def note_unused_accepted(config: Config) -> list[Problem]:
    """A notice where `cdkguard accept` has written a file that no setting names: nothing in it counts."""
    path = os.path.normpath(os.path.join(config.directory, ACCEPTED))
    if config.accepted or not files.exists(path):
        return []
    text = f"{path} does not count, since nothing names it: write `accepted: {ACCEPTED}` into cdkguard.yaml"
    return [Problem("notice", text, path, fatal=False)]


def evaluate_baseline(
    bound: BoundConfig, stacks: Sequence[Stack], settings: EngineSettings, today: str
) -> list[Finding]:
    """The findings of a baseline's configuration on the stacks of the new app, as they were read.

    `settings` are the new side's, of which only the limit of findings is taken.
    """
    rules = bound.rules_on_resources()
    placed = assign_environments(bound.config, stacks).stacks
    evaluated = evaluate_resources(placed, rules, engine_settings(bound, rules)._replace(most=settings.most))
    ids = {rule.id for rule in rules}
    findings, _problems = mark_suppressed(
        bound, evaluated.findings, placed, ids, bound.known_ids(), today, is_baseline=True
    )
    return findings
