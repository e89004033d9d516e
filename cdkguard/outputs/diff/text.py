"""A difference as text for people: the data at stake, then stack by stack, what only follows below its cause."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.outputs.diff.common import Difference, summarize_changes
from cdkguard.outputs.diff.entries import make_entries
from cdkguard.outputs.diff.entry_groups import (
    describe_counted,
    find_data_at_stake,
    group_by_stack,
    lay_out_data,
    lay_out_group,
    lay_out_types,
)
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines, wrap
from cdkguard.text import escape


def render(difference: Difference, options: Options) -> str:
    """The difference as lines for a terminal, of `options.width` characters."""
    return render_lines(list(_lay_out(difference, options)), options)


def _lay_out(difference: Difference, options: Options) -> Iterator[Line]:
    yield [(f"{escape.terminal(difference.against)} -> {escape.terminal(difference.to)}", "dim")]
    yield []

    found = make_entries(difference.changes)
    data = find_data_at_stake(found.entries)
    yield from lay_out_data(data, found.names, options)
    others = [entry for entry in found.entries if not entry.is_data_at_stake]
    if difference.is_destruction:
        yield from lay_out_types(others, options)
    else:
        for group in group_by_stack(others):
            yield from lay_out_group(group, found.names, options)

    for note in difference.notes:
        yield from lay_out_labelled("notice  ", note, options, "dim")
    if counted := describe_counted(found):
        yield [(counted, "dim")]
    for text in wrap(summarize_changes(difference.changes), options.width):
        yield [(text, "heading")]
