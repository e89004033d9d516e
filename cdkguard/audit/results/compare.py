"""Two audits side by side, place by place and stack by stack: what is new, what is resolved, and what nobody knows.

A finding is the same one where account, region, stack and fingerprint are. One that is gone is resolved only if its stack
was read this time, or its place was and has no such stack any more.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from cdkguard._typing import TYPE_CHECKING
from cdkguard.audit.results.places import FindingLine, PlaceRows
from cdkguard.audit.results.rows import sort_key, with_comparison
from cdkguard.outputs.audit.record import FindingRow, FormerRow, RunHeader, StackRow, UnreadRow

if TYPE_CHECKING:
    from cdkguard.outputs.audit.record import Change, Ending


class Compared(NamedTuple):
    """A finding of this audit, beside the last one."""

    row: FindingRow  # With first_seen and change.
    line: str  # As the row of a part or a result; without them.


_GOING = "DELETE_IN_PROGRESS"
_SAME = ("stack_id", "status", "updated", "template_sha256", "protected", "tags")  # Of a stack that is as it was.

Event = UnreadRow | StackRow | Compared | FormerRow


def pass_through(places: Iterable[PlaceRows], started: str) -> Iterator[Event]:
    """The rows of an audit that is compared with nothing."""
    for place in places:
        yield from place.unread
        yield from place.stacks
        for row, line in place.findings:
            yield Compared(with_comparison(row, row.first_seen or started, row.change), line)


def compare_audits(
    old: Iterable[PlaceRows], new: Iterable[PlaceRows], old_header: RunHeader, new_header: RunHeader
) -> Iterator[Event]:
    """The rows of the new audit in order, each finding with what it is beside the old one, and the old ones that are gone."""
    before, after = _Reach(old_header), _Reach(new_header)
    for old_place, new_place in _pair_places(old, new):
        if new_place is not None:
            yield from new_place.unread
            yield from new_place.stacks
        before.enter(old_place)
        after.enter(new_place)
        for stack, olds, news in _pair_stacks(old_place, new_place):
            yield from _compare_stack(stack, olds, news, before, after, new_header.started)


class _Reach:
    """What an audit has read: of the place that it is at, and of accounts as a whole."""

    def __init__(self, header: RunHeader) -> None:
        self._places = frozenset(map(tuple, header.places))
        self._account = ""
        self._account_unread = False
        self._place: tuple[str, str] = ("", "")
        self._region_unread = False
        self._unread: frozenset[str] = frozenset()
        self._stacks: dict[str, StackRow] = {}
        self._by_id: dict[str, StackRow] = {}

    def enter(self, place: PlaceRows | None) -> None:
        """Go on to a place; the row of an account that was not read comes before those of its regions."""
        if place is None:
            self._place, self._region_unread, self._unread = ("", ""), False, frozenset()
            self._stacks, self._by_id = {}, {}
            return
        if place.account != self._account:
            self._account, self._account_unread = place.account, False
        self._place = place.key
        self._account_unread |= any(not row.region for row in place.unread)
        self._region_unread = any(row.region and not row.stack for row in place.unread)
        self._unread = frozenset(row.stack for row in place.unread)
        self._stacks = {row.stack: row for row in place.stacks}
        self._by_id = {row.stack_id: row for row in place.stacks}

    def knows(self, account: str, region: str, stack: str) -> bool | None:
        """Whether it says of the stack all there is to say: it was read, or is not there; None where it was not asked to."""
        is_here = self._place == (account, region)
        if self._account == account and self._account_unread:
            return False
        if is_here and (self._region_unread or stack in self._unread):
            return False
        if is_here and stack in self._stacks:
            return self._stacks[stack].status != _GOING  # Its deletion may fail: then all of it is still there.
        return True if (account, region) in self._places else None

    def stack(self, name: str) -> tuple[StackRow, ...]:
        """The stack of the place, and the one that it is nested in; nothing where it does not have it."""
        row = self._stacks.get(name)
        if row is None:
            return ()
        root = self._by_id.get(row.root_id) if row.root_id else row
        return (row, root) if root is not None else ()


def _is_as_it_was(stack: str, before: _Reach, after: _Reach) -> bool:
    """Whether neither the stack nor the one that it is nested in was deployed anew since the last audit."""
    was, now = before.stack(stack), after.stack(stack)
    return bool(was and now) and all(map(_is_same, was, now))


def _is_same(one: StackRow, other: StackRow) -> bool:
    """Protection is changed without an update, so the times do not tell."""
    return bool(one.template_sha256) and all(getattr(one, name) == getattr(other, name) for name in _SAME)


def _compare_stack(
    key: tuple[str, str, str],
    olds: Iterable[FindingLine],
    news: Iterable[FindingLine],
    before: _Reach,
    after: _Reach,
    started: str,
) -> Iterator[Event]:
    waiting: dict[str, deque[FindingRow]] = defaultdict(deque)
    for row, _line in olds:
        waiting[row.fingerprint].append(row)
    as_it_was = _is_as_it_was(key[2], before, after)
    unknown_before = before.knows(*key) is not True
    for row, line in news:
        same = waiting.get(row.fingerprint)
        if same:
            old = same.popleft()
            change: Change = "reopened" if row.is_open and not old.is_open else ""
            yield Compared(with_comparison(row, old.first_seen or started, change), line)
        else:
            change = "from-rules" if as_it_was else "first-read" if unknown_before else "new"
            yield Compared(with_comparison(row, started, change), line)
    gone = [row for rows in waiting.values() for row in rows]
    if gone:
        knows = after.knows(*key)
        ending: Ending = (
            "not-covered" if knows is None else "not-read" if not knows else "from-rules" if as_it_was else "resolved"
        )
        yield from (FormerRow(row, ending) for row in sorted(gone, key=sort_key))


# -- pairs


def _pair_places(
    old: Iterable[PlaceRows], new: Iterable[PlaceRows]
) -> Iterator[tuple[PlaceRows | None, PlaceRows | None]]:
    olds, news = iter(old), iter(new)
    left, right = next(olds, None), next(news, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.key < right.key):
            yield left, None
            left = next(olds, None)
        elif left is None or right.key < left.key:
            yield None, right
            right = next(news, None)
        else:
            yield left, right
            left, right = next(olds, None), next(news, None)


def _pair_stacks(
    old: PlaceRows | None, new: PlaceRows | None
) -> Iterator[tuple[tuple[str, str, str], list[FindingLine], list[FindingLine]]]:
    """((account, region, stack), old findings, new ones) of each stack of a place that has any."""
    place = old or new
    assert place is not None
    olds, news = _by_stack(old), _by_stack(new)
    left, right = next(olds, None), next(news, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield (*place.key, left[0]), left[1], []
            left = next(olds, None)
        elif left is None or right[0] < left[0]:
            yield (*place.key, right[0]), [], right[1]
            right = next(news, None)
        else:
            yield (*place.key, left[0]), left[1], right[1]
            left, right = next(olds, None), next(news, None)


def _by_stack(place: PlaceRows | None) -> Iterator[tuple[str, list[FindingLine]]]:
    for stack, found in groupby(place.findings if place else (), lambda found: found.row.stack):
        yield stack, list(found)
