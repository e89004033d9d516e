"""Which stack of the baseline is which stack of the app, and what happened to those that have no partner."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.model import Change, Stack

Pair = tuple[Stack, Stack]  # A stack of the baseline and the stack of the app that it becomes.
ResourceKey = tuple[Stack, str]  # The stack that shows a change, and the resource's logical ID.
IsCreated = Callable[[Stack], bool]


class StackPairs(NamedTuple):
    """The stacks of both sides, nested ones included, sorted by what happens to them."""

    pairs: list[Pair]  # Parents stand before their nested stacks.
    removed: list[Stack]
    added: list[Stack]
    changes: list[Change]  # Those of whole stacks, with an impact STACK_*.
    removed_roots: list[Stack]
    # A nested stack of the baseline with its parent in the app, where the nested template was not among the input.
    unread: list[Pair]


def match_stacks(
    before: Sequence[Stack], after: Sequence[Stack], is_created: IsCreated = lambda _stack: True
) -> StackPairs:
    """Match stacks by name and environment; the rest, by construct path and by name, was renamed or moved.

    `is_created` says of a nested stack whether its parent creates it: the condition of its resource may be false.
    """
    olds, news = _find_roots(before), _find_roots(after)
    pairs = _take_pairs(olds, news, lambda s: (s.name, s.account, s.region))
    pairs += _take_pairs(olds, news, lambda s: (s.construct_path or s.name, s.name))
    pairs += _take_pairs_by_name(olds, news)
    if len(olds) == len(news) == 1 and not pairs and not (olds[0].from_assembly and news[0].from_assembly):
        pairs.append((olds.pop(), news.pop()))  # Two template files are compared, whatever they are called.

    same_place = [pair for pair in pairs if may_share_environment(*pair)]
    moved = [pair for pair in pairs if pair not in same_place]
    renamed = _take_pairs(olds, news, lambda s: (s.construct_path, s.account, s.region) if s.construct_path else None)
    changes = [_make_moved(old, new) for old, new in moved]
    changes += [Change("STACK_RENAMED", new, old_stack=old, partner=old.name) for old, new in renamed]
    changes += [Change("STACK_REMOVED", old, old_stack=old, before=_count_resources(old)) for old in olds]
    changes += [Change("STACK_ADDED", new, after=_count_resources(new)) for new in news]
    changes += [
        Change("STACK_UNPROTECTED", new, old_stack=old)
        for old, new in same_place
        if old.termination_protection and not new.termination_protection and new.from_assembly
    ]
    changes += [_make_reclassified(old, new) for old, new in same_place if old.environment != new.environment]

    removed_roots = [old for old, _new in [*moved, *renamed]] + olds
    added_roots = [new for _old, new in [*moved, *renamed]] + news
    nested = _match_nested(before, after, same_place, is_created)
    return StackPairs(
        pairs=same_place + nested.pairs,
        removed=[s for s in before if any(s.root is root for root in removed_roots)] + nested.removed,
        added=[s for s in after if any(s.root is root for root in added_roots)] + nested.added,
        changes=changes,
        removed_roots=removed_roots,
        unread=nested.unread,
    )


def find_nested(stacks: Sequence[Stack], top: Stack) -> list[Stack]:
    """The nested stack `top` and those inside it."""
    found = [top]
    for stack in stacks:
        if stack.parent is not None and any(stack.parent is s for s in found):
            found.append(stack)
    return found


def find_stack_path(stack: Stack) -> str:
    """The construct path by which a report calls the stack; its name, where it is a bare template."""
    return stack.construct_path or stack.name


def name_environment(stack: Stack) -> str:
    """`123456789012/eu-west-1`, with words where the deployment decides."""
    return f"{stack.account or 'any account'}/{stack.region or 'any region'}"


def _find_roots(stacks: Sequence[Stack]) -> list[Stack]:
    return [s for s in stacks if s.parent is None]


def may_share_environment(old: Stack, new: Stack) -> bool:
    """Whether account and region agree; one that only the deployment knows agrees with any."""
    pairs = ((old.account, new.account), (old.region, new.region))
    return all(one is None or other is None or one == other for one, other in pairs)


def _take_pairs(olds: list[Stack], news: list[Stack], key: Callable[[Stack], Hashable | None]) -> list[Pair]:
    """Pairs with an equal key that is unique on both sides; they leave the lists."""
    pairs = []
    for old in list(olds):
        wanted = key(old)
        matches = [new for new in news if wanted is not None and key(new) == wanted]
        twins = [other for other in olds if key(other) == wanted]
        if len(matches) == len(twins) == 1:
            pairs.append(_take(olds, news, old, matches[0]))
    return pairs


def _take_pairs_by_name(olds: list[Stack], news: list[Stack]) -> list[Pair]:
    """Pairs with one name that may share an environment; they leave the lists.

    CloudFormation knows a stack by its name in an account and region, so the construct path does not count.
    """
    pairs = []
    for old in list(olds):
        matches = [new for new in news if new.name == old.name and may_share_environment(old, new)]
        twins = [other for other in olds if other.name == old.name]
        if len(matches) == len(twins) == 1 and sum(new.name == old.name for new in news) == 1:
            pairs.append(_take(olds, news, old, matches[0]))
    return pairs


def _take(olds: list[Stack], news: list[Stack], old: Stack, new: Stack) -> Pair:
    olds.remove(old)
    news.remove(new)
    return old, new


def _make_moved(old: Stack, new: Stack) -> Change:
    before, after = ({"Environment": name_environment(stack)} for stack in (old, new))
    return Change("STACK_MOVED", new, old_stack=old, before=before, after=after)


def _make_reclassified(old: Stack, new: Stack) -> Change:
    before, after = ({"Environment": stack.environment} for stack in (old, new))
    return Change("STACK_RECLASSIFIED", new, old_stack=old, before=before, after=after)


def _count_resources(stack: Stack) -> dict[str, object]:
    return {"Resources": len(stack.template.get("Resources") or {})}


class _Nested(NamedTuple):
    """The part of `StackPairs` about nested stacks."""

    pairs: list[Pair]
    removed: list[Stack]
    added: list[Stack]
    unread: list[Pair]


def _match_nested(
    before: Sequence[Stack], after: Sequence[Stack], roots: Sequence[Pair], is_created: IsCreated
) -> _Nested:
    """Match nested stacks by parent and logical ID, level by level below the pairs of roots."""
    found, level = _Nested([], [], [], []), list(roots)
    while level:
        below = []
        for old, new in level:
            olds = {s.parent_logical_id: s for s in before if s.parent is old and is_created(s)}
            news = {s.parent_logical_id: s for s in after if s.parent is new and is_created(s)}
            below += [(olds[k], news[k]) for k in olds if k in news]

            removed = [s for k, s in olds.items() if k not in news and k not in new.unread]
            added = [s for k, s in news.items() if k not in olds]
            found.unread.extend((s, new) for k, s in olds.items() if k not in news and k in new.unread)
            found.removed.extend(inner for s in removed for inner in find_nested(before, s))
            found.added.extend(inner for s in added for inner in find_nested(after, s))
        found.pairs.extend(below)
        level = below
    return found
