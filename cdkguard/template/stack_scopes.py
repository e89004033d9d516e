"""Gives each stack its Scope and its resources, under the parameters, account and region that its deployment has."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json
from cdkguard.model import Problem, Stack
from cdkguard.template import loops
from cdkguard.template.functions import is_intrinsic
from cdkguard.template.scope import Scope, has_ssm_type
from cdkguard.template.values import ABSENT, Branch, Deferred, as_mapping

MAX_DUMMIES = 200  # different values of missing context, each searched in every text; CDK has a dozen of them

_NESTED = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")  # whose parameters only their parent gives


class StackScopes:
    """The Scope and the resources of each stack, made when first asked for.

    `given` holds values of CloudFormation parameters, for every root stack that declares them. `problems` tells of the
    loops that could not be expanded.
    """

    def __init__(self, given: Mapping[str, Json] | None = None) -> None:
        self.given = given or {}
        self.problems: list[Problem] = []
        # What the stacks of the app tell each other, for all scopes that are made from now on (engine/app_facts.py).
        self.app_facts: Mapping[tuple[str, str], Json] = {}
        self._scopes: dict[Stack, Scope] = {}
        self._resources: dict[Stack, dict[str, Json]] = {}

    def of(self, stack: Stack) -> Scope:
        """The stack's template under the parameters it is given, in its account and region."""
        if stack not in self._scopes:
            self._scopes[stack] = self._make_scope(stack)
        return self._scopes[stack]

    def _make_scope(self, stack: Stack) -> Scope:
        given: dict[str, Json] = {}
        presumed: dict[str, Json] = {}
        declared = as_mapping(stack.template.get("Parameters"))
        if stack.parent is None:
            given = {k: v for k, v in {**stack.parameters, **self.given}.items() if k in declared}
            presumed = dict(stack.presumed)
        elif stack.parent_logical_id is not None:
            given, presumed = self._find_passed_parameters(stack, declared)

        dummies = tuple({d for m in stack.missing for d in m.dummies if d})
        if len(dummies) > MAX_DUMMIES:
            dummies = ("",)  # it is in every text, so that no text is known
        scope = Scope(
            stack.template,
            given,
            stack.account,
            stack.region,
            stack.name if stack.parent is None else None,
            dummies,
            stack,
            presumed,
        )
        scope.app_facts = self.app_facts
        return scope

    def _find_passed_parameters(
        self, stack: Stack, declared: Mapping[str, Json]
    ) -> tuple[dict[str, Json], dict[str, Json]]:
        """(what its parent gives a nested stack for certain, what only a Default of the parent gives).

        A value that is not known in the parent is not known here. A parameter that is not passed has its Default for
        certain: nobody is asked for the parameters of a nested stack, other than for those of a stack set or a product.
        """
        assert stack.parent is not None and stack.parent_logical_id is not None
        parent = self.resources(stack.parent).get(stack.parent_logical_id)
        if parent is None:
            return dict(stack.parameters), {}
        passed = as_mapping(parent.get("Properties")).get("Parameters", {})
        if isinstance(passed, list):  # of a stack set
            pairs = [as_mapping(pair) for pair in passed]
            passed = {str(p["ParameterKey"]): p.get("ParameterValue") for p in pairs if "ParameterKey" in p}
        if not isinstance(passed, dict) or is_intrinsic(passed):
            return {**stack.parameters, **{name: _unknown_parameter(name) for name in declared}}, {}

        scope = self.of(stack.parent)
        without_defaults = scope.without_defaults()
        given, presumed = dict(stack.parameters), {}
        is_nested = parent.get("Type") in _NESTED
        for name, one in declared.items():
            value = _resolve_passed(scope, passed[name], name) if name in passed else ABSENT
            if value is ABSENT:
                default = as_mapping(one)
                if is_nested and name not in given and "Default" in default and not has_ssm_type(default):
                    given[name] = default["Default"]
            elif isinstance(value, Deferred) or _resolve_passed(without_defaults, passed[name], name) == value:
                given[name] = value
            else:
                presumed[name] = value
        return given, presumed

    def resources(self, stack: Stack) -> dict[str, Json]:
        """Logical id -> body, loops of AWS::LanguageExtensions expanded."""
        resources: dict[str, Json] = stack.template.get("Resources") or {}
        if self._resources.get(stack) is resources:  # their loops are expanded
            return resources
        if any(key.startswith(loops.PREFIX) for key in resources) or loops.uses_loops(stack.template):
            resources = self._expand_loops(stack, resources)
        self._resources[stack] = resources
        return resources

    def _expand_loops(self, stack: Stack, resources: dict[str, Json]) -> dict[str, Json]:
        try:
            done, problems = loops.expand(resources, self.of(stack))
        except loops.TooManyValues as problem:
            done = {k: v for k, v in resources.items() if not k.startswith(loops.PREFIX)}
            problems = [str(problem)]
        for text in problems:
            self._add_problem(stack, f"{text}: its resources are not judged")

        expanded = {k: v for k, v in done.items() if _is_resource(v)}
        for logical_id in [key for key in done if key not in expanded]:  # in their order, not that of a hash
            self._add_problem(stack, f"'{logical_id}', which a loop makes, is no resource")

        # The template itself is changed: whoever reads it from here on, such as the other side's scopes, finds no loop.
        stack.template["Resources"] = expanded
        if isinstance(transform := stack.template.get("Transform"), list | str):
            rest = [t for t in (transform if isinstance(transform, list) else [transform]) if t != loops.LOOPS]
            stack.template["Transform"] = rest
        return expanded

    def _add_problem(self, stack: Stack, message: str) -> None:
        text = f"{stack.template_path}: {message}"
        if not any(p.message == text for p in self.problems):
            self.problems.append(Problem("template", text, stack.template_path))


def _resolve_passed(scope: Scope, value: Json, name: str) -> Json:
    """What the parent passes for the parameter; where that is not known, a Deferred of the nested stack."""
    try:
        found = scope.resolve(value)
    except Branch:
        return _unknown_parameter(name)
    return _unknown_parameter(name) if isinstance(found, Deferred) else found


def _unknown_parameter(name: str) -> Deferred:
    return Deferred("parameter", {"Ref": name}, name)


def _is_resource(value: Json) -> bool:
    """Whether it has the form that the reader demands of a resource outside of loops."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("Type"), str)
        and isinstance(value.get("Properties"), dict | None)
    )
