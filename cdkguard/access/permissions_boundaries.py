"""Permissions boundaries, before and after.

A boundary allows nothing by itself: an identity may do what both its policies and its boundary allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.access.branches import Assumptions, each_branch
from cdkguard.access.grants import find_new_grants
from cdkguard.access.identities import Identities, IdentityPair
from cdkguard.access.managed_policies import ManagedPolicy, read_managed_policy
from cdkguard.access.patterns import render_pattern
from cdkguard.access.statements import PolicyDocument, Statement, TemplateElement, read_statements
from cdkguard.access.widening import Widening
from cdkguard.logic import Tri
from cdkguard.template.values import ABSENT, Deferred

_PERHAPS_WIDER = "another permissions boundary, perhaps a wider one"


def find_boundary_widenings(pair: IdentityPair) -> Iterator[Widening]:
    """The end of a boundary, or another boundary that is not surely as narrow."""
    old, before, new, after = pair
    if before.permissions_boundary is ABSENT or after.logical_id is None:
        return
    for outer, was in each_branch(before.permissions_boundary):
        for assumptions, now in each_branch(after.permissions_boundary, outer):
            if was is ABSENT or (now is not ABSENT and old.stack.make_pattern(was) == new.stack.make_pattern(now)):
                continue

            is_subset = False if now is ABSENT else _is_narrower_boundary(old, was, new, now, assumptions)
            if is_subset is True:
                continue
            before_words = render_pattern(old.stack.make_pattern(was))
            if now is ABSENT:
                message = f"{after.label} has no permissions boundary any more (before: {before_words})"
            else:
                after_words = render_pattern(new.stack.make_pattern(now))
                wider = "another, wider permissions boundary" if is_subset is False else _PERHAPS_WIDER
                message = f"{after.label} has {wider}: {after_words} (before: {before_words})"

            yield Widening(
                logical_id=after.logical_id,
                kind="boundary-removed",
                severity="high",
                message=message,
                path="Properties.PermissionsBoundary",
                before=was,
                after=None if now is ABSENT else now,
                certain=is_subset is False,
            )


def _is_narrower_boundary(old: Identities, was: Json, new: Identities, now: Json, assumptions: Assumptions) -> Tri:
    """Whether a boundary allows no more than the one before; None where a document is not known."""
    before = _read_boundary(old, was, assumptions)
    after = _read_boundary(new, now, assumptions)
    if not before or not after:
        return None
    grants = list(find_new_grants(before, after))
    return True if not grants else False if any(grant.certain for grant in grants) else None


def _read_boundary(identities: Identities, arn: Json, assumptions: Assumptions) -> list[Statement]:
    """The statements of the managed policy that is a boundary; none where its document is not known."""
    if isinstance(arn, Deferred) and arn.kind == "resource" and arn.target in identities.managed_policies:
        document = identities.managed_policies[arn.target].get("PolicyDocument")
        return list(read_statements(PolicyDocument(arn.target, "", document, assumptions), identities.stack.spell))
    element = TemplateElement("", "", arn)
    return read_managed_policy(ManagedPolicy(identities.stack.make_pattern(arn), element, assumptions))
