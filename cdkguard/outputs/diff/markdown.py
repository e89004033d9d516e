"""A diff as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.model import STACK_IMPACTS, Change
from cdkguard.outputs.diff.common import WORST_FIRST, Difference, counts, is_folded, name_of, sentences, summary, value
from cdkguard.outputs.diff.text import grouped
from cdkguard.outputs.place import relative
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

MARKER = "<!-- cdkguard diff -->"  # by which a job finds its earlier comment to update it
_CHARACTERS = 60_000  # GitHub takes 65,536 in a comment
_CELL = 200


def render(difference: Difference, options: Options) -> str:
    head = f"{MARKER}\n**cdkguard diff** {_text(summary(difference.changes))} · against {_text(difference.against)}\n"
    text, left_out = head, 0
    for block in _blocks(difference, options):
        if left_out or len(text) + len(block) > _CHARACTERS:  # a later row would stand under another stack's name
            left_out += 1
        else:
            text += block
    if left_out:
        text += f"\n_{plural(left_out, 'row')} left out to keep this short; the other outputs show everything._\n"
    return text


def _blocks(difference: Difference, options: Options) -> Iterator[str]:
    for note in difference.notes:
        yield f"\n> notice: {_text(note)}\n"
    for changes in grouped(difference.changes):
        stack = changes[0].stack
        shown = [c for c in changes if not is_folded(c)]
        yield f"\n#### {_code(stack.construct_path or stack.name)} {_text(stack.environment or '')}\n\n"
        if shown:
            yield "| Impact | Resource | What |\n| --- | --- | --- |\n"
        for change in sorted(shown, key=lambda c: WORST_FIRST.index(c.impact)):
            yield _row(change, options)
        harmless = counts(changes).get("harmless", 0)
        if harmless:
            yield f"\n{plural(harmless, 'harmless update')} not shown.\n"


def _row(change: Change, options: Options) -> str:
    place = (
        f"<br>{_code(f'{relative(change.source.file, options.root)}:{change.source.line}')}" if change.source else ""
    )
    kind = f"<br>{_text(change.resource_type)}" if change.resource_type else ""
    impact = (
        f"**{_text(change.impact)}**" if change.stateful or change.impact in STACK_IMPACTS else _text(change.impact)
    )
    what = [_text(s) for s in sentences(change)]
    for p in change.properties[:8]:
        values = p.because or f"{value(p, p.before)} → {value(p, p.after)}"
        replaces = {"yes": " (replaces it)", "maybe": " (may replace it)"}.get(p.replacement, "")
        what.append(f"{_code(p.path)} {_text(values)}{replaces}")
    if len(change.properties) > 8:
        what.append(f"and {len(change.properties) - 8} more")
    return f"| {impact} | {_code(name_of(change))}{kind}{place} | {'<br>'.join(what)} |\n"


def _text(text: str) -> str:
    return escape.markdown(text if len(text) <= _CELL else text[: _CELL - 1] + "…")


def _code(text: str) -> str:
    return escape.markdown_code(text if len(text) <= _CELL else text[: _CELL - 1] + "…")
