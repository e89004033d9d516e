"""Resources, texts and stacks x rules -> findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from cdkguard._typing import TYPE_CHECKING, Any, Json, NamedTuple
from cdkguard.engine.app_facts import Key, find_facts
from cdkguard.engine.branching import PASSED, Verdict, evaluate_branches, find_world, passes_everywhere
from cdkguard.engine.lookups import Lookups
from cdkguard.engine.rules import (
    MAX_FINDINGS,
    BoundRule,
    BoundRules,
    EngineSettings,
    is_for_stack,
    refuse_too_many,
)
from cdkguard.engine.texts import find_texts
from cdkguard.language.subject import Subject
from cdkguard.model import Finding, Outcome, Problem, Rule, Stack
from cdkguard.template import loops
from cdkguard.template.scope import Scope, Verbatim
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.engine.resource_names import NamesOfOthers

# Types that stand for other resources: those of AWS SAM, and custom resources, whose functions make or change some.
_SHORT_FORM, _CUSTOM = "AWS::Serverless::", ("Custom::", "AWS::CloudFormation::CustomResource")
_STANDS_FOR_OTHERS = (_SHORT_FORM, *_CUSTOM)
_SECTIONS = ("Metadata", "Parameters", "Mappings", "Outputs")  # besides Resources, those that may hold a secret
_PLACE = lazy_pattern(r"\b(account|region)=([^:]+)")  # in the key of a context lookup
_COLUMNS = (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN)  # of a rule's counts


class Evaluation(NamedTuple):
    """The answers of the rules; `counts` is rule id -> [pass, fail, unknown], `seconds` what rules cost on a clock."""

    findings: list[Finding]
    problems: list[Problem]
    counts: dict[str, list[int]]
    seconds: Mapping[str, float] = {}


def evaluate_resources(stacks: Sequence[Stack], rules: Sequence[Rule], settings: EngineSettings) -> Evaluation:
    """Every rule on every subject that it is about."""
    run = Run(stacks, BoundRules(rules, settings))
    run.evaluate_stacks()
    run.evaluate_assembly()
    return Evaluation(run.findings, run.scopes.problems + run.problems, run.rules.counts, run.rules.seconds)


class Run:
    """The rules over some stacks. `scopes` and `lookups` are made here where the caller has none.

    `marks`: verdicts hold what the fingerprints of findings need; without, nothing is to be found.
    """

    def __init__(
        self,
        stacks: Sequence[Stack],
        rules: BoundRules,
        scopes: StackScopes | None = None,
        lookups: Lookups | None = None,
        marks: bool = True,
    ) -> None:
        self.stacks, self.rules, self.settings, self.marks = stacks, rules, rules.settings, marks
        self.scopes = StackScopes(self.settings.template_parameters) if scopes is None else scopes
        self.lookups = lookups or Lookups(stacks, self.scopes, self.settings, None, self._gather_facts())
        self.problems: list[Problem] = []
        self.findings: list[Finding] = []
        self._by_defaults: dict[Stack, Scope] = {}  # the scopes of stacks without values made for production
        self._verbatim: dict[Stack, Scope] = {}  # the scopes in which texts are judged
        self._globals: dict[Stack, dict[str, Json]] = {}  # the `Globals` that a stack's resources of AWS SAM share

    @cached_property
    def _names(self) -> NamesOfOthers:
        from cdkguard.engine.resource_names import NamesOfOthers  # for findings, and many runs have none

        return NamesOfOthers((self.stacks, self.scopes))

    def _gather_facts(self) -> Mapping[Key, Json] | None:
        """Find what the stacks tell each other; None for a single one, which nobody tells anything."""
        if len(self.stacks) < 2:
            return None
        facts: dict[Key, Json] = {}
        self.scopes.app_facts = facts  # scopes that are made meanwhile see all of it in the end
        facts.update(find_facts(self.stacks, self.scopes))
        return facts

    def evaluate_stacks(self) -> None:
        """The rules about resources, texts, templates and single stacks."""
        for stack in self.stacks:
            self._evaluate_stack(stack)
            refuse_too_many(len(self.findings), self.settings)

    def evaluate_assembly(self) -> None:
        """The rules about all stacks together."""
        rules = [b for b in self.rules.all if b.rule.scope == "assembly"]
        if not rules or not self.stacks:
            return

        first = self.stacks[0]
        body = {"Stacks": [self._stack_body(s) for s in self.stacks if s.parent is None]}
        subject = Subject(body, self.scopes.of(first), "", self.lookups)
        for bound in rules:
            if is_for_stack(bound.rule, first, self.settings):
                self._record(bound, first, self.evaluate_rule(bound, subject), subject)

    def evaluate_rule(self, bound: BoundRule, subject: Subject, was_asked: bool = False) -> Verdict:
        """One rule on one subject. A crash is a problem of the run, and the verdict is UNKNOWN.

        `was_asked`: the rule was asked before, and does not pass without more ado.
        """
        try:
            verdict = self._evaluate_branches(bound, subject, was_asked)
            if subject.scope.defaults and verdict is PASSED:
                return self._evaluate_by_defaults(bound, subject)
            return verdict
        except RecursionError:
            return Verdict(Outcome.UNKNOWN, note="the value is nested too deeply to be judged")
        except MemoryError:  # no defect of the rule
            raise
        except Exception as crash:
            self._report_crash(bound.rule, subject.scope, subject.logical_id, crash)
            return Verdict(Outcome.UNKNOWN, note=f"the rule crashed ({type(crash).__name__})")

    def _evaluate_branches(self, bound: BoundRule, subject: Subject, was_asked: bool = False) -> Verdict:
        if not was_asked and passes_everywhere(bound, subject):
            return PASSED
        return evaluate_branches(bound, subject, len(self.scopes.resources(subject.scope.stack)), self.marks)

    def _evaluate_by_defaults(self, bound: BoundRule, subject: Subject) -> Verdict:
        """A rule that passes with the values made for production, once more with the Defaults of the template: a deployment
        that gives no value takes those."""
        stack: Stack = subject.scope.stack
        if not stack.presumed:
            return PASSED
        if stack not in self._by_defaults:
            self._by_defaults[stack] = subject.scope.with_declared_defaults(stack.presumed)

        scope = self._by_defaults[stack]
        verdict = self._evaluate_branches(bound, subject._replace(scope=scope))
        if verdict is PASSED:
            return verdict
        values = " and ".join(f"{name} is {scope.parameter_value(name)}, its Default" for name in stack.presumed)
        return verdict._replace(branch=f"{values} and {verdict.branch}" if verdict.branch else values)

    def _report_crash(self, rule: Rule, scope: Scope, logical_id: str, crash: Exception) -> None:
        """A crashed rule is never a pass: the run says so and ends in an error."""
        text = f"{scope.stack.template_path}: rule {rule.id} crashed on {logical_id}: {type(crash).__name__}: {crash}"
        self.problems.append(Problem("rule", " ".join(text.split())))

    def _on_clock(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function of a bound rule; where the settings have a clock, its time is added to the rule's."""
        clock, seconds = self.settings.clock, self.rules.seconds
        if clock is None:
            return function

        def timed(bound: BoundRule, *arguments: Any) -> Any:
            began = clock()
            result = function(bound, *arguments)
            seconds[bound.rule.id] = seconds.get(bound.rule.id, 0.0) + clock() - began
            return result

        return timed

    # -- one stack

    def _evaluate_stack(self, stack: Stack) -> None:
        value_rules, transforms = self.rules.of_scope("value", stack), loops.find_transforms(stack.template)
        scope = self.scopes.of(stack)
        evaluate_rule = self._on_clock(self.evaluate_rule)
        most = len(self.findings) + MAX_FINDINGS

        for logical_id, body in self.scopes.resources(stack).items():
            if len(self.findings) > most:
                text = f"{stack.template_path}: more than {MAX_FINDINGS} findings: '{logical_id}' and what follows is not judged"
                self.problems.append(Problem("template", text, stack.template_path))
                break
            resource_type = str(body.get("Type"))
            if resource_type.startswith(_STANDS_FOR_OTHERS):
                if resource_type.startswith(_SHORT_FORM):
                    body = self._evaluate_short_form(stack, scope, logical_id, body, resource_type)
                else:
                    self._evaluate_custom_resource(stack, find_world(body, scope), logical_id, body, resource_type)

            rules = self.rules.of_type(resource_type, stack)
            if resource_type == "AWS::CDK::Metadata" and not rules:
                continue  # it configures nothing, and its condition lists the regions of AWS: a tenth of a run
            world = find_world(body, scope) if "Condition" in body else scope
            subject = Subject(body, world, logical_id, self.lookups)
            # Nearly every rule passes: where nothing but its own answer decides that, it is asked without more ado.
            is_plain = self.settings.clock is None and "Condition" not in body and not world.defaults
            for bound in rules:
                try:
                    if is_plain and bound.decide(subject) is True:
                        bound.count[0] += 1
                        continue
                except MemoryError:
                    raise
                except Exception:
                    pass  # evaluate_rule meets it again, and says what it means
                verdict = evaluate_rule(bound, subject, is_plain)
                if verdict is PASSED:
                    bound.count[0] += 1
                else:
                    self._record(bound, stack, verdict, subject, logical_id, resource_type)

            if value_rules and resource_type != "AWS::CDK::Metadata":
                self._evaluate_texts(value_rules, stack, scope, subject, find_texts(body), resource_type)

        self._evaluate_sections([bound for bound in value_rules if bound.rule.secret], stack, scope)
        whole = {"Transforms": transforms, "Outputs": stack.template.get("Outputs")}
        self._evaluate_whole("template", whole, stack, scope)
        if stack.parent is None and stack.from_assembly:
            self._evaluate_whole("stack", self._stack_body(stack), stack, scope)

    def _evaluate_short_form(self, stack: Stack, scope: Scope, logical_id: str, body: Json, resource_type: str) -> Json:
        """Evaluates what a resource of AWS SAM stands for; returns it with what it shares with the others."""
        from cdkguard.template import sam

        if stack not in self._globals:
            try:
                self._globals[stack] = sam.read_globals(stack.template)
            except (sam.GlobalsTooLarge, RecursionError) as problem:
                self.problems.append(Problem("template", f"{stack.template_path}: {problem}", stack.template_path))
                self._globals[stack] = {}

        body = sam.apply_globals(body, self._globals[stack])
        about = set(self.rules.of_type(resource_type, stack))
        for made in sam.expand_resource(body):
            subject = Subject(made, find_world(made, scope), logical_id, self.lookups)
            for bound in self.rules.of_type(made["Type"], stack):
                if bound not in about:
                    self._record(bound, stack, self.evaluate_rule(bound, subject), subject, logical_id, resource_type)
        return body

    def _evaluate_custom_resource(
        self, stack: Stack, scope: Scope, logical_id: str, body: Json, resource_type: str
    ) -> None:
        """Evaluates what a custom resource stands for: each rule once, and none that is about the resource itself."""
        if self.settings.sdk_calls is None:
            return
        from cdkguard.engine.stand_ins import list_stand_ins, tell_of_stand_in

        try:
            stand_ins = list(list_stand_ins(body, scope, self.lookups, self.settings.sdk_calls()))
        except RecursionError:
            text = f"{stack.template_path}: '{logical_id}' is nested too deeply to be judged"
            self.problems.append(Problem("template", text, stack.template_path))
            return

        done = set(self.rules.of_type(resource_type, stack))
        for made, said in stand_ins:
            subject = Subject(made.body, made.scope, logical_id, self.lookups)
            for bound in self.rules.of_type(str(made.body["Type"]), stack):
                if bound in done:
                    continue
                verdict = tell_of_stand_in(self.evaluate_rule(bound, subject), made.place, said)
                self._record(bound, stack, verdict, subject, logical_id, resource_type)
                if verdict.outcome is not Outcome.PASS:
                    done.add(bound)

    def _evaluate_sections(self, rules: list[BoundRule], stack: Stack, scope: Scope) -> None:
        """The texts outside properties, which can be read as well: the default of a parameter, an output, cfn-init's
        files."""
        if not rules:
            return

        for section in _SECTIONS:
            found = stack.template.get(section)
            for name, entry in found.items() if isinstance(found, dict) else ():
                if texts := find_texts(entry, section, name):
                    self._evaluate_texts(rules, stack, scope, Subject(None, scope), texts, None)

        for logical_id, body in self.scopes.resources(stack).items():
            if "Metadata" in body and (texts := find_texts(body["Metadata"], "Metadata")):
                subject = Subject(body, scope, logical_id, self.lookups)
                self._evaluate_texts(rules, stack, scope, subject, texts, str(body.get("Type")))

    def _evaluate_whole(self, scope_name: str, body: Json, stack: Stack, scope: Scope) -> None:
        """The rules of a scope that are about the stack as one subject."""
        subject = Subject(body, scope, "", self.lookups)
        for bound in self.rules.of_scope(scope_name, stack):
            self._record(bound, stack, self.evaluate_rule(bound, subject), subject)

    def _stack_body(self, stack: Stack) -> dict[str, Json]:
        """The body that rules of scope `stack` are asked about."""
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
            "ElasticIps": _elastic_ips(stack.template.get("Resources", {})),
            "Description": stack.template.get("Description"),
            "MissingContext": _missing_context(stack) if self.settings.judges_lookups else [],
        }

    # -- texts

    def _evaluate_texts(
        self,
        rules: list[BoundRule],
        stack: Stack,
        scope: Scope,
        subject: Subject,
        texts: list[tuple[str, str]],
        resource_type: str | None,
    ) -> None:
        """Each rule of scope `value` on the texts of one resource, or of an entry of another section.

        `subject` is the resource, or nothing: the texts are judged one by one, and the rule's `weights` ask about it.
        """
        if not texts:
            for bound in rules:
                bound.count[0] += 1
            return

        if stack not in self._verbatim:
            self._verbatim[stack] = Verbatim.of(scope)
        scope, logical_id = self._verbatim[stack], subject.logical_id
        is_broken_by = self._on_clock(self._is_broken_by)
        subjects = [Subject(text, scope, logical_id, self.lookups, (path,)) for path, text in texts]
        for bound in rules:
            hits = [text for text, one in zip(texts, subjects, strict=True) if is_broken_by(bound, one)]
            if hits:
                verdict = Verdict(Outcome.FAIL, tuple(hits))
                self._record(bound, stack, verdict, subject, logical_id or None, resource_type)
            else:
                bound.count[0] += 1

    def _is_broken_by(self, bound: BoundRule, subject: Subject) -> bool:
        """Whether one text breaks a rule of scope `value`; a crash counts as a finding."""
        try:
            return bound.decide(subject) is not True
        except RecursionError:
            return True
        except MemoryError:
            raise
        except Exception as crash:
            self._report_crash(bound.rule, subject.scope, subject.logical_id, crash)
            return True

    # -- findings

    def _record(
        self,
        bound: BoundRule,
        stack: Stack,
        verdict: Verdict,
        subject: Subject,
        logical_id: str | None = None,
        resource_type: str | None = None,
    ) -> None:
        """Counts the verdict; whatever is no pass is a finding."""
        rule = bound.rule
        if verdict.outcome is Outcome.UNKNOWN and rule.on_unknown != "unknown" and not verdict.note:
            verdict = verdict._replace(outcome=Outcome.FAIL if rule.on_unknown == "fail" else Outcome.PASS)
        self.rules.counts[rule.id][_COLUMNS.index(verdict.outcome)] += 1
        if verdict.outcome is not Outcome.PASS:
            from cdkguard.engine.findings import make_finding

            weight = bound.weight_of(subject, [path for path, _value in verdict.evidence])
            made = make_finding(bound, stack, verdict, logical_id, resource_type, self.settings, weight)
            if rule.remedy_cases:
                made = made._replace(remedy=bound.find_remedy(verdict.subject or subject))
            message, found = self._names.use_names(made.message, stack), made.found
            found = found and self._names.use_names(found, stack)
            self.findings.append(made if message == made.message else made._replace(message=message, found=found))


def _elastic_ips(resources: Mapping[str, Json]) -> list[str]:
    """The logical ids of Elastic IP addresses that no NAT gateway takes: those of a NAT gateway nobody calls."""
    of_type: dict[str, list[tuple[str, Json]]] = {"AWS::EC2::EIP": [], "AWS::EC2::NatGateway": []}
    for logical_id, body in resources.items():
        if isinstance(body, dict) and body.get("Type") in of_type:
            of_type[body["Type"]].append((logical_id, body))
    if not of_type["AWS::EC2::EIP"]:
        return []

    from cdkguard.language.references import find_named_ids

    taken = {name for _id, body in of_type["AWS::EC2::NatGateway"] for name in find_named_ids(body)}
    return [logical_id for logical_id, _body in of_type["AWS::EC2::EIP"] if logical_id not in taken]


def _missing_context(stack: Stack) -> list[str]:
    """The keys of the context that is missing for the stack's account and region, as far as a key names them."""
    place = {"account": stack.account, "region": stack.region}
    return [
        missing.key for missing in stack.missing
        if all(place[name] in (None, value) for name, value in _PLACE.findall(missing.key))
    ]  # fmt: skip
