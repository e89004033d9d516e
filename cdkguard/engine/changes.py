"""Changes x rules -> findings: what a deployment would destroy, weaken or open.

A rule with `on_change` is asked about a record of the change; its paths start at
    {Impact, Type, Detail, Fate, Stateful, Lost, Partner, Before, After, Stack: {Name, Environment, ...}}
where Before and After are the resolved resources with the DeletionPolicy in force. Then
    weakens: {rules: [globs]}        what those rules were content with before and are not any more
    weakens: [{path, by, ...}]       a value that went the wrong way (see DIRECTIONS)
    widens: true | [kinds]           access that was not there before (see access/compare.py)
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product, takewhile

from cdkguard._typing import Json
from cdkguard.access.compare import find_widenings
from cdkguard.access.widening import ResolvedStack, Widening
from cdkguard.diff.asset_hashes import hide_asset_hashes
from cdkguard.diff.compare import resolve_pair
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.diff.fates import find_deletion_policy
from cdkguard.diff.sides import Sides
from cdkguard.diff.tokens import make_token
from cdkguard.engine.branching import Verdict
from cdkguard.engine.findings import fingerprint, refuse_too_many
from cdkguard.engine.rules import BoundRule, BoundRules, EngineSettings, applies, severity_of
from cdkguard.engine.run import Evaluation, Run
from cdkguard.engine.weakening import Weakened, aligned, weaker
from cdkguard.language.requirements import Binding, Decide, Subject, bind, expand_types
from cdkguard.model import UPDATE_IMPACTS, Change, Finding, Outcome, Problem, PropertyChange, Rule, Stack, severity_rank
from cdkguard.template.rendering import is_hidden, render_value
from cdkguard.template.values import ABSENT, Deferred, Verbatim
from cdkguard.text.credentials import masked
from cdkguard.text.regexes import late

MAX_PARTS = 16  # of a rule, that a change is asked about one by one


def evaluate_changes(
    changes: Sequence[Change],
    rules: Sequence[Rule],
    every_rule: Sequence[Rule],
    stacks: tuple[Sequence[Stack], Sequence[Stack]],
    settings: EngineSettings,
    sides: Sides,
) -> Evaluation:
    """Every change rule on every change; `every_rule` are those that `weakens` may name, `stacks` both sides."""
    return _Judge(changes, rules, every_rule, stacks, settings, sides).judge()


class _Judge:
    def __init__(
        self,
        changes: Sequence[Change],
        rules: Sequence[Rule],
        every_rule: Sequence[Rule],
        stacks: tuple[Sequence[Stack], Sequence[Stack]],
        settings: EngineSettings,
        sides: Sides,
    ) -> None:
        self.changes, self.rules, self.settings, self.sides = changes, rules, settings, sides
        self.every_rule = [r for r in every_rule if r.scope == "resource"]
        self.runs = [
            Run(of_side, BoundRules(self.every_rule, settings), scopes)
            for of_side, scopes in zip(stacks, (sides.before, sides.after), strict=True)
        ]
        self.problems: list[Problem] = []
        self.findings: list[Finding] = []
        self.counts: dict[str, list[int]] = {rule.id: [0, 0, 0] for rule in rules}
        self.types = {rule.id: expand_types(rule.types, settings.sets) for rule in rules}
        self._bound: dict[str, BoundRule] = {}
        self._wheres: dict[str, Decide] = {}
        self._homes: dict[tuple[str, int, int], Stack | None] = {}
        self._verbatim: dict[int, Verbatim] = {}
        self._compared: dict[tuple[str, str | None], list[Mapping[str, Json]]] = {}
        self._records: dict[int, dict[str, Json]] = {}  # of the changes, by id
        self._split: dict[str, list[BoundRule]] = {}
        self._watching: dict[tuple[int, str], list[Rule]] = {}
        self._wider: dict[int, list[Widening]] | None = None
        self._aligned: tuple[Change | None, tuple[Json, Json]] = None, (None, None)

    def judge(self) -> Evaluation:
        for rule in self.rules:
            for change in self.changes:
                if change.impact in rule.on_change and self._is_about(rule, change):
                    self._judge_one(rule, change)
            if rule.widens is not None:
                self._judge_widening(rule)
        return Evaluation(self.findings, self.problems + self.runs[0].problems + self.runs[1].problems, self.counts)

    def _is_about(self, rule: Rule, change: Change) -> bool:
        if self._home(rule, change) is None:
            return False
        wanted, kind = self.types[rule.id], change.resource_type or ""
        return not wanted or kind in wanted or any(fnmatchcase(kind, name) for name in wanted)

    def _home(self, rule: Rule, change: Change) -> Stack | None:
        """The stack for whose environment the rule is; what leaves prod is still judged as prod."""
        key = (rule.id, id(change.stack), id(change.old_stack))
        if key not in self._homes:
            places = [change.stack, *([change.old_stack] if change.old_stack is not None else [])]
            homes = [stack for stack in places if applies(rule, stack, self.settings)]
            rank = {id(stack): severity_rank(severity_of(rule, stack.environment, self.settings)) for stack in homes}
            self._homes[key] = max(homes, key=lambda stack: rank[id(stack)], default=None)
        return self._homes[key]

    def _judge_one(self, rule: Rule, change: Change) -> None:
        try:
            self._decide(rule, change)
        except RecursionError:
            self._record(rule, change, Outcome.UNKNOWN, text=f"{rule.title} (nested too deeply to be judged)")
        except MemoryError:  # no defect of the rule
            raise
        except Exception as crash:
            text = f"rule {rule.id} crashed on the change of {change.logical_id}: {type(crash).__name__}: {crash}"
            self.problems.append(Problem("rule", " ".join(text.split())))
            self._record(rule, change, Outcome.UNKNOWN, text=f"{rule.title} (the rule crashed)")

    def _decide(self, rule: Rule, change: Change) -> None:
        scope = self._scope_of(change)  # what it holds is resolved already
        subject = Subject(self._record_of(change), scope, change.logical_id or "", None)
        if rule.where is not None and self._holds(rule, "where", subject) is False:
            self.counts[rule.id][0] += 1
            return
        if rule.weakens is not None:
            self._record_weakened(rule, change, list(self._weakened(rule, change)))
        elif rule.widens is None:
            answer = self._holds(rule, "require", subject) if rule.require is not None else False
            sure = True if rule.where is None else self._holds(rule, "where", subject)
            if answer is True:
                self.counts[rule.id][0] += 1
            else:
                self._record(rule, change, Outcome.FAIL if answer is False and sure else Outcome.UNKNOWN)

    def _scope_of(self, change: Change) -> Verbatim:
        if id(change.stack) not in self._verbatim:
            self._verbatim[id(change.stack)] = Verbatim.of(self.sides.after.of(change.stack))
        return self._verbatim[id(change.stack)]

    def _record_of(self, change: Change) -> dict[str, Json]:
        if id(change) not in self._records:
            self._records[id(change)] = record(change)
        return self._records[id(change)]

    def _holds(self, rule: Rule, part: str, subject: Subject) -> bool | None:
        if part == "where":
            return self._where(rule)(subject)
        key = f"{rule.id}:{part}"
        if key not in self._bound:
            self._bound[key] = BoundRule(rule._replace(where=None), self.settings)
        return self._bound[key].decide(subject)

    def _where(self, rule: Rule) -> Decide:
        if rule.id not in self._wheres:
            parameters = {**rule.parameters, **self.settings.parameters.get(rule.id, {})}
            binding = Binding(parameters, self.settings.sets, self.settings.predicates)
            self._wheres[rule.id] = bind(rule.where, binding, False)
        return self._wheres[rule.id]

    # -- weakening

    def _weakened(self, rule: Rule, change: Change) -> Iterator[Weakened]:
        if isinstance(rule.weakens, Mapping):
            yield from self._regressions(rule.weakens, change)
            return
        scope = self._scope_of(change)
        body = self._record_of(change)
        for entry in self._entries(rule, change.resource_type):
            yield from weaker(entry, body["Before"], body["After"], scope)

    def _entries(self, rule: Rule, kind: str | None) -> list[Mapping[str, Json]]:
        """What the rule compares in resources of a type."""
        key = (rule.id, kind)
        if key not in self._compared:
            about = [(e, expand_types(e.get("types") or (), self.settings.sets)) for e in rule.weakens or ()]
            self._compared[key] = [entry for entry, types in about if not types or kind in types]
        return self._compared[key]

    def _regressions(self, entry: Mapping[str, Json], change: Change) -> Iterator[Weakened]:
        """Rules that were content with the resource in the baseline and are not any more."""
        if change.old_stack is None or change.before is None or change.after is None:
            return
        for rule in self._watched(entry, str(change.resource_type)):
            home = self._home(rule, change)
            if home is None:
                continue
            new = self._outcome(rule, change, 1)
            if new.outcome is Outcome.PASS:
                continue
            old = self._outcome(rule, change, 0)
            if old.outcome is Outcome.FAIL:
                yield from self._worse(rule, change, (old, new), self._weight(rule, home, entry))
                continue
            path = new.evidence[0][0] if new.evidence else (change.properties[0].path if change.properties else "")
            if old.outcome is Outcome.UNKNOWN and not any(_touches(p.path, path) for p in change.properties):
                continue  # as little known as before
            sure = old.outcome is Outcome.PASS and new.outcome is Outcome.FAIL
            yield Weakened(
                path, _at(change.before, path), new.evidence[0][1] if new.evidence else ABSENT,
                Outcome.FAIL if sure else Outcome.UNKNOWN, rule.id,
                self._weight(rule, home, entry), rule.title, rule.secret,
            )  # fmt: skip

    def _worse(self, rule: Rule, change: Change, whole: tuple[Verdict, Verdict], severity: str) -> Iterator[Weakened]:
        """What a rule that was not content before misses now, too: another of its parts, another element of a list.
        `whole` is what it says of both sides."""
        bodies = self._body(change, 0), self._body(change, 1)
        if self._aligned[0] is not change:  # several rules ask for the same one
            self._aligned = change, aligned(bodies[0], bodies[1], kept=True)
        pairs = (bodies, self._aligned[1])
        for part in (parts := self._parts(rule)):
            old, new = whole
            for kept, pair in enumerate(pairs):
                if pair != bodies if kept else len(parts) > 1:
                    old, new = [self._outcome_of(part, change, side, body) for side, body in enumerate(pair)]
                if new.outcome is not Outcome.FAIL or old.outcome is Outcome.UNKNOWN:
                    break
                if not kept and old.outcome is Outcome.FAIL:
                    continue  # perhaps for fewer elements
                failed, found = {path for path, _value in old.evidence}, new.evidence
                if old.outcome is Outcome.PASS and not found:
                    place = _asked(part.rule.require)
                    found = ((place, _at(change.after, place)),)
                for path, value in found:
                    if path not in failed and any(_touches(p.path, path) for p in change.properties):
                        yield Weakened(path, _at(change.before, path), value, Outcome.FAIL, rule.id, severity,
                                       rule.title, rule.secret)  # fmt: skip
                break

    def _parts(self, rule: Rule) -> list[BoundRule]:
        """The requirements all of which a rule asks for, each as a rule of its own."""
        if rule.id not in self._split:
            parts = [rule._replace(require=part) for part in _conjuncts(rule.require)]
            self._split[rule.id] = [BoundRule(part, self.settings) for part in parts]
        return self._split[rule.id]

    def _weight(self, rule: Rule, home: Stack, entry: Mapping[str, Json]) -> str:
        """Of a protection that goes: in prod, to switch off what was on is worse than never to have switched it on."""
        severity = severity_of(rule, home.environment, self.settings)
        is_set = any(fnmatchcase(rule.id, glob) for glob in self.settings.severities)
        is_strict = home.environment in self.settings.strict_environments | {"prod"}
        raised = severity == "medium" and is_strict and not is_set and _named(entry.get("raise", ()), rule)
        return "high" if raised else severity

    def _watched(self, entry: Mapping[str, Json], kind: str) -> list[Rule]:
        """The rules about a type that the entry's globs name."""
        key = (id(entry), kind)
        if key not in self._watching:
            about = [rule for rule in self.every_rule if self.runs[1].rules.is_about(rule, kind)]
            self._watching[key] = [
                rule for rule in about if _named(entry["rules"], rule) and not _named(entry.get("skip", ()), rule)
            ]
        return self._watching[key]

    def _outcome(self, rule: Rule, change: Change, side: int) -> Verdict:
        if rule.id not in self._bound:
            self._bound[rule.id] = BoundRule(rule, self.settings)
        return self._outcome_of(self._bound[rule.id], change, side, self._body(change, side))

    def _outcome_of(self, bound: BoundRule, change: Change, side: int, body: Json) -> Verdict:
        scope = self.runs[side].scopes.of(self._stack(change, side))
        run = self.runs[side]
        return run.evaluate_rule(bound, Subject(body, scope, self._logical_id(change, side), run.lookups))

    def _body(self, change: Change, side: int) -> Json:
        """The resource as its template says it."""
        return self.runs[side].scopes.resources(self._stack(change, side)).get(self._logical_id(change, side))

    def _stack(self, change: Change, side: int) -> Stack:
        return (change.old_stack if side == 0 else change.stack) or change.stack

    def _logical_id(self, change: Change, side: int) -> str:
        was_another = side == 0 and change.partner_id and change.impact == "WILL_CREATE"
        return str(change.partner_id if was_another else change.logical_id)

    def _record_weakened(self, rule: Rule, change: Change, weak: Sequence[Weakened]) -> None:
        """One finding for all that one change takes away from a resource."""
        if not weak:
            self.counts[rule.id][0] += 1
            return
        outcome = Outcome.FAIL if any(w.outcome is Outcome.FAIL for w in weak) else Outcome.UNKNOWN
        severity = max((w.severity for w in weak if w.severity), key=severity_rank, default=None)
        named = [_told(w.path, w.before, w.after, w.secret) for w in weak]
        words = "; ".join(dict.fromkeys(named))
        rules = ", ".join(dict.fromkeys(w.rule for w in weak if w.rule))
        self._record(
            rule,
            change,
            outcome,
            paths=tuple(dict.fromkeys(w.path for w in weak)),
            facts={"weakened": words + (f" ({rules})" if rules else "")},
            secrets={"weakened"} if any(_hides(w.path, w.before, w.after, w.secret) for w in weak) else (),
            severity=severity,
        )

    # -- widening

    def _judge_widening(self, rule: Rule) -> None:
        kinds = rule.widens if isinstance(rule.widens, list) else None
        for change, wider in self._widenings():
            if (kinds is None or wider.kind in kinds) and self._home(rule, change) is not None:
                self._record(
                    rule,
                    change,
                    Outcome.FAIL if wider.certain else Outcome.UNKNOWN,
                    paths=(wider.path,),
                    facts={"widened": wider.message},
                    severity=wider.severity,
                )

    def _widenings(self) -> Iterator[tuple[Change, Widening]]:
        pairs: dict[int, tuple[Stack, Stack]] = {}
        for change in self.changes:
            if (
                change.old_stack is not None
                and change.logical_id
                and change.old_stack is not change.stack
                and not change.noise
            ):
                pairs[id(change.stack)] = (change.old_stack, change.stack)
        if self._wider is None:
            self._wider = {key: self._wider_in(*pair) for key, pair in pairs.items()}
        of = {(id(c.stack), c.logical_id): c for c in self.changes}
        for key, found in self._wider.items():
            for wider in found:
                own = of.get((key, wider.logical_id))
                if own is not None and (own.impact not in UPDATE_IMPACTS or _is_cause(own, wider)):
                    yield own, wider
                else:
                    yield self._unchanged(*pairs[key], wider), wider

    def _unchanged(self, old: Stack, new: Stack, wider: Widening) -> Change:
        """A resource that stays as it is, but allows more because of a change elsewhere."""
        kind = str(self.sides.after.resources(new).get(wider.logical_id, {}).get("Type"))
        path = new.construct_paths.get(wider.logical_id)
        change = Change("WILL_UPDATE", new, wider.logical_id, kind, path, old_stack=old, after=wider.message)
        return change._replace(token=make_token(change), source=new.source_of(wider.logical_id))

    def _wider_in(self, old: Stack, new: Stack) -> list[Widening]:
        renamed = {
            str(c.partner_id): str(c.logical_id)
            for c in self.changes
            if c.stack is new and c.impact == "WILL_CREATE" and c.partner_id and "renamed" in c.detail
        }
        before, after = resolve_pair(old, new, self.sides)
        here = [c for c in self.changes if c.stack is new and c.logical_id]
        made = {c.resource_type for c in here if c.impact == "WILL_CREATE"}
        for c in here:  # what is left behind goes on denying and allowing, unless another one may be written over it
            if c.impact == "WILL_ORPHAN" and c.logical_id in before and c.resource_type not in made:
                after.setdefault(str(c.logical_id), before[str(c.logical_id)])
        for one, other in ((before, after), (after, before)):
            for name, body in one.items():
                is_iam = isinstance(body, dict) and str(body.get("Type")).startswith("AWS::IAM::")
                if is_iam or body is not other.get(name):
                    one[name] = hide_asset_hashes(body)
        accounts = old.account or new.account, new.account or old.account
        return find_widenings(ResolvedStack(before, accounts[0]), ResolvedStack(after, accounts[1]), renamed)

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
        text: str = "",
    ) -> None:
        """Adds a finding; `secrets` are those of the `facts` that hold the length of a secret instead of it."""
        self.counts[rule.id][1 if outcome is Outcome.FAIL else 2] += 1
        judged_as, home = self._home(rule, change) or change.stack, change.stack
        paths = paths or tuple(p.path for p in change.properties if p.replacement != "no")[:3]
        configured = severity_of(rule, judged_as.environment, self.settings)
        if severity is None or any(fnmatchcase(rule.id, k) for k in self.settings.severities):
            severity = configured
        path = change.construct_path or (home.construct_path if change.logical_id is None else None)
        stack_path = home.construct_path or home.name
        message = text or _message(rule, change, outcome, {**_facts(change, paths), **facts})
        self.findings.append(
            Finding(
                rule_id=rule.id,
                outcome=outcome,
                severity=severity,
                message=message,
                stack=home.root.name,
                stack_path=stack_path,
                template_path=home.template_path,
                environment=judged_as.environment,
                logical_id=change.logical_id,
                resource_type=change.resource_type,
                construct_path=path,
                property_paths=paths,
                found=None,
                source=change.source,
                template_line=home.line_of(change.logical_id) if change.logical_id and change.after else None,
                remedy=rule.remedy,
                why=rule.why,
                title=rule.title,
                fingerprint=fingerprint(rule.id, stack_path, path or "", change.logical_id or "", change.token),
                impact=change.impact,
                change=change.token,
                hides_secret=not text and _tells(rule, secrets, change),
            )
        )
        refuse_too_many(len(self.findings), self.settings)


def _conjuncts(node: Json, holds: bool = True) -> list[Json]:
    """A requirement as those that must hold together: of `all`, or of none of `any`."""
    if not isinstance(node, dict):
        return []
    if "not" in node:
        return _conjuncts(node["not"], not holds)
    if ("all" if holds else "any") in node:
        return [one for part in node["all" if holds else "any"] for one in _conjuncts(part, holds)]
    if ("any" if holds else "all") in node:  # (a and b) or c asks for a or c, and for b or c
        choices = [_conjuncts(part, holds) for part in node["any" if holds else "all"]]
        if 1 < math.prod(map(len, choices)) <= MAX_PARTS:
            return [{"any": list(parts)} for parts in product(*choices)]
    return [node if holds else {"not": node}]


def _asked(node: Json) -> str:
    """The property that a requirement is about, up to the list that it is in; of `not` and `any` the first one."""
    while isinstance(node, dict) and "steps" not in node:
        node = node.get("not") or next(iter(node.get("any") or node.get("all") or ()), None)
    fields = takewhile(lambda step: step[0] == "f", (node or {}).get("steps", ()))
    return ".".join(str(step[1]) for step in fields)


def _named(globs: Sequence[str], rule: Rule) -> bool:
    return any(fnmatchcase(rule.id, glob) for glob in globs)


def record(change: Change) -> dict[str, Json]:
    """What a change rule's paths start at."""
    fate: Json = Deferred("unknown", change.before.get("DeletionPolicy")) if change.fate == "unknown" else change.fate
    return {
        "Impact": change.impact,
        "Type": change.resource_type,
        "Detail": list(change.detail),
        "Fate": fate or ABSENT,
        "Stateful": change.stateful,
        "Lost": _lost(change),
        "Partner": change.partner or ABSENT,
        "Before": _in_force(change.before),
        "After": _in_force(change.after),
        "Replacing": [p.path for p in change.properties if p.replacement != "no"],
        "Stack": {"Name": change.stack.root.name, "Environment": change.stack.environment},
    }


def _lost(change: Change) -> Json:
    """The parts that go; not known where each of them only may go."""
    found = find_lost_data_parts(change)
    if found and not any(lost.certain for lost in found):
        return Deferred("unknown", [lost.text for lost in found])
    return [lost.text for lost in found]


def _in_force(body: Json) -> Json:
    if not isinstance(body, dict) or "Type" not in body:
        return body if body is not None else ABSENT
    policy = body.get("UpdateReplacePolicy", "Delete")
    return {**body, "DeletionPolicy": find_deletion_policy(body), "UpdateReplacePolicy": policy}


# -- words


def _at(body: Json, path: str) -> Json:
    value: Json = body
    for part in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return ABSENT
    return value


def _touches(one: str, other: str) -> bool:
    """Whether one of two property paths is the other or lies in it."""
    return any(a == b or a.startswith((f"{b}.", f"{b}[")) for a, b in ((one, other), (other, one)))


def _is_cause(change: Change, wider: Widening) -> bool:
    """Whether the resource's own change makes it wider: else an approval of that change would cover another one."""
    top = ".".join(wider.path.split(".")[:2]).partition("[")[0]
    return any(_touches(p.path, top) for p in change.properties)


def _told(path: str, before: Json, after: Json, secret: bool = False) -> str:
    values = [render_value(masked(path, value), secret) for value in (before, after)]
    return f"{path} {values[0]} -> {values[1]}"


def _hides(path: str, before: Json, after: Json, secret: bool = False) -> bool:
    """Whether `_told` tells only the length of one of the values, or of a part of it."""
    pairs = [(value, masked(path, value)) for value in (before, after)]
    return any(is_hidden(seen, secret) or seen != value for value, seen in pairs)


_FACT = late(r"\{(\w+)\}")  # the name of a fact in a rule's message
_FATES = {
    "destroyed": "deleted with its data",
    "snapshot": "deleted after a final snapshot",
    "retained": "kept, outside the stack",
    "unknown": "deleted or kept: that is not known before deployment",
}


_NESTED = ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet")
_UNREAD = "deleted with all that is in it, which was not read"


def _facts(change: Change, paths: Sequence[str]) -> dict[str, str]:
    reason = ", ".join(p.because or _told(p.path, p.before, p.after, p.name != "") for p in _replacing(change)[:3])
    partner = change.partner or ""
    if change.partner_stack:
        partner += f" in {change.partner_stack}"
    return {
        "subject": change.logical_id or change.stack.name,
        "type": change.resource_type or "stack",
        "construct": change.construct_path or change.logical_id or change.stack.construct_path or change.stack.name,
        "impact": change.impact,
        "fate": _UNREAD
        if change.fate == "unknown" and change.resource_type in _NESTED
        else _FATES.get(change.fate, ""),
        "partner": partner,
        "partner_id": change.partner_id or "",
        "lost": ", ".join(lost.text for lost in find_lost_data_parts(change)),
        "because": reason,
        "stack": change.stack.name,
        "old_stack": change.old_stack.name if change.old_stack else "",
        "text": str(change.after.get("Text", "")) if isinstance(change.after, dict) else "",
        "before": _place(change.before),
        "after": _place(change.after),
        "path": paths[0] if paths else "",
        "late": " The new code retains it, but that comes too late: the deployed template's policy decides."
        if "retained-too-late" in change.detail
        else "",
    }


def _replacing(change: Change) -> list[PropertyChange]:
    return [p for p in change.properties if p.replacement != "no"]


def _tells(rule: Rule, secrets: Collection[str], change: Change) -> bool:
    """Whether the rule's message tells a fact that hides a secret."""
    facts = set(_FACT.findall(rule.message or rule.title))
    replacing = [p for p in _replacing(change)[:3] if not p.because] if "because" in facts else []
    return any(_hides(p.path, p.before, p.after, p.name != "") for p in replacing) or not facts.isdisjoint(secrets)


def _place(body: Json) -> str:
    return str(body.get("Environment") or body.get("Resources") or "") if isinstance(body, dict) else ""


def _message(rule: Rule, change: Change, outcome: Outcome, facts: Mapping[str, str]) -> str:
    text = _FACT.sub(lambda m: facts.get(m.group(1), m.group(0)), rule.message or rule.title)
    text = text.removesuffix(": ")  # of a fact that is empty here
    if outcome is Outcome.UNKNOWN:
        text = f"Cannot be judged: {text}"
    if "condition-unknown" in change.detail:
        text += ", where its condition holds"
    return text
