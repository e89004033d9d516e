"""The values of both sides of a comparison: in which scope each stack's template is resolved, and its resources in it."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.comparable import as_text, make_comparable, spell_out_condition
from cdkguard.diff.compared_scope import ComparedScope, ScopePair, pair_scopes
from cdkguard.logic import Tri
from cdkguard.model import Stack
from cdkguard.template.scope import Scope
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import ABSENT, Deferred

# Where equal text is an equal value only if these sections are equal as well.
_SECTIONS_BEHIND_VALUES = ("Parameters", "Mappings", "Conditions")
_KEPT_AS_WRITTEN = ("Metadata", "Condition", "DependsOn")  # Attributes of a resource in which functions do not count.


class Sides:
    """The values of both assemblies' stacks."""

    def __init__(self, before: StackScopes, after: StackScopes) -> None:
        self.before, self.after = before, after
        self._pairs: dict[tuple[Stack, Stack], ScopePair] = {}

    def pair(self, old: Stack, new: Stack) -> ScopePair:
        """The scopes in which the stack `old` of the baseline is compared with `new`, which it becomes.

        A parameter whose value nobody knows is the same value on both sides only if it comes from the same place.
        """
        key = old, new
        if key not in self._pairs:
            parents = None
            if old.parent is not None and new.parent is not None:
                parents = self.pair(old.parent, new.parent)
            self._pairs[key] = self._make_pair(old, new, parents)
        return self._pairs[key]

    def _make_pair(self, old: Stack, new: Stack, parents: ScopePair | None) -> ScopePair:
        before, after = self.before.of(old), self.after.of(new)
        old_sources = _find_sources(old, self.before, parents and parents.before)
        new_sources = _find_sources(new, self.after, parents and parents.after)
        moved = [name for name in old_sources if name in new_sources and old_sources[name] != new_sources[name]]
        return pair_scopes(
            _separate_parameters(_place_beside(before, after), moved, old_sources),
            _separate_parameters(_place_beside(after, before), moved, new_sources),
        )


class Resource(NamedTuple):
    """A resource as its template writes it, and resolved; None where it is not there, or not created."""

    raw: Json
    body: Json


def resolve_resource(raw: Json, compared: ComparedScope) -> Resource:
    """The resource with comparable values; `raw` is None where the template does not have it.

    `Condition` stays only where it is not known: then it is the condition spelled out.
    """
    if not isinstance(raw, dict):
        return Resource(None, None)

    condition, holds = raw.get("Condition"), _decide_condition(raw, compared.scope)
    if holds is False:
        return Resource(raw, None)

    values = {k: v if k in _KEPT_AS_WRITTEN else make_comparable(compared, v) for k, v in raw.items()}
    body = {k: v for k, v in values.items() if v is not ABSENT}
    if holds is None and isinstance(condition, str):
        body["Condition"] = Deferred("unknown", spell_out_condition(compared, condition))
    else:
        body.pop("Condition", None)
    return Resource(raw, body)


def is_created(raw: Json, scope: Scope) -> bool:
    """Whether the template has the resource and its condition may be true."""
    return isinstance(raw, dict) and _decide_condition(raw, scope) is not False


def _decide_condition(raw: Mapping[str, Json], scope: Scope) -> Tri:
    """Whether the condition of the resource holds; a resource without one is created.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
    """
    condition = raw.get("Condition")
    return scope.condition_if_known(condition) if isinstance(condition, str) else True


def is_equal_text_equal(old: Stack, new: Stack, pair: ScopePair) -> bool:
    """Whether equal text is an equal value in both templates, so that equal resources need not be resolved."""
    scopes = (pair.before.scope, pair.after.scope)
    before, after = ((s.given, s.account, s.region, s.stack_name, s.dummies) for s in scopes)
    return before == after and all(old.template.get(n) == new.template.get(n) for n in _SECTIONS_BEHIND_VALUES)


def keep_old_defaults(old: Stack, new: Stack, pair: ScopePair) -> ComparedScope | None:
    """The new side with the old Defaults of its parameters; None where no Default changes.

    Whoever deploys may keep the value that a parameter has, and then the new Default does not count:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html (`UsePreviousValue`).
    """
    scope = pair.after.scope
    old_parameters, new_parameters = ((s.template.get("Parameters") or {}) for s in (old, new))
    kept = {
        name: declared["Default"]
        for name, declared in old_parameters.items()
        if isinstance(declared, dict)
        and "Default" in declared
        and name not in scope.given
        and isinstance(other := new_parameters.get(name), dict)
        and "Default" in other
        and other["Default"] != declared["Default"]
    }
    if not kept:
        return None
    return ComparedScope(_give_parameters(scope, kept, new), pair.before.scope)


def _find_sources(stack: Stack, side: StackScopes, parent: ComparedScope | None) -> dict[str, str]:
    """Where each parameter without a known value gets it: a path in the parameter store, or the parent stack's value."""
    declared, scope = stack.template.get("Parameters"), side.of(stack)
    passed = _find_passed_parameters(stack, side, parent)
    sources = {}
    for name, declaration in (declared if isinstance(declared, dict) else {}).items():
        if not isinstance(scope.parameter_value(name), Deferred):
            continue
        if name in passed:
            sources[name] = as_text(passed[name])
        elif isinstance(declaration, dict):  # The Default of an SSM parameter type is the path.
            sources[name] = f"{declaration.get('Type')} {declaration.get('Default')}"
        else:
            sources[name] = str(declaration)
    return sources


def _find_passed_parameters(stack: Stack, side: StackScopes, parent: ComparedScope | None) -> Mapping[str, Json]:
    """The `Parameters` that the parent's resource passes to a nested stack, resolved; empty for others."""
    if stack.parent is None or parent is None:
        return {}
    raw = side.resources(stack.parent).get(stack.parent_logical_id or "")
    body = resolve_resource(raw, parent).body
    properties = body.get("Properties") if body else None
    passed = properties.get("Parameters") if isinstance(properties, dict) else None
    return passed if isinstance(passed, dict) else {}


def _separate_parameters(scope: Scope, names: list[str], sources: Mapping[str, str]) -> Scope:
    """The scope in which these parameters are values of their source: another source, another value."""
    return _give_parameters(scope, {n: Deferred("parameter", {"Ref": n}, n, sources[n]) for n in names})


def _place_beside(scope: Scope, other: Scope) -> Scope:
    """The scope in the account and region of the other side, where its own are known to the deployment only.

    Both are one stack, so they are deployed to the same place.
    """
    account, region = scope.account or other.account, scope.region or other.region
    if (account, region) == (scope.account, scope.region):
        return scope
    return Scope(scope.template, scope.given, account, region, scope.stack_name, scope.dummies, scope.stack)


def _give_parameters(scope: Scope, values: Mapping[str, Json], stack: Stack | None = None) -> Scope:
    """The scope with other values of these parameters; the same scope where there are none."""
    if not values:
        return scope
    place = (scope.account, scope.region, scope.stack_name, scope.dummies)
    return Scope(scope.template, {**scope.given, **values}, *place, stack or scope.stack)
