"""ChangeEntries in the order in which they are read: the data at stake first, then stack by stack, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.model import REMOVE_IMPACTS
from cdkguard.outputs.diff.change_lines import MANY, OUTCOMES, count_types, lay_out_entry
from cdkguard.outputs.diff.common import FATES_WORST_FIRST, WORST_FIRST
from cdkguard.outputs.diff.entries import ChangeEntries, ChangeEntry, name_place
from cdkguard.outputs.diff.names import ValueNames, name_below_stage, name_stack
from cdkguard.outputs.render import Options
from cdkguard.outputs.short_names import rank_environment
from cdkguard.outputs.styled_lines import Line
from cdkguard.outputs.summary import plural
from cdkguard.text import escape


class StackGroup(NamedTuple):
    """The entries of one stack, in all of its stages."""

    title: str
    places: tuple[str, ...]  # Its stages; empty where there is one.
    facts: tuple[str, ...]  # What else a heading says of it.
    entries: tuple[ChangeEntry, ...]  # Worst first.


def find_data_at_stake(entries: Sequence[ChangeEntry]) -> list[ChangeEntry]:
    """The entries that take data away from those who use it: the strictest environment first, then the worst."""
    return sorted((entry for entry in entries if entry.is_data_at_stake), key=_rank)


def _rank(entry: ChangeEntry) -> tuple[tuple[bool, bool], int, int]:
    change = entry.first
    place = rank_environment(change.stack.environment or "")
    return place, WORST_FIRST.index(change.impact), FATES_WORST_FIRST.index(change.fate)


def group_by_stack(entries: Sequence[ChangeEntry]) -> list[StackGroup]:
    """The entries by stack, one that is in several stages once."""
    groups: dict[str, list[ChangeEntry]] = {}
    for entry in entries:
        groups.setdefault(name_below_stage(name_stack(entry.first.stack), entry.first.stack), []).append(entry)
    return [_make_group(title, group) for title, group in groups.items()]


def _make_group(title: str, entries: list[ChangeEntry]) -> StackGroup:
    stacks = list(dict.fromkeys(change.stack for entry in entries for change in entry.changes))
    first = stacks[0]
    places = tuple(dict.fromkeys(name_place(change) for entry in entries for change in entry.changes))
    facts = ["nested stack"] if first.parent is not None else []
    if len(stacks) == 1:
        title = name_stack(first)
        places = ()
        facts = [first.environment or "", "/".join(filter(None, [first.account, first.region])), *facts]
    ordered = sorted(entries, key=lambda entry: WORST_FIRST.index(entry.worst.impact))
    return StackGroup(title, places, tuple(filter(None, facts)), tuple(ordered))


def lay_out_data(found: Sequence[ChangeEntry], names: ValueNames, options: Options) -> Iterator[Line]:
    """The data at stake, below a heading."""
    if not found:
        return
    yield [("DATA AT STAKE", "high"), (f"  {plural(len(found), 'resource')}", "heading")]
    for entry in found:
        yield from lay_out_entry(entry, names, options)
    yield []


def lay_out_group(group: StackGroup, names: ValueNames, options: Options) -> Iterator[Line]:
    """The changes of one stack; many creations are counted."""
    tail = " · ".join(map(escape.terminal, [", ".join(group.places), *group.facts] if group.places else group.facts))
    yield [("-- ", "dim"), (escape.terminal(group.title), "heading"), (f"  {tail}", "dim")]
    told = [entry for entry in group.entries if entry.first.impact != "WILL_CREATE"]
    created = [entry for entry in group.entries if entry.first.impact == "WILL_CREATE"]
    is_new = any(entry.first.impact == "STACK_ADDED" for entry in told)
    for entry in told:
        yield from lay_out_entry(entry, names, options, group.places)
    if len(created) > MANY or is_new and created:
        counted = count_types(entry.first for entry in created)
        yield from lay_out_count("+", f"{plural(len(created), 'resource')} created: {counted}", options)
    else:
        for entry in created:
            yield from lay_out_entry(entry, names, options, group.places)
    yield []


def lay_out_most(entries: Sequence[ChangeEntry], names: ValueNames, options: Options) -> Iterator[Line]:
    """The entries; of resources that go without data, MANY are told and the others counted."""
    gone = [entry for entry in entries if entry.first.impact in _GONE and not entry.worst.stateful]
    counted = gone[MANY:]
    hidden = set(map(id, counted))
    for entry in entries:
        if id(entry) not in hidden:
            yield from lay_out_entry(entry, names, options)
    if counted:
        types = count_types(entry.first for entry in counted)
        yield from lay_out_count("-", f"and {len(counted)} more without data: {types}", options)


_GONE = ("WILL_DESTROY", "WILL_ORPHAN")


def lay_out_types(entries: Sequence[ChangeEntry], options: Options) -> Iterator[Line]:
    """For `cdk destroy`, which takes all: what goes and what stays without data, by type."""
    for impact in reversed(REMOVE_IMPACTS):
        found = [entry for entry in entries if entry.first.impact == impact]
        if found:
            number = plural(len(found), "resource")
            yield [(OUTCOMES[impact], impact), (f"  {number} without data", "heading")]
            yield from lay_out_count(" ", count_types(entry.first for entry in found), options)
            yield []


def lay_out_count(mark: str, text: str, options: Options) -> Iterator[Line]:
    """A list of `10 Lambda::Permission`, of which none is broken."""
    lines = [""]
    for item in escape.prose(text).split(", "):
        joined = f"{lines[-1]}, {item}" if lines[-1] else item
        if len(joined) + 5 <= options.width or not lines[-1]:
            lines[-1] = joined
        else:
            lines[-1] += ","
            lines.append(item)
    for number, line in enumerate(lines):
        yield [(f"  {mark} ".ljust(4) if not number else "      ", "dim"), (line, "")]


def describe_counted(found: ChangeEntries) -> str:
    """`3 nested stacks change by what is in them alone`, or nothing."""
    if not found.nested:
        return ""
    verb = "changes" if found.nested == 1 else "change"
    return f"{plural(found.nested, 'nested stack')} {verb} by what is in them alone"
