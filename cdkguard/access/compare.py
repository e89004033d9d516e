"""What one version of a stack allows that the one before did not: IAM, resource policies, security groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cdkguard._typing import Json
from cdkguard.access.policy_locations import ATTACHMENTS
from cdkguard.access.principals import of_principals
from cdkguard.access.resource_policies import of_resources, of_urls
from cdkguard.access.security_groups import of_groups, of_lists, of_wearers, wears_a_group
from cdkguard.access.side import GROUPS, IAM, LIST, URL, Side, View, Widening
from cdkguard.access.workload_roles import names_a_role, of_workloads


def widenings(before: View, after: View, renamed: Mapping[str, str] | None = None) -> list[Widening]:
    """All that `after` allows beyond `before`, for what is in both; what is new as a whole is for the rules to judge.

    `renamed`: logical id before -> logical id after.
    """
    renamed = renamed or {}
    if not _differs(before.resources, after.resources, renamed):
        return []
    old, new = Side(before, renamed), Side(after, {})
    found = [*of_principals(old, new), *of_resources(old, new), *of_urls(old, new), *of_groups(old, new)]
    found += [*of_lists(old, new), *of_workloads(old, new), *of_wearers(old, new)]
    return sorted(set_of(found), key=lambda w: (w.logical_id, w.path, w.kind))


def set_of(found: Iterable[Widening]) -> list[Widening]:
    """Without the repetitions."""
    seen: dict[tuple[object, ...], Widening] = {}
    for one in found:
        seen.setdefault((one.logical_id, one.kind, one.path, one.message), one)
    return list(seen.values())


def _judged(body: Json) -> bool:
    kind = body.get("Type", "")
    return (
        kind in ATTACHMENTS or kind in GROUPS or kind in (LIST, URL) or (isinstance(kind, str) and kind.startswith(IAM))
    )


def _is_used_with(body: Json) -> bool:
    """Whether it runs as a role, or stands behind security groups."""
    return names_a_role(body) or wears_a_group(body)


def _differs(before: Mapping[str, Json], after: Mapping[str, Json], renamed: Mapping[str, str]) -> bool:
    """Whether a resource that has to do with access is not the same on both sides."""
    if renamed:
        return any(_judged(body) or _is_used_with(body) for body in after.values())
    for logical_id, body in after.items():
        was = before.get(logical_id)
        if was is not body and (_judged(body) or _is_used_with(body)) and was != body:
            return True
    return any(_judged(body) for logical_id, body in before.items() if logical_id not in after)
