"""What a change destroys, replaces, leaves behind or refuses, for the report of a check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.model import REMOVE_IMPACTS, REPLACE_IMPACTS, STACK_IMPACTS, Change
from cdkguard.outputs.diff.common import WORST_FIRST, summarize_changes
from cdkguard.outputs.diff.entries import ChangeEntry, make_entries
from cdkguard.outputs.diff.entry_groups import find_data_at_stake, lay_out_most
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, wrap

_OF_GUARDRAIL = ("GUARDRAIL_WEAKENED", "EXEMPTION_ADDED")


def lay_out_change_summary(changes: Sequence[Change], options: Options) -> Iterator[Line]:
    """The data at stake first, then stacks and what else goes or is replaced, with what follows; the rest is a count.

    Nothing where nothing changes.
    """
    found = make_entries([change for change in changes if change.impact not in _OF_GUARDRAIL])
    data = find_data_at_stake(found.entries)
    others = [entry for entry in found.entries if not entry.is_data_at_stake and _is_told(entry)]
    others.sort(key=lambda entry: WORST_FIRST.index(entry.worst.impact))
    yield from lay_out_most([*data, *others], found.names, options)
    if changes:
        for line in wrap(f"{summarize_changes(changes)}: `cdkguard diff` shows all", options.width - 2):
            yield [(f"  {line}", "dim")]


def _is_told(entry: ChangeEntry) -> bool:
    return entry.worst.impact in (*STACK_IMPACTS, *REMOVE_IMPACTS, *REPLACE_IMPACTS)
