"""Judges what a change does to the configuration of cdkguard itself, by the baseline's rules and suppressions.

Nobody exempts himself: the rules about the guardrail, their severities and suppressions are those of the baseline.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from cdkguard._typing import NamedTuple
from cdkguard.check import guardrail
from cdkguard.check.evaluate import (
    BoundConfig,
    allowed_accounts,
    assign_environments,
    read_accepted_findings,
    strict_environments,
)
from cdkguard.check.guardrail_side import Guardrail
from cdkguard.config import approvals
from cdkguard.config.accepted import is_of_old_version
from cdkguard.config.settings import Config
from cdkguard.data import loader
from cdkguard.diff.sides import Sides
from cdkguard.engine.changes import evaluate_changes
from cdkguard.engine.rules import EngineSettings, severity_of
from cdkguard.model import GATES, SEVERITIES, Finding, Problem, Rule, Stack, Suppression
from cdkguard.suppressions.added import AddedSuppressions
from cdkguard.suppressions.apply import Terms, apply_suppressions, list_suppressions_in_code


class GuardrailResult(NamedTuple):
    """Findings about edits of cdkguard's own configuration, judged by the baseline's configuration."""

    findings: list[Finding] = []
    problems: list[Problem] = []
    added: AddedSuppressions = AddedSuppressions()  # Suppressions that the baseline does not have.
    fail_on: str = ""  # The stricter of both sides', as the gate is.
    gate: str = ""
    only_old_approvals: bool = False
    old_approvals: frozenset[str] = frozenset()  # Tokens of the changes that the baseline approves.


def is_about_guardrail(rule: Rule) -> bool:
    """Whether the rule judges changes of the configuration instead of changes of resources."""
    return any(impact in ("GUARDRAIL_WEAKENED", "EXEMPTION_ADDED") for impact in rule.on_change)


def judge_guardrail(
    old: BoundConfig,
    new: BoundConfig,
    stacks: tuple[Sequence[Stack], Sequence[Stack], Sequence[Stack]],
    findings_before: Sequence[Finding],
    findings: Sequence[Finding],
    sides: Sides,
    today: str,
) -> GuardrailResult:
    """Compare both configurations, and judge what the new one weakens.

    `stacks` are those of the baseline, those of the new app as they were read, and the same in their environments;
    `findings_before` is what the old configuration says of the new app, `findings` what the new one does.
    """
    before, chosen, after = stacks
    old_side = describe_guardrail(old, assign_environments(old.config, chosen).stacks, before, new.config.honour)
    old_side = old_side._replace(accepted=old_side.accepted | _accepted_of_old_form(old, findings))
    new_side = describe_guardrail(new, after)
    if (old.config.app, old.config.paths) == (new.config.app, new.config.paths):  # Both are the command line's.
        new_side = new_side._replace(judged=old_side.judged)

    hidden = guardrail.find_hidden_findings(findings_before, findings)
    home = guardrail.stack_of_configuration(new.config.file or "cdkguard.yaml")
    changes = list(guardrail.compare_guardrails(old_side, new_side, hidden, home))
    rules = [rule for rule in old.rules if rule.scope == "change" and is_about_guardrail(rule)]
    settings = EngineSettings(sets=old.packs.sets, severities=old.config.severities)
    judged = evaluate_changes(changes, rules, (), ((), ()), settings, sides)
    marked, _problems = apply_suppressions(
        judged.findings,
        [home],
        old.config.suppressions,
        None,
        Terms({r.id for r in rules}, today, old.known_ids()),
    )

    return GuardrailResult(
        marked,
        judged.problems,
        guardrail.find_added_suppressions(old_side, new_side),
        min(old.config.fail_on, new.config.fail_on, key=(*SEVERITIES, "never").index),
        min(old.config.gate, new.config.gate, key=GATES.index),
        "baseline" in (old.config.new_suppressions, new.config.new_suppressions),
        frozenset(a.change for a in approvals.read_approvals(approvals.file_of(old.config))),
    )


def _accepted_of_old_form(old: BoundConfig, findings: Sequence[Finding]) -> frozenset[str]:
    """The findings that the baseline's file accepts where that is of the old form, which the change may rewrite."""
    path = old.config.accepted
    if not path or not is_of_old_version(path):
        return frozenset()
    from cdkguard.config.accepted_rewrite import find_accepted_of_old

    return find_accepted_of_old(path, findings)


def describe_guardrail(
    bound: BoundConfig, stacks: Sequence[Stack], code: Sequence[Stack] | None = None, more_peers: Sequence[str] = ()
) -> Guardrail:
    """The configuration in force for these stacks in their environments; `code` are the stacks with suppressions in code.

    Suppressions for `more_peers` are listed as well, lest all old ones seem new where a peer begins to be honoured.
    """
    config = bound.config
    strict = strict_environments(config)
    severities = EngineSettings(strict_environments=strict, severities=config.severities)
    names = {stack.environment for stack in stacks if stack.environment}
    home = os.path.join(os.path.dirname(config.file or ""), "")
    return Guardrail(
        rules={r.id: r._replace(parameters={**r.parameters, **config.parameters.get(r.id, {})}) for r in bound.rules},
        severities={(r.id, name): severity_of(r, name, severities) for r in bound.rules for name in names},
        environments={s.construct_path or s.name: s.environment for s in stacks},
        strict=strict,
        fail_on=config.fail_on,
        gate=config.gate,
        suppressions=[
            *config.suppressions,
            *_suppressions_in_code(bound, stacks if code is None else code, more_peers),
        ],
        accounts=allowed_accounts(config),
        accepted=frozenset(read_accepted_findings(config, may_be_gone=True) or ()),
        approvals=[
            f"{approvals.FILE} approves {a.impact} of {a.construct or a.logical_id or a.stack} ({a.change}): {a.reason}"
            for a in approvals.read_approvals(approvals.file_of(config))
        ],
        file=config.file or "cdkguard.yaml",
        sets=bound.packs.sets,
        stacks=config.stacks,
        require_owner=config.require_owner,
        new_suppressions=config.new_suppressions,
        honour=config.honour,
        lint=config.lint,
        full_synth=config.full_synth,
        aws=config.aws,
        aws_stacks=config.aws_stacks,
        agents=config.agents,
        cfn_hook=config.cfn_hook,
        preflight=config.preflight,
        environment_rules=config.environments,
        parameters=_list_parameters(config),
        judged=config.app or ", ".join(path.removeprefix(home) for path in config.paths),
    )


def _list_parameters(config: Config) -> dict[str, str]:
    """What the configuration says of the values of CloudFormation parameters, everywhere or in one environment."""
    found = dict(config.template_parameters)
    found |= {f"{rule.name}: {name}": value for rule in config.environments for name, value in rule.parameters.items()}
    return found


def _suppressions_in_code(bound: BoundConfig, stacks: Sequence[Stack], more_peers: Sequence[str]) -> list[Suppression]:
    written = [*list_suppressions_in_code(stacks)]
    if names := tuple(dict.fromkeys((*bound.config.honour, *more_peers))):
        from cdkguard.suppressions.peer_suppressions import list_peer_suppressions

        written += list_peer_suppressions(stacks, bound.packs.rules, names, loader.peer_ids())
    return written
