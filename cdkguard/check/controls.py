"""Compliance frameworks as data: which rules judge which control, and what a report says of each control."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cdkguard.data.frameworks import controls_of, find_framework
from cdkguard.model import Control, Finding, Framework, Outcome, Report

_NO_RULE = "no rule judges it"
_NOT_RUN = "its rules did not run"
_NOTHING = "the app has nothing that its rules judge"


def summarize_controls(
    names: Sequence[str], report: Report, judged: Mapping[str, Sequence[int]]
) -> tuple[Framework, ...]:
    """The frameworks with the outcome of each control; `judged`, of the engine, is rule id -> [pass, fail, unknown]."""
    ran = {rule.id for rule in report.rules}
    by_rule: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_rule.setdefault(finding.rule_id, []).append(finding)
    met = {rule for rule, counts in judged.items() if any(counts)} | set(by_rule)
    return tuple(
        Framework(
            name,
            find_framework(name)["title"],
            tuple(
                _summarize_control(key, rules, ran, met, by_rule, report) for key, rules in controls_of(name).items()
            ),
        )
        for name in dict.fromkeys(names)
    )


def _summarize_control(
    key: str,
    rules: Sequence[str],
    ran: Collection[str],
    met: Collection[str],
    by_rule: Mapping[str, Sequence[Finding]],
    report: Report,
) -> Control:
    own = [finding for rule in rules if rule in ran for finding in by_rule.get(rule, ())]
    active = [finding for finding in own if finding.suppression is None]
    control = Control(
        key,
        "pass",
        tuple(rules),
        tuple(dict.fromkeys(finding.rule_id for finding in active)),
        len(active),
        len(own) - len(active),
    )
    if any(finding.outcome is Outcome.FAIL for finding in active):
        return control._replace(outcome="fail")
    # A template that was not read, or a rule without a verdict, may hide a failure, so no control passes then.
    if active or (report.errors and any(rule in ran for rule in rules)):
        return control._replace(outcome="unknown")
    if any(rule in ran and rule in met for rule in rules):
        return control
    reason = _NO_RULE if not rules else _NOTHING if any(rule in ran for rule in rules) else _NOT_RUN
    return control._replace(outcome="not judged", reason=reason)
