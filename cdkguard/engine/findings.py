"""A finding on a resource, a text or a stack: its place and its words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cdkguard._typing import Json
from cdkguard.engine.branching import Verdict
from cdkguard.engine.rules import EngineSettings, severity_of
from cdkguard.errors import TooMuchError
from cdkguard.model import Finding, Outcome, Rule, Stack
from cdkguard.template.rendering import is_hidden, render_value

MAX_FINDINGS = 10_000  # of one template: CloudFormation lets it have 500 resources, of which the worst has 12


def refuse_too_many(number: int, settings: EngineSettings) -> None:
    """Raises TooMuchError where there are more findings than an input of that size has honestly."""
    if number > MAX_FINDINGS and settings.most is not None and number > (most := settings.most()):
        raise TooMuchError(f"more than {most} findings: choose stacks (--stack) or rules (--rules)")


def make_finding(
    rule: Rule,
    stack: Stack,
    verdict: Verdict,
    logical_id: str | None,
    resource_type: str | None,
    settings: EngineSettings,
    weight: Mapping[str, Json] | None = None,
) -> Finding:
    """The finding of a rule on a resource; without a logical ID, on the stack. `weight` is the rule's entry that applies."""
    from cdkguard.engine.fingerprints import fingerprint, mark_evidence, narrow_evidence  # most runs find nothing

    path = (stack.construct_paths.get(logical_id) if logical_id else stack.construct_path) or None
    evidence = narrow_evidence(verdict.evidence)
    found = ", ".join(dict.fromkeys(render_value(value, rule.secret) for _path, value in evidence[:3])) or None
    property_paths = tuple(p for p, _value in evidence)
    stack_path = stack.construct_path or stack.name
    facts = {
        "found": found or "absent",
        "path": property_paths[0] if property_paths else "",
        "logical_id": logical_id or "",
        "type": resource_type or "stack",
        "environment": stack.environment or "",
        "stack": stack.name,
        "account": stack.account or "",
        "subject": logical_id or stack.name,
    }

    return Finding(
        rule_id=rule.id,
        outcome=verdict.outcome,
        severity=severity_of(rule, stack.environment, settings, weight),
        message=_message(rule, verdict, facts, weight, stack.elsewhere),
        stack=stack.root.name,
        stack_path=stack_path,
        template_path=stack.template_path,
        environment=stack.environment,
        logical_id=logical_id,
        resource_type=resource_type,
        construct_path=path,
        property_paths=property_paths,
        found=found,
        branch=verdict.branch,
        source=stack.source_of(logical_id) if logical_id else stack.source,
        template_line=stack.line_of(logical_id) if logical_id else None,
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
        hides_secret=any(is_hidden(value, rule.secret) for _path, value in evidence[:3]),
    )


def _message(
    rule: Rule, verdict: Verdict, facts: dict[str, str], weight: Mapping[str, Json] | None, elsewhere: str
) -> str:
    text = (weight["message"] if weight else "") or rule.message or rule.headline
    if verdict.outcome is Outcome.UNKNOWN:
        text = f"Cannot be judged: {rule.title}"
        reason = verdict.note or (f"{facts['path']} is {facts['found']} until deployment" if facts["path"] else "")
        text += f" ({reason})" if reason else ""
    else:
        text = re.sub(r"\{(\w+)\}", lambda m: facts.get(m.group(1), m.group(0)), text)
    text += f", when {verdict.branch}" if verdict.branch else ""
    return text + (f"; its template goes to {elsewhere}" if elsewhere else "")
