"""Compares who may do or reach something before and after: the entrance of this folder.

Follow one widening, a bucket policy that adds `Principal: "*"`:
1. `engine/changes.py` hands both versions of the stack, resolved, to `find_widenings` as ResolvedStacks.
2. `stack_index.py` spells references alike on both sides: `Ref: Bucket`, its ARN and its name are one thing.
3. `finders.py` lists who looks for widenings. One of them, `resource_policies.py`, reads the policies of each resource
   at the places that `policy_locations.py` lists; `identity_policies.py` does so for roles, users and groups.
4. `statements.py` reads a document into Statements: who does what to what, under which conditions. Each element is a
   set: of names (`sets.py`, `patterns.py`) or of tests (`conditions.py`), per branch of an Fn::If (`branches.py`).
5. `grants.py` finds the requests that the statements of after allow and those of before do not: NewGrants.
6. `severity.py` and `risk.py` say how severe that is, `wording.py` says it in words: a Widening, to be approved.

Three-valued: what depends on a value that only the deployment knows is a widening that is not `certain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cdkguard._typing import Json
from cdkguard.access.resource_types import decides_access, uses_access
from cdkguard.access.widening import ResolvedStack, Widening


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

    # The rest of this folder is loaded only where it is needed: that takes about 5 ms.
    from cdkguard.access.finders import FINDERS
    from cdkguard.access.stack_index import StackIndex

    old, new = StackIndex(before, renamed), StackIndex(after, {})
    found = (widening for find in FINDERS for widening in find(old, new))
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
        return any(decides_access(body) or uses_access(body) for body in after.values())
    for logical_id, body in after.items():
        was = before.get(logical_id)
        if was is not body and (decides_access(body) or uses_access(body)) and was != body:
            return True
    return any(decides_access(body) for logical_id, body in before.items() if logical_id not in after)
