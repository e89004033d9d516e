"""A difference as text for people: by stack, worst first, harmless changes folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.model import STACK_IMPACTS, Change, PropertyChange
from cdkguard.outputs.diff.common import (
    WORST_FIRST,
    Difference,
    count_impacts,
    describe_change,
    describe_lost_data,
    is_folded,
    name_of_change,
    render_side,
    summarize_changes,
)
from cdkguard.outputs.locations import relative_path
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines, wrap
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

MANY = 12  # Creations in a stack beyond which only their number is shown.
_MOST_PROPERTIES = 40  # of one resource
# Impact -> the mark before a line; others have "!".
_MARKS = {"WILL_DESTROY": "-", "WILL_ORPHAN": "-", "WILL_CREATE": "+", "WILL_UPDATE": "~"}


def render(difference: Difference, options: Options) -> str:
    """The difference as lines for a terminal, of `options.width` characters."""
    return render_lines(list(_lay_out(difference, options)), options)


def _lay_out(difference: Difference, options: Options) -> Iterator[Line]:
    yield [(f"{escape.terminal(difference.against)} -> {escape.terminal(difference.to)}", "dim")]
    yield []
    for group in group_by_stack(difference.changes):
        yield from _stack(group, options)
    for note in difference.notes:
        yield from lay_out_labelled("notice  ", note, options, "dim")
    yield from _data(difference.changes, options)
    for text in wrap(summarize_changes(difference.changes), options.width):
        yield [(text, "heading")]


def _data(changes: Sequence[Change], options: Options) -> Iterator[Line]:
    """The data that goes, near the end of the output, where one looks first on a terminal."""
    found = describe_lost_data(changes)
    if found:
        yield []
        yield [(f"{plural(len(found), 'resource')} with data:", "high")]
    for text in found[:MANY]:
        yield from _paragraph(text, options, "  ")
    if len(found) > MANY:
        yield [(f"  and {len(found) - MANY} more", "")]
    yield []


def _paragraph(text: str, options: Options, indent: str = "      ", style: str = "") -> Iterator[Line]:
    for number, line in enumerate(wrap(text, options.width - len(indent) - 2)):
        yield [(indent + "  " * bool(number), ""), (line, style)]


def group_by_stack(changes: Sequence[Change]) -> list[list[Change]]:
    """The changes of each stack, in order; a stack without changes is left out."""
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

    of_stack = [c for c in changes if c.impact in STACK_IMPACTS]
    for change in of_stack:
        yield from lay_out_change(change, options)

    rest = [c for c in changes if c.impact not in STACK_IMPACTS and not is_folded(c)]
    if any(c.impact == "STACK_REMOVED" for c in of_stack):
        rest = [c for c in rest if c.stateful]
    creations = [c for c in rest if c.impact == "WILL_CREATE"]
    folded = [c for c in creations if c.partner]  # The change of the other half says where they were.
    if len(creations) - len(folded) > MANY or any(c.impact == "STACK_ADDED" for c in of_stack):
        folded = creations
    for change in sorted(rest, key=lambda c: WORST_FIRST.index(c.impact)):
        if change not in folded:
            yield from lay_out_change(change, options)

    if folded:
        yield _folded_creations(folded)
    harmless = count_impacts(changes).get("harmless", 0)
    if harmless:
        yield [("  · ", "dim"), (f"{plural(harmless, 'harmless update')}: asset hashes, metadata, spelling", "dim")]
    yield []


def _folded_creations(folded: Sequence[Change]) -> Line:
    renamed = sum(1 for c in folded if c.partner)
    tail = f", {renamed} of them under another name or in another place" if 0 < renamed < len(folded) else ""
    tail = " under another name or in another place" if renamed == len(folded) else tail
    return [("  + ", "WILL_CREATE"), (f"{plural(len(folded), 'resource')} created{tail}", "")]


def lay_out_change(change: Change, options: Options, place: str = "") -> Iterator[Line]:
    """The lines of one change: impact and name, type and source line, sentences, properties.

    `place` names the stack where no heading does.
    """
    mark = _MARKS.get(change.impact, "!")
    data = "  holds data" if change.stateful and change.impact != "WILL_CREATE" else ""
    name = escape.terminal(name_of_change(change))
    style: str = "stack" if change.impact in STACK_IMPACTS else change.impact
    yield [(f"  {mark} ", style), (change.impact, style), ("  ", ""), (name, "path"), (data, "high")]

    below = [change.resource_type or "", place, change.logical_id if change.construct_path else ""]
    if change.source is not None:
        below.append(f"{relative_path(change.source.file, options.root)}:{change.source.line}")
    if any(below):
        yield from _paragraph(" · ".join(part for part in below if part), options, style="dim")
    for text in describe_change(change):
        yield from _paragraph(text, options, style="message" if change.stateful else "")

    for changed in change.properties[:_MOST_PROPERTIES]:
        yield from _property(changed, options)
    if len(change.properties) > _MOST_PROPERTIES:
        yield [(f"      and {len(change.properties) - _MOST_PROPERTIES} more properties", "dim")]


def _property(changed: PropertyChange, options: Options) -> Iterator[Line]:
    replaces = {"yes": "  (replaces it)", "maybe": "  (may replace it)"}.get(changed.replacement, "")
    if changed.because:
        yield from _paragraph(f"{changed.path}: {changed.because}{replaces}", options, style="dim")
        return
    values = f"{render_side(changed, changed.before)} -> {render_side(changed, changed.after)}"
    yield from _paragraph(f"{changed.path}: {values}{replaces}", options, style="high" if replaces else "")
