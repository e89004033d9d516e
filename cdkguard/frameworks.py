"""Compliance frameworks as data: which rules judge which control, and what a report says of each control."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

from cdkguard.errors import ConfigError
from cdkguard.model import Finding, Outcome, Report
from cdkguard.tables import shipped
from cdkguard.typed import Any, NamedTuple

OUTCOMES = ("fail", "unknown", "pass", "not judged")  # the order of a summary
_NO_RULE = "no rule judges it"
_NOT_RUN = "its rules did not run"
_NOTHING = "the app has nothing that its rules judge"


class Control(NamedTuple):
    """What a run says of one control."""

    id: str
    outcome: str  # one of OUTCOMES
    rules: tuple[str, ...]  # ours that judge it
    failed: tuple[str, ...] = ()  # those with findings, undecided ones included
    findings: int = 0  # failed or undecided, that nobody suppressed
    suppressed: int = 0
    reason: str = ""  # why it is not judged


class Framework(NamedTuple):
    """What a run says of a framework."""

    name: str
    title: str
    controls: tuple[Control, ...]

    def having(self, outcome: str) -> tuple[Control, ...]:
        return tuple(control for control in self.controls if control.outcome == outcome)

    @property
    def counts(self) -> dict[str, int]:
        return {outcome: len(self.having(outcome)) for outcome in OUTCOMES}


@cache
def _table() -> dict[str, Any]:
    """framework -> {title, controls: {id: [rule ids]}}; made by tools/make_frameworks.py."""
    table: dict[str, Any] = shipped("frameworks.json")
    return table


def known() -> tuple[str, ...]:
    return tuple(_table())


def controls(name: str) -> Mapping[str, Sequence[str]]:
    """control -> the ids of the rules that judge it; raises ConfigError for a framework that is not known."""
    table: Mapping[str, Sequence[str]] = _of(name)["controls"]
    return table


def rules_of(names: Sequence[str]) -> tuple[str, ...]:
    """The ids of the rules that judge a control of these frameworks; raises ConfigError for one that is not known."""
    found: dict[str, None] = {}
    for name in names:
        for rules in controls(name).values():
            found.update(dict.fromkeys(rules))
    return tuple(sorted(found))


def selectors(names: Sequence[str]) -> tuple[str, ...]:
    """What selects the rules of these frameworks; those on changes run as ever where there is a baseline."""
    return (*rules_of(names), "changes")


def _of(name: str) -> Any:
    if name not in _table():
        from cdkguard.packs import meant

        raise ConfigError(f"no framework '{name}'{meant(name, known())}; there are: {', '.join(known())}")
    return _table()[name]


def summarize(names: Sequence[str], report: Report, judged: Mapping[str, Sequence[int]]) -> tuple[Framework, ...]:
    """What the report says of each control; `judged` is rule id -> [pass, fail, unknown], counted by the engine."""
    ran = {rule.id for rule in report.rules}
    by_rule: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_rule.setdefault(finding.rule_id, []).append(finding)
    met = {rule for rule, counts in judged.items() if any(counts)} | set(by_rule)
    return tuple(
        Framework(
            name,
            _of(name)["title"],
            tuple(_control(key, rules, ran, met, by_rule, report) for key, rules in controls(name).items()),
        )
        for name in dict.fromkeys(names)
    )


def _control(
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
    # What could not be read or judged may hold a failure: nothing passes then.
    if active or (report.errors and any(rule in ran for rule in rules)):
        return control._replace(outcome="unknown")
    if any(rule in ran and rule in met for rule in rules):
        return control
    reason = _NO_RULE if not rules else _NOTHING if any(rule in ran for rule in rules) else _NOT_RUN
    return control._replace(outcome="not judged", reason=reason)
