"""Runs the examples that rule files carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cdkguard import engine, packs
from cdkguard.errors import RulePackError
from cdkguard.model import Rule, Stack

Json = Any
SPECIAL = ("resource", "template", "stack", "environment", "account", "settings", "parameters", "id")
SUBJECT = "Subject"  # the logical id that an example is judged by


class Example(NamedTuple):
    """One example of a rule file and what the engine said of it."""

    rule_id: str
    file: str
    expected: str  # pass | fail | unknown
    number: int
    got: str
    detail: str = ""

    @property
    def holds(self) -> bool:
        return self.expected == self.got


def run(rules: Sequence[Rule], sets: Mapping[str, frozenset[str]]) -> Iterator[Example]:
    """Every example of every rule; a rule without an example of pass and of fail counts as one that does not hold."""
    for rule in rules:
        examples = _examples(rule)
        for outcome in ("pass", "fail"):
            if not examples.get(outcome):
                yield Example(rule.id, rule.file, outcome, 0, "none", f"the rule has no example of {outcome}")
        for outcome, cases in examples.items():
            for index, case in enumerate(cases):
                got, detail = _judge(rule, case, sets)
                yield Example(rule.id, rule.file, outcome, index, got, detail)


def _examples(rule: Rule) -> dict[str, list[Json]]:
    with open(rule.file, encoding="utf-8") as handle:
        data = packs.read_yaml(rule.file, handle.read())
    examples = data.get("examples") or {}
    if not isinstance(examples, dict) or not all(isinstance(cases, list) for cases in examples.values()):
        raise RulePackError(f"{rule.file}:1: examples is a mapping of pass, fail and unknown to lists")
    for outcome in examples:
        if outcome not in ("pass", "fail", "unknown"):
            raise RulePackError(f"{rule.file}:1: examples are pass, fail or unknown, not '{outcome}'")
    return examples


def _judge(rule: Rule, case: Json, sets: Mapping[str, frozenset[str]]) -> tuple[str, str]:
    stack, settings, subject = _stack(rule, case, sets)
    judged = engine.evaluate([stack], [rule], settings)
    if judged.problems:
        return "crash", judged.problems[0].message
    about = [f for f in judged.findings if subject is None or f.logical_id in (subject, None)]
    outcomes = {f.outcome.value for f in about}
    got = "fail" if "fail" in outcomes else "unknown" if outcomes else "pass"
    return got, about[0].message if about else ""


def _stack(rule: Rule, case: Json, sets: Mapping[str, frozenset[str]]) -> tuple[Stack, engine.Settings, str | None]:
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
        construct_path="Example",
        account=options.get("account"),
        region="eu-west-1" if options.get("account") else None,
        from_assembly=True,
        termination_protection=about.get("TerminationProtection"),
        tags=about.get("Tags"),
        environment=options.get("environment") or (rule.environments[0] if rule.environments else "prod"),
    )
    extra = options.get("settings") or {}
    settings = engine.Settings(
        sets=sets,
        aws_accounts=sets.get("aws-accounts", frozenset()),
        parameters={rule.id: options.get("parameters") or {}},
        allowed_accounts=frozenset(extra.get("allowed", ())),
        environment_of_account=extra.get("environments", {}),
    )
    return stack, settings, options.get("id", SUBJECT) if "stack" not in options else None
