"""A difference as Markdown for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.model import STACK_IMPACTS, Change
from cdkguard.outputs.diff.common import (
    WORST_FIRST,
    Difference,
    count_impacts,
    describe_change,
    is_folded,
    name_of_change,
    render_side,
    summarize_changes,
)
from cdkguard.outputs.diff.text import group_by_stack
from cdkguard.outputs.locations import relative_path
from cdkguard.outputs.markdown import CHARACTERS, fill, render_left_out
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

MARKER = "<!-- cdkguard diff -->"  # A job finds its earlier comment by it, to update it.
_CELL = 200


def render(difference: Difference, options: Options) -> str:
    """The difference as a comment for a pull request: a table for each stack, at most CHARACTERS long."""
    head = f"{MARKER}\n**cdkguard diff** {_text(summarize_changes(difference.changes))} · against {_text(difference.against)}\n"
    text, dropped = fill(head, [(block, 1) for block in lay_out_changes(difference, options)], CHARACTERS)
    return text + render_left_out(dropped)


def lay_out_changes(difference: Difference, options: Options) -> Iterator[str]:
    """Pieces of Markdown, in order of weight within a stack: notices, headings with the head of a table, rows."""
    for note in difference.notes:
        yield f"\n> notice: {_text(note)}\n"
    for changes in group_by_stack(difference.changes):
        stack = changes[0].stack
        shown = [c for c in changes if not is_folded(c)]
        yield f"\n#### {_code(stack.construct_path or stack.name)} {_text(stack.environment or '')}\n\n"
        if shown:
            yield "| Impact | Resource | What |\n| --- | --- | --- |\n"
        for change in sorted(shown, key=lambda c: WORST_FIRST.index(c.impact)):
            yield _row(change, options)
        harmless = count_impacts(changes).get("harmless", 0)
        if harmless:
            yield f"\n{plural(harmless, 'harmless update')} not shown.\n"


def _row(change: Change, options: Options) -> str:
    place = (
        f"<br>{_code(f'{relative_path(change.source.file, options.root)}:{change.source.line}')}"
        if change.source
        else ""
    )
    kind = f"<br>{_text(change.resource_type)}" if change.resource_type else ""
    impact = (
        f"**{_text(change.impact)}**" if change.stateful or change.impact in STACK_IMPACTS else _text(change.impact)
    )
    what = [_text(s) for s in describe_change(change)]
    for p in change.properties[:8]:
        values = p.because or f"{render_side(p, p.before)} → {render_side(p, p.after)}"
        replaces = {"yes": " (replaces it)", "maybe": " (may replace it)"}.get(p.replacement, "")
        what.append(f"{_code(p.path)} {_text(values)}{replaces}")
    if len(change.properties) > 8:
        what.append(f"and {len(change.properties) - 8} more")
    return f"| {impact} | {_code(name_of_change(change))}{kind}{place} | {'<br>'.join(what)} |\n"


def _text(text: str) -> str:
    return escape.markdown(text if len(text) <= _CELL else text[: _CELL - 1] + "…")


def _code(text: str) -> str:
    return escape.markdown_code(text if len(text) <= _CELL else text[: _CELL - 1] + "…")
