"""Resources x rules -> findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from cdkguard._typing import TYPE_CHECKING, Any, Json, NamedTuple
from cdkguard.engine.fingerprint import fingerprint
from cdkguard.errors import TooMuchError
from cdkguard.language.requirements import Binding, Decide, Predicate, Subject, bind, expand_types
from cdkguard.logic import Tri
from cdkguard.model import Finding, Outcome, Problem, Rule, Stack
from cdkguard.template import loops
from cdkguard.template.rendering import is_hidden, render_value
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Branch, Scope, Verbatim, flatten, is_intrinsic
from cdkguard.text.regexes import late

if TYPE_CHECKING:
    from cdkguard.aws import arns

MAX_BRANCHES = 64  # scenarios of unknown conditions per rule and resource; beyond them the answer is UNKNOWN
MAX_LOOKS = 200_000  # at resources under different assumptions, in one template: of 500 resources, 400 assumptions
MAX_FINDINGS = 10_000  # of one template: CloudFormation lets it have 500 resources, of which the worst has 12


class Settings(NamedTuple):
    """What the configuration says to the engine."""

    allowed_accounts: frozenset[str] = frozenset()
    environment_of_account: Mapping[str, str] = {}
    aws_accounts: frozenset[str] = frozenset()
    strict_environments: frozenset[str] = frozenset({"prod"})  # rules for `prod` apply to them
    parameters: Mapping[str, Mapping[str, Json]] = {}  # rule id -> its parameters
    severities: Mapping[str, Any] = {}  # rule id or glob -> severity, or {environment: severity}
    template_parameters: Mapping[str, Json] = {}  # given values of CloudFormation parameters
    sets: Mapping[str, frozenset[str]] = {}
    predicates: Mapping[str, Predicate] = {}
    clock: Callable[[], float] | None = None  # where the time of each rule is wanted
    judges_lookups: bool = True  # whether missing context is held against a stack; inside an app it is not known yet
    most: Callable[[], int] | None = None  # findings of the whole input; only asked beyond MAX_FINDINGS


class Judgement(NamedTuple):
    """What a rule says of one subject, and why."""

    outcome: Outcome
    evidence: tuple[tuple[str, Json], ...] = ()
    branch: str | None = None
    note: str = ""


class Judged(NamedTuple):
    """The result of `evaluate`; `counts` is rule id -> [pass, fail, unknown], `seconds` what rules cost on a clock."""

    findings: list[Finding]
    problems: list[Problem]
    counts: dict[str, list[int]]
    seconds: Mapping[str, float] = {}


_PASSED = Judgement(Outcome.PASS)


def evaluate(stacks: Sequence[Stack], rules: Sequence[Rule], settings: Settings) -> Judged:
    """Every rule on every subject that it is about."""
    return Run(stacks, rules, settings).judge()


def check_number(number: int, settings: Settings) -> None:
    """Raises TooMuchError where there are more findings than an input of that size has honestly."""
    if number > MAX_FINDINGS and settings.most is not None and number > (most := settings.most()):
        raise TooMuchError(f"more than {most} findings: choose stacks (--stack) or rules (--rules)")


class BoundRule:
    """A rule with its closures, made when it first meets a subject."""

    __slots__ = ("rule", "count", "_settings", "_where", "_require")

    def __init__(self, rule: Rule, settings: Settings) -> None:
        self.rule, self._settings = rule, settings
        self.count = [0, 0, 0]  # pass, fail, unknown
        self._where: Decide | None = None
        self._require: Decide | None = None

    def decide(self, subject: Subject) -> Tri:
        """True: in order or not concerned; False: not in order; None: not known."""
        if self._require is None:
            self._require = self._bind()
        if self._where is None:
            return self._require(subject)
        quiet = subject if subject.evidence is None else subject._replace(evidence=None)
        concerned = self._where(quiet)
        if concerned is False:
            return True
        answer = self._require(subject)
        return True if answer is True else answer if concerned else None

    def _bind(self) -> Decide:
        rule, settings = self.rule, self._settings
        parameters = {**rule.parameters, **settings.parameters.get(rule.id, {})}
        binding = Binding(parameters, settings.sets, settings.predicates)
        self._where = bind(rule.where, binding, False) if rule.where else None
        return bind(rule.require, binding) if rule.require else (lambda _subject: False)


class Run:
    """One judging of stacks; a `World` for requirements."""

    def __init__(self, stacks: Sequence[Stack], rules: Sequence[Rule], settings: Settings) -> None:
        self.stacks, self.settings = stacks, settings
        self.rules = [BoundRule(rule, settings) for rule in rules]
        self.problems: list[Problem] = []
        self.findings: list[Finding] = []
        self.counts: dict[str, list[int]] = {bound.rule.id: bound.count for bound in self.rules}
        self.scopes = StackScopes(settings.template_parameters)
        self._about: dict[tuple[str, str | None], list[BoundRule]] = {}
        self._scoped: dict[tuple[str, str | None], list[BoundRule]] = {}
        self._facts: dict[int, arns.Facts] = {}
        self.accounts: frozenset[str] | None = None  # of the app; None: those of the stacks
        self.names: Mapping[tuple[str, str], str] | None = None  # of the app's resources; None: those of the stacks
        self._types_of = {b.rule.id: _split_types(b.rule, settings) for b in self.rules if b.rule.scope == "resource"}
        self._by_type: dict[int, dict[str, list[tuple[int, str, Json]]]] = {}
        self.seconds: dict[str, float] = {}
        self._shared: dict[int, dict[str, Json]] = {}  # by stack: what its resources of AWS SAM have in common

    # -- World, for requirements

    def target(self, scope: Scope, logical_id: str) -> Json:
        return self.scopes.resources(scope.stack).get(logical_id)

    def others(self, scope: Scope, types: Iterable[str]) -> Iterator[tuple[str, Json, Scope]]:
        resources = self.scopes.resources(scope.stack)
        if id(resources) not in self._by_type:
            index: dict[str, list[tuple[int, str, Json]]] = {}
            for place, (logical_id, body) in enumerate(resources.items()):
                index.setdefault(body.get("Type"), []).append((place, logical_id, body))
            self._by_type[id(resources)] = index
        found = [self._by_type[id(resources)].get(kind, []) for kind in types]
        several = [one for one in found if one]
        for _place, logical_id, body in several[0] if len(several) == 1 else sorted(sum(several, []), key=_first):
            yield logical_id, body, scope

    def facts(self, scope: Scope) -> arns.Facts:
        from cdkguard.aws import arns

        stack: Stack = scope.stack
        if id(stack) not in self._facts:
            if self.accounts is None:
                self.accounts = frozenset(s.account for s in self.stacks if s.account)
            if self.names is None:
                self.names = dict(self.own_names())
            self._facts[id(stack)] = arns.Facts(
                stack.account,
                self.accounts,
                self.settings.allowed_accounts,
                self.settings.aws_accounts,
                self.settings.environment_of_account,
                stack.environment,
                self.names,
                (stack.account or "", stack.region or ""),
            )
        return self._facts[id(stack)]

    def own_names(self) -> Iterator[tuple[tuple[str, str], str]]:
        """(service, resource part) of the ARNs of resources that are named, and whose they are."""
        from cdkguard.aws import arns

        for stack in self.stacks:
            for logical_id, body in self.scopes.resources(stack).items():
                named = arns.OWN_NAMES.get(str(body.get("Type")))
                properties = body.get("Properties")
                if not named or not isinstance(properties, dict):
                    continue
                name = properties.get(named[0])
                if isinstance(name, dict):
                    name = self._known(stack, name)
                if isinstance(name, str):
                    yield (named[1], named[2].format(name)), arns.owner(logical_id, stack.account, stack.region)

    def _known(self, stack: Stack, value: Json) -> Json:
        try:
            return self.scopes.of(stack).resolve(value)
        except Branch:
            return None

    # -- the run

    def judge(self) -> Judged:
        self.judge_stacks()
        self.judge_assembly()
        return Judged(self.findings, self.scopes.problems + self.problems, self.counts, self.seconds)

    def part(self, stacks: Sequence[Stack]) -> Run:
        """A run of the same rules, already bound, on other stacks; only the counts are common."""
        other = Run.__new__(Run)
        other.__dict__.update(self.__dict__)
        other.stacks, other.problems, other.findings = stacks, [], []
        other.scopes = StackScopes(self.settings.template_parameters)
        other._facts, other._by_type, other._shared, other.names = {}, {}, {}, None
        return other

    def judge_stacks(self) -> None:
        for stack in self.stacks:
            self._judge_stack(stack)
            check_number(len(self.findings), self.settings)

    def _judge_stack(self, stack: Stack) -> None:
        value_rules, transforms = self._in_scope("value", stack), loops.find_transforms(stack.template)
        scope = self.scopes.of(stack)
        judge_one = self.judge_one if self.settings.clock is None else self._judge_on_clock
        most = len(self.findings) + MAX_FINDINGS
        for logical_id, body in self.scopes.resources(stack).items():
            if len(self.findings) > most:
                text = f"{stack.template_path}: more than {MAX_FINDINGS} findings: '{logical_id}' and what follows is not judged"
                self.problems.append(Problem("template", text, stack.template_path))
                break
            kind = str(body.get("Type"))
            if kind.startswith(_SHORT_FORM):
                body = self._judge_short_form(stack, scope, logical_id, body, kind)
            subject = Subject(body, scope, logical_id, self)
            for bound in self._about_type(kind, stack):
                judgement = judge_one(bound, body, scope, logical_id, subject)
                if judgement is _PASSED:
                    bound.count[0] += 1
                else:
                    self._record(bound.rule, stack, judgement, logical_id, kind)
            if value_rules and kind != "AWS::CDK::Metadata":
                texts: list[tuple[str, str]] = []
                _gather(body, None, texts)
                self._judge_values(value_rules, stack, scope, logical_id, texts, kind)
        self._judge_sections([bound for bound in value_rules if bound.rule.secret], stack, scope)
        self._judge_whole("template", {"Transforms": transforms}, stack, scope)
        if stack.parent is None and stack.from_assembly:
            self._judge_whole("stack", self._stack_body(stack), stack, scope)

    def _judge_short_form(self, stack: Stack, scope: Scope, logical_id: str, body: Json, kind: str) -> Json:
        """Judges what a resource of AWS SAM stands for; the resource itself with what it shares with the others."""
        from cdkguard.template import sam

        if id(stack) not in self._shared:
            try:
                self._shared[id(stack)] = sam.read_globals(stack.template)
            except (sam.GlobalsTooLarge, RecursionError) as problem:
                self.problems.append(Problem("template", f"{stack.template_path}: {problem}", stack.template_path))
                self._shared[id(stack)] = {}
        body = sam.apply_globals(body, self._shared[id(stack)])
        about = set(self._about_type(kind, stack))
        for made in sam.expand_resource(body):
            for bound in self._about_type(made["Type"], stack):
                if bound not in about:
                    self._record(bound.rule, stack, self.judge_one(bound, made, scope, logical_id), logical_id, kind)
        return body

    def _judge_sections(self, rules: list[BoundRule], stack: Stack, scope: Scope) -> None:
        """What is no property, and can be read as well: the default of a parameter, an output, cfn-init's files."""
        if not rules:
            return
        for section in _SECTIONS:
            found = stack.template.get(section)
            for name, entry in found.items() if isinstance(found, dict) else ():
                texts: list[tuple[str, str]] = []
                _gather(entry, ((None, section), name), texts)
                if texts:
                    self._judge_values(rules, stack, scope, None, texts, None)
        for logical_id, body in self.scopes.resources(stack).items():
            if "Metadata" in body:
                texts = []
                _gather(body["Metadata"], (None, "Metadata"), texts)
                if texts:
                    self._judge_values(rules, stack, scope, logical_id, texts, str(body.get("Type")))

    def _judge_whole(self, name: str, body: Json, stack: Stack, scope: Scope) -> None:
        for bound in self._in_scope(name, stack):
            self._record(bound.rule, stack, self.judge_one(bound, body, scope, ""), None, None)

    def _in_scope(self, name: str, stack: Stack) -> list[BoundRule]:
        """The rules of a scope in the stack's environment."""
        key = (name, stack.environment)
        if key not in self._scoped:
            self._scoped[key] = [
                b for b in self.rules if b.rule.scope == name and applies(b.rule, stack, self.settings)
            ]
        return self._scoped[key]

    def _about_type(self, kind: str, stack: Stack) -> list[BoundRule]:
        """The rules about resources of a type in the stack's environment, in the order of the rules."""
        key = (kind, stack.environment)
        if key not in self._about:
            about = [b for b in self.rules if b.rule.scope == "resource" and self.is_about(b.rule, kind)]
            if kind == "AWS::CDK::Metadata":  # it configures nothing, under a condition that is dear to decide
                about = [b for b in about if kind in b.rule.types]
            self._about[key] = [b for b in about if applies(b.rule, stack, self.settings)]
        return self._about[key]

    def judge_assembly(self) -> None:
        rules = [b for b in self.rules if b.rule.scope == "assembly"]
        if not rules or not self.stacks:
            return
        first = self.stacks[0]
        body = {"Stacks": [self._stack_body(s) for s in self.stacks if s.parent is None]}
        for bound in rules:
            if applies(bound.rule, first, self.settings):
                self._record(bound.rule, first, self.judge_one(bound, body, self.scopes.of(first), ""), None, None)

    def _stack_body(self, stack: Stack) -> dict[str, Json]:
        """What rules of scope `stack` see."""
        return {
            "Name": stack.name,
            "ConstructPath": stack.construct_path or stack.name,
            "TerminationProtection": bool(stack.termination_protection),
            "Tags": dict(stack.tags or {}),
            "NotificationArns": list(stack.notification_arns),
            "Account": stack.account,
            "Region": stack.region,
            "Environment": stack.environment,
            "ResourceTypes": sorted(
                {str(b.get("Type")) for b in stack.template.get("Resources", {}).values() if isinstance(b, dict)}
            ),
            "Description": stack.template.get("Description"),
            "MissingContext": _not_looked_up(stack) if self.settings.judges_lookups else [],
        }

    def _judge_on_clock(
        self, bound: BoundRule, body: Json, base: Scope, logical_id: str, subject: Subject | None = None
    ) -> Judgement:
        assert self.settings.clock is not None
        began = self.settings.clock()
        judgement = self.judge_one(bound, body, base, logical_id, subject)
        self.seconds[bound.rule.id] = self.seconds.get(bound.rule.id, 0.0) + self.settings.clock() - began
        return judgement

    def judge_one(
        self, bound: BoundRule, body: Json, base: Scope, logical_id: str, subject: Subject | None = None
    ) -> Judgement:
        try:
            # Nearly every rule holds without asking for a condition that is not known.
            if self._passes(bound, body, base, subject or Subject(body, base, logical_id, self)):
                return _PASSED
            return self._judge_branches(bound, body, base, logical_id)
        except RecursionError:
            return Judgement(Outcome.UNKNOWN, note="the value is nested too deeply to be judged")
        except MemoryError:  # no defect of the rule
            raise
        except Exception as crash:
            self._crashed(bound.rule, base, logical_id, crash)
            return Judgement(Outcome.UNKNOWN, note=f"the rule crashed ({type(crash).__name__})")

    def _passes(self, bound: BoundRule, body: Json, base: Scope, subject: Subject) -> bool:
        try:
            return ("Condition" not in body or _exists(body, base)) and bound.decide(subject) is True
        except Branch:
            return False

    def _judge_branches(self, bound: BoundRule, body: Json, base: Scope, logical_id: str) -> Judgement:
        """Once for each branch of the unknown conditions that the rule really meets."""
        pending, leaves, undecided = [base], 0, None
        while pending:
            scope = pending.pop()
            is_spent = base.spent[1] > self._most_forks(base)
            if leaves + len(pending) >= MAX_BRANCHES or is_spent:
                many = "too many" if is_spent else f"more than {MAX_BRANCHES}"
                where = " in the whole template" if is_spent else ""
                note = f"{many} combinations of conditions{where}; give the parameters a value"
                return undecided or Judgement(Outcome.UNKNOWN, note=note)
            subject = Subject(body, scope, logical_id, self)
            try:
                if not _exists(body, scope):
                    continue
                answer = bound.decide(subject)
            except Branch as branch:
                forks = [scope.assume(branch, truth) for truth in (False, True)]
                pending.extend(fork for fork in forks if fork is not None)
                continue
            leaves += 1
            if answer is True:
                continue
            evidence: list[tuple[str, Json]] = []
            with suppress(Branch):  # a value after the decisive one may hang on a condition that nobody asked about
                bound.decide(subject._replace(evidence=evidence))
            outcome = Outcome.FAIL if answer is False else Outcome.UNKNOWN
            judgement = Judgement(outcome, tuple(_shown(evidence, scope)), scope.branch_text())
            if outcome is Outcome.FAIL:
                return judgement
            undecided = undecided or judgement
        return undecided or _PASSED

    def _most_forks(self, scope: Scope) -> int:
        """In each, every rule may look at every resource of the template."""
        return max(2 * MAX_BRANCHES, MAX_LOOKS // (1 + len(self.scopes.resources(scope.stack))))

    def _judge_values(
        self,
        rules: list[BoundRule],
        stack: Stack,
        scope: Scope,
        logical_id: str | None,
        texts: list[tuple[str, str]],
        kind: str | None,
    ) -> None:
        if not texts:
            for bound in rules:
                bound.count[0] += 1
            return
        scope = Verbatim.of(scope)
        fails_on = self._fails_on if self.settings.clock is None else self._fails_on_clock
        for bound in rules:
            hits = [(path, text) for path, text in texts if fails_on(bound, path, text, scope, logical_id or "")]
            if hits:
                self._record(bound.rule, stack, Judgement(Outcome.FAIL, tuple(hits)), logical_id, kind)
            else:
                bound.count[0] += 1

    def _fails_on_clock(self, bound: BoundRule, path: str, text: str, scope: Scope, logical_id: str) -> bool:
        assert self.settings.clock is not None
        began = self.settings.clock()
        fails = self._fails_on(bound, path, text, scope, logical_id)
        self.seconds[bound.rule.id] = self.seconds.get(bound.rule.id, 0.0) + self.settings.clock() - began
        return fails

    def _fails_on(self, bound: BoundRule, path: str, text: str, scope: Scope, logical_id: str) -> bool:
        """Whether a rule of scope `value` is broken by one text."""
        try:
            return bound.decide(Subject(text, scope, logical_id, self, (path,))) is not True
        except RecursionError:
            return True
        except MemoryError:
            raise
        except Exception as crash:
            self._crashed(bound.rule, scope, logical_id, crash)
            return True

    def _crashed(self, rule: Rule, scope: Scope, logical_id: str, crash: Exception) -> None:
        """A crashed rule is never a pass: the run says so and ends in an error."""
        text = f"{scope.stack.template_path}: rule {rule.id} crashed on {logical_id}: {type(crash).__name__}: {crash}"
        self.problems.append(Problem("rule", " ".join(text.split())))

    def is_about(self, rule: Rule, kind: str) -> bool:
        """Whether a rule about resources is about this type."""
        names, globs = self._types_of[rule.id]
        return kind in names or (bool(globs) and any(fnmatchcase(kind, glob) for glob in globs))

    # -- findings

    def _record(self, rule: Rule, stack: Stack, judgement: Judgement, logical_id: str | None, kind: str | None) -> None:
        outcome = judgement.outcome
        if outcome is Outcome.UNKNOWN and rule.on_unknown != "unknown" and not judgement.note:
            outcome = Outcome.FAIL if rule.on_unknown == "fail" else Outcome.PASS
        self.counts[rule.id][(Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN).index(outcome)] += 1
        if outcome is not Outcome.PASS:
            self.findings.append(self._finding(rule, stack, judgement._replace(outcome=outcome), logical_id, kind))

    def _finding(
        self, rule: Rule, stack: Stack, judgement: Judgement, logical_id: str | None, kind: str | None
    ) -> Finding:
        path = (stack.construct_paths.get(logical_id) if logical_id else stack.construct_path) or None
        evidence = _distinct(judgement.evidence)
        found = ", ".join(dict.fromkeys(render_value(value, rule.secret) for _path, value in evidence[:3])) or None
        places = tuple(p for p, _value in evidence)
        stack_path = stack.construct_path or stack.name
        return Finding(
            rule_id=rule.id,
            outcome=judgement.outcome,
            severity=severity_of(rule, stack.environment, self.settings),
            message=_message(rule, judgement, found, places, logical_id, kind, stack),
            stack=stack.root.name,
            stack_path=stack_path,
            template_path=stack.template_path,
            environment=stack.environment,
            logical_id=logical_id,
            resource_type=kind,
            construct_path=path,
            property_paths=places,
            found=found,
            branch=judgement.branch,
            source=stack.source_of(logical_id) if logical_id else stack.source,
            template_line=stack.line_of(logical_id) if logical_id else None,
            remedy=rule.remedy,
            why=rule.why,
            title=rule.title,
            fingerprint=fingerprint(rule.id, stack_path, path or "", logical_id or "", places[0] if places else ""),
            hides_secret=any(is_hidden(value, rule.secret) for _path, value in evidence[:3]),
        )


def severity_of(rule: Rule, environment: str | None, settings: Settings) -> str:
    """The severity in this environment, as configured or as the rule says."""
    override = next((v for k, v in settings.severities.items() if fnmatchcase(rule.id, k)), None)
    if isinstance(override, str):
        return override
    names = [environment or ""]
    if environment in settings.strict_environments:
        names.append("prod")
    for table in (override or {}, rule.severities):
        for name in names:
            if name in table:
                return str(table[name])
    return rule.severity


def applies(rule: Rule, stack: Stack, settings: Settings) -> bool:
    """Whether the rule is for the stack's environment; rules for prod are for every strict one."""
    if not rule.environments or stack.environment in rule.environments:
        return True
    return "prod" in rule.environments and stack.environment in settings.strict_environments


def _split_types(rule: Rule, settings: Settings) -> tuple[frozenset[str], tuple[str, ...]]:
    names = expand_types(rule.types, settings.sets)
    globs = tuple(sorted(n for n in names if any(c in n for c in "*?[")))
    return names.difference(globs), globs


def _first(entry: tuple[int, str, Json]) -> int:
    return entry[0]


def _exists(body: Json, scope: Scope) -> bool:
    """Whether the resource is created in this branch. A condition that only a parameter's Default makes false does not
    count: the deployment may give another value."""
    name = body.get("Condition") if isinstance(body, dict) else None
    if not isinstance(name, str) or scope.condition_holds(name):
        return True
    if scope.assumed:
        return False
    bare = Scope(
        scope.template, scope.given, scope.account, scope.region, scope.stack_name, scope.dummies, defaults=False
    )
    return bare.condition_if_known(name) is not False


def _not_looked_up(stack: Stack) -> list[str]:
    """The keys of the context that is missing for the stack's account and region, as far as a key names them."""
    place = {"account": stack.account, "region": stack.region}
    return [
        missing.key for missing in stack.missing
        if all(place[name] in (None, value) for name, value in _PLACE.findall(missing.key))
    ]  # fmt: skip


_PLACE = late(r"\b(account|region)=([^:]+)")


# What any rule of scope `value` could look for; all other text is passed over unread. Two patterns, because `re` looks
# for the first characters of alternatives quickly only where each begins with a letter of its own.
_ACCOUNT = re.compile(r"\d{12}")
_LEAST_ACCOUNT = 10**11  # of twelve digits
_SHORT_FORM = "AWS::Serverless::"
_SECTIONS = ("Metadata", "Parameters", "Mappings", "Outputs")
_MARK = re.compile(r"arn:|-----BEGIN|AKIA|ASIA|://|gh[pousr]_|github_pat_|xox|sk[-_]|rk_live|AIza|glpat-")
_Place = tuple[Any, Any]  # (the place around it, key or index): written out only for a text that is of interest


def _gather(value: Json, place: _Place | None, texts: list[tuple[str, str]]) -> None:
    """Adds (property path, flattened text) of every text of interest in a resource, Metadata and Type left out."""
    kind = type(value)
    if kind is str:
        if len(value) > 7 and (_MARK.search(value) or _ACCOUNT.search(value)):
            texts.append((_written(place), value))
    elif kind is dict:
        if len(value) == 1 and is_intrinsic(value):
            _gather_from_intrinsic(value, place, texts)
            return
        for key, item in value.items():
            kind = type(item)
            if kind is str and len(item) < 8 or kind is bool or kind is int and item < _LEAST_ACCOUNT:
                continue
            if place is not None or key not in ("Metadata", "Type"):
                _gather(item, (place, key), texts)
    elif kind is list:
        for index, item in enumerate(value):
            _gather(item, (place, index), texts)
    elif kind is int and _LEAST_ACCOUNT <= value < 10 * _LEAST_ACCOUNT:  # YAML without quotes
        texts.append((_written(place), str(value)))


def _written(place: _Place | None) -> str:
    """`Properties.Policies[0].Name`."""
    text = ""
    while place is not None:
        place, key = place
        text = f"[{key}]{text}" if isinstance(key, int) else f".{key}{text}"
    return text.removeprefix(".")


def _gather_from_intrinsic(value: Json, place: _Place | None, texts: list[tuple[str, str]]) -> None:
    ((function, operand),) = value.items()
    if function in ("Fn::Join", "Fn::Sub", "Fn::Base64"):
        text = flatten(value)
        if text and text != "§" and (_MARK.search(text) or _ACCOUNT.search(text)):
            texts.append((_written(place), text))
        if function == "Fn::Sub" and isinstance(operand, list) and len(operand) == 2:
            return
        if function == "Fn::Join" and isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], list):
            for item in operand[1]:
                if isinstance(item, dict) and next(iter(item), "") not in ("Fn::Join", "Fn::Sub", "Ref", "Fn::GetAtt"):
                    _gather(item, place, texts)
    elif (
        function == "Fn::If"
        and isinstance(operand, list)
        or function in ("Fn::Select", "Fn::Split")
        and isinstance(operand, list)
    ):
        for part in operand[1:]:
            _gather(part, place, texts)


def _shown(evidence: Iterable[tuple[str, Json]], scope: Scope) -> Iterator[tuple[str, Json]]:
    for path, value in evidence:
        try:
            yield path, scope.resolve_deep(value) if isinstance(value, dict | list) else value
        except (Branch, RecursionError):
            yield path, value


_STEP = re.compile(r"[.\[]")


def _distinct(evidence: Sequence[tuple[str, Json]]) -> list[tuple[str, Json]]:
    seen: dict[str, Json] = {}
    for path, value in evidence:
        seen.setdefault(path, value)
    if len(seen) > 1:
        seen.pop("Type", None)  # a test of the type says which resource is meant, not what is wrong with it
    around = {p[: mark.start()] for p in seen for mark in _STEP.finditer(p)}
    return [(p, seen[p]) for p in seen if p not in around]  # the narrowest: an element's property, not the element


def _message(
    rule: Rule,
    judgement: Judgement,
    found: str | None,
    places: tuple[str, ...],
    logical_id: str | None,
    kind: str | None,
    stack: Stack,
) -> str:
    facts = {
        "found": found or "absent",
        "path": places[0] if places else "",
        "logical_id": logical_id or "",
        "type": kind or "stack",
        "environment": stack.environment or "",
        "stack": stack.name,
        "account": stack.account or "",
        "subject": logical_id or stack.name,
    }
    text = rule.message or rule.title
    if judgement.outcome is Outcome.UNKNOWN:
        text = f"Cannot be judged: {rule.title}"
        reason = judgement.note or (f"{facts['path']} is {facts['found']} until deployment" if places else "")
        text += f" ({reason})" if reason else ""
    else:
        text = re.sub(r"\{(\w+)\}", lambda m: facts.get(m.group(1), m.group(0)), text)
    return text + (f", when {judgement.branch}" if judgement.branch else "")
