"""Resources that run as another role than before: other rights, though no role has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.identities import Identities, Identity
from cdkguard.access.identity_policies import IdentityPair, find_widenings_of_role
from cdkguard.access.patterns import render_pattern
from cdkguard.access.policy_locations import POLICY_LOCATIONS
from cdkguard.access.stack_index import IAM, StackIndex, properties
from cdkguard.access.widening import Widening
from cdkguard.template.values import Deferred

_PROFILE = "AWS::IAM::InstanceProfile"
_ROLE = "AWS::IAM::Role"
# How the names of properties that hold a role end: `ExecutionRoleArn`, `TaskRoleArn`, `ServiceRole`.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
_ROLE_PROPERTIES = ("Role", "RoleArn", "RoleARN", "Roles")


class RoleChange(NamedTuple):
    """A property that names another role than before."""

    logical_id: str
    path: str
    before: Json
    after: Json


def find_workload_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """What resources may do as their new role and could not do as the one before."""
    identities: tuple[Identities, Identities] | None = None
    for change in _find_role_changes(old, new):
        identities = identities or (Identities(old), Identities(new))
        yield from _compare_roles(change, *identities)


def _find_role_changes(old: StackIndex, new: StackIndex) -> Iterator[RoleChange]:
    after = {logical_id: body for logical_id, body in new.resources.items() if runs_as_a_role(body)}
    for logical_id, body in old.resources.items():
        shared_id = old.shared_id(logical_id)
        now = after.get(shared_id)
        if now is None or now is body or now == body:
            continue
        roles = dict(_find_roles(properties(body), "Properties"))
        for path, role in _find_roles(properties(now), "Properties"):
            was = roles.get(path)
            if was is not None and was != role and old.make_pattern(was) != new.make_pattern(role):
                yield RoleChange(shared_id, path, was, role)


def _compare_roles(change: RoleChange, old: Identities, new: Identities) -> Iterator[Widening]:
    before, after = _find_identity(old, change.before), _find_identity(new, change.after)
    if before is None or after is None:
        role = render_pattern(new.stack.make_pattern(change.after))
        rights = "whose rights are not in the template"
        yield Widening(
            logical_id=change.logical_id,
            kind="action",
            severity="medium",
            message=f"{change.logical_id} now runs as {role}, {rights if after is None else f'after a role {rights}'}",
            path=change.path,
            before=change.before,
            after=change.after,
            certain=False,
        )
        return

    label = f"{change.logical_id}, now as {after.label},"
    for widening in find_widenings_of_role(IdentityPair(old, before, new, after), label):
        yield widening._replace(
            logical_id=change.logical_id, path=change.path, before=change.before, after=change.after
        )


# -- reading the template


def runs_as_a_role(body: Json) -> bool:
    """Whether a resource does work: it is no policy and nothing of IAM but an instance profile."""
    kind = str(body.get("Type", ""))
    return kind not in POLICY_LOCATIONS and (kind == _PROFILE or not kind.startswith(IAM))


def names_a_role(body: Json) -> bool:
    """Whether a resource has a property that may hold a role."""
    return runs_as_a_role(body) and any(True for _ in _find_roles(properties(body), "Properties"))


def _find_roles(value: Mapping[str, Json], path: str) -> Iterator[tuple[str, Json]]:
    """(path, role or instance profile) of each property that holds one, at any depth."""
    for name, inner in value.items():
        here = f"{path}.{name}"
        elements = (
            [(f"{here}[{i}]", one) for i, one in enumerate(inner)] if isinstance(inner, list) else [(here, inner)]
        )
        for at, one in elements:
            if isinstance(one, dict):
                yield from _find_roles(one, at)
            elif _names_role_property(name, path) and _may_be_a_role(one, at):
                yield at, one


def _names_role_property(name: str, path: str) -> bool:
    return (
        name.endswith(_ROLE_PROPERTIES)
        or name == "IamInstanceProfile"
        or path.endswith((".IamInstanceProfile", ".Roles"))
    )


def _may_be_a_role(value: Json, path: str) -> bool:
    """Whether it is a reference, an ARN, or a name in an instance profile: other services have roles of their own."""
    if isinstance(value, Deferred):
        return True
    if not isinstance(value, str):
        return False
    return ":role/" in value or ":instance-profile/" in value or path.startswith("Properties.Roles[")


def _find_identity(identities: Identities, role: Json) -> Identity | None:
    """The role of the template that a property names, by itself or through an instance profile."""
    stack = identities.stack
    if not isinstance(role, Deferred) or role.kind != "resource" or role.target is None:
        name = str(role).rpartition("/")[2] if isinstance(role, str) else ""
        return identities.by_key.get(("Role", stack.find_identity("Role", name)))

    body = stack.resources.get(role.target) or {}
    if body.get("Type") == _PROFILE:
        roles = properties(body).get("Roles")
        return _find_identity(identities, roles[0]) if isinstance(roles, list) and len(roles) == 1 else None
    return identities.by_key.get(("Role", stack.shared_id(role.target))) if body.get("Type") == _ROLE else None
