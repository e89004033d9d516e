"""Runs the examples that rule files carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.check.evaluate import load_sdk_calls
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.errors import RulePackError
from cdkguard.language.vocabulary import EXAMPLES
from cdkguard.model import Change, Finding, Missing, Problem, Rule, Stack
from cdkguard.packs import folders, rule_yaml

SUBJECT = "Subject"  # The logical id of the resource that an example is about.


class Example(NamedTuple):
    """One example of a rule file, and the engine's verdict on it."""

    rule_id: str
    file: str
    expected: str  # pass | fail | unknown
    number: int
    got: str
    detail: str = ""
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()  # The changes that a change rule judged.

    @property
    def holds(self) -> bool:
        """Whether the rule answers as its file says."""
        return self.expected == self.got


def run_examples(
    rules: Sequence[Rule], sets: Mapping[str, frozenset[str]], every_rule: Sequence[Rule] = ()
) -> Iterator[Example]:
    """Judge every example of every rule; a rule without an example of pass and of fail yields one that does not hold.

    `every_rule` are the rules that a change rule may name under `weakens`. Raises RulePackError for malformed examples.
    """
    for rule in rules:
        examples = _read_examples(rule)
        for outcome in ("pass", "fail"):
            if not examples.get(outcome):
                yield Example(rule.id, rule.file, outcome, 0, "none", f"the rule has no example of {outcome}")
        for outcome, cases in examples.items():
            for index, case in enumerate(cases):
                _refuse_malformed(rule, case, f"{rule.file}:1: example {index + 1} of {outcome}")
                yield Example(rule.id, rule.file, outcome, index, *_judge_example(rule, every_rule, case, sets))


def _read_examples(rule: Rule) -> dict[str, list[Json]]:
    data = rule_yaml.read_yaml(rule.file, folders.read_rule_file(rule.file))
    examples = data.get("examples") or {}
    if not isinstance(examples, dict) or not all(isinstance(cases, list) for cases in examples.values()):
        raise RulePackError(f"{rule.file}:1: examples is a mapping of pass, fail and unknown to lists")
    for outcome in examples:
        if outcome not in EXAMPLES:
            raise RulePackError(f"{rule.file}:1: examples are pass, fail or unknown, not '{outcome}'")
    return examples


def _refuse_malformed(rule: Rule, case: Json, place: str) -> None:
    """Raises RulePackError for an example of which no stack can be made."""
    if rule.scope != "change":
        _refuse_parts(case, place)
        return

    pair = [case.get(side) for side in ("before", "after")] if isinstance(case, dict) else []
    sides = [side for side in pair if isinstance(side, dict)]
    if len(sides) != 2:
        raise RulePackError(f"{place} is no pair {{before, after}} of mappings, as a rule on changes needs")
    if len({"config" in side for side in sides}) > 1:
        raise RulePackError(f"{place} has a 'config' on one side alone")
    for side in sides:
        _refuse_parts(side, place)


def _refuse_parts(case: Json, place: str) -> None:
    for key in ("template", "resource", "stack", "settings", "parameters", "config"):
        value = case.get(key, {}) if isinstance(case, dict) else {}
        may_be_empty = value is None and key not in ("template", "resource")
        if not isinstance(value, dict) and not may_be_empty:
            raise RulePackError(f"{place} has a '{key}' that is no mapping")

    if isinstance(case, dict) and "template" in case and not isinstance(case["template"].get("Resources"), dict):
        raise RulePackError(f"{place} has a 'template' without a mapping 'Resources'")


_Verdict = tuple[str, str, tuple[Finding, ...], tuple[Change, ...]]  # The last four fields of an Example.


def _judge_example(rule: Rule, every_rule: Sequence[Rule], case: Json, sets: Mapping[str, frozenset[str]]) -> _Verdict:
    if rule.scope == "change":
        return _judge_change(rule, every_rule, case, sets)
    stack, settings, subject = build_stack(rule, case, sets)
    judged = evaluate_resources([stack], [rule], settings)
    about = [f for f in judged.findings if subject is None or f.logical_id in (subject, None)]
    return _verdict(judged.problems, about, ())


def _verdict(problems: Sequence[Problem], findings: Sequence[Finding], changes: Sequence[Change]) -> _Verdict:
    if problems:
        return "crash", problems[0].message, (), ()
    outcomes = {f.outcome.value for f in findings}
    got = "fail" if "fail" in outcomes else "unknown" if outcomes else "pass"
    return got, findings[0].message if findings else "", tuple(findings), tuple(changes)


def build_stack(rule: Rule, case: Json, sets: Mapping[str, frozenset[str]]) -> tuple[Stack, EngineSettings, str | None]:
    """An example is the Properties of the rule's first type, or a mapping with `resource`, `template` or `stack`."""
    case = case if isinstance(case, dict) else {}
    special = any(key in case for key in ("resource", "template", "stack"))
    options = case if special else {}
    if "template" in options:
        template = options["template"]
    elif "resource" in options:
        template = {"Resources": {SUBJECT: options["resource"]}}
    else:
        kind = rule.types[0] if rule.types and not rule.types[0].startswith("@") else "AWS::S3::Bucket"
        resources = {} if "stack" in options else {SUBJECT: {"Type": kind, "Properties": case}}
        template = {"Resources": resources}
    about = options.get("stack") or {}
    stack = Stack(
        "Example",
        template,
        rule.file,
        construct_path=about.get("ConstructPath", "Example"),
        account=options.get("account"),
        region="eu-west-1" if options.get("account") else None,
        from_assembly=True,
        termination_protection=about.get("TerminationProtection"),
        tags=about.get("Tags"),
        notification_arns=about.get("NotificationArns") or (),
        missing=[Missing(key, "", (), "") for key in about.get("MissingContext") or ()],
        unread=frozenset(options.get("unread") or ()),
        environment=options.get("environment") or (rule.environments[0] if rule.environments else "prod"),
    )
    extra = options.get("settings") or {}
    settings = EngineSettings(
        sets=sets,
        aws_accounts=sets.get("aws-accounts", frozenset()),
        parameters={rule.id: options.get("parameters") or {}},
        allowed_accounts=frozenset(extra.get("allowed", ())),
        environment_of_account=extra.get("environments", {}),
        sdk_calls=load_sdk_calls,
    )
    return stack, settings, options.get("id", SUBJECT) if "stack" not in options else None


def _judge_change(rule: Rule, every_rule: Sequence[Rule], case: Json, sets: Mapping[str, frozenset[str]]) -> _Verdict:
    """An example of a change rule is a pair {before, after}, each as above, or with `config`."""
    from cdkguard.check import comparison
    from cdkguard.diff.compare import compare_stacks
    from cdkguard.diff.sides import Sides
    from cdkguard.engine.changes import evaluate_changes
    from cdkguard.template.stack_scopes import StackScopes

    shared = {k: v for k, v in case.items() if k in ("environment", "account")}
    pair = [build_stack(rule, _complete_side(case[name], shared), sets) for name in ("before", "after")]
    settings = pair[0][1]
    stacks = [[_with_identity(one[0], case[side])] for one, side in zip(pair, ("before", "after"), strict=True)]
    for side, listed in zip(("before", "after"), stacks, strict=True):
        if "stack" in case[side] and not case[side]["stack"]:
            listed.clear()
        for name, template in (case[side].get("others") or {}).items():  # Other stacks of the app.
            listed.append(stacks[0][0]._replace(name=name, template=template, construct_path=name))
    sides = Sides(StackScopes(), StackScopes())
    found = compare_stacks(stacks[0], stacks[1], comparison.type_facts(sets), sides)
    if "config" in case["before"]:
        found = tuple(_compare_configurations(case))
    judged = evaluate_changes(found, [rule], every_rule, (stacks[0], stacks[1]), settings, sides)
    return _verdict(judged.problems, judged.findings, found)


def _complete_side(side: Json, shared: Mapping[str, Json]) -> Json:
    given = "template" in side or "resource" in side
    return {**({} if given else {"template": {"Resources": {}}}), **shared, **side}


def _with_identity(stack: Stack, side: Json) -> Stack:
    about = side.get("stack") or {}
    name = about.get("Name", stack.name)
    return stack._replace(
        name=name,
        construct_path=about.get("ConstructPath", name),
        account=about.get("Account", stack.account),
        region=about.get("Region", stack.region),
    )


def _compare_configurations(case: Json) -> Iterator[Change]:
    """The changes of the guardrail that lead from the configuration of `before` to that of `after`."""
    from cdkguard.check import guardrail
    from cdkguard.check.evaluate import assign_environments, bind_config
    from cdkguard.check.guardrail_config import describe_guardrail
    from cdkguard.config.load import config_of_data

    stack = Stack("Example", {"Resources": {}}, "", construct_path="Example", from_assembly=True)
    settings = [config_of_data(case[side]["config"]) for side in ("before", "after")]
    sides = [describe_guardrail(bind_config(side), assign_environments(side, [stack]).stacks) for side in settings]
    return guardrail.compare_guardrails(sides[0], sides[1], (), guardrail.stack_of_configuration("cdkguard.yaml"))
