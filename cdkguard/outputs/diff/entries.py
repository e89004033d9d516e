"""Changes as a reader wants them: the same change of several stages once, and below a cause what only follows from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.diff.at_stake import is_data_at_stake
from cdkguard.model import IMPACTS, REMOVE_IMPACTS, STACK_IMPACTS, Change, PropertyChange, Stack
from cdkguard.outputs.diff.common import WORST_FIRST
from cdkguard.outputs.diff.names import ValueNames, find_stage, name_below_stage, name_shortly, name_stack
from cdkguard.outputs.diff.value_lines import render_sides
from cdkguard.outputs.short_names import rank_environment

_NESTED = "AWS::CloudFormation::Stack"
# What a nested stack's resource repeats of the changes inside it, and of what it passes on.
_REPEATED = ("Properties.TemplateURL", "Properties.Parameters", "Metadata")


class ChangeEntry(NamedTuple):
    """One change, in one or several stages."""

    changes: tuple[Change, ...]  # The same change of each stage, that of the strictest environment first.
    followers: tuple[ChangeEntry, ...] = ()  # What only follows from it, directly or not.

    @property
    def first(self) -> Change:
        """The change that stands for all."""
        return self.changes[0]

    @property
    def worst(self) -> Change:
        """The change with the worst impact."""
        return min(self.changes, key=lambda change: WORST_FIRST.index(change.impact))

    @property
    def name(self) -> str:
        """Its name: from the Stage on, where it is the same in several of them."""
        name = name_shortly(self.first)
        return name if len(self.changes) == 1 else name_below_stage(name, self.first.stack)

    @property
    def places(self) -> tuple[str, ...]:
        """The stages or environments that it is in; empty where it is in one alone, which its name says."""
        return tuple(map(name_place, self.changes)) if len(self.changes) > 1 else ()

    @property
    def is_data_at_stake(self) -> bool:
        """Whether data goes, or is not served any more, with it."""
        return any(map(is_data_at_stake, self.changes))


class ChangeEntries(NamedTuple):
    """All that there is to tell of some changes."""

    entries: tuple[ChangeEntry, ...]  # In the order of the changes, those of the strictest environment first.
    harmless: int  # The number of changes that every build brings.
    nested: int  # The number of nested stacks of which nothing changes but what is in them.
    names: ValueNames


def name_place(change: Change) -> str:
    """The Stage that a change is in, else its environment."""
    return find_stage(change.stack) or change.stack.environment or ""


def make_entries(changes: Sequence[Change]) -> ChangeEntries:
    """The entries of some changes: noise and what only repeats others is counted, followers are folded."""
    names = ValueNames(changes)
    loud = [change for change in changes if not change.noise]
    gone = {(change.stack, change.logical_id) for change in loud if change.impact in REMOVE_IMPACTS}
    told = [change for change in loud if not _is_second_half(change, gone)]
    single = [change for change in told if not _is_repetition(change)]
    single.sort(key=lambda change: rank_environment(change.stack.environment or ""))
    entries = _merge_stages(single, names)
    return ChangeEntries(_fold_followers(entries), len(changes) - len(loud), len(told) - len(single), names)


def _is_second_half(change: Change, gone: Container[tuple[Stack, str | None]]) -> bool:
    """Whether it is a creation of which the change of the other half says all."""
    old = change.predecessor
    return old is not None and (old.stack, old.logical_id) in gone


def _is_repetition(change: Change) -> bool:
    """Whether a nested stack changes by what is in it and what it passes on alone, which other changes say."""
    return (
        change.resource_type == _NESTED
        and change.impact == "WILL_UPDATE"
        and not change.stateful
        and all(changed.path.startswith(_REPEATED) for changed in change.properties)
    )


# -- stages


def _merge_stages(changes: Sequence[Change], names: ValueNames) -> list[ChangeEntry]:
    """One entry for the changes that are the same in several stages of one app."""
    if len({name_place(change) for change in changes}) < 2:
        return [ChangeEntry((change,)) for change in changes]
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        groups.setdefault(_find_identity(change, names), []).append(change)
    return [ChangeEntry(tuple(group)) for group in groups.values()]


def _find_identity(change: Change, names: ValueNames) -> tuple[object, ...]:
    """What is equal for the same change in two stages: the place below the Stage, and the values from and to."""
    stack, hide = change.stack, _make_hider(change.stack)
    impact = change.impact if change.impact in STACK_IMPACTS else ""
    values: Iterator[tuple[object, ...]] = (
        (
            hide(p.path),
            *((hide(text) for text in render_sides(change, p, names)) if not (p.because or p.only_follows) else ()),
        )
        for p in change.properties
        if not p.path.startswith(_REPEATED)
    )
    stateful = is_data_at_stake(change)
    return (
        hide(name_stack(stack)), impact, hide(name_shortly(change)), change.resource_type, hide(change.partner or ""),
        change.before is None, stateful, *values,
    )  # fmt: skip


def _make_hider(stack: Stack) -> Callable[[str], str]:
    """A function that takes out of a text what tells the stack's stage from others."""
    words = {find_stage(stack), stack.environment, stack.root.account, stack.root.region} - {None, ""}
    pattern = "|".join(re.escape(str(word)) for word in sorted(words, key=str))
    found = re.compile(f"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])") if words else None
    return lambda text: found.sub("*", text) if found else text


# -- followers


def _fold_followers(entries: Sequence[ChangeEntry]) -> tuple[ChangeEntry, ...]:
    """The entries, those that only follow below the entry of their first cause that does not follow itself."""
    home = {change.token: index for index, entry in enumerate(entries) for change in entry.changes}
    roots = [_find_root(index, entries, home) for index in range(len(entries))]
    followers: dict[int, list[ChangeEntry]] = {}
    for index, root in enumerate(roots):
        if root != index:
            followers.setdefault(root, []).append(entries[index])
    return tuple(
        entry._replace(followers=tuple(followers[index])) if index in followers else entry
        for index, entry in enumerate(entries)
        if roots[index] == index
    )


def _find_root(index: int, entries: Sequence[ChangeEntry], home: Mapping[str, int]) -> int:
    """The entry that says all of an entry: itself, unless it only follows."""
    seen = [index]
    while _may_be_folded(entries[seen[-1]]):
        causes = [home[token] for change in entries[seen[-1]].changes for token in change.causes if token in home]
        cause = next((cause for cause in causes if cause not in seen), None)
        if cause is None:
            return index
        seen.append(cause)
    return seen[-1]


def _may_be_folded(entry: ChangeEntry) -> bool:
    return all(
        change.only_follows and change.impact in IMPACTS and not is_data_at_stake(change) for change in entry.changes
    )


def find_own_properties(change: Change) -> list[PropertyChange]:
    """The changed values that have another reason than the name of another resource."""
    return [p for p in change.properties if not p.because and not p.only_follows and not _is_metadata(p, change)]


def _is_metadata(changed: PropertyChange, change: Change) -> bool:
    return changed.path.startswith("Metadata") and not change.noise
