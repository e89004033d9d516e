"""The rules on changes, applied to what `cdk destroy` would do."""

from __future__ import annotations

import time

from cdkguard import __version__
from cdkguard._typing import TextIO
from cdkguard.check.difference import find_destroyed, note_protection, stacks_to_destroy
from cdkguard.check.evaluate import (
    bind_config,
    engine_settings,
    mark_suppressed,
    refuse_unknown_rules,
    strict_environments,
)
from cdkguard.check.guardrail_config import is_about_guardrail
from cdkguard.check.remedies import fit_remedies
from cdkguard.check.report import RuleInfos, describe_stack, sort_findings, veil_credentials
from cdkguard.config import approvals
from cdkguard.config.settings import Config
from cdkguard.diff.sides import Sides
from cdkguard.engine.changes import evaluate_changes
from cdkguard.model import Problem, Report
from cdkguard.template.stack_scopes import StackScopes


def check_destruction(config: Config, today: str | None = None, progress: TextIO | None = None) -> Report:
    """Judge what `cdk destroy` of the selected stacks would do; `today` (ISO) decides which approvals have expired.

    Only the rules on changes run: the templates as such are what `cdkguard check` judges. Raises CdkguardError where
    nothing can be judged.
    """
    began = time.perf_counter()
    day = today or time.strftime("%Y-%m-%d")
    bound = bind_config(config)
    refuse_unknown_rules(bound)
    rules = [rule for rule in bound.rules if rule.scope == "change" and not is_about_guardrail(rule)]

    stacks, words = stacks_to_destroy(config, progress)
    taken = find_destroyed(config, stacks, bound.packs.sets)
    roots = {change.stack.root for change in taken}
    judged_stacks = [stack for stack in stacks if stack.root in roots]
    sides = Sides(StackScopes(config.template_parameters), StackScopes(config.template_parameters))
    settings = engine_settings(bound, bound.rules)
    judged = evaluate_changes(taken, rules, bound.packs.rules, (stacks, ()), settings, sides)

    # Notices about unused suppressions and approvals are left to `cdkguard check`, which meets all findings.
    findings, _ = mark_suppressed(
        bound, judged.findings, judged_stacks, {rule.id for rule in rules}, bound.known_ids(), day, is_baseline=True
    )
    findings, _ = approvals.apply_approvals(findings, taken, approvals.read_approvals(approvals.file_of(config)), day)
    notices = [Problem("notice", text, fatal=False) for text in note_protection(taken)]
    sizes = [len(stack.template.get("Resources") or {}) for stack in judged_stacks]
    return Report(
        findings=tuple(
            map(
                veil_credentials,
                sort_findings(list(fit_remedies(findings, ())), stacks, strict_environments(config)),
            )
        ),
        rules=RuleInfos(rules, ()),
        stacks=tuple(map(describe_stack, judged_stacks, sizes)),
        problems=(*judged.problems, *notices),
        seconds=time.perf_counter() - began,
        fail_on=config.fail_on,
        version=__version__,
        changes=taken,
        against=words,
    )
