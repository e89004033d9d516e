"""Gives each stack its Scope and its resources, under the parameters, account and region that its deployment has."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json
from cdkguard.model import Problem, Stack
from cdkguard.template import loops
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Branch, Deferred

MAX_DUMMIES = 200  # different values of missing context, each searched in every text; CDK has a dozen of them


class StackScopes:
    """The Scope and the resources of each stack, made when first asked for.

    `given` holds values of CloudFormation parameters, for every root stack that declares them. `problems` tells of the
    loops that could not be expanded.
    """

    def __init__(self, given: Mapping[str, Json] | None = None) -> None:
        self.given = given or {}
        self.problems: list[Problem] = []
        self._scopes: dict[Stack, Scope] = {}
        self._resources: dict[Stack, dict[str, Json]] = {}

    def of(self, stack: Stack) -> Scope:
        """The stack's template under the parameters it is given, in its account and region."""
        if stack not in self._scopes:
            self._scopes[stack] = self._make_scope(stack)
        return self._scopes[stack]

    def _make_scope(self, stack: Stack) -> Scope:
        given: dict[str, Json] = {}
        declared = stack.template.get("Parameters")
        declared = declared if isinstance(declared, dict) else {}
        if stack.parent is None:
            given = {k: v for k, v in {**stack.parameters, **self.given}.items() if k in declared}
        elif stack.parent_logical_id is not None:
            given = self._find_passed_parameters(stack, declared)

        dummies = tuple({d for m in stack.missing for d in m.dummies if d})
        if len(dummies) > MAX_DUMMIES:
            dummies = ("",)  # it is in every text, so that no text is known
        return Scope(
            stack.template,
            given,
            stack.account,
            stack.region,
            stack.name if stack.parent is None else None,
            dummies,
            stack,
        )

    def _find_passed_parameters(self, stack: Stack, declared: Mapping[str, Json]) -> dict[str, Json]:
        """The parameters of a nested stack, as its parent passes them; a value that is not known there is not known here."""
        assert stack.parent is not None and stack.parent_logical_id is not None
        scope, given = self.of(stack.parent), dict(stack.parameters)
        parent = self.resources(stack.parent).get(stack.parent_logical_id, {})
        properties = parent.get("Properties")
        passed = properties.get("Parameters") if isinstance(properties, dict) else None
        if isinstance(passed, list):  # of a stack set
            passed = {
                str(p["ParameterKey"]): p.get("ParameterValue")
                for p in passed
                if isinstance(p, dict) and "ParameterKey" in p
            }
        for name, raw in (passed if isinstance(passed, dict) else {}).items():
            if name not in declared:
                continue
            try:
                value = scope.resolve(raw)
            except Branch:
                value = Deferred("parameter", {"Ref": name}, name)
            if value is not ABSENT:
                known = not isinstance(value, Deferred)
                given[name] = value if known else Deferred("parameter", {"Ref": name}, name)
        return given

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
            done = loops.expand(resources, self.of(stack))
        except loops.NotExpandable as problem:
            done = {k: v for k, v in resources.items() if not k.startswith(loops.PREFIX)}
            self._add_problem(stack, f"{problem}: its resources are not judged")

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


def _is_resource(value: Json) -> bool:
    """Whether it has the form that the reader demands of a resource outside of loops."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("Type"), str)
        and isinstance(value.get("Properties"), dict | None)
    )
