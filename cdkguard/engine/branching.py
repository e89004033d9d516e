"""One rule on one subject, in each branch of the conditions that are not known before deployment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.engine.rules import BoundRule
from cdkguard.language.subject import Subject
from cdkguard.logic import Tri
from cdkguard.model import Outcome
from cdkguard.template.scope import Scope
from cdkguard.template.values import Branch

MAX_BRANCHES = 64  # scenarios of unknown conditions per rule and resource; beyond them the answer is UNKNOWN
MAX_LOOKS = 200_000  # at resources under different assumptions, in one template: of 500 resources, 400 assumptions


class Verdict(NamedTuple):
    """The answer of a rule on one subject, with the values and the branch that explain it."""

    outcome: Outcome
    evidence: tuple[tuple[str, Json], ...] = ()  # (property path, value) of what did not hold
    branch: str | None = None  # "IsProd is false": the branch in which that is so
    note: str = ""  # why nothing is known
    marks: tuple[str, ...] = ()  # what the finding's fingerprint holds of the values at fault
    subject: Subject | None = None  # the subject in that branch, where the rule can be asked about parts of it


PASSED = Verdict(Outcome.PASS)


def passes_everywhere(bound: BoundRule, subject: Subject) -> bool:
    """Whether the rule passes without asking for a condition that is not known; nearly every rule does."""
    try:
        return ("Condition" not in subject.root or subject.scope.creates(subject.root)) and bound.decide(
            subject
        ) is True
    except Branch:
        return False


def evaluate_branches(bound: BoundRule, subject: Subject, resources: int, marked: bool = True) -> Verdict:
    """The rule once for each branch of the unknown conditions that it really meets: the first failure, else the first
    branch that is not known. `resources` is how many of them the template has; `marked`: the verdict needs its marks."""
    base, body = subject.scope, subject.root
    # In each assumption, every rule may look at every resource of the template.
    most_assumptions = max(2 * MAX_BRANCHES, MAX_LOOKS // (1 + resources))
    pending, branches, undecided = [base], 0, None

    while pending:
        scope = pending.pop()
        if (is_spent := base.shared.forks > most_assumptions) or branches + len(pending) >= MAX_BRANCHES:
            return undecided or Verdict(Outcome.UNKNOWN, note=_too_many(is_spent))

        here = subject._replace(scope=scope)
        try:
            if not scope.creates(body):
                continue
            answer = bound.decide(here)
        except Branch as branch:
            assumed = [scope.assume(branch, truth) for truth in (False, True)]
            pending.extend(scope for scope in assumed if scope is not None)
            continue

        branches += 1
        if answer is True:
            continue
        verdict = _explain(bound, here, Outcome.FAIL if answer is False else Outcome.UNKNOWN, marked)
        if verdict.outcome is Outcome.FAIL:
            return verdict
        undecided = undecided or verdict

    return undecided or PASSED


def _too_many(in_template: bool) -> str:
    many = "too many" if in_template else f"more than {MAX_BRANCHES}"
    where = " in the whole template" if in_template else ""
    return f"{many} combinations of conditions{where}; give the parameters a value"


def _explain(bound: BoundRule, subject: Subject, outcome: Outcome, marked: bool) -> Verdict:
    """The verdict with the values that did not hold: the rule decides once more and notes them."""
    found = tuple(_resolve(_note_evidence(bound, subject), subject.scope))
    marks = _mark(bound, subject, outcome, found) if marked else ()
    presumed = _find_decisive_values(bound, subject) if subject.scope.defaults else []
    words = [*presumed, *filter(None, [subject.scope.branch_text()])]
    return Verdict(outcome, found, " and ".join(words) or None, marks=marks, subject=subject)


def _note_evidence(bound: BoundRule, subject: Subject) -> list[tuple[str, Json]]:
    """The values that the rule looks at. One after the decisive one may depend on a condition that nobody asked about."""
    evidence: list[tuple[str, Json]] = []
    try:
        bound.decide(subject._replace(evidence=evidence))
    except Branch:
        return evidence
    return evidence


def _mark(bound: BoundRule, subject: Subject, outcome: Outcome, found: tuple[tuple[str, Json], ...]) -> tuple[str, ...]:
    from cdkguard.engine.fingerprints import mark_offending  # most runs find nothing

    return mark_offending(bound, subject, outcome, found)


def _find_decisive_values(bound: BoundRule, subject: Subject) -> list[str]:
    """`Env is prod` of each parameter whose value of the environment, other than its Default, makes the rule fail."""
    scope = subject.scope
    if not scope.stack.root.presumed:
        return []
    answer = bound.decide(subject)
    names = [n for n in scope.defaults if n not in scope.given and n not in scope.open]
    changed = [
        n for n in names if _decides_otherwise(bound, subject._replace(scope=scope.with_declared_defaults({n})), answer)
    ]
    return [f"{name} is {scope.defaults[name]}" for name in changed]


def _decides_otherwise(bound: BoundRule, subject: Subject, answer: Tri) -> bool:
    try:
        return bound.decide(subject) is not answer
    except Branch:
        return True


def _resolve(evidence: Iterable[tuple[str, Json]], scope: Scope) -> Iterator[tuple[str, Json]]:
    for path, value in evidence:
        try:
            yield path, scope.resolve_deep(value) if isinstance(value, dict | list) else value
        except (Branch, RecursionError):
            yield path, value


def find_world(body: Json, scope: Scope) -> Scope:
    """The scope in which the resource is judged: where it exists, if a Default alone makes its condition false."""
    name = body.get("Condition") if isinstance(body, dict) else None
    return (scope.world_where(name) or scope) if isinstance(name, str) else scope
