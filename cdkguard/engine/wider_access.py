"""Access that the changes of a stack open, each told of the resource whose change opens it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.access.compare import find_widenings
from cdkguard.access.widening import ResolvedStack, Widening
from cdkguard.diff.asset_hashes import hide_asset_hashes
from cdkguard.diff.compare import resolve_pair
from cdkguard.diff.sides import Sides
from cdkguard.diff.tokens import make_token
from cdkguard.engine.property_paths import overlap
from cdkguard.model import UPDATE_IMPACTS, Change, Stack

if TYPE_CHECKING:
    from cdkguard.engine.moved_references import MovedReferences


def find_wider_access(
    changes: Sequence[Change], stacks: tuple[Sequence[Stack], Sequence[Stack]], sides: Sides
) -> Iterator[tuple[Change, Widening]]:
    """(change, widening) of every stack that is there on both sides and changes, or into which resources move.

    A resource that stays as it is, but allows more because of a change elsewhere, gets a change of its own.
    """
    moved = _find_moved_references(changes, stacks, sides)
    pairs: dict[Stack, Stack | None] = {}
    for change in changes:
        if (
            change.old_stack is not None
            and change.logical_id
            and change.old_stack is not change.stack
            and not change.noise
        ):
            pairs[change.stack] = change.old_stack
        elif change.impact == "WILL_CREATE" and change.has_detail("moved"):
            pairs.setdefault(change.stack, None)

    by_stack: dict[Stack, list[Change]] = {}
    for change in changes:
        if change.logical_id:
            by_stack.setdefault(change.stack, []).append(change)
    change_of = {(c.stack, c.logical_id): c for c in changes}
    for new, old in pairs.items():
        for widening in _compare_access(old, new, by_stack.get(new, ()), sides, moved):
            own = change_of.get((new, widening.logical_id))
            if own is not None and (own.impact not in UPDATE_IMPACTS or _is_cause(own, widening)):
                yield own, widening
            else:
                yield _make_change(old, new, widening, sides), widening


def _find_moved_references(
    changes: Sequence[Change], stacks: tuple[Sequence[Stack], Sequence[Stack]], sides: Sides
) -> MovedReferences | None:
    """Where renamed and moved resources are referred to; None where nothing is renamed or moved."""
    if not any(change.impact == "WILL_CREATE" and change.partner_id for change in changes):
        return None
    from cdkguard.engine.moved_references import MovedReferences  # most deployments rename nothing

    return MovedReferences(changes, stacks, sides)


def _compare_access(
    old: Stack | None, new: Stack, here: Sequence[Change], sides: Sides, moved: MovedReferences | None
) -> list[Widening]:
    """The widenings of one stack; `here` are the changes of its resources."""
    renamed = {
        str(c.partner_id): str(c.logical_id)
        for c in here
        if c.impact == "WILL_CREATE" and c.partner_id and c.has_detail("renamed")
    }
    before, after = resolve_pair(old or new, new, sides)
    before = {} if old is None else before

    created_types = {c.resource_type for c in here if c.impact == "WILL_CREATE"}
    for c in here:
        # A resource that is left behind goes on denying and allowing, unless a new one may be written over it.
        if c.impact == "WILL_ORPHAN" and c.logical_id in before and c.resource_type not in created_types:
            after.setdefault(str(c.logical_id), before[str(c.logical_id)])

    for one, other in ((before, after), (after, before)):
        for name, body in one.items():
            is_iam = isinstance(body, dict) and str(body.get("Type")).startswith("AWS::IAM::")
            if is_iam or body is not other.get(name):
                one[name] = hide_asset_hashes(body)

    old_account = old.account if old is not None else None
    accounts = old_account or new.account, new.account or old_account
    if moved is None:
        return find_widenings(ResolvedStack(before, accounts[0]), ResolvedStack(after, accounts[1]), renamed)
    was, is_now = moved.spell_before(old, new, before), moved.spell_after(new, after)
    return find_widenings(
        ResolvedStack(was.resources, accounts[0], was.elsewhere),
        ResolvedStack(is_now.resources, accounts[1], is_now.elsewhere),
        {**renamed, **was.renamed},
    )


def _is_cause(change: Change, widening: Widening) -> bool:
    """Whether the resource's own change widens the access: else an approval of that change would cover another one."""
    top = ".".join(widening.path.split(".")[:2]).partition("[")[0]
    return any(overlap(p.path, top) for p in change.properties)


def _make_change(old: Stack | None, new: Stack, widening: Widening, sides: Sides) -> Change:
    """The change of a resource that itself stays as it is."""
    resource_type = str(sides.after.resources(new).get(widening.logical_id, {}).get("Type"))
    path = new.construct_paths.get(widening.logical_id)
    change = Change("WILL_UPDATE", new, widening.logical_id, resource_type, path, old_stack=old, after=widening.message)
    return change._replace(token=make_token(change), source=new.source_of(widening.logical_id))
