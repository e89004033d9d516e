"""Judges many stacks part by part, so that memory holds one part at a time, and in several processes where that pays.

A part is a stack with those nested in it. What its findings ask of other parts is little: the app's accounts, which
the manifest says, and the names of its resources. A part that asked for a name which another part turns out to give
is judged again. What is left of a judged stack is what suppressions and the report need.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from functools import cache, cached_property

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.check import limits
from cdkguard.config import environments
from cdkguard.engine.findings import refuse_too_many
from cdkguard.engine.lookups import Lookups, own_names
from cdkguard.engine.rules import BoundRules, EngineSettings
from cdkguard.engine.run import Evaluation, Run
from cdkguard.errors import CdkguardError
from cdkguard.inputs.assembly import list_parts
from cdkguard.inputs.folders import mark_unread
from cdkguard.inputs.parts import Part, Readings, size_of
from cdkguard.model import Assembly, Finding, Problem, Rule, Stack, replace_stacks
from cdkguard.system import files
from cdkguard.system.workers import run_in_processes
from cdkguard.template.stack_scopes import StackScopes

if TYPE_CHECKING:
    from cdkguard.config.settings import Config

Key = tuple[str, str]
WORTH_A_PROCESS = 2_000_000  # bytes of templates: about 40 ms of judging, ten times what a process costs
SLIM = ("Transform", "Fn::Transform", "Description")


class Judged(NamedTuple):
    """All parts, as `check` goes on with them; `sizes` are the stacks' numbers of resources."""

    assembly: Assembly
    judged: Evaluation
    sizes: tuple[int, ...]
    seconds: Mapping[str, float]  # of reading and of the rules, over all processes
    processes: int


class _Piece(NamedTuple):
    """What is left of a part."""

    stacks: tuple[Stack, ...]
    sizes: tuple[int, ...]
    found: Assembly  # its problems and missing context, without the stacks
    problems: tuple[Sequence[Problem], Sequence[Problem]]  # of the templates, of the rules
    findings: Sequence[Finding]
    names: Mapping[Key, str]
    asked: Mapping[Key, str | None]


class _Share(NamedTuple):
    """What one process has judged."""

    pieces: list[_Piece]
    counts: dict[str, list[int]]
    rule_seconds: dict[str, float]
    seconds: dict[str, float]
    readings: Readings | None


class _Asked(dict[Key, str]):
    """The names of one part's resources; remembers for which it was asked."""

    def __init__(self, names: Mapping[Key, str]) -> None:
        super().__init__(names)
        self.answers: dict[Key, str | None] = {}

    def get(self, key: Key, default: Any = None) -> Any:
        self.answers[key] = super().get(key)
        return super().get(key, default)


def judge(config: Config, rules: Sequence[Rule], settings: EngineSettings) -> Judged | None:
    """The stacks of the paths that the configuration names, judged; None where they are to be read as a whole: few, or
    of an input of which something else must be said first."""
    if config.stacks or config.against or config.lint or config.honour:  # these look at all templates at once
        return None
    try:
        parts = list_parts(config.paths)
    except CdkguardError:
        return None
    if len(parts) < 2:
        return None
    return _Parts(config, rules, settings, parts).judged()


class _Parts:
    """One judging of parts."""

    def __init__(self, config: Config, rules: Sequence[Rule], settings: EngineSettings, parts: Sequence[Part]) -> None:
        self.config, self.parts = config, parts
        most = cache(lambda: limits.limit_of_findings(part.file for part in parts if part.file))
        self.rules = BoundRules(rules, settings._replace(most=most))
        self.accounts = frozenset(part.account for part in parts if part.account)
        self.names: dict[Key, str] = {}  # of the resources of all parts
        self.readings = next((part.readings for part in parts if part.readings is not None), None)
        self.seconds = {"read": 0.0, "rules on resources": 0.0}

    def judged(self) -> Judged | None:
        wanted = min(self.config.jobs or self._worth(), len(self.parts))
        processes = wanted if hasattr(os, "fork") else 1
        shares = run_in_processes(self.parts, self._share, processes)
        for share in shares[1:]:
            if self.readings is not None and share.readings is not None:
                self.readings.add(share.readings)  # one process would have stopped here, too
        pieces = [shares[at % processes].pieces[at // processes] for at in range(len(self.parts))]
        origins = {part.origin for part, piece in zip(self.parts, pieces, strict=True) if piece.stacks}
        if any(part.origin not in origins for part in self.parts):
            return None  # nothing to judge there: reading it as a whole says why
        counts, rule_seconds = _sums([s.counts for s in shares]), _added([s.rule_seconds for s in shares])
        pieces = self._with_names(pieces, counts)
        refuse_too_many(sum(len(piece.findings) for piece in pieces), self.rules.settings)
        stacks = tuple(stack for piece in pieces for stack in piece.stacks)
        whole = self._run(stacks, StackScopes(self.rules.settings.template_parameters), self.names)
        for bound in self.rules.all:
            bound.count[:] = counts.get(bound.rule.id, [0, 0, 0])
        whole.evaluate_assembly()
        problems = [p for at in (0, 1) for piece in pieces for p in piece.problems[at]] + whole.problems
        findings = [finding for piece in pieces for finding in piece.findings] + whole.findings
        judged = Evaluation(findings, problems, self.rules.counts, rule_seconds)
        sizes = tuple(size for piece in pieces for size in piece.sizes)
        return Judged(self._assembly(pieces, stacks), judged, sizes, _added([s.seconds for s in shares]), processes)

    @cached_property
    def files(self) -> frozenset[str]:
        """The real paths of all templates."""
        return frozenset(os.path.realpath(part.file) for part in self.parts if part.file)

    def _worth(self) -> int:
        cores = _cores()
        if cores < 2 or sum(size_of(part.file) for part in self.parts) < WORTH_A_PROCESS:
            return 1
        return cores

    def _assembly(self, pieces: Sequence[_Piece], stacks: tuple[Stack, ...]) -> Assembly:
        alone = len(self.config.paths) == 1 and files.is_file(os.path.join(self.config.paths[0], "manifest.json"))
        return Assembly(
            stacks,
            tuple(p for piece in pieces for p in piece.found.problems),
            tuple(m for piece in pieces for m in piece.found.missing),
            self.config.paths[0] if alone else None,
        )

    def _share(self, parts: Sequence[Part]) -> _Share:
        pieces, number = [], 0
        for part in parts:
            pieces.append(self._judge(part))
            number += len(pieces[-1].findings)
            refuse_too_many(number, self.rules.settings)
        counts = {bound.rule.id: bound.count for bound in self.rules.all if any(bound.count)}
        return _Share(pieces, counts, self.rules.seconds, self.seconds, self.readings)

    def _judge(self, part: Part, names: Mapping[Key, str] | None = None) -> _Piece:
        began = time.perf_counter()
        found = part.read()
        self.seconds["read"] += time.perf_counter() - began
        began = time.perf_counter()
        config = self.config
        stacks = environments.assign(found.stacks, config.environments, config.environment, config.context).stacks
        stacks = mark_unread(stacks, lambda: self.files)
        kept = [{key: stack.template[key] for key in SLIM if key in stack.template} for stack in stacks]
        scopes = StackScopes(self.rules.settings.template_parameters)
        own = dict(own_names(stacks, scopes))
        asked = _Asked(own if names is None else names)
        run = self._run(stacks, scopes, asked)
        run.evaluate_stacks()
        sizes = tuple(len(stack.template.get("Resources") or {}) for stack in stacks)
        self.seconds["rules on resources"] += time.perf_counter() - began
        problems = (scopes.problems, run.problems)
        slim = _slimmed(stacks, kept)
        return _Piece(slim, sizes, found._replace(stacks=()), problems, run.findings, own, asked.answers)

    def _run(self, stacks: Sequence[Stack], scopes: StackScopes, names: Mapping[Key, str]) -> Run:
        """A run over one part, or over all of them: of the same bound rules, with what is known of the whole app."""
        return Run(stacks, self.rules, scopes, Lookups(stacks, scopes, self.rules.settings, self.accounts, names))

    def _with_names(self, pieces: Sequence[_Piece], counts: dict[str, list[int]]) -> list[_Piece]:
        """The pieces, those judged again that did not know of a name which another part gives."""
        for piece in pieces:
            self.names.update(piece.names)
        self._take_counts()
        done = list(pieces)
        for at, piece in enumerate(pieces):
            if any(self.names.get(key) != answer for key, answer in piece.asked.items()):
                self._judge(self.parts[at])  # what it counted before
                first = self._take_counts()
                done[at] = self._judge(self.parts[at], self.names)
                second = self._take_counts()
                for rule_id, count in second.items():
                    old = first[rule_id]
                    total = counts.setdefault(rule_id, [0, 0, 0])
                    total[:] = [t + n - o for t, n, o in zip(total, count, old, strict=True)]
        return done

    def _take_counts(self) -> dict[str, list[int]]:
        taken = {bound.rule.id: list(bound.count) for bound in self.rules.all}
        for bound in self.rules.all:
            bound.count[:] = [0, 0, 0]
        return taken


def _sums(tables: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    total: dict[str, list[int]] = {}
    for table in tables:
        for name, count in table.items():
            total[name] = [a + b for a, b in zip(total.get(name, (0, 0, 0)), count, strict=True)]
    return total


def _added(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for table in tables:
        for name, seconds in table.items():
            total[name] = total.get(name, 0.0) + seconds
    return total


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _slimmed(stacks: Sequence[Stack], kept: Sequence[dict[str, Any]]) -> tuple[Stack, ...]:
    """The stacks with what suppressions, the assembly's rules and the report read of a template: no more than that."""
    templates = dict(zip(stacks, kept, strict=True))

    def slim(stack: Stack) -> Stack:
        resources = _telling(stack.template.get("Resources") or {})
        return stack._replace(
            template={**templates[stack], "Resources": resources},
            construct_paths={name: stack.construct_paths[name] for name in resources if name in stack.construct_paths},
            source_of=_nowhere,
            line_of=_nowhere,
            unread=frozenset(),
        )

    return tuple(replace_stacks(stacks, slim))


def _nowhere(logical_id: str) -> None:
    """In the place of functions that look lines up: another process cannot send them back."""


def _telling(resources: Mapping[str, Any]) -> dict[str, Any]:
    """One resource of each type, and those that hold a suppression."""
    found: dict[str, Any] = {}
    types: set[str] = set()
    for logical_id, body in resources.items():
        metadata = body.get("Metadata") if isinstance(body, dict) else None
        holds = isinstance(metadata, dict) and "cdkguard" in metadata
        kind = body.get("Type") if isinstance(body, dict) else None
        if holds or (kind is not None and str(kind) not in types):
            types.add(str(kind))
            found[logical_id] = {"Type": kind, "Metadata": metadata} if holds else _typed(str(kind))
    return found


@cache
def _typed(kind: str) -> dict[str, Any]:
    """A resource of which nothing but its type is left, the same one for all."""
    return {"Type": kind}
