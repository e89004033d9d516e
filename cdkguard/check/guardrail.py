"""What a change does to the guardrail itself: rules switched off, severities lowered, suppressions added.

A pull request must not be able to exempt itself, so the baseline's own configuration judges the new app as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.check.guardrail_side import Guardrail
from cdkguard.check.guardrail_ways_in import find_weakened_ways_in
from cdkguard.model import GATES, SEVERITIES, Change, Finding, Rule, Stack, Suppression, severity_rank
from cdkguard.suppressions.added import MODES, AddedSuppressions, entry_of

if TYPE_CHECKING:
    from cdkguard.model import StackImpact

STACK_NAME = "cdkguard"  # These changes are shown under it, above those of all stacks.
_MOST_LINES = 5  # One line a rule up to here; more rules share a line.

Weakening = tuple[str, tuple[str, ...]]  # A sentence, and the ids of the rules that it is about.


def compare_guardrails(before: Guardrail, after: Guardrail, hidden: Sequence[Finding], home: Stack) -> Iterator[Change]:
    """The changes of impact GUARDRAIL_WEAKENED and EXEMPTION_ADDED.

    `hidden` are findings that only the baseline's configuration makes. `home` is the stack that stands for the
    configuration file.
    """

    def change(impact: StackImpact, sentence: str, rules: Sequence[str] = ()) -> Change:
        count = sum(f.rule_id in rules for f in hidden)
        found = f", which hides {count} finding{'s' if count > 1 else ''} in this very change" if count else ""
        return Change(impact, home, after={"Text": sentence + found}, old_stack=home, token=sentence)

    for find in (_weakened_input, _weakened_rules, _weakened_environments, _weakened_settings):
        for sentence, rules in find(before, after):
            yield change("GUARDRAIL_WEAKENED", sentence, rules)
    for sentence in _find_added_exemptions(before, after):
        yield change("EXEMPTION_ADDED", sentence)


def _weakened_input(before: Guardrail, after: Guardrail) -> Iterator[Weakening]:
    if before.judged != after.judged:
        names = [side.judged or "the app of cdk.json" for side in (after, before)]
        yield f"what is judged is {names[0]}, and no longer {names[1]}", ()


def _weakened_rules(before: Guardrail, after: Guardrail) -> Iterator[Weakening]:
    off = {i: f"{i} ({rule.severity})" for i, rule in before.rules.items() if i not in after.rules}
    yield from _describe_rules(off, "rule {} is switched off", "{} rules are switched off: {}", before)

    common = {i: rule for i, rule in before.rules.items() if i in after.rules}
    other = {i: i for i, rule in common.items() if _demands_of(rule) != _demands_of(after.rules[i])}
    one, many = "rule {} asks for something else than before", "{} rules ask for something else: {}"
    yield from _describe_rules(other, one, many, before)

    for (severity, new, places), ids in _find_lowered_severities(before, after).items():
        step = f"from {severity} to {new} on {', '.join(places)}"
        found = dict(zip(ids, ids, strict=True))
        one, many = f"rule {{}} is lowered {step}", f"{{}} rules are lowered {step}: {{}}"
        yield from _describe_rules(found, one, many, before)


def _weakened_environments(before: Guardrail, after: Guardrail) -> Iterator[Weakening]:
    for path, old in before.environments.items():
        new = after.environments.get(path, old)
        if old in before.strict and new not in after.strict:
            yield f"stack {path} was {old} and is judged as {new} now", ()


def _weakened_settings(before: Guardrail, after: Guardrail) -> Iterator[Weakening]:
    levels = (*SEVERITIES, "never")
    if levels.index(after.fail_on) > levels.index(before.fail_on):
        yield f"fail_on goes from {before.fail_on} to {after.fail_on}", ()
    if GATES.index(after.gate) > GATES.index(before.gate):
        yield "only new findings count now", ()

    for name, members in before.sets.items():
        if members != after.sets.get(name):
            yield f"the named set {name} holds other types than before", ()

    if after.stacks and set(after.stacks) != set(before.stacks):
        yield f"only the stacks {', '.join(after.stacks)} are judged now", ()
    if before.require_owner and not after.require_owner:
        yield "a suppression needs no owner any more", ()
    if MODES.index(after.new_suppressions) < MODES.index(before.new_suppressions):
        where = "at once" if after.new_suppressions == "count" else "outside of strict environments"
        yield f"new suppressions count {where} now", ()
    if more := set(after.honour) - set(before.honour):
        yield f"suppressions for {', '.join(sorted(more))} count now", ()
    if before.lint and not after.lint:
        yield "cfn-lint's errors are no findings any more", ()
    if before.full_synth and not after.full_synth:
        yield "CDK's own type check and validation do not run any more", ()
    if other := [key for key, value in before.aws.items() if after.aws.get(key) != value]:
        yield f"what is deployed is read by another {', '.join(other)}", ()
    if gone := [name for name in before.aws_stacks if name not in after.aws_stacks]:
        yield f"what runs in {', '.join(gone)} is not compared any more", ()
    yield from ((text, ()) for text in find_weakened_ways_in(before, after))


def _describe_rules(
    found: Mapping[str, str], one: str, many: str, before: Guardrail
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A line for each rule, or one for all of them, worst first: a hundred lines hide what else there is."""
    if len(found) <= _MOST_LINES:
        yield from ((one.format(text), (rule_id,)) for rule_id, text in found.items())
        return
    ids = sorted(found, key=lambda i: (-severity_rank(before.rules[i].severity), i))
    yield many.format(len(ids), ", ".join(found[i] for i in ids)), tuple(ids)


def _find_lowered_severities(before: Guardrail, after: Guardrail) -> dict[tuple[str, str, tuple[str, ...]], list[str]]:
    """(severity, lower severity, environments) -> rule ids; a stack's environment may have another name now."""
    pairs = dict.fromkeys((old, after.environments.get(path, old)) for path, old in before.environments.items())
    # A stack that leaves the strict environments has a line of its own.
    pairs = {p: None for p in pairs if p[0] not in before.strict or p[1] in after.strict}
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


def _demands_of(rule: Rule) -> tuple[object, ...]:
    narrowed = rule.where, rule.require, rule.types, rule.environments, rule.on_unknown
    return *narrowed, rule.on_change, rule.weakens, rule.widens, rule.parameters


def _find_added_exemptions(before: Guardrail, after: Guardrail) -> Iterator[str]:
    known = {_identity(s) for s in before.suppressions}
    for suppression in after.suppressions:
        if _identity(suppression) not in known:
            where = suppression.construct_path or "its place"
            yield f"{suppression.origin} suppresses {suppression.rule} at {where}: {suppression.reason}"
    for approval in after.approvals:
        if approval not in before.approvals:
            yield approval
    for account in sorted(after.accounts - before.accounts):
        yield f"account {account} is allowed now"
    for name, value in after.parameters.items():
        if before.parameters.get(name) != value:
            yield f"parameter {name} is judged with another value now"
    if more := len(after.accepted - before.accepted):
        yield f"{more} finding{'s are' if more > 1 else ' is'} accepted as old now"


def _identity(suppression: Suppression) -> tuple[str | None, ...]:
    return suppression.rule, suppression.construct_path, suppression.expires


def find_added_suppressions(before: Guardrail, after: Guardrail) -> AddedSuppressions:
    """The suppressions that the baseline does not have; the stricter mode of both sides says where they do not count."""
    mode = max(before.new_suppressions, after.new_suppressions, key=MODES.index)
    if mode == "count":
        return AddedSuppressions()
    known = {_identity(s) for s in before.suppressions}
    return AddedSuppressions(
        frozenset(entry_of(s) for s in after.suppressions if _identity(s) not in known),
        after.accepted - before.accepted,
        mode == "baseline",
        before.strict | after.strict,
        frozenset(path for path, name in before.environments.items() if name in before.strict),
    )


def stack_of_configuration(file: str) -> Stack:
    """A stack that stands for the configuration file: changes of the configuration are shown on it."""
    return Stack(STACK_NAME, {"Resources": {}}, file, construct_path=STACK_NAME)


def find_hidden_findings(old: Iterable[Finding], new: Iterable[Finding]) -> list[Finding]:
    """Findings that the baseline's configuration reports and the new one does not, or not so severely."""
    now = {(f.rule_id, f.fingerprint): f.severity for f in new}
    return [
        f
        for f in old
        if f.suppression is None
        and ((f.rule_id, f.fingerprint) not in now
             or severity_rank(now[f.rule_id, f.fingerprint]) < severity_rank(f.severity))
    ]  # fmt: skip
