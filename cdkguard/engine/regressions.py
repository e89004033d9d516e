"""Rules that were content with a resource in the baseline and are not any more."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product, takewhile

from cdkguard._typing import Json
from cdkguard.diff.differences import are_equal
from cdkguard.engine.branching import Verdict, find_world
from cdkguard.engine.effective_bodies import EffectiveBodies, find_logical_id, find_stack, is_completed
from cdkguard.engine.property_paths import overlap, value_at_text
from cdkguard.engine.rules import BoundRule, EngineSettings, is_for_stack, is_strict, matches_glob, severity_of
from cdkguard.engine.run import Run
from cdkguard.engine.weakening import Weakening, align_lists
from cdkguard.language.subject import Subject
from cdkguard.model import Change, Outcome, PropertyChange, Rule, Stack, severity_rank
from cdkguard.template.values import ABSENT

MAX_PARTS = 16  # of a rule, that a change is asked about one by one


class GoverningStacks:
    """Which of a change's two stacks a rule is about, remembered for each rule and pair of stacks."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._stacks: dict[tuple[str, Stack, Stack | None], Stack | None] = {}

    def find(self, rule: Rule, change: Change) -> Stack | None:
        """The stack for whose environment the rule is, of the two sides' the one where it weighs most: a resource that
        leaves prod is still judged as prod. None where the rule is for neither."""
        key = (rule.id, change.stack, change.old_stack)
        if key not in self._stacks:
            both = [change.stack, *([change.old_stack] if change.old_stack is not None else [])]
            rank = {
                stack: severity_rank(severity_of(rule, stack.environment, self._settings))
                for stack in both
                if is_for_stack(rule, stack, self._settings)
            }
            self._stacks[key] = max(rank, key=lambda stack: rank[stack], default=None)
        return self._stacks[key]


class Regressions:
    """The rules about resources, asked about both sides of a change.

    `runs` are those over the baseline and over the new side, of the same rules.
    """

    def __init__(self, runs: tuple[Run, Run], governing_stacks: GoverningStacks) -> None:
        self._runs, self._governing_stacks = runs, governing_stacks
        self._rules = [bound.rule for bound in runs[1].rules.all]
        self.bodies = EffectiveBodies(runs)
        self._settings: EngineSettings = runs[1].settings
        self._bound = {bound.rule.id: bound for bound in runs[1].rules.all}
        self._parts: dict[str, list[BoundRule]] = {}  # by rule id
        self._watched: dict[tuple[int, str], list[Rule]] = {}  # by id of an entry, and type
        self._aligned: tuple[Change | None, tuple[Json, Json]] = None, (None, None)  # of the change that was asked last

    def find(self, entry: Mapping[str, Json], change: Change) -> Iterator[Weakening]:
        """What the rules that the entry names (`{rules, skip, raise, opens}`, globs) miss now and did not miss before."""
        if change.old_stack is None or change.before is None or change.after is None:
            return
        for rule in self._watched_rules(entry, str(change.resource_type)):
            stack = self._governing_stacks.find(rule, change)
            if stack is not None:
                for weakening in self._compare(rule, change):
                    yield weakening._replace(severity=self._severity(rule, stack, entry))

    def _compare(self, rule: Rule, change: Change) -> Iterator[Weakening]:
        new = self._verdict(rule, change, 1)
        if new.outcome is Outcome.PASS:
            return
        old = self._verdict(rule, change, 0)
        if old.outcome is Outcome.FAIL:
            yield from self._compare_parts(rule, change, (old, new))
            return

        path = new.evidence[0][0] if new.evidence else (change.properties[0].path if change.properties else "")
        if old.outcome is Outcome.UNKNOWN and not any(overlap(p.path, path) for p in change.properties):
            return  # as little is known as before
        is_sure = old.outcome is Outcome.PASS and new.outcome is Outcome.FAIL
        before, after = self._value_before(change, path), new.evidence[0][1] if new.evidence else ABSENT
        outcome = Outcome.FAIL if is_sure else Outcome.UNKNOWN
        weakening = Weakening(path, before, after, outcome, rule.id, secret=rule.secret)
        if new.evidence:
            yield _name_cause(weakening, rule, change)
        else:
            yield _name_lost_rule(weakening, rule, change)

    def _compare_parts(self, rule: Rule, change: Change, whole: tuple[Verdict, Verdict]) -> Iterator[Weakening]:
        """What a rule that failed before misses now, too: another of its parts, another element of a list.

        `whole` is what it says of both sides.
        """
        bodies = self.bodies.find(change, 0), self.bodies.find(change, 1)
        if self._aligned[0] is not change:  # several rules ask for the same one
            self._aligned = change, align_lists(bodies[0], bodies[1], kept=True)
        pairs = (bodies, self._aligned[1])

        for part in (parts := self._parts_of(rule)):
            old, new = whole
            for is_aligned, pair in enumerate(pairs):
                if pair != bodies if is_aligned else len(parts) > 1:
                    old, new = [self._verdict_on(part, change, side, body) for side, body in enumerate(pair)]
                if new.outcome is not Outcome.FAIL or old.outcome is Outcome.UNKNOWN:
                    break
                if not is_aligned and old.outcome is Outcome.FAIL:
                    continue  # perhaps for fewer elements
                found = list(self._new_failures(part.rule, change, (old, new)))
                if any(weakening.before is ABSENT for weakening in found) and len(parts) > 1:
                    before = self._verdict_on(self._bound[rule.id], change, 0, pair[0]) if is_aligned else whole[0]
                    found = [weakening for weakening in found if not _was_missed(weakening, before)]
                yield from (_name_cause(weakening, part.rule, change) for weakening in found)
                break

    def _new_failures(self, rule: Rule, change: Change, verdicts: tuple[Verdict, Verdict]) -> Iterator[Weakening]:
        """The changed properties for which the rule fails now and did not fail before."""
        old, new = verdicts
        failed, found = {path for path, _value in old.evidence}, new.evidence
        if old.outcome is Outcome.PASS and not found:
            path = _asked_property(rule.require)
            found = ((path, value_at_text(change.after, path)),)
        for path, value in found:
            if (
                path not in failed
                and not _is_written_out(path, old)
                and any(overlap(p.path, path) for p in change.properties)
            ):
                before = self._value_before(change, path)
                yield Weakening(path, before, value, Outcome.FAIL, rule.id, secret=rule.secret)

    # -- the rules

    def _watched_rules(self, entry: Mapping[str, Json], resource_type: str) -> list[Rule]:
        """The rules about a type that the entry's globs name."""
        key = (id(entry), resource_type)
        if key not in self._watched:
            about = [rule for rule in self._rules if self._runs[1].rules.is_about(rule, resource_type)]
            self._watched[key] = [
                rule for rule in about if _matches(entry["rules"], rule) and not _matches(entry.get("skip", ()), rule)
            ]
        return self._watched[key]

    def _parts_of(self, rule: Rule) -> list[BoundRule]:
        """The requirements all of which a rule asks for, each as a rule of its own."""
        if rule.id not in self._parts:
            parts = [rule._replace(require=part) for part in split_requirement(rule.require)]
            self._parts[rule.id] = [BoundRule(part, self._settings) for part in parts]
        return self._parts[rule.id]

    def _severity(self, rule: Rule, stack: Stack, entry: Mapping[str, Json]) -> str:
        """Of a protection that goes: in prod, to switch off what was on is worse than never to have switched it on."""
        severity = severity_of(rule, stack.environment, self._settings)
        is_set = any(fnmatchcase(rule.id, glob) for glob in self._settings.severities)
        if is_set or not is_strict(stack.environment, self._settings):
            return severity
        is_raised = severity == "medium" and _matches(entry.get("raise", ()), rule)
        is_opened = severity in ("low", "medium") and _matches(entry.get("opens", ()), rule)
        return "high" if is_raised or is_opened else severity

    # -- one side: 0 is the baseline, 1 the new one

    def _verdict(self, rule: Rule, change: Change, side: int) -> Verdict:
        return self._verdict_on(self._bound[rule.id], change, side, self.bodies.find(change, side))

    def _verdict_on(self, bound: BoundRule, change: Change, side: int, body: Json) -> Verdict:
        run = self._runs[side]
        scope = find_world(body, run.scopes.of(find_stack(change, side)))
        return run.evaluate_rule(bound, Subject(body, scope, find_logical_id(change, side), run.lookups))

    def _value_before(self, change: Change, path: str) -> Json:
        return value_at_text(self.bodies.find(change, 0) if is_completed(change.resource_type) else change.before, path)


def _was_missed(weakening: Weakening, before: Verdict) -> bool:
    """Whether the rule as a whole missed the value already: `false` is not less than nothing where nothing is no `true`."""
    return weakening.before is ABSENT and any(path == weakening.path for path, _value in before.evidence)


def _is_written_out(path: str, before: Verdict) -> bool:
    """Whether the rule already failed because the list had no such element, as `Attributes[*].Value` of no attribute.

    An attribute that is written out with its default takes nothing away.
    """
    place = re.sub(r"\[\d+\]", "[*]", path)
    return any(value is ABSENT and "[*]" in missed and missed == place for missed, value in before.evidence)


def _name_cause(weakening: Weakening, rule: Rule, change: Change) -> Weakening:
    """The weakening with the change that makes it one, where the value that the rule misses is as it was.

    A rule may have been content for another reason: the snapshot of a database says whether it is encrypted.
    """
    if not are_equal(weakening.before, weakening.after):
        return weakening
    cause = _find_cause(rule, change)
    if cause is None:
        return _name_lost_rule(weakening, rule, change)
    missing = f"{weakening.path} {'is absent' if weakening.after is ABSENT else 'stays as it was'}"
    return weakening._replace(path=cause.path, before=cause.before, after=cause.after, missing=missing)


def _name_lost_rule(weakening: Weakening, rule: Rule, change: Change) -> Weakening:
    """The weakening with the change that the rule asks about; where another resource makes the difference, in words alone."""
    cause = _find_cause(rule, change)
    if cause is not None:
        return weakening._replace(path=cause.path, before=cause.before, after=cause.after)
    return weakening._replace(told=f'"{rule.title}" was in order before, and is not after this change')


def _find_cause(rule: Rule, change: Change) -> PropertyChange | None:
    """The first changed property that the rule asks about."""
    asked = {field for field in (*_find_fields(rule.require), *_find_fields(rule.where)) if field}
    causes = [p for p in change.properties if not p.path.startswith("Metadata")]
    return next((p for p in causes if p.path == "Type" or any(overlap(p.path, path) for path in asked)), None)


def _find_fields(node: Json) -> Iterator[str]:
    """The properties that a prepared requirement asks about, each up to the list that it is in."""
    if isinstance(node, dict):
        if "steps" in node:
            yield _asked_property(node)
        for inner in node.values():
            yield from _find_fields(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _find_fields(inner)


def _matches(globs: Sequence[str], rule: Rule) -> bool:
    return any(matches_glob(rule.id, glob) for glob in globs)


# -- prepared requirements


def split_requirement(node: Json, holds: bool = True) -> list[Json]:
    """A requirement as those that must hold together: of `all`, or of none of `any`."""
    if not isinstance(node, dict):
        return []
    if "not" in node:
        return split_requirement(node["not"], not holds)
    if ("all" if holds else "any") in node:
        return [one for part in node["all" if holds else "any"] for one in split_requirement(part, holds)]

    if ("any" if holds else "all") in node:  # (a and b) or c asks for a or c, and for b or c
        choices = [split_requirement(part, holds) for part in node["any" if holds else "all"]]
        if 1 < math.prod(map(len, choices)) <= MAX_PARTS:
            return [{"any": list(parts)} for parts in product(*choices)]
    return [node if holds else {"not": node}]


def _asked_property(node: Json) -> str:
    """The property that a requirement is about, up to the list that it is in; of `not` and `any` the first one."""
    while isinstance(node, dict) and "steps" not in node:
        node = node.get("not") or next(iter(node.get("any") or node.get("all") or ()), None)
    fields = takewhile(lambda step: step[0] == "f", (node or {}).get("steps", ()))
    return ".".join(str(step[1]) for step in fields)
