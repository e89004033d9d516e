"""The values of both sides of a comparison, with parameters of different origin told apart."""

from __future__ import annotations

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.comparable import as_text, make_comparable, spell_out_condition, stand_beside
from cdkguard.model import Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import ABSENT, Deferred, Scope


class Sides(NamedTuple):
    """The values of both templates' stacks."""

    before: StackScopes
    after: StackScopes


def _told_apart(old: Stack, new: Stack, sides: Sides, known: dict[int, Scope]) -> tuple[Scope, Scope]:
    """The scopes of both, where a parameter whose value nobody knows is another one if it comes from elsewhere.

    `known` holds those of the parents, and gets these.
    """
    scopes = sides.before.of(old), sides.after.of(new)
    both = (
        (_placed(*scopes), _origins(old, sides.before, known)),
        (_placed(*reversed(scopes)), _origins(new, sides.after, known)),
    )
    origins = both[0][1], both[1][1]
    names = [name for name in origins[0] if name in origins[1] and origins[0][name] != origins[1][name]]
    made = [
        _given(scope, {name: Deferred("parameter", {"Ref": name}, name, origin[name]) for name in names})
        for scope, origin in both
    ]
    stand_beside(made[0], made[1])
    known[id(old)], known[id(new)] = made
    return made[0], made[1]


def _origins(stack: Stack, side: StackScopes, known: dict[int, Scope]) -> dict[str, str]:
    """Where each parameter without a known value gets it: a parameter store, or a value of the parent stack."""
    declared, scope = stack.template.get("Parameters"), side.of(stack)
    passed: Json = {}
    if stack.parent is not None and id(stack.parent) in known:
        raw = side.resources(stack.parent).get(stack.parent_logical_id or "")
        body = _here(raw, known[id(stack.parent)]).body
        properties = body.get("Properties") if body else None
        passed = properties.get("Parameters") if isinstance(properties, dict) else {}
    found = {}
    for name, how in (declared if isinstance(declared, dict) else {}).items():
        if isinstance(scope.parameter_value(name), Deferred):
            if isinstance(passed, dict) and name in passed:
                found[name] = as_text(passed[name])
            else:
                found[name] = f"{how.get('Type')} {how.get('Default')}" if isinstance(how, dict) else str(how)
    return found


def _placed(scope: Scope, partner: Scope) -> Scope:
    """In the account and region of the other side, where its own are left to the deployment: both are one stack."""
    account, region = scope.account or partner.account, scope.region or partner.region
    if (account, region) == (scope.account, scope.region):
        return scope
    return Scope(scope.template, scope.given, account, region, scope.stack_name, scope.dummies, scope.stack)


class _Body(NamedTuple):
    """A resource as it stands in its template, and resolved; `body` is None where it is not created."""

    raw: Json
    body: Json


def _here(raw: Json, scope: Scope) -> _Body:
    if not isinstance(raw, dict):
        return _Body(None, None)
    condition = raw.get("Condition")
    holds = scope.condition_if_known(condition) if isinstance(condition, str) else True
    if holds is False:
        return _Body(raw, None)
    body = {k: v if k in ("Metadata", "Condition", "DependsOn") else make_comparable(scope, v) for k, v in raw.items()}
    body = {k: v for k, v in body.items() if v is not ABSENT}
    if holds is None and isinstance(condition, str):
        body["Condition"] = Deferred("unknown", spell_out_condition(scope, condition))
    else:
        body.pop("Condition", None)
    return _Body(raw, body)


def _same_surroundings(old: Stack, new: Stack, scopes: tuple[Scope, Scope]) -> bool:
    """Whether equal text is an equal value in both templates."""
    one, other = scopes
    places = [(s.given, s.account, s.region, s.stack_name, s.dummies) for s in scopes]
    names = ("Parameters", "Mappings", "Conditions")
    return places[0] == places[1] and all(old.template.get(n) == new.template.get(n) for n in names)


def _pinned(old: Stack, new: Stack, scope: Scope) -> Scope | None:
    """The new values with the old Defaults of parameters: what runs may keep the value that it was deployed with."""
    defaults = [(s.template.get("Parameters") or {}) for s in (old, new)]
    kept = {
        name: declared["Default"]
        for name, declared in defaults[0].items()
        if isinstance(declared, dict)
        and "Default" in declared
        and name not in scope.given
        and isinstance(other := defaults[1].get(name), dict)
        and "Default" in other
        and other["Default"] != declared["Default"]
    }
    if not kept:
        return None
    return _given(scope, kept, new)


def _given(scope: Scope, more: dict[str, Json], owner: Stack | None = None) -> Scope:
    """The same scope with other values of parameters."""
    given = {**scope.given, **more}
    place = (scope.account, scope.region, scope.stack_name, scope.dummies)
    return Scope(scope.template, given, *place, owner or scope.stack) if more else scope
