"""The rules of a run: bound to the configuration, and found by what they are about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.errors import TooMuchError
from cdkguard.language.requirements import Binding, bind_requirement, expand_types
from cdkguard.language.subject import Decide, Predicate, Subject
from cdkguard.logic import Tri
from cdkguard.model import Remedy, Rule, Stack
from cdkguard.template.values import Branch

MAX_FINDINGS = 10_000  # of one template: CloudFormation lets it have 500 resources, of which the worst has 12


class EngineSettings(NamedTuple):
    """The part of the configuration that the engine reads."""

    allowed_accounts: frozenset[str] = frozenset()
    environment_of_account: Mapping[str, str] = {}
    aws_accounts: frozenset[str] = frozenset()
    strict_environments: frozenset[str] = frozenset({"prod"})  # Rules for `prod` are for these, too.
    parameters: Mapping[str, Mapping[str, Json]] = {}  # Rule id -> its parameters.
    severities: Mapping[str, Any] = {}  # Rule id or glob -> severity, or {environment: severity}.
    template_parameters: Mapping[str, Json] = {}  # Given values of CloudFormation parameters.
    sets: Mapping[str, frozenset[str]] = {}
    predicates: Mapping[str, Predicate] = {}
    clock: Callable[[], float] | None = None  # Seconds, where the time of each rule is wanted.
    judges_lookups: bool = True  # Whether missing context is held against a stack; inside an app it is not known yet.
    most: Callable[[], int] | None = None  # The most findings that the whole input can have honestly; slow to call.
    sdk_calls: Callable[[], Any] | None = None  # Loads the table of aws/sdk_calls.


def refuse_too_many(number: int, settings: EngineSettings) -> None:
    """Raises TooMuchError where there are more findings than an input of that size has honestly."""
    if number > MAX_FINDINGS and settings.most is not None and number > (most := settings.most()):
        raise TooMuchError(f"more than {most} findings: choose stacks (--stack) or rules (--rules)")


def severity_of(
    rule: Rule, environment: str | None, settings: EngineSettings, weight: Mapping[str, Json] | None = None
) -> str:
    """The severity in this environment: as configured, else as the `weight` that applies says, else as the rule says."""
    override = next((v for k, v in settings.severities.items() if fnmatchcase(rule.id, k)), None)
    if isinstance(override, str):
        return override

    names = [environment or ""]
    if environment in settings.strict_environments:
        names.append("prod")
    default, table_of_rule = (
        (rule.severity, rule.severities) if weight is None else (weight["severity"], weight["severities"])
    )
    for table in (override or {}, table_of_rule):
        for name in names:
            if name in table:
                return str(table[name])
    return str(default)


def is_strict(environment: str | None, settings: EngineSettings) -> bool:
    """Whether an environment is judged as prod."""
    return environment in settings.strict_environments | {"prod"}


def is_for_stack(rule: Rule, stack: Stack, settings: EngineSettings) -> bool:
    """Whether the rule is for the stack's environment; rules for prod are for every strict one."""
    if not rule.environments or stack.environment in rule.environments:
        return True
    return "prod" in rule.environments and stack.environment in settings.strict_environments


class BoundRule:
    """A rule with its closures, made when it first meets a subject."""

    __slots__ = ("rule", "count", "decide", "_settings", "_where", "_require", "_weights", "_cases")

    def __init__(self, rule: Rule, settings: EngineSettings) -> None:
        self.rule, self._settings = rule, settings
        self.count = [0, 0, 0]  # pass, fail, unknown
        # True: in order or not concerned; False: not in order; None: not known.
        self.decide: Decide = self._bind_and_decide
        self._where: Decide | None = None
        self._require: Decide | None = None
        self._weights: list[tuple[Decide, Mapping[str, Json]]] | None = None
        self._cases: list[tuple[Decide, Remedy]] | None = None

    def _bind_and_decide(self, subject: Subject) -> Tri:
        """The first question; from then on `decide` is what the rule was bound to."""
        if self._require is None:
            self._require = self._bind()
        self.decide = self._require if self._where is None else self._decide_concerned
        return self.decide(subject)

    def _decide_concerned(self, subject: Subject) -> Tri:
        assert self._where is not None and self._require is not None
        concerned = self._where(subject if subject.evidence is None else subject._replace(evidence=None))
        if concerned is False:
            return True
        answer = self._require(subject)
        return True if answer is True else answer if concerned else None

    def concerns(self, subject: Subject) -> Tri:
        """Whether the rule's `where` holds; a rule without one concerns every subject."""
        if self._require is None:
            self._require = self._bind()
        return True if self._where is None else self._where(subject)

    def is_met(self, subject: Subject) -> Tri:
        """Whether the rule's `require` holds, whatever `where` says; without one nothing meets the rule."""
        if self._require is None:
            self._require = self._bind()
        return self._require(subject)

    def weight_of(self, subject: Subject, found_at: Sequence[str]) -> Mapping[str, Json] | None:
        """The first entry of the rule's `weights` that holds whatever is not known; None: the rule's own severity stands.

        `found_at` are the paths of what does not hold; an entry with `under` is for those below that path alone.
        """
        if self._weights is None:
            binding = self._binding()
            self._weights = [(bind_requirement(w["where"], binding, False), w) for w in self.rule.weights]
        for holds, weight in self._weights:
            if not all(path.startswith(weight["under"]) for path in found_at):
                continue
            try:
                if holds(subject) is True:
                    return weight
            except Branch:
                continue
        return None

    def find_remedy(self, subject: Subject) -> Remedy | None:
        """What the rule advises: by the first of its cases that holds, else in general."""
        if self._cases is None:
            cases, binding = self.rule.remedy_cases, self._binding()
            self._cases = [(bind_requirement(c["where"], binding, False), Remedy(*c["remedy"])) for c in cases]
        for holds, remedy in self._cases:
            try:
                if holds(subject) is True:
                    return remedy
            except Branch:
                continue
        return self.rule.remedy

    def _binding(self) -> Binding:
        rule, settings = self.rule, self._settings
        parameters = {**rule.parameters, **settings.parameters.get(rule.id, {})}
        return Binding(parameters, settings.sets, settings.predicates)

    def _bind(self) -> Decide:
        rule, binding = self.rule, self._binding()
        self._where = bind_requirement(rule.where, binding, False) if rule.where else None
        return bind_requirement(rule.require, binding) if rule.require else (lambda _subject: False)


class BoundRules:
    """The rules of a run. Runs over parts of the same input share them, with what they count."""

    def __init__(self, rules: Sequence[Rule], settings: EngineSettings) -> None:
        self.settings = settings
        self.all = [BoundRule(rule, settings) for rule in rules]
        self.counts: dict[str, list[int]] = {bound.rule.id: bound.count for bound in self.all}
        self.seconds: dict[str, float] = {}  # Rule id -> seconds, where the settings have a clock.
        self._types = {b.rule.id: split_types(b.rule, settings) for b in self.all if b.rule.scope == "resource"}
        self._about = [(b, *self._types[b.rule.id]) for b in self.all if b.rule.scope == "resource"]
        # Both are asked for each resource, and there are few types and fewer environments: (type or scope, environment).
        self._of_type: dict[tuple[str, str | None], list[BoundRule]] = {}
        self._of_scope: dict[tuple[str, str | None], list[BoundRule]] = {}

    def of_scope(self, name: str, stack: Stack) -> list[BoundRule]:
        """The rules of a scope in the stack's environment."""
        key = (name, stack.environment)
        if key not in self._of_scope:
            self._of_scope[key] = [
                b for b in self.all if b.rule.scope == name and is_for_stack(b.rule, stack, self.settings)
            ]
        return self._of_scope[key]

    def of_type(self, resource_type: str, stack: Stack) -> list[BoundRule]:
        """The rules about resources of a type in the stack's environment, in the order of the rules."""
        key = (resource_type, stack.environment)
        if key not in self._of_type:
            # Written out, since a call for each rule took half of the time.
            about = [
                b
                for b, names, globs in self._about
                if resource_type in names or globs and _matches_any(resource_type, globs)
            ]
            if resource_type == "AWS::CDK::Metadata":  # it configures nothing, under a condition that is slow to decide
                about = [b for b in about if resource_type in b.rule.types]
            self._of_type[key] = [b for b in about if is_for_stack(b.rule, stack, self.settings)]
        return self._of_type[key]

    def is_about(self, rule: Rule, resource_type: str) -> bool:
        """Whether a rule about resources is about this type."""
        names, globs = self._types[rule.id]
        return resource_type in names or _matches_any(resource_type, globs)


def _matches_any(name: str, globs: tuple[str, ...]) -> bool:
    return any(matches_glob(name, glob) for glob in globs)


def matches_glob(name: str, glob: str) -> bool:
    """As fnmatchcase, which compiles a pattern for each glob: most are names, `AWS::Service::*` or `*::MODULE`."""
    start, star, end = glob.partition("*")
    if "?" in glob or "[" in glob or "*" in end:
        return fnmatchcase(name, glob)
    if not star:
        return name == glob
    return len(name) >= len(start) + len(end) and name.startswith(start) and name.endswith(end)


def split_types(rule: Rule, settings: EngineSettings) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names of types that the rule is about, and the globs among them."""
    names = expand_types(rule.types, settings.sets)
    text = "".join(names)  # One look at all of them, since this is asked of some thousand names in each run.
    if "*" not in text and "?" not in text and "[" not in text:
        return names, ()
    globs = tuple(sorted([name for name in names if "*" in name or "?" in name or "[" in name]))
    return names.difference(globs), globs
