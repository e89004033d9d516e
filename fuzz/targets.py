"""What is fuzzed: a function of bytes for each target, in which any exception that is not caught is a bug.

Inputs are text: a template, a rule, a configuration, or JSON with what a target needs. `make fuzz` runs them.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cdkguard import errors, model
from cdkguard.access.compare import find_widenings
from cdkguard.access.widening import ResolvedStack
from cdkguard.check import comparison
from cdkguard.check import examples as ruletest
from cdkguard.check.report import describe_stack
from cdkguard.check.run import check
from cdkguard.config.load import load_config
from cdkguard.config.settings import Config
from cdkguard.diff import comparable
from cdkguard.diff.compare import compare_stacks
from cdkguard.diff.compared_scope import ComparedScope
from cdkguard.diff.differences import are_equal, find_differences
from cdkguard.diff.references import find_references
from cdkguard.diff.sides import Sides
from cdkguard.engine.changes import evaluate_changes
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import Evaluation, evaluate_resources
from cdkguard.inputs import template_file, template_json
from cdkguard.inputs.template_lines import ResourceLines
from cdkguard.outputs.diff.common import Difference  # noqa: E402
from cdkguard.packs import load as packs
from cdkguard.packs import rule_yaml
from cdkguard.template import jsonpath, loops, paths, stack_scopes
from cdkguard.template.functions import flatten
from cdkguard.template.scope import Scope
from cdkguard.template.values import Branch
from tests.support import output_laws  # noqa: E402  (the laws are the test suite's)

Json = Any
Target = Callable[[bytes], None]
PLACE = {
    "account": "111122223333",
    "region": "eu-west-1",
    "environment": "prod",
    "construct_path": "App/Main",
    "from_assembly": True,
}


@cache
def loaded() -> packs.Packs:
    """The built-in rules."""
    return packs.load_packs(())


def _json(data: bytes) -> Json:
    """The input as JSON, None where it is none: only the readers are asked about broken text."""
    try:
        return template_json.parse_json(data.decode("utf-8"), "input")
    except (errors.TemplateError, UnicodeDecodeError):
        return None


def _stack(body: Json) -> model.Stack | None:
    """A stack of a template that our reader takes."""
    body = copy.deepcopy(body)
    try:
        template_file.check_template(body, "input")
    except errors.TemplateError:
        return None
    return model.Stack("Main", body, "Main.template.json", **PLACE)


def _settings() -> EngineSettings:
    return EngineSettings(sets=loaded().sets, aws_accounts=loaded().sets.get("aws-accounts", frozenset()))


def read_template(data: bytes) -> None:
    """The reader: a template or a TemplateError; every logical id is looked for in the text."""
    text = data.decode("utf-8", "replace")
    try:
        body = template_file.parse(text, "input")
        template_file.check_template(body, "input")
    except errors.TemplateError:
        return
    lines = ResourceLines(text)
    for logical_id in body["Resources"]:
        found = lines(logical_id)
        assert found is None or 1 <= found <= text.count("\n") + 1


def read_yaml(data: bytes) -> None:
    """The YAML reader, also for what begins like JSON, which it must then read alike."""
    text = data.decode("utf-8", "replace")
    try:
        template_file.parse("---\n" + text, "input")
    except errors.TemplateError:
        return


def compile_path(data: bytes) -> None:
    """A path or a PathError; a path that compiles walks over any value."""
    text = data.decode("utf-8", "replace")
    try:
        steps = jsonpath.parse_path(text)
    except jsonpath.PathError:
        return
    json.dumps(steps)
    body = {
        "Properties": {
            "A": [{"Key": "env", "Value": {"Ref": "P"}}, {"Ref": "AWS::NoValue"}, 1],
            "B": "x",
            "Fn::Transform": {},
        },
        "A": {"B": None},
    }
    for path, _value in paths.bind_steps(steps)(Scope({"Parameters": {"P": {}}}), body):
        paths.render_path(path)


def resolve(data: bytes) -> None:
    """Intrinsic functions: every value of a template is resolved, made comparable, compared with itself and written."""
    body = _json(data)
    stack = _stack(body) if body is not None else None
    if stack is None:
        return
    try:
        resources = stack_scopes.StackScopes().resources(stack)
    except loops.NotExpandable:
        return
    scope = stack_scopes.StackScopes().of(stack)
    compared = ComparedScope(scope)
    for resource in resources.values():
        with_branches = comparable.make_comparable(compared, resource)
        assert are_equal(with_branches, comparable.make_comparable(compared, resource))
        assert not list(find_differences(with_branches, with_branches))
        json.dumps(comparable.as_json(with_branches), default=repr)
        list(find_references(resource))
        flatten(resource.get("Properties"))
        try:
            scope.resolve_deep(resource)
        except Branch as branch:
            assert {type(scope.assume(branch, truth)) for truth in (True, False)} != {type(None)}
    for name in stack.template.get("Conditions") or {}:
        scope.condition_if_known(name)
        comparable.spell_out_condition(compared, name)


def judge(data: bytes) -> None:
    """Every built-in rule on a template: no rule crashes."""
    _judged(data)


def render(data: bytes) -> None:
    """The same, and every output of the report parses."""
    report = _judged(data)
    if report is not None:
        output_laws.parses_everywhere(report)


def _judged(data: bytes) -> model.Report | None:
    body = _json(data)
    stack = _stack(body) if body is not None else None
    if stack is None:
        return None
    rules = [rule for rule in loaded().rules if rule.scope != "change"]
    judged = evaluate_resources([stack], rules, _settings())
    assert not [p for p in judged.problems if p.kind == "rule"], judged.problems
    about = (describe_stack(stack, len(stack.template["Resources"])),)
    return model.Report(tuple(judged.findings), _infos(judged), about, tuple(judged.problems))


def _infos(judged: Evaluation) -> list[model.RuleInfo]:
    met = {f.rule_id for f in judged.findings}
    return [model.RuleInfo(*(getattr(r, f) for f in model.RuleInfo._fields)) for r in loaded().rules if r.id in met]


def compare(data: bytes) -> None:
    """{before, after}: the differ, the rules on changes, the outputs of a diff; nothing changes between equal templates."""
    body = _json(data)
    if not (isinstance(body, dict) and isinstance(body.get("before"), dict) and isinstance(body.get("after"), dict)):
        return
    old, new, again = _stack(body["before"]), _stack(body["after"]), _stack(body["after"])
    if old is None or new is None or again is None:
        return
    tables = comparison.type_facts(loaded().sets)
    sides = Sides(stack_scopes.StackScopes(), stack_scopes.StackScopes())
    found = compare_stacks([old], [new], tables, sides)
    rules = [rule for rule in loaded().rules if rule.scope == "change"]
    judged = evaluate_changes(found, rules, loaded().rules, ([old], [new]), _settings(), sides)
    assert not [p for p in judged.problems if p.kind == "rule"], judged.problems
    output_laws.difference_parses(Difference(found, (new, old), "old", "new"))
    assert not compare_stacks([new], [again], tables, Sides(stack_scopes.StackScopes(), stack_scopes.StackScopes()))


def widen(data: bytes) -> None:
    """{before, after}: what a policy allows beyond another; nothing beyond itself."""
    body = _json(data)
    if not isinstance(body, dict):
        return
    sides = []
    for name in ("before", "after"):
        stack = _stack({"Parameters": body.get("Parameters"), "Resources": body.get(name)})
        if stack is None:
            return
        compared = ComparedScope(stack_scopes.StackScopes().of(stack))
        resources = comparable.make_comparable(compared, stack.template["Resources"])
        sides.append(ResolvedStack({k: v for k, v in resources.items() if isinstance(v, dict)}, "111122223333"))
    for before, after in (sides, sides[::-1], (sides[0], sides[0])):
        found = find_widenings(before, after)
        assert not found or before is not after
        assert all(one.kind in model.WIDENING_KINDS and one.severity in model.SEVERITIES for one in found)


def load_rule(data: bytes) -> None:
    """A rule file: rules or a RulePackError; what loads is judged on its own examples."""
    text = data.decode("utf-8", "replace")
    try:
        prepared = packs.prepare_pack("pack", {"pack/x.yaml": text}, {"s": ["AWS::S3::Bucket"]})
        rule = next(iter(prepared.rules()))
        if rule.predicates:
            return
        examples = rule_yaml.read_yaml("x.yaml", text).get("examples") or {}
        cases = (
            [case for many in examples.values() if isinstance(many, list) for case in many]
            if isinstance(examples, dict)
            else []
        )
        for case in cases[:4]:
            ruletest._judge_example(rule, [], case, {"s": frozenset(["AWS::S3::Bucket"])})
    except errors.CdkguardError:
        pass


def read_config(data: bytes) -> None:
    """A configuration, as YAML and as TOML: a Config or a ConfigError."""
    for name in ("cdkguard.yaml", "cdkguard.toml"):
        path = os.path.join(_folder(), name)
        Path(path).write_bytes(data)
        with contextlib.suppress(errors.CdkguardError):
            load_config(_folder(), path)


def read_assembly(data: bytes) -> None:
    """{files: {name: JSON}}: a cloud assembly is judged, or refused with a reason."""
    body = _json(data)
    files = body.get("files") if isinstance(body, dict) else None
    if not isinstance(files, dict) or not 0 < len(files) < 20:
        return
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        for name, content in files.items():
            if name and "/" not in name and "\0" not in name and len(name) < 60 and name not in (".", ".."):
                try:
                    Path(folder, name).write_text(json.dumps(content), encoding="utf-8")
                except UnicodeEncodeError:
                    return
        try:
            report = check(Config(paths=(folder,), rules=("all",), environment="prod"), today="2026-01-01")
        except errors.CdkguardError:
            return
    assert not [p for p in report.problems if p.kind == "rule"], report.problems
    output_laws.parses_everywhere(report)


@cache
def _folder() -> str:
    """A folder of this process, in memory where there is such a thing."""
    memory = "/dev/shm"
    return tempfile.mkdtemp(prefix="cdkguard-fuzz-", dir=memory if os.access(memory, os.W_OK) else None)


TARGETS: dict[str, Target] = {
    "template": read_template, "yaml": read_yaml, "path": compile_path, "resolve": resolve, "judge": judge, "render": render, "compare": compare,
    "widen": widen, "rule": load_rule, "config": read_config, "assembly": read_assembly,
}  # fmt: skip
AS_JSON = (
    "resolve",
    "judge",
    "render",
    "compare",
    "widen",
    "rule",
    "assembly",
)  # whose inputs are changed as JSON, not as bytes
