"""Findings that are one thing to a reader: the same fault in several environments, in several places, with one fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.model import Finding, Outcome
from cdkguard.outputs.locations import subject_of


class Place(NamedTuple):
    """A fault of one resource: the finding of the strictest environment, and what is told along with it."""

    finding: Finding
    elsewhere: tuple[Finding, ...] = ()  # The same fault of the same code in other environments or stacks.
    also: tuple[Finding, ...] = ()  # Other rules' findings on the same resource, which the same code mends.

    @property
    def environments(self) -> tuple[tuple[str, str], ...]:
        """(environment, severity) of each finding that has one, the strictest first; each once."""
        found = (self.finding, *self.elsewhere)
        return tuple(dict.fromkeys((f.environment, f.severity) for f in found if f.environment))

    @property
    def namesakes(self) -> tuple[Finding, ...]:
        """The findings elsewhere whose environment is told already: only their own names tell them apart."""
        told, namesakes = {self.finding.environment}, []
        for finding in self.elsewhere:
            if finding.environment in told:
                namesakes.append(finding)
            told.add(finding.environment)
        return tuple(namesakes)


class Entry(NamedTuple):
    """One fault with its places: findings of one rule that have the same severity, explanation and fix."""

    places: tuple[Place, ...]

    @property
    def finding(self) -> Finding:
        """The first finding, which stands for all of them."""
        return self.places[0].finding

    @property
    def also(self) -> tuple[Finding, ...]:
        """The findings of other rules on the first place."""
        return self.places[0].also

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding that the entry tells."""
        return tuple(f for place in self.places for f in (place.finding, *place.elsewhere, *place.also))


def group_findings(findings: Iterable[Finding]) -> list[Entry]:
    """The findings as entries, in the order of their first findings; each finding is in one of them."""
    places = _join_fixes(_join_environments(findings))
    return [Entry(tuple(group)) for group in _group_by(places, _entry_key)]


def group_by(findings: Iterable[Finding], key: Callable[[Finding], object]) -> list[list[Finding]]:
    """The findings in lists of the same key, in the order in which each key comes first."""
    return _group_by(findings, key)


def _group_by(items: Iterable[Any], key: Callable[[Any], object]) -> list[list[Any]]:
    groups: dict[object, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _join_environments(findings: Iterable[Finding]) -> list[Place]:
    return [Place(group[0], tuple(group[1:])) for group in _group_by(findings, _fault_key)]


def _fault_key(finding: Finding) -> object:
    """What is equal where a stack of several environments or regions has the same fault at the same line of code."""
    stack = finding.stack_path
    code: object = finding.source
    if code is None:  # Without a line, stacks of the same name in several stages are taken for one class.
        code = stack.rpartition("/")[2] if "/" in stack else (stack, finding.template_path)
    path = subject_of(finding).removeprefix(f"{stack}/") if finding.logical_id else ""
    found = finding.found if finding.outcome is Outcome.FAIL else None  # Names of stages are in what is not known yet.
    fault = finding.property_paths, found, finding.branch, finding.impact, finding.is_new
    return finding.rule_id, finding.outcome, code, path, *fault


def _join_fixes(places: Sequence[Place]) -> list[Place]:
    """The places, those of one resource joined that the same code mends, such as both removal policies."""
    joined: list[Place] = []
    for group in _group_by(places, _fix_key):
        first = group[0]
        rules = {place.finding.rule_id for place in group}
        if len(rules) < len(group):  # Several faults of one rule are told one by one.
            joined += group
            continue
        also = tuple(f for place in group[1:] for f in (place.finding, *place.elsewhere))
        joined.append(first._replace(also=also))
    order = {id(place.finding): number for number, place in enumerate(places)}
    return sorted(joined, key=lambda place: order[id(place.finding)])


def _fix_key(place: Place) -> object:
    finding = place.finding
    remedy = finding.remedy
    if remedy is None or not (remedy.python or remedy.typescript) or finding.outcome is not Outcome.FAIL:
        return id(finding)
    code = remedy.python, remedy.typescript
    environments = tuple(f.environment for f in (finding, *place.elsewhere))
    return finding.stack_path, subject_of(finding), finding.source, finding.is_new, environments, code


def _entry_key(place: Place) -> object:
    finding = place.finding
    rules = tuple(dict.fromkeys((f.rule_id, f.severity) for f in place.also))
    remedy = finding.remedy and tuple(finding.remedy)
    return finding.rule_id, finding.severity, finding.outcome, finding.title, finding.why, remedy, finding.is_new, rules
