"""What one version of a stack allows that the one before did not: IAM, resource policies, security groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cdkguard._typing import Json
from cdkguard.access.policy_locations import POLICY_LOCATIONS
from cdkguard.access.principals import find_identity_widenings
from cdkguard.access.resource_policies import find_resource_policy_widenings, find_url_widenings
from cdkguard.access.security_groups import (
    find_attached_resource_widenings,
    find_group_widenings,
    find_prefix_list_widenings,
    has_security_group,
)
from cdkguard.access.stack_index import FUNCTION_URL, IAM, PREFIX_LIST, SECURITY_GROUP_TYPES, StackIndex
from cdkguard.access.widening import ResolvedStack, Widening
from cdkguard.access.workload_roles import find_workload_widenings, names_a_role


def find_widenings(
    before: ResolvedStack, after: ResolvedStack, renamed: Mapping[str, str] | None = None
) -> list[Widening]:
    """All that `after` allows beyond `before`, for what is in both; what is new as a whole is for the rules to judge.

    `renamed`: logical id before -> logical id after.
    """
    renamed = renamed or {}
    if not _access_may_differ(before.resources, after.resources, renamed):
        return []
    old, new = StackIndex(before, renamed), StackIndex(after, {})
    found = [
        *find_identity_widenings(old, new),
        *find_resource_policy_widenings(old, new),
        *find_url_widenings(old, new),
        *find_group_widenings(old, new),
    ]
    found += [
        *find_prefix_list_widenings(old, new),
        *find_workload_widenings(old, new),
        *find_attached_resource_widenings(old, new),
    ]
    return sorted(_without_repetitions(found), key=lambda w: (w.logical_id, w.path, w.kind))


def _without_repetitions(found: Iterable[Widening]) -> list[Widening]:
    """Without the repetitions."""
    seen: dict[tuple[object, ...], Widening] = {}
    for one in found:
        seen.setdefault((one.logical_id, one.kind, one.path, one.message), one)
    return list(seen.values())


def _decides_access(body: Json) -> bool:
    kind = body.get("Type", "")
    return (
        kind in POLICY_LOCATIONS
        or kind in SECURITY_GROUP_TYPES
        or kind in (PREFIX_LIST, FUNCTION_URL)
        or (isinstance(kind, str) and kind.startswith(IAM))
    )


def _uses_access(body: Json) -> bool:
    """Whether it runs as a role, or stands behind security groups."""
    return names_a_role(body) or has_security_group(body)


def _access_may_differ(before: Mapping[str, Json], after: Mapping[str, Json], renamed: Mapping[str, str]) -> bool:
    """Whether a resource that has to do with access is not the same on both sides."""
    if renamed:
        return any(_decides_access(body) or _uses_access(body) for body in after.values())
    for logical_id, body in after.items():
        was = before.get(logical_id)
        if was is not body and (_decides_access(body) or _uses_access(body)) and was != body:
            return True
    return any(_decides_access(body) for logical_id, body in before.items() if logical_id not in after)
