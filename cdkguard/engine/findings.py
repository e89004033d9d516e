"""A finding on a resource, a text or a stack: its place and its identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.engine.branching import Verdict
from cdkguard.engine.resource_names import name_resource
from cdkguard.engine.rules import BoundRule, EngineSettings, severity_of
from cdkguard.model import Finding, Source, Stack

if TYPE_CHECKING:
    from cdkguard.engine.offenders import Offender


def make_finding(
    bound: BoundRule,
    stack: Stack,
    verdict: Verdict,
    logical_id: str | None,
    resource_type: str | None,
    settings: EngineSettings,
    weight: Mapping[str, Json] | None = None,
) -> Finding:
    """The finding of a rule on a resource; without a logical ID, on the stack. `weight` is the rule's entry that applies."""
    from cdkguard.engine.finding_words import describe_offenders, render_message  # most runs find nothing
    from cdkguard.engine.fingerprints import fingerprint, mark_evidence, narrow_evidence
    from cdkguard.engine.offenders import find_offenders

    rule = bound.rule
    path = (stack.construct_paths.get(logical_id) if logical_id else stack.construct_path) or None
    evidence = narrow_evidence(verdict.evidence)
    offenders = find_offenders(bound, verdict.subject, verdict.outcome, verdict.evidence)
    words = describe_offenders(offenders, rule.secret, stack)
    property_paths = tuple(dict.fromkeys(offender.path for offender in offenders))
    looked_at = evidence[0][0] if evidence else ""
    stack_path = stack.construct_path or stack.name
    facts = {
        "path": words.path,
        "found": words.found or "absent",
        "logical_id": logical_id or "",
        "type": resource_type or "stack",
        "environment": stack.environment or "",
        "stack": stack.name,
        "account": stack.account or "",
        "subject": name_resource(stack, logical_id) if logical_id else stack.name,
    }

    return Finding(
        rule_id=rule.id,
        outcome=verdict.outcome,
        severity=severity_of(rule, stack.environment, settings, weight),
        message=render_message(bound, stack, verdict, offenders, facts, words, weight),
        stack=stack.root.name,
        stack_path=stack_path,
        template_path=stack.template_path,
        environment=stack.environment,
        logical_id=logical_id,
        resource_type=resource_type,
        construct_path=path,
        property_paths=property_paths,
        looked_at="" if looked_at in property_paths[:1] else looked_at,
        found=words.found or None,
        branch=verdict.branch,
        source=_find_source(stack, logical_id, offenders),
        template_line=stack.line_of(logical_id, property_paths[0] if property_paths else "") if logical_id else None,
        remedy=rule.remedy,
        why=rule.why,
        title=rule.headline,
        fingerprint=fingerprint(
            rule.id,
            verdict.outcome,
            stack_path,
            path or "",
            logical_id or "",
            verdict.marks or mark_evidence(evidence, rule.secret),
        ),
        hides_secret=words.hides_secret,
    )


def _find_source(stack: Stack, logical_id: str | None, offenders: Sequence[Offender]) -> Source | None:
    """The user's line: of a policy's statement, that of the call which granted it; else that of the construct."""
    if logical_id is None:
        return stack.source
    from cdkguard.engine.statement_words import is_statement

    first = offenders[0] if offenders else None
    if first is not None and is_statement(first.value, first.path):
        granted = stack.granted_at(first.value, first.guilty)
        if granted is not None:
            return granted
    return stack.source_of(logical_id)
