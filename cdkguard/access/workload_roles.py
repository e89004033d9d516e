"""What runs as a role: another role is other rights, though neither role has changed."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.access import patterns as globs
from cdkguard.access.policy_locations import POLICY_LOCATIONS
from cdkguard.access.principals import Identities, Identity, compare_roles
from cdkguard.access.stack_index import IAM, StackIndex, properties
from cdkguard.access.widening import Widening
from cdkguard.template.values import Deferred

_PROFILE = "AWS::IAM::InstanceProfile"
_ROLE = "AWS::IAM::Role"
_ROLE_PROPERTIES = ("Role", "RoleArn", "RoleARN", "Roles")  # how properties that hold a role end


def find_workload_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """What a resource may do as its new role and could not do as the one before."""
    owners: tuple[Identities, Identities] | None = None
    now = {i: body for i, body in new.resources.items() if runs_as_a_role(body)}
    for logical_id, body in old.resources.items():
        shared = old.id(logical_id)
        if shared not in now or now[shared] is body or now[shared] == body:
            continue
        before = dict(_find_roles(properties(body), "Properties"))
        for path, role in _find_roles(properties(now[shared]), "Properties"):
            was = before.get(path)
            if was is None or was == role or old.pattern(was) == new.pattern(role):
                continue
            owners = owners or (Identities(old), Identities(new))
            yield from _compare_role(
                shared, path, (_find_identity(owners[0], was), was), (_find_identity(owners[1], role), role), owners
            )


def runs_as_a_role(body: Json) -> bool:
    kind = str(body.get("Type", ""))
    return kind not in POLICY_LOCATIONS and (kind == _PROFILE or not kind.startswith(IAM))


def names_a_role(body: Json) -> bool:
    """Whether a resource has a property that may hold a role."""
    return runs_as_a_role(body) and any(True for _ in _find_roles(properties(body), "Properties"))


def _compare_role(
    logical_id: str,
    path: str,
    was: tuple[Identity | None, Json],
    now: tuple[Identity | None, Json],
    owners: tuple[Identities, Identities],
) -> Iterator[Widening]:
    (one, before), (other, after) = was, now
    if other is None or one is None:
        role = globs.render_pattern(owners[1].side.pattern(after))
        text = f"{logical_id} now runs as {role}, " + (
            "whose rights are not in the template"
            if other is None
            else "after a role whose rights are not in the template"
        )
        yield Widening(logical_id, "action", "medium", text, path, before, after, False)
        return
    found = compare_roles(*owners, one, other, f"{logical_id}, now as {other.label},")
    yield from (wider._replace(logical_id=logical_id, path=path, before=before, after=after) for wider in found)


def _find_roles(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    """(path, role or instance profile) of each property that holds one."""
    for name, inner in value.items():
        here = f"{path}.{name}"
        for at, one in (
            ((here, inner),) if not isinstance(inner, list) else ((f"{here}[{i}]", v) for i, v in enumerate(inner))
        ):
            if isinstance(one, dict):
                yield from _find_roles(one, at)
            elif _holds_a_role(name, path) and _may_be_a_role(one, at):
                yield at, one


def _holds_a_role(name: str, path: str) -> bool:
    return (
        name.endswith(_ROLE_PROPERTIES)
        or name == "IamInstanceProfile"
        or path.endswith((".IamInstanceProfile", ".Roles"))
    )


def _may_be_a_role(value: Json, path: str) -> bool:
    """An ARN or reference, or a name in an instance profile: not everything that is called a role is one of IAM's."""
    return (
        isinstance(value, Deferred)
        or isinstance(value, str)
        and (":role/" in value or ":instance-profile/" in value or path.startswith("Properties.Roles["))
    )


def _find_identity(owners: Identities, role: Json) -> Identity | None:
    """The role in the template that a property refers to, by itself or through an instance profile."""
    if not isinstance(role, Deferred) or role.kind != "resource" or role.target is None:
        name = str(role) if isinstance(role, str) else ""
        return owners.all.get(("Role", owners.side.named("Role", name.rpartition("/")[2])))
    body = owners.side.resources.get(role.target) or {}
    if body.get("Type") == _PROFILE:
        many = properties(body).get("Roles")
        return _find_identity(owners, many[0]) if isinstance(many, list) and len(many) == 1 else None
    return owners.all.get(("Role", owners.side.id(role.target))) if body.get("Type") == _ROLE else None
