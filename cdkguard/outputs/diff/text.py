"""A diff for people: environment, stack, construct; worst first, harmless changes folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.model import STACK_IMPACTS, Change
from cdkguard.outputs.diff.common import (
    WORST_FIRST,
    Difference,
    counts,
    data_that_goes,
    is_folded,
    name_of,
    sentences,
    summary,
    value,
)
from cdkguard.outputs.place import relative
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural
from cdkguard.outputs.text import Line, wrapped, written
from cdkguard.text import escape

MANY = 12  # creations in a stack beyond which only their number is shown
_SHOWN = 40  # properties of one resource
_MARKS = {"WILL_DESTROY": "-", "WILL_ORPHAN": "-", "WILL_CREATE": "+", "WILL_UPDATE": "~"}


def render(difference: Difference, options: Options) -> str:
    return written(list(_layout(difference, options)), options)


def _layout(difference: Difference, options: Options) -> Iterator[Line]:
    yield [(f"{escape.terminal(difference.against)} -> {escape.terminal(difference.to)}", "dim")]
    yield []
    for group in grouped(difference.changes):
        yield from _stack(group, options)
    for note in difference.notes:
        for number, text in enumerate(wrapped(note, options.width - 8)):
            yield [("notice  " if not number else " " * 8, "dim"), (text, "")]
    yield from _data(difference.changes, options)
    for text in wrapped(summary(difference.changes), options.width):
        yield [(text, "heading")]


def _data(changes: Sequence[Change], options: Options) -> Iterator[Line]:
    """What one has to know before all else, where one looks first: at the end."""
    found = data_that_goes(changes)
    if found:
        yield []
        yield [(f"{plural(len(found), 'resource')} with data:", "high")]
    for text in found[:MANY]:
        yield from _paragraph(text, options, "  ")
    if len(found) > MANY:
        yield [(f"  and {len(found) - MANY} more", "")]
    yield []


def _paragraph(text: str, options: Options, indent: str = "      ", style: str = "") -> Iterator[Line]:
    for number, line in enumerate(wrapped(text, options.width - len(indent) - 2)):
        yield [(indent + "  " * bool(number), ""), (line, style)]


def grouped(changes: Sequence[Change]) -> list[list[Change]]:
    """The changes of each stack, in order; a stack of which there is nothing to say is left out."""
    groups: dict[int, list[Change]] = {}
    for change in changes:
        groups.setdefault(id(change.stack), []).append(change)
    return list(groups.values())


def _stack(changes: list[Change], options: Options) -> Iterator[Line]:
    stack = changes[0].stack
    facts = [stack.environment or "", "/".join(filter(None, [stack.account, stack.region]))]
    facts += ["nested stack"] if stack.parent is not None else []
    tail = " · ".join(escape.terminal(f) for f in facts if f)
    yield [("-- ", "dim"), (escape.terminal(stack.construct_path or stack.name), "heading"), (f"  {tail}", "dim")]
    whole = [c for c in changes if c.impact in STACK_IMPACTS]
    for change in whole:
        yield from _change(change, options)
    rest = [c for c in changes if c.impact not in STACK_IMPACTS and not is_folded(c)]
    if any(c.impact == "STACK_REMOVED" for c in whole):
        rest = [c for c in rest if c.stateful]
    creations = [c for c in rest if c.impact == "WILL_CREATE"]
    folded = [c for c in creations if c.partner]  # told where they were
    if len(creations) - len(folded) > MANY or any(c.impact == "STACK_ADDED" for c in whole):
        folded = creations
    for change in sorted(rest, key=lambda c: WORST_FIRST.index(c.impact)):
        if change not in folded:
            yield from _change(change, options)
    if folded:
        was = sum(1 for c in folded if c.partner)
        tail = f", {was} of them under another name or in another place" if 0 < was < len(folded) else ""
        tail = " under another name or in another place" if was == len(folded) else tail
        yield [("  + ", "WILL_CREATE"), (f"{plural(len(folded), 'resource')} created{tail}", "")]
    harmless = counts(changes).get("harmless", 0)
    if harmless:
        yield [("  · ", "dim"), (f"{plural(harmless, 'harmless update')}: asset hashes, metadata", "dim")]
    yield []


def _change(change: Change, options: Options) -> Iterator[Line]:
    mark = _MARKS.get(change.impact, "!")
    data = "  holds data" if change.stateful and change.impact != "WILL_CREATE" else ""
    name = escape.terminal(name_of(change))
    style: str = "stack" if change.impact in STACK_IMPACTS else change.impact
    yield [(f"  {mark} ", style), (change.impact, style), ("  ", ""), (name, "path"), (data, "high")]
    below = [change.resource_type or "", change.logical_id if change.construct_path else ""]
    if change.source is not None:
        below.append(f"{relative(change.source.file, options.root)}:{change.source.line}")
    if any(below):
        yield from _paragraph(" · ".join(part for part in below if part), options, style="dim")
    for text in sentences(change):
        yield from _paragraph(text, options, style="message" if change.stateful else "")
    for changed in change.properties[:_SHOWN]:
        why = {"yes": "  (replaces it)", "maybe": "  (may replace it)"}.get(changed.replacement, "")
        if changed.because:
            yield from _paragraph(f"{changed.path}: {changed.because}{why}", options, style="dim")
        else:
            values = f"{value(changed, changed.before)} -> {value(changed, changed.after)}"
            style = "high" if why else ""
            yield from _paragraph(f"{changed.path}: {values}{why}", options, style=style)
    if len(change.properties) > _SHOWN:
        yield [(f"      and {len(change.properties) - _SHOWN} more properties", "dim")]
