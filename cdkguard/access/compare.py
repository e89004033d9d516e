"""Who may do or reach what beyond before: the door of this folder.

Follow one widening, a bucket policy that adds `Principal: "*"`:
1. `engine/changes.py` hands both versions of the stack, resolved, to `find_widenings` as ResolvedStacks.
2. `stack_index.py` spells references alike on both sides: `Ref: Bucket`, its ARN and its name are one thing.
3. `resource_policies.py` reads the policies of each resource, at the places that `policy_locations.py` lists.
   (`identity_policies.py` does so for roles, users and groups, `security_groups.py` for the network.)
4. `statements.py` reads a document into Statements: who does what to what, under which conditions. Each element is a
   set: of names (`sets.py`, `patterns.py`), of conditions (`conditions.py`), per branch of an Fn::If (`branches.py`).
5. `grants.py` finds the requests that the statements of after allow and those of before do not: NewGrants.
6. `severity.py` and `risk.py` say how severe that is, `wording.py` says it in words: a Widening, to be approved.

Three-valued: what depends on a value that only the deployment knows is a widening that is not `certain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cdkguard._typing import Json
from cdkguard.access.attached_groups import find_attached_resource_widenings, has_security_group
from cdkguard.access.function_urls import find_url_widenings
from cdkguard.access.identity_policies import find_identity_widenings
from cdkguard.access.policy_locations import POLICY_LOCATIONS
from cdkguard.access.resource_policies import find_resource_policy_widenings
from cdkguard.access.security_groups import find_group_widenings, find_prefix_list_widenings
from cdkguard.access.stack_index import FUNCTION_URL, IAM, PREFIX_LIST, SECURITY_GROUP_TYPES, StackIndex
from cdkguard.access.widening import ResolvedStack, Widening
from cdkguard.access.workload_roles import find_workload_widenings, names_a_role

_FINDERS = (
    find_identity_widenings,
    find_resource_policy_widenings,
    find_url_widenings,
    find_group_widenings,
    find_prefix_list_widenings,
    find_workload_widenings,
    find_attached_resource_widenings,
)


def find_widenings(
    before: ResolvedStack, after: ResolvedStack, renamed: Mapping[str, str] | None = None
) -> list[Widening]:
    """All that `after` allows beyond `before`, sorted by resource.

    Only of resources that are in both: what a new resource allows is a matter of the rules about resources.
    `renamed` leads from logical IDs before to logical IDs after, for resources that have another one.
    """
    renamed = renamed or {}
    if not _access_may_differ(before.resources, after.resources, renamed):
        return []
    old, new = StackIndex(before, renamed), StackIndex(after, {})
    found = (widening for find in _FINDERS for widening in find(old, new))
    return sorted(_without_repetitions(found), key=lambda w: (w.logical_id, w.path, w.kind))


def _without_repetitions(found: Iterable[Widening]) -> list[Widening]:
    """The first of the widenings that say the same, such as those of each user of a group."""
    first: dict[tuple[object, ...], Widening] = {}
    for one in found:
        first.setdefault((one.logical_id, one.kind, one.path, one.message), one)
    return list(first.values())


def _access_may_differ(before: Mapping[str, Json], after: Mapping[str, Json], renamed: Mapping[str, str]) -> bool:
    """Whether a resource that has to do with access is not the same on both sides: the quick answer for most stacks."""
    if renamed:
        return any(_decides_access(body) or _uses_access(body) for body in after.values())
    for logical_id, body in after.items():
        was = before.get(logical_id)
        if was is not body and (_decides_access(body) or _uses_access(body)) and was != body:
            return True
    return any(_decides_access(body) for logical_id, body in before.items() if logical_id not in after)


def _decides_access(body: Json) -> bool:
    """Whether a resource is of IAM, holds a policy, or is a rule of the network."""
    kind = body.get("Type", "")
    return (
        kind in POLICY_LOCATIONS
        or kind in SECURITY_GROUP_TYPES
        or kind in (PREFIX_LIST, FUNCTION_URL)
        or (isinstance(kind, str) and kind.startswith(IAM))
    )


def _uses_access(body: Json) -> bool:
    """Whether a resource runs as a role, or stands behind security groups."""
    return names_a_role(body) or has_security_group(body)
