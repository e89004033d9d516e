"""Resources that run as another role than before: other rights, though no role has changed."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.identities import Identities, Identity, IdentityPair
from cdkguard.access.identity_policies import find_widenings_of_role
from cdkguard.access.patterns import render_pattern
from cdkguard.access.resource_types import INSTANCE_PROFILE, ROLE, find_roles, read_properties, runs_as_a_role
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.widening import Widening
from cdkguard.template.values import Deferred


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
        roles = dict(find_roles(read_properties(body), "Properties"))
        for path, role in find_roles(read_properties(now), "Properties"):
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


def _find_identity(identities: Identities, role: Json) -> Identity | None:
    """The role of the template that a property names, by itself or through an instance profile."""
    stack = identities.stack
    if not isinstance(role, Deferred) or role.kind != "resource" or role.target is None:
        name = str(role).rpartition("/")[2] if isinstance(role, str) else ""
        return identities.by_key.get(("Role", stack.find_identity("Role", name)))

    body = stack.resources.get(role.target) or {}
    if body.get("Type") == INSTANCE_PROFILE:
        roles = read_properties(body).get("Roles")
        return _find_identity(identities, roles[0]) if isinstance(roles, list) and len(roles) == 1 else None
    return identities.by_key.get(("Role", stack.shared_id(role.target))) if body.get("Type") == ROLE else None
