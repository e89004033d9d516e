"""What a change does to the guardrail itself: rules switched off, severities lowered, suppressions added.

A pull request must not be able to exempt itself, so the baseline's own configuration judges the new app as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.model import SEVERITIES, Change, Finding, Rule, Stack, Suppression, severity_rank

if TYPE_CHECKING:
    from cdkguard.model import StackImpact

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
    judged: str = ""  # the command or the paths; empty: the app of cdk.json


_MANY = 5  # rules that are told one by one


def compare(before: Guardrail, after: Guardrail, hidden: Sequence[Finding], home: Stack) -> Iterator[Change]:
    """The changes of impact GUARDRAIL_WEAKENED and EXEMPTION_ADDED; `hidden` are findings that only the baseline's
    configuration makes. `home` is a stack that stands for the configuration file."""

    def change(impact: StackImpact, what: str, rules: Sequence[str] = ()) -> Change:
        count = sum(f.rule_id in rules for f in hidden)
        found = f", which hides {count} finding{'s' if count > 1 else ''} in this very change" if count else ""
        return Change(impact, home, after={"Text": what + found}, was=home, token=what)

    for text, rules in _weakened(before, after):
        yield change("GUARDRAIL_WEAKENED", text, rules)
    for text in _added(before, after):
        yield change("EXEMPTION_ADDED", text)


def _weakened(before: Guardrail, after: Guardrail) -> Iterator[tuple[str, tuple[str, ...]]]:
    if before.judged != after.judged:
        names = [side.judged or "the app of cdk.json" for side in (after, before)]
        yield f"what is judged is {names[0]}, and no longer {names[1]}", ()
    off = {i: f"{i} ({rule.severity})" for i, rule in before.rules.items() if i not in after.rules}
    yield from _each(off, "rule {} is switched off", "{} rules are switched off: {}", before)
    other = {i: i for i, rule in before.rules.items() if i in after.rules and _asks(rule) != _asks(after.rules[i])}
    yield from _each(
        other, "rule {} asks for something else than before", "{} rules ask for something else: {}", before
    )
    for (severity, new, places), ids in _lowered(before, after).items():
        step = f"from {severity} to {new} on {', '.join(places)}"
        found = dict(zip(ids, ids, strict=True))
        yield from _each(found, f"rule {{}} is lowered {step}", f"{{}} rules are lowered {step}: {{}}", before)
    for path, old in before.environments.items():
        now = after.environments.get(path, old)
        if old in before.strict and now not in after.strict:
            yield f"stack {path} was {old} and is judged as {now} now", ()
    levels = (*SEVERITIES, "never")
    if levels.index(after.fail_on) > levels.index(before.fail_on):
        yield f"fail_on goes from {before.fail_on} to {after.fail_on}", ()
    for name, members in before.sets.items():
        if members != after.sets.get(name):
            yield f"the named set {name} holds other types than before", ()
    if after.stacks and set(after.stacks) != set(before.stacks):
        yield f"only the stacks {', '.join(after.stacks)} are judged now", ()
    if before.require_owner and not after.require_owner:
        yield "a suppression needs no owner any more", ()
    if before.new_suppressions == "baseline" != after.new_suppressions:
        yield "new suppressions count at once now", ()
    if more := set(after.honour) - set(before.honour):
        yield f"suppressions for {', '.join(sorted(more))} count now", ()
    if before.lint and not after.lint:
        yield "cfn-lint's errors are no findings any more", ()


def _each(found: Mapping[str, str], one: str, many: str, before: Guardrail) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A line for each rule, or one for all of them, worst first: a hundred lines hide what else there is."""
    if len(found) <= _MANY:
        yield from ((one.format(text), (rule_id,)) for rule_id, text in found.items())
        return
    ids = sorted(found, key=lambda i: (-severity_rank(before.rules[i].severity), i))
    yield many.format(len(ids), ", ".join(found[i] for i in ids)), tuple(ids)


def _lowered(before: Guardrail, after: Guardrail) -> dict[tuple[str, str, tuple[str, ...]], list[str]]:
    """(severity, new one, environments) -> rules; a stack's environment may have got another name."""
    pairs = dict.fromkeys((old, after.environments.get(path, old)) for path, old in before.environments.items())
    pairs = {p: None for p in pairs if p[0] not in before.strict or p[1] in after.strict}  # the rest is told as such
    found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for rule_id in before.rules:
        places: dict[tuple[str, str], list[str]] = {}
        for old, new in pairs:
            one, other = before.severities.get((rule_id, old or "")), after.severities.get((rule_id, new or ""))
            if one is not None and other is not None and severity_rank(other) < severity_rank(one):
                places.setdefault((one, other), []).append(f"{old} ({new} now)" if old != new else str(old))
        for (one, other), where in places.items():
            found.setdefault((one, other, tuple(where)), []).append(rule_id)
    return found


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
