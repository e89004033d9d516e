"""What a change does to the guardrail itself: rules switched off, severities lowered, suppressions added.

A pull request must not be able to exempt itself, so the baseline's own configuration judges the new app as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkguard.model import SEVERITIES, Change, Finding, Rule, Stack, Suppression, severity_rank
from cdkguard.typed import NamedTuple

SELF = "cdkguard"  # the stack name under which such changes are shown: above all others


class Guardrail(NamedTuple):
    """One side: the configuration in force for these stacks."""

    rules: Mapping[str, Rule]  # those selected
    severities: Mapping[tuple[str, str], str]  # (rule id, environment) -> severity
    environments: Mapping[str, str | None]  # construct path of each stack -> environment
    strict: frozenset[str]
    fail_on: str
    suppressions: Sequence[Suppression]
    accounts: frozenset[str]
    accepted: frozenset[str]  # fingerprints of accepted old findings
    approvals: Sequence[str]  # in words
    file: str
    sets: Mapping[str, frozenset[str]] = {}  # the named sets of types that rules use
    stacks: Sequence[str] = ()  # globs; empty: every stack is judged
    require_owner: bool = False
    new_suppressions: str = "count"
    honour: Sequence[str] = ()  # other checkers whose suppressions count
    lint: bool = False


def compare(before: Guardrail, after: Guardrail, hidden: Sequence[Finding], home: Stack) -> Iterator[Change]:
    """The changes of impact GUARDRAIL_WEAKENED and EXEMPTION_ADDED; `hidden` are findings that only the baseline's
    configuration makes. `home` is a stack that stands for the configuration file."""

    def change(impact: str, what: str, rule: str = "") -> Change:
        count = sum(f.rule_id == rule for f in hidden) if rule else 0
        found = f", which hides {count} finding{'s' if count > 1 else ''} in this very change" if count else ""
        return Change(impact, home, after={"Text": what + found}, was=home, token=what)

    for text, rule in _weakened(before, after):
        yield change("GUARDRAIL_WEAKENED", text, rule)
    for text in _added(before, after):
        yield change("EXEMPTION_ADDED", text)


def _weakened(before: Guardrail, after: Guardrail) -> Iterator[tuple[str, str]]:
    for rule_id, rule in before.rules.items():
        if rule_id not in after.rules:
            yield f"rule {rule_id} ({rule.severity}) is switched off", rule_id
        elif _asks(rule) != _asks(after.rules[rule_id]):
            yield f"rule {rule_id} asks for something else than before", rule_id
    lowered: dict[tuple[str, str, str], list[str]] = {}
    for (rule_id, environment), severity in before.severities.items():
        new = after.severities.get((rule_id, environment))
        if new is not None and severity_rank(new) < severity_rank(severity):
            lowered.setdefault((rule_id, severity, new), []).append(environment)
    for (rule_id, severity, new), environments in lowered.items():
        yield f"rule {rule_id} is lowered from {severity} to {new} on {', '.join(environments)}", rule_id
    for path, old in before.environments.items():
        now = after.environments.get(path, old)
        if old in before.strict and now not in after.strict:
            yield f"stack {path} was {old} and is judged as {now} now", ""
    levels = (*SEVERITIES, "never")
    if levels.index(after.fail_on) > levels.index(before.fail_on):
        yield f"fail_on goes from {before.fail_on} to {after.fail_on}", ""
    for name, members in before.sets.items():
        if members != after.sets.get(name):
            yield f"the named set {name} holds other types than before", ""
    if after.stacks and set(after.stacks) != set(before.stacks):
        yield f"only the stacks {', '.join(after.stacks)} are judged now", ""
    if before.require_owner and not after.require_owner:
        yield "a suppression needs no owner any more", ""
    if before.new_suppressions == "baseline" != after.new_suppressions:
        yield "new suppressions count at once now", ""
    if more := set(after.honour) - set(before.honour):
        yield f"suppressions for {', '.join(sorted(more))} count now", ""
    if before.lint and not after.lint:
        yield "cfn-lint's errors are no findings any more", ""


def _asks(rule: Rule) -> tuple[object, ...]:
    narrowed = rule.where, rule.require, rule.types, rule.environments, rule.on_unknown
    return *narrowed, rule.on_change, rule.weakens, rule.widens, rule.parameters


def _added(before: Guardrail, after: Guardrail) -> Iterator[str]:
    known = {_what(s) for s in before.suppressions}
    for suppression in after.suppressions:
        if _what(suppression) not in known:
            where = suppression.construct_path or "its place"
            yield f"{suppression.origin} suppresses {suppression.rule} at {where}: {suppression.reason}"
    for approval in after.approvals:
        if approval not in before.approvals:
            yield approval
    for account in sorted(after.accounts - before.accounts):
        yield f"account {account} is allowed now"
    if more := len(after.accepted - before.accepted):
        yield f"{more} finding{'s are' if more > 1 else ' is'} accepted as old now"


def _what(suppression: Suppression) -> tuple[str | None, ...]:
    return suppression.rule, suppression.construct_path, suppression.expires


def new_suppressions(before: Guardrail, after: Guardrail) -> frozenset[str]:
    """Origins of the suppressions that the baseline does not have."""
    known = {_what(s) for s in before.suppressions}
    return frozenset(s.origin for s in after.suppressions if _what(s) not in known)


def home(file: str) -> Stack:
    """The place at which changes of the configuration are shown."""
    return Stack(SELF, {"Resources": {}}, file, construct_path=SELF)


def hidden_by(old: Iterable[Finding], new: Iterable[Finding]) -> list[Finding]:
    """Findings that the baseline's configuration reports and the new one does not, or not so severely."""
    now = {(f.rule_id, f.fingerprint): f.severity for f in new}
    return [
        f
        for f in old
        if f.suppression is None
        and ((f.rule_id, f.fingerprint) not in now
             or severity_rank(now[f.rule_id, f.fingerprint]) < severity_rank(f.severity))
    ]  # fmt: skip
