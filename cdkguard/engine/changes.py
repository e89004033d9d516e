"""Changes x rules -> findings: what a deployment would destroy, weaken or open.

A rule with `on_change` is asked about a record of the change (see record.py); its paths start at
    {Impact, Type, Detail, Fate, Kept, Stateful, Lost, Refused, Origin, Partner, Fronts, Before, After, New, Changed,
     Replacing, DeleteCall, Stack: {Name, Environment}}, and in the cases of a remedy Widening, the kind of access
where Before and After are the resolved resources with the DeletionPolicy in force. Then
    weakens: {rules: [globs]}        those rules were content before and are not any more (see regressions.py)
    weakens: [{path, by, ...}]       a value that went the wrong way (see DIRECTIONS in weakening.py)
                                     (both also of a resource that takes another one's place, as if it were updated)
    widens: true | [kinds]           access that was not there before (see access/compare.py)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import Json
from cdkguard.access.widening import Widening
from cdkguard.diff.sides import Sides, resolve_resource
from cdkguard.engine.change_messages import (
    Message,
    describe_weaker,
    render_call,
    render_message,
    render_weakening,
    step_hides_secret,
)
from cdkguard.engine.effective_bodies import find_stack, is_completed
from cdkguard.engine.fingerprints import fingerprint
from cdkguard.engine.record import add_policies, make_record
from cdkguard.engine.regressions import GoverningStacks, Regressions
from cdkguard.engine.resource_names import NamesOfOthers, use_construct_paths
from cdkguard.engine.rules import (
    BoundRule,
    BoundRules,
    EngineSettings,
    is_strict,
    matches_glob,
    refuse_too_many,
    severity_of,
    split_types,
)
from cdkguard.engine.run import Evaluation, Run
from cdkguard.engine.successors import find_updates
from cdkguard.engine.unknown_words import explain_unknown
from cdkguard.engine.weakening import Weakening, find_weakenings
from cdkguard.engine.wider_access import find_wider_access
from cdkguard.language.requirements import expand_types
from cdkguard.language.subject import Subject
from cdkguard.model import UPDATE_IMPACTS, Change, Finding, Outcome, Problem, Remedy, Rule, Stack, severity_rank
from cdkguard.template.scope import Verbatim
from cdkguard.template.values import as_mapping


def evaluate_changes(
    changes: Sequence[Change],
    rules: Sequence[Rule],
    every_rule: Sequence[Rule],
    stacks: tuple[Sequence[Stack], Sequence[Stack]],
    settings: EngineSettings,
    sides: Sides,
) -> Evaluation:
    """Every change rule on every change.

    `every_rule` are those that `weakens` may name. `stacks` are those of the baseline and the new ones, `sides` their
    values.
    """
    on_resources = [r for r in every_rule if r.scope == "resource"]
    before, after = (
        Run(of_side, BoundRules(on_resources, settings), scopes, marks=False)
        for of_side, scopes in zip(stacks, (sides.before, sides.after), strict=True)
    )
    run = _ChangeRun(changes, rules, settings, stacks, sides, (before, after))
    run.evaluate()
    return Evaluation(run.findings, run.problems + before.problems + after.problems, run.counts)


class _ChangeRun:
    """The change rules over the changes; `runs` are those of the rules about resources, over both sides."""

    def __init__(
        self,
        changes: Sequence[Change],
        rules: Sequence[Rule],
        settings: EngineSettings,
        stacks: tuple[Sequence[Stack], Sequence[Stack]],
        sides: Sides,
        runs: tuple[Run, Run],
    ) -> None:
        self.changes, self.rules, self.settings, self.stacks, self.sides = changes, rules, settings, stacks, sides
        self.governing_stacks = GoverningStacks(settings)
        self.regressions = Regressions(runs, self.governing_stacks)
        self.problems: list[Problem] = []
        self.findings: list[Finding] = []
        self.counts: dict[str, list[int]] = {rule.id: [0, 0, 0] for rule in rules}

        self._types = {rule.id: split_types(rule, settings) for rule in rules}
        self._bound = {rule.id: BoundRule(rule, settings) for rule in rules}
        self._verbatim: dict[Stack, Verbatim] = {}
        self._entries: dict[tuple[str, str | None], list[Mapping[str, Json]]] = {}  # by rule id and type
        self._records: dict[int, dict[str, Json]] = {}  # by id of a change
        self._wider: list[tuple[Change, Widening]] | None = None
        self._names = NamesOfOthers((stacks[1], sides.after), (stacks[0], sides.before))

    def evaluate(self) -> None:
        successors = find_updates(self.changes)
        for rule in self.rules:
            for change in self.changes:
                if change.impact in rule.on_change and self._is_about(rule, change):
                    self._evaluate_rule(rule, change)
            if successors and rule.weakens is not None and {*UPDATE_IMPACTS} & {*rule.on_change}:
                for change in successors:
                    if self._is_about(rule, change):
                        self._evaluate_rule(rule, change)
            if rule.widens is not None:
                self._evaluate_widening(rule)

    def _is_about(self, rule: Rule, change: Change) -> bool:
        if self.governing_stacks.find(rule, change) is None:
            return False
        names, globs = self._types[rule.id]
        resource_type = change.resource_type or ""
        if resource_type in names or not names and not globs:
            return True
        return any(matches_glob(resource_type, glob) for glob in globs)

    def _evaluate_rule(self, rule: Rule, change: Change) -> None:
        try:
            self._decide(rule, change)
        except RecursionError:
            self._record_unknown(rule, change, "nested too deeply to be judged")
        except MemoryError:  # no defect of the rule
            raise
        except Exception as crash:
            text = f"rule {rule.id} crashed on the change of {change.logical_id}: {type(crash).__name__}: {crash}"
            self.problems.append(Problem("rule", " ".join(text.split())))
            self._record_unknown(rule, change, "the rule crashed")

    def _decide(self, rule: Rule, change: Change) -> None:
        bound = self._bound[rule.id]
        subject = self._subject_of(change)
        concerned = bound.concerns(subject)
        if concerned is False:
            self.counts[rule.id][0] += 1

        elif rule.weakens is not None:
            self._record_weakenings(rule, change, list(self._find_weakenings(rule, change)))

        elif rule.widens is None:
            answer = bound.is_met(subject)
            if answer is True:
                self.counts[rule.id][0] += 1
            else:
                call = render_call(as_mapping(self._record_of(change)["DeleteCall"]))
                self._record(
                    rule,
                    change,
                    Outcome.FAIL if answer is False and concerned else Outcome.UNKNOWN,
                    facts={"call": call} if call else {},
                )

    def _find_remedy(self, rule: Rule, change: Change, widening: str) -> Remedy | None:
        """What the rule advises in this case; `widening` is the kind of access that the change opens."""
        subject = self._subject_of(change)
        if widening:
            subject = Subject({**self._record_of(change), "Widening": widening}, *subject[1:])
        return self._bound[rule.id].find_remedy(subject)

    def _subject_of(self, change: Change) -> Subject:
        return Subject(self._record_of(change), self._scope_of(change), change.logical_id or "", None)

    def _scope_of(self, change: Change) -> Verbatim:
        """The record of a change is resolved already: its values are taken as they are."""
        if change.stack not in self._verbatim:
            self._verbatim[change.stack] = Verbatim.of(self.sides.after.of(change.stack))
        return self._verbatim[change.stack]

    def _record_of(self, change: Change) -> dict[str, Json]:
        if id(change) not in self._records:
            self._records[id(change)] = make_record(change, self.settings.sdk_calls)
        return self._records[id(change)]

    # -- weakening and widening

    def _find_weakenings(self, rule: Rule, change: Change) -> Iterator[Weakening]:
        if isinstance(rule.weakens, Mapping):
            yield from self.regressions.find(rule.weakens, change)
            return
        scope, record = self._scope_of(change), self._record_of(change)
        bodies = record["Before"], record["After"]
        for entry in (entries := self._entries_of(rule, change.resource_type)):
            if entry is entries[0] and is_completed(change.resource_type):
                bodies = self._complete(change)
            yield from find_weakenings(entry, *bodies, scope)

    def _complete(self, change: Change) -> tuple[Json, Json]:
        """Both resolved bodies of a change, with what other resources give."""
        pair = self.sides.pair(find_stack(change, 0), find_stack(change, 1))
        before, after = (
            resolve_resource(self.regressions.bodies.find(change, side), compared).body
            for side, compared in ((0, pair.before), (1, pair.after))
        )
        return add_policies(before), add_policies(after)

    def _entries_of(self, rule: Rule, resource_type: str | None) -> list[Mapping[str, Json]]:
        """The values that the rule compares in resources of a type."""
        key = (rule.id, resource_type)
        if key not in self._entries:
            about = [(e, expand_types(e.get("types") or (), self.settings.sets)) for e in rule.weakens or ()]
            self._entries[key] = [entry for entry, types in about if not types or resource_type in types]
        return self._entries[key]

    def _record_weakenings(self, rule: Rule, change: Change, found: Sequence[Weakening]) -> None:
        """One finding for all that one change takes away from a resource."""
        if not found:
            self.counts[rule.id][0] += 1
            return

        steps = "; ".join(dict.fromkeys(map(render_weakening, found)))
        rules = ", ".join(dict.fromkeys(w.rule for w in found if w.rule))
        hides_secret = any(step_hides_secret(w.path, w.before, w.after, w.secret) for w in found)
        self._record(
            rule,
            change,
            Outcome.FAIL if any(w.outcome is Outcome.FAIL for w in found) else Outcome.UNKNOWN,
            paths=tuple(dict.fromkeys(w.path for w in found)),
            facts={"weakened": steps + (f" ({rules})" if rules else ""), "weaker": describe_weaker(found)},
            secrets=("weakened",) if hides_secret else (),
            severity=max((w.severity for w in found if w.severity), key=severity_rank, default=None),
            unknown=explain_unknown([w.after for w in found if w.outcome is Outcome.UNKNOWN], change.stack),
        )

    def _evaluate_widening(self, rule: Rule) -> None:
        if self._wider is None:
            self._wider = list(find_wider_access(self.changes, self.stacks, self.sides))
        kinds = rule.widens if isinstance(rule.widens, list) else None
        for change, widening in self._wider:
            stack = self.governing_stacks.find(rule, change)
            if (kinds is None or widening.kind in kinds) and stack is not None:
                is_raised = widening.raised and is_strict(stack.environment, self.settings)
                self._record(
                    rule,
                    change,
                    Outcome.FAIL if widening.certain else Outcome.UNKNOWN,
                    paths=(widening.path,),
                    facts={"widened": use_construct_paths(widening.message, change.stack)},
                    severity="high" if is_raised and widening.severity == "medium" else widening.severity,
                    widening=widening.kind,
                    unknown=explain_unknown(widening.after, change.stack),
                )

    # -- findings

    def _record(
        self,
        rule: Rule,
        change: Change,
        outcome: Outcome,
        paths: tuple[str, ...] = (),
        facts: Mapping[str, str] = {},
        secrets: Collection[str] = (),
        severity: str | None = None,
        widening: str = "",
        unknown: str = "",
    ) -> None:
        """Adds a finding; `secrets` are those of the `facts` that hold the length of a secret instead of it."""
        paths = paths or tuple(p.path for p in change.properties if p.replacement != "no")[:3]
        message = render_message(rule, change, outcome, paths, facts, secrets, unknown)
        message = message._replace(text=self._names.use_names(message.text, change.stack))
        self._add(rule, change, outcome, message, paths, severity, widening)

    def _record_unknown(self, rule: Rule, change: Change, reason: str) -> None:
        """Adds a finding on a change for which the rule could not decide."""
        paths = tuple(p.path for p in change.properties if p.replacement != "no")[:3]
        self._add(rule, change, Outcome.UNKNOWN, Message(f"Cannot be judged: {rule.title} ({reason})"), paths)

    def _add(
        self,
        rule: Rule,
        change: Change,
        outcome: Outcome,
        message: Message,
        paths: tuple[str, ...],
        severity: str | None = None,
        widening: str = "",
    ) -> None:
        self.counts[rule.id][1 if outcome is Outcome.FAIL else 2] += 1
        stack = change.stack
        environment = (self.governing_stacks.find(rule, change) or stack).environment
        is_set = any(fnmatchcase(rule.id, k) for k in self.settings.severities)
        path = change.construct_path or (stack.construct_path if change.logical_id is None else None)
        stack_path = stack.construct_path or stack.name

        self.findings.append(
            Finding(
                rule_id=rule.id,
                outcome=outcome,
                severity=severity_of(rule, environment, self.settings) if severity is None or is_set else severity,
                message=message.text,
                stack=stack.root.name,
                stack_path=stack_path,
                template_path=stack.template_path,
                environment=environment,
                logical_id=change.logical_id,
                resource_type=change.resource_type,
                construct_path=path,
                property_paths=paths,
                found=None,
                source=change.source,
                template_line=stack.line_of(change.logical_id, paths[0] if paths else "")
                if change.logical_id and change.after
                else None,
                remedy=self._find_remedy(rule, change, widening) if rule.remedy_cases else rule.remedy,
                why=rule.why,
                title=rule.headline,
                fingerprint=fingerprint(
                    rule.id, outcome, stack_path, path or "", change.logical_id or "", (change.token, *paths)
                ),
                impact=change.impact,
                change=change.token,
                hides_secret=message.hides_secret,
            )
        )
        refuse_too_many(len(self.findings), self.settings)
