"""Evaluates many stacks part by part, so that memory holds one part at a time, and in several processes where that pays.

A part is a stack with the stacks nested in it. Its findings ask little of other parts: the app's accounts, which the
manifest says, and its facts: the names of its resources, exports, protections in another stack. A part that asked for a
fact which another part turns out to give is evaluated again. Of an evaluated stack only what suppressions and the report read is kept.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from functools import cache

from cdkguard._typing import TYPE_CHECKING, Any, Json, NamedTuple
from cdkguard.check import limits
from cdkguard.check.slim_stacks import slim_stacks, take_sections
from cdkguard.config import environments
from cdkguard.engine.app_facts import Key, find_facts, merge_facts
from cdkguard.engine.lookups import Lookups
from cdkguard.engine.rules import BoundRules, EngineSettings, refuse_too_many
from cdkguard.engine.run import Evaluation, Run
from cdkguard.inputs.folders import drop_nested
from cdkguard.inputs.parts import Part, Readings, StackHead, size_of
from cdkguard.model import Assembly, Finding, Problem, Rule, Stack
from cdkguard.system import files
from cdkguard.system.workers import run_in_processes
from cdkguard.template.stack_scopes import StackScopes

if TYPE_CHECKING:
    from cdkguard.config.settings import Config

WORTH_A_PROCESS = 2_000_000  # Bytes of templates: about 40 ms of work, ten times what a process costs.


class EvaluatedParts(NamedTuple):
    """All parts, as `check` goes on with them."""

    assembly: Assembly
    evaluation: Evaluation
    sizes: tuple[int, ...]  # Number of resources of each stack.
    seconds: Mapping[str, float]  # Of reading and of the rules, summed over all processes.
    processes: int


class _PartResult(NamedTuple):
    """An evaluated part."""

    stacks: tuple[Stack, ...]  # Slim, see slim_stacks.py.
    sizes: tuple[int, ...]
    found: Assembly  # Its problems and missing context, without the stacks.
    problems: tuple[Sequence[Problem], Sequence[Problem]]  # Of the templates, and of the rules.
    findings: Sequence[Finding]
    facts: Mapping[Key, Json]  # What it tells the other parts.
    asked: Mapping[Key, Json]  # The facts that its rules asked for, with the answers.


class _ProcessResult(NamedTuple):
    """The parts that one process has evaluated."""

    results: list[_PartResult]
    counts: dict[str, list[int]]  # Rule id -> [pass, fail, unknown].
    rule_seconds: dict[str, float]
    seconds: dict[str, float]
    readings: Readings | None


class _AskedFacts(dict[Key, Json]):
    """The facts that one part knows; records each question with its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[Key, Json] = {}

    def get(self, key: Key, default: Any = None) -> Any:
        self.answers[key] = super().get(key)
        return super().get(key, default)


def evaluate_parts(
    config: Config, rules: Sequence[Rule], settings: EngineSettings, parts: Sequence[Part]
) -> EvaluatedParts | None:
    """The parts, evaluated; None where one of them holds nothing to judge: reading the whole input says why."""
    return _Parts(config, rules, settings, parts).evaluate()


class _Parts:
    """One evaluation of parts."""

    def __init__(self, config: Config, rules: Sequence[Rule], settings: EngineSettings, parts: Sequence[Part]) -> None:
        self.config, self.parts = config, parts
        most = cache(lambda: limits.limit_of_findings(part.file for part in parts if part.file))
        self.rules = BoundRules(rules, settings._replace(most=most))
        self.accounts = frozenset(part.account for part in parts if part.account)
        self.placement = _place(config, [part.head for part in parts if part.head is not None])
        self.facts: dict[Key, Json] = {}  # Of all parts.
        self.readings = next((part.readings for part in parts if part.readings is not None), None)
        self.seconds = {"read": 0.0, "rules on resources": 0.0}

    def evaluate(self) -> EvaluatedParts | None:
        processes = self._number_of_processes()
        shares = run_in_processes(self.parts, self._evaluate_share, processes)
        for share in shares[1:]:
            if self.readings is not None and share.readings is not None:
                self.readings.add(share.readings)  # Raises TooMuchError, as one process would have done.

        results = [shares[at % processes].results[at // processes] for at in range(len(self.parts))]
        # A file that cannot be read says so by itself: the others are not judged twice for it.
        origins = {
            part.origin
            for part, result in zip(self.parts, results, strict=True)
            if result.stacks or any(problem.fatal for problem in result.found.problems)
        }
        if any(part.origin not in origins for part in self.parts):
            return None

        counts = _sum_counts([share.counts for share in shares])
        results = self._evaluate_with_all_facts(results, counts)
        results = _without_nested(results)
        refuse_too_many(sum(len(result.findings) for result in results), self.rules.settings)
        stacks = tuple(stack for result in results for stack in result.stacks)
        whole = self._evaluate_assembly(stacks, counts)

        problems = [p for at in (0, 1) for result in results for p in result.problems[at]] + whole.problems
        findings = [finding for result in results for finding in result.findings] + whole.findings
        rule_seconds = _sum_seconds([share.rule_seconds for share in shares])
        return EvaluatedParts(
            self._join_assemblies(results, stacks),
            Evaluation(findings, problems, self.rules.counts, rule_seconds),
            tuple(size for result in results for size in result.sizes),
            _sum_seconds([share.seconds for share in shares]),
            processes,
        )

    def _number_of_processes(self) -> int:
        if not hasattr(os, "fork"):
            return 1

        wanted = self.config.jobs
        if not wanted:
            pays = sum(size_of(part.file) for part in self.parts) >= WORTH_A_PROCESS
            wanted = _count_cores() if pays else 1
        return min(wanted, len(self.parts))

    def _join_assemblies(self, results: Sequence[_PartResult], stacks: tuple[Stack, ...]) -> Assembly:
        alone = len(self.config.paths) == 1 and files.is_file(os.path.join(self.config.paths[0], "manifest.json"))
        return Assembly(
            stacks,
            tuple(p for result in results for p in result.found.problems),
            tuple(m for result in results for m in result.found.missing),
            self.config.paths[0] if alone else None,
        )

    def _evaluate_share(self, parts: Sequence[Part]) -> _ProcessResult:
        """The parts of one process."""
        results, number = [], 0
        for part in parts:
            results.append(self._evaluate_part(part))
            number += len(results[-1].findings)
            refuse_too_many(number, self.rules.settings)
        counts = {bound.rule.id: bound.count for bound in self.rules.all if any(bound.count)}
        return _ProcessResult(results, counts, self.rules.seconds, self.seconds, self.readings)

    def _evaluate_part(self, part: Part, facts: Mapping[Key, Json] | None = None) -> _PartResult:
        """One part; `facts` are those of all parts, None where only its own are known yet."""
        began = time.perf_counter()
        found = part.read()
        self.seconds["read"] += time.perf_counter() - began

        began = time.perf_counter()
        stacks = self.placement.apply(found.stacks)
        sections = [take_sections(stack) for stack in stacks]
        scopes = StackScopes(self.rules.settings.template_parameters)
        asked = scopes.app_facts = _AskedFacts()
        own = find_facts(stacks, scopes)
        asked.update(own if facts is None else facts)
        run = self._run(stacks, scopes, asked)
        run.evaluate_stacks()
        sizes = tuple(len(stack.template.get("Resources") or {}) for stack in stacks)
        self.seconds["rules on resources"] += time.perf_counter() - began

        problems = (scopes.problems, run.problems)
        slim = slim_stacks(stacks, sections)
        return _PartResult(slim, sizes, found._replace(stacks=()), problems, run.findings, own, asked.answers)

    def _evaluate_assembly(self, stacks: Sequence[Stack], counts: Mapping[str, list[int]]) -> Run:
        """A run of the rules on the whole assembly, with the counts of all parts."""
        whole = self._run(stacks, StackScopes(self.rules.settings.template_parameters), self.facts)
        for bound in self.rules.all:
            bound.count[:] = counts.get(bound.rule.id, [0, 0, 0])
        whole.evaluate_assembly()
        return whole

    def _run(self, stacks: Sequence[Stack], scopes: StackScopes, facts: Mapping[Key, Json]) -> Run:
        """A run over one part, or over all of them: of the same bound rules, with what is known of the whole app."""
        return Run(stacks, self.rules, scopes, Lookups(stacks, scopes, self.rules.settings, self.accounts, facts))

    def _evaluate_with_all_facts(
        self, results: Sequence[_PartResult], counts: dict[str, list[int]]
    ) -> list[_PartResult]:
        """The results; a part that did not know of a fact which another part gives is evaluated again."""
        for result in results:
            merge_facts(self.facts, result.facts)
        self._take_counts()

        done = list(results)
        for at, result in enumerate(results):
            if any(self.facts.get(key) != answer for key, answer in result.asked.items()):
                # Re-run once to learn this part's old counts, which `counts` has already.
                self._evaluate_part(self.parts[at])
                first = self._take_counts()
                done[at] = self._evaluate_part(self.parts[at], self.facts)
                second = self._take_counts()
                for rule_id, count in second.items():
                    old = first[rule_id]
                    total = counts.setdefault(rule_id, [0, 0, 0])
                    total[:] = [t + n - o for t, n, o in zip(total, count, old, strict=True)]
        return done

    def _take_counts(self) -> dict[str, list[int]]:
        """What the rules have counted since the last call."""
        taken = {bound.rule.id: list(bound.count) for bound in self.rules.all}
        for bound in self.rules.all:
            bound.count[:] = [0, 0, 0]
        return taken


def _without_nested(results: Sequence[_PartResult]) -> list[_PartResult]:
    """The results without those of template files that another one deploys, and was judged with."""
    stacks = [stack for result in results for stack in result.stacks]
    kept = set(drop_nested(stacks))
    return (
        list(results) if len(kept) == len(stacks) else [r for r in results if not r.stacks or kept.issuperset(r.stacks)]
    )


def _place(config: Config, heads: Sequence[StackHead]) -> environments.Placement:
    """The environments of all parts' stacks, which their names decide together."""
    stacks = [
        Stack(
            head.name,
            {},
            "",
            construct_path=head.construct_path,
            account=head.account,
            region=head.region,
            tags=head.tags,
        )
        for head in heads
    ]
    return environments.place_stacks(stacks, config.environments, config.environment, config.context)


def _sum_counts(tables: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    total: dict[str, list[int]] = {}
    for table in tables:
        for name, count in table.items():
            total[name] = [a + b for a, b in zip(total.get(name, (0, 0, 0)), count, strict=True)]
    return total


def _sum_seconds(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for table in tables:
        for name, seconds in table.items():
            total[name] = total.get(name, 0.0) + seconds
    return total


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
