"""A difference as Markdown for a comment on a pull request: the data at stake first, then a table for each stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.outputs.diff.change_lines import (
    MANY,
    count_types,
    describe_change_of_name,
    describe_followers,
    describe_outcome,
    describe_properties,
    name_outcome,
)
from cdkguard.outputs.diff.common import Difference, advise_keeping, summarize_changes
from cdkguard.outputs.diff.entries import ChangeEntry, make_entries, name_place
from cdkguard.outputs.diff.entry_groups import describe_counted, find_data_at_stake, group_by_stack
from cdkguard.outputs.diff.names import ValueNames
from cdkguard.outputs.locations import relative_path
from cdkguard.outputs.markdown.budget import fit_blocks
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

MARKER = "<!-- cdkguard diff -->"  # A job finds its earlier comment by it, to update it.
_CELL = 200
_TABLE = "| Change | Resource | What |\n| --- | --- | --- |\n"


def render(difference: Difference, options: Options) -> str:
    """The difference as a comment for a pull request, at most CHARACTERS long."""
    head = f"{MARKER}\n**cdkguard diff** {_text(summarize_changes(difference.changes))} · against {_text(difference.against)}\n"
    return fit_blocks(head, lay_out_changes(difference, options))


def lay_out_changes(difference: Difference, options: Options) -> Iterator[str]:
    """Pieces of Markdown, in order of weight: notices, headings with the head of a table, rows."""
    for note in difference.notes:
        yield f"\n> notice: {_text(note)}\n"
    found = make_entries(difference.changes)
    data = find_data_at_stake(found.entries)
    if data:
        yield f"\n#### Data at stake: {plural(len(data), 'resource')}\n\n{_TABLE}"
        for entry in data:
            yield _row(entry, found.names, options)
    for group in group_by_stack([entry for entry in found.entries if not entry.is_data_at_stake]):
        places = group.places or group.facts[:1]
        yield f"\n#### {_code(group.title)} {_text(', '.join(places))}\n\n{_TABLE}"
        created = [entry for entry in group.entries if entry.first.impact == "WILL_CREATE"]
        is_many = len(created) > MANY
        for entry in group.entries:
            if not (is_many and entry in created):
                yield _row(entry, found.names, options, group.places)
        if is_many:
            counted = count_types(entry.first for entry in created)
            yield f"\n{plural(len(created), 'resource')} created: {_text(counted)}\n"
    if counted := describe_counted(found):
        yield f"\n{counted}.\n"
    if found.harmless:
        yield f"\n{plural(found.harmless, 'harmless update')} not shown.\n"


def _row(entry: ChangeEntry, names: ValueNames, options: Options, said: Sequence[str] = ()) -> str:
    change, worst = entry.first, entry.worst
    outcomes = {describe_outcome(each) for each in entry.changes}
    word = name_outcome(worst) or worst.impact.removeprefix("WILL_").lower() + "d"
    impact = f"**{_text(word)}**" if worst.stateful and worst.impact != "WILL_CREATE" else _text(word)
    if len(outcomes) == 1 and entry.places and entry.places != tuple(said):
        impact += f"<br>{_text(', '.join(entry.places))}"

    place = ""
    if change.source:
        place = f"<br>{_code(f'{relative_path(change.source.file, options.root)}:{change.source.line}')}"
    kind = f"<br>{_text(change.resource_type)}" if change.resource_type else ""

    what = [_text(describe_change_of_name(entry))]
    if len(outcomes) == 1:
        what += map(_text, describe_outcome(change)[1])
    else:
        for each in entry.changes:
            texts = describe_outcome(each)[1]
            outcome = f"**{_text(name_outcome(each) or 'updated')}** {_text('; '.join(texts))}"
            what.append(f"{_text(name_place(each))}: {outcome}")
    if worst.partner and worst.stateful and worst.impact != "WILL_CREATE":
        what.append(f"to keep it: {_text(advise_keeping(worst))}")
    what += [
        f"{_code(path)} {_text(text)}" if path else _text(text) for path, text, _ in describe_properties(change, names)
    ]
    what += map(_text, describe_followers(entry))
    return f"| {impact} | {_code(entry.name)}{kind}{place} | {'<br>'.join(text for text in what if text)} |\n"


def _text(text: str) -> str:
    return escape.markdown(text if len(text) <= 2 * _CELL else text[: 2 * _CELL - 1] + "…")


def _code(text: str) -> str:
    return escape.markdown_code(text if len(text) <= _CELL else text[: _CELL - 1] + "…")
