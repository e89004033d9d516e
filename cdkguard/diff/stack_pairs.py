"""Which stack of the baseline is which stack of the app, and what happened to those that have no partner."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.model import Change, Stack


class Matched(NamedTuple):
    """Stacks of both sides, nested ones included."""

    pairs: list[tuple[Stack, Stack]]  # parents before their nested stacks
    gone: list[Stack]
    come: list[Stack]
    changes: list[Change]  # STACK_*
    gone_roots: list[Stack]
    unread: list[
        tuple[Stack, Stack]
    ]  # a nested stack of the baseline, and its parent now, which holds an unread one there


Exists = Callable[[Stack], bool]


def match_stacks(before: Sequence[Stack], after: Sequence[Stack], exists: Exists = lambda _stack: True) -> Matched:
    """By name and environment; what is left over, by construct path and by name, has been renamed or moved.

    `exists` says of a nested stack whether its parent creates it: a condition may turn it off.
    """
    olds, news = _roots(before), _roots(after)
    pairs = _taken(olds, news, lambda s: (s.name, s.account, s.region))
    pairs += _taken(olds, news, lambda s: (s.construct_path or s.name, s.name))
    pairs += _same_name(olds, news)
    if len(olds) == len(news) == 1 and not pairs and not (olds[0].from_assembly and news[0].from_assembly):
        pairs.append((olds.pop(), news.pop()))  # two files, whatever they are called
    same_place = [pair for pair in pairs if _may_be_one(*pair)]
    changes = [_moved(old, new) for old, new in pairs if (old, new) not in same_place]
    gone_roots, come_roots = (
        [o for o, n in pairs if (o, n) not in same_place],
        [n for o, n in pairs if (o, n) not in same_place],
    )
    renamed = _taken(olds, news, lambda s: (s.construct_path, s.account, s.region) if s.construct_path else None)
    changes += [Change("STACK_RENAMED", new, was=old, partner=old.name) for old, new in renamed]
    changes += [Change("STACK_REMOVED", old, was=old, before=_summary(old)) for old in olds]
    changes += [Change("STACK_ADDED", new, after=_summary(new)) for new in news]
    gone_roots += [o for o, _n in renamed] + olds
    come_roots += [n for _o, n in renamed] + news
    changes += [
        Change("STACK_UNPROTECTED", new, was=old)
        for old, new in same_place
        if old.termination_protection and not new.termination_protection and new.from_assembly
    ]
    changes += [_reclassified(old, new) for old, new in same_place if old.environment != new.environment]
    nested = _nested(before, after, same_place, exists)
    return Matched(
        pairs=same_place + nested.pairs,
        gone=[s for s in before if any(s.root is root for root in gone_roots)] + nested.gone,
        come=[s for s in after if any(s.root is root for root in come_roots)] + nested.come,
        changes=changes,
        gone_roots=gone_roots,
        unread=nested.unread,
    )


def _roots(stacks: Sequence[Stack]) -> list[Stack]:
    return [s for s in stacks if s.parent is None]


def _may_be_one(old: Stack, new: Stack) -> bool:
    """Whether account and region agree; one that only the deployment knows may be any."""
    pairs = ((old.account, new.account), (old.region, new.region))
    return all(one is None or other is None or one == other for one, other in pairs)


def _same_name(olds: list[Stack], news: list[Stack]) -> list[tuple[Stack, Stack]]:
    """Stacks of one name in one place are one stack, whatever construct path and account they are written with."""
    pairs = []
    for old in list(olds):
        hits = [new for new in news if new.name == old.name and _may_be_one(old, new)]
        twins = [other for other in olds if other.name == old.name]
        if len(hits) == len(twins) == 1 and sum(new.name == old.name for new in news) == 1:
            pairs.append((old, hits[0]))
            olds.remove(old)
            news.remove(hits[0])
    return pairs


def _taken(olds: list[Stack], news: list[Stack], key: Callable[[Stack], Hashable | None]) -> list[tuple[Stack, Stack]]:
    """Pairs with an equal key that is unique on both sides; they leave the lists."""
    pairs = []
    for old in list(olds):
        wanted = key(old)
        hits = [new for new in news if wanted is not None and key(new) == wanted]
        twins = [other for other in olds if key(other) == wanted]
        if len(hits) == len(twins) == 1:
            pairs.append((old, hits[0]))
            olds.remove(old)
            news.remove(hits[0])
    return pairs


def _moved(old: Stack, new: Stack) -> Change:
    places = [f"{s.account or 'any account'}/{s.region or 'any region'}" for s in (old, new)]
    return Change("STACK_MOVED", new, was=old, before={"Environment": places[0]}, after={"Environment": places[1]})


def _reclassified(old: Stack, new: Stack) -> Change:
    before, after = ({"Environment": stack.environment} for stack in (old, new))
    return Change("STACK_RECLASSIFIED", new, was=old, before=before, after=after)


def _summary(stack: Stack) -> dict[str, object]:
    return {"Resources": len(stack.template.get("Resources") or {})}


class _Nested(NamedTuple):
    pairs: list[tuple[Stack, Stack]]
    gone: list[Stack]
    come: list[Stack]
    unread: list[tuple[Stack, Stack]]


def _nested(
    before: Sequence[Stack], after: Sequence[Stack], roots: Sequence[tuple[Stack, Stack]], exists: Exists
) -> _Nested:
    """Nested stacks by parent and logical id, level by level."""
    found, level = _Nested([], [], [], []), list(roots)
    while level:
        below = []
        for old, new in level:
            olds = {s.parent_logical_id: s for s in before if s.parent is old and exists(s)}
            news = {s.parent_logical_id: s for s in after if s.parent is new and exists(s)}
            below += [(olds[k], news[k]) for k in olds if k in news]
            found.unread.extend((s, new) for k, s in olds.items() if k not in news and k in new.unread)
            found.gone.extend(t for k, s in olds.items() if k not in {*news, *new.unread} for t in within(before, s))
            found.come.extend(t for k, s in news.items() if k not in olds for t in within(after, s))
        found.pairs.extend(below)
        level = below
    return found


def within(stacks: Sequence[Stack], top: Stack) -> list[Stack]:
    """The nested stack and those inside it."""
    found = [top]
    for stack in stacks:
        if stack.parent is not None and any(stack.parent is s for s in found):
            found.append(stack)
    return found
