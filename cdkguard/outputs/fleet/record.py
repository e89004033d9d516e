"""The nouns that `cdkguard report` writes: many apps, each as its own report has judged it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.outputs.short_names import rank_environment
from cdkguard.outputs.summary import WORST_FIRST

WORDS = (*WORST_FIRST, "unknown", "suppressed")  # What is counted: failed by severity, undecided, suppressed.


class RuleCount(NamedTuple):
    """The open findings of one rule in one app."""

    rule_id: str
    title: str
    severity: str  # The worst.
    findings: int


class Acceptance(NamedTuple):
    """Findings of one rule that somebody accepted for one reason."""

    rule_id: str
    reason: str
    origin: str
    owner: str | None
    since: str | None  # ISO date, where it is noted.
    expires: str | None
    findings: int


class FrameworkCount(NamedTuple):
    """The controls of a framework by outcome."""

    title: str
    counts: Mapping[str, int]  # One of model.OUTCOMES -> number.


class AppReport(NamedTuple):
    """What one report says of its app."""

    name: str
    file: str  # The file that was read.
    fails: bool
    verdict: str  # Why, in words.
    environments: Mapping[
        str, Mapping[str, int]
    ]  # Environment ("" where a stack is of none) -> word of WORDS -> number.
    rules: tuple[RuleCount, ...]
    acceptances: tuple[Acceptance, ...]
    errors: tuple[str, ...]  # What was not judged.
    notices: tuple[str, ...]
    frameworks: tuple[FrameworkCount, ...]
    stacks: int
    resources: int
    new: int | None  # Open findings that its change brings; None where no change was judged.
    version: str = ""  # Of cdkguard.
    commit: str = ""
    made: str = ""  # ISO time.

    def count(self, word: str) -> int:
        """How many findings all environments have of one of WORDS."""
        return sum(counts[word] for counts in self.environments.values())


class TopRule(NamedTuple):
    """A rule with its open findings in all apps."""

    rule_id: str
    title: str
    severity: str
    findings: int
    apps: tuple[str, ...]


class Fleet(NamedTuple):
    """Apps in the order in which their reports were named."""

    apps: tuple[AppReport, ...]
    version: str = ""

    @property
    def failing(self) -> tuple[AppReport, ...]:
        """The apps whose report fails."""
        return tuple(app for app in self.apps if app.fails)

    @property
    def environments(self) -> list[str]:
        """Every environment, once; "" last."""
        found = dict.fromkeys(name for app in self.apps for name in app.environments)
        return sorted(found, key=rank_environment)

    def top_rules(self) -> list[TopRule]:
        """The rules with open findings: worst severity first, then those of most apps, then of most findings."""
        found: dict[str, list[tuple[AppReport, RuleCount]]] = {}
        for app in self.apps:
            for rule in app.rules:
                found.setdefault(rule.rule_id, []).append((app, rule))
        rules = [_sum_up(counts) for counts in found.values()]
        return sorted(rules, key=lambda r: (WORST_FIRST.index(r.severity), -len(r.apps), -r.findings, r.rule_id))


def _sum_up(counts: Sequence[tuple[AppReport, RuleCount]]) -> TopRule:
    first = counts[0][1]
    worst = min((rule.severity for _, rule in counts), key=WORST_FIRST.index)
    total = sum(rule.findings for _, rule in counts)
    return TopRule(first.rule_id, first.title, worst, total, tuple(app.name for app, _ in counts))
