"""The lines of one change for a terminal: what happens to what, in which stages, why, and what follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.model import STACK_IMPACTS, Change, PropertyChange
from cdkguard.outputs.diff.common import (
    WORST_FIRST,
    advise_keeping,
    describe_details,
    describe_fate,
    describe_stack,
)
from cdkguard.outputs.diff.entries import ChangeEntry, find_own_properties, name_place
from cdkguard.outputs.diff.names import ValueNames, name_below_stage, name_shortly, shorten_path
from cdkguard.outputs.diff.value_lines import render_sides
from cdkguard.outputs.locations import name_caller, name_line
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, wrap
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Impact

MANY = 12  # Changes of one kind without data beyond which the others are only counted.
_MOST_PROPERTIES = 16  # Of one resource.
_MOST_FOLLOWERS = 10  # That are named.
_MOST_TYPES = 8  # That are counted.

OUTCOMES: dict[Impact, str] = {
    "WILL_DESTROY": "DESTROYED",
    "WILL_ORPHAN": "LEFT BEHIND",
    "WILL_REPLACE": "REPLACED",
    "MAY_REPLACE": "PERHAPS REPLACED",
    "WILL_UPDATE": "",
    "WILL_CREATE": "",
    "STACK_ADDED": "STACK ADDED",
    "STACK_REMOVED": "STACK REMOVED",
    "STACK_RENAMED": "STACK RENAMED",
    "STACK_MOVED": "STACK MOVED",
    "STACK_UNPROTECTED": "UNPROTECTED",
    "STACK_RECLASSIFIED": "RECLASSIFIED",
    "STACK_REFUSED": "REFUSED",
}
# Impact -> the mark before a line; others have "!".
_MARKS = {"WILL_DESTROY": "-", "WILL_ORPHAN": "-", "WILL_CREATE": "+", "WILL_UPDATE": "~"}
_REPLACES = {"yes": "  (replaces it)", "maybe": "  (may replace it)", "no": ""}


def lay_out_entry(entry: ChangeEntry, names: ValueNames, options: Options, said: Sequence[str] = ()) -> Iterator[Line]:
    """The lines of an entry; `said` are the stages that a heading names already."""
    worst = entry.worst
    is_one = len({describe_outcome(change) for change in entry.changes}) == 1
    head, subject = _lay_out_head(entry, worst, is_one, said), escape.terminal(_describe_subject(entry.first, options))
    if sum(len(text) for text, _ in head) + 2 + len(subject) <= options.width:
        yield [*head, (f"  {subject}", "dim")]
    else:
        yield head
        yield from _paragraph(subject, options, style="dim")

    if is_one:
        for text in describe_outcome(entry.first)[1]:
            yield from _paragraph(text, options, style="message" if worst.stateful else "")
    else:
        for change in entry.changes:
            yield from _lay_out_outcome(change, options)
    keepers = [
        change for change in entry.changes if change.partner and change.stateful and change.impact != "WILL_CREATE"
    ]
    if keepers:
        yield from _paragraph(f"to keep it: {advise_keeping(keepers[0])}", options)
    for path, text, replaces in describe_properties(entry.first, names):
        yield from _paragraph(
            f"{path}: {text}" if path else text, options, style="high" if replaces else "" if path else "dim"
        )
    for text in describe_followers(entry):
        yield from _paragraph(text, options)


def _lay_out_head(entry: ChangeEntry, worst: Change, is_one: bool, said: Sequence[str]) -> Line:
    style: str = "stack" if worst.impact in STACK_IMPACTS else worst.impact
    word = name_outcome(worst) if is_one else ""
    line: Line = [(f"  {_MARKS.get(worst.impact, '!')} ", style)]
    line += [(word, style), ("  ", "")] if word else []
    line.append((escape.terminal(entry.name), "path"))
    if renamed := describe_change_of_name(entry):
        line.append((f"  {escape.terminal(renamed)}", ""))
    if worst.stateful and worst.impact not in ("WILL_CREATE", "WILL_UPDATE"):
        line.append(("  holds data", "high"))
    if is_one and entry.places and entry.places != tuple(said):
        line.append((f"  in {escape.terminal(', '.join(entry.places))}", "dim"))
    return line


def name_outcome(change: Change) -> str:
    """The word for what happens; "" for an update and a creation, which need none."""
    if change.impact == "WILL_UPDATE" and find_lost_data_parts(change):
        return "PART LOST"
    return OUTCOMES.get(change.impact, change.impact)


def describe_outcome(change: Change) -> tuple[str, tuple[str, ...]]:
    """The impact, and the sentences that say what it alone does not."""
    if change.impact in STACK_IMPACTS:
        texts = [_describe_refusal(change) if change.impact == "STACK_REFUSED" else describe_stack(change)]
    else:
        texts = [describe_fate(change), *describe_details(change)]
        texts += ["kept, outside the stack"] if change.impact == "WILL_ORPHAN" else []
    return change.impact, tuple(text for text in texts if text)


def _lay_out_outcome(change: Change, options: Options) -> Iterator[Line]:
    """What happens in one of several stages."""
    texts = describe_outcome(change)[1]
    lead, word = f"{escape.terminal(name_place(change))}: ", name_outcome(change) or "UPDATED"
    text = "; ".join(texts)
    for number, line in enumerate(wrap(text, options.width - 10 - len(lead) - len(word)) or [""]):
        if not number:
            yield [("      ", ""), (lead, "dim"), (word, change.impact), ("  ", ""), (line, "message")]
        else:
            yield [(" " * (8 + len(lead)), ""), (line, "message")]


def _describe_refusal(change: Change) -> str:
    """CloudFormation's refusal, by the names of what is exported and of who imports it."""
    importers = [name_below_stage(path, change.stack) for path in change.importers]
    if not importers:
        return describe_stack(change)
    verb = "imports" if len(importers) == 1 else "import"
    listed = ", ".join(importers[:-1]) + (" and " if len(importers) > 1 else "") + importers[-1]
    return f"CloudFormation refuses its update: exports go or change that {listed} {verb}"


def describe_change_of_name(entry: ChangeEntry) -> str:
    """Where the other half of a rename or move is; nothing where there is none."""
    change = entry.first
    if not change.partner or change.impact in STACK_IMPACTS:
        return ""
    if change.partner == change.construct_path and not change.partner_stack:
        return "under another logical id"
    verb = "was" if change.impact == "WILL_CREATE" else "is now"
    partner = shorten_path(str(change.partner))
    stack = change.partner_stack
    there = "" if not stack or partner.startswith(f"{stack}/") else f" in {stack}"
    return f"{verb} {name_below_stage(partner, change.stack) if entry.places else partner}{there}"


def _describe_subject(change: Change, options: Options) -> str:
    """Type and source line."""
    parts = [change.resource_type or ""]
    if change.source is not None:
        parts.append(name_line(change.source, options) + name_caller(change.source, options))
    return " · ".join(part for part in parts if part)


def describe_properties(change: Change, names: ValueNames) -> Iterator[tuple[str, str, bool]]:
    """(Path, both sides in words, whether it replaces) of each value with a reason of its own; the others are counted."""
    own = find_own_properties(change)
    following = [p for p in change.properties if p.because or p.only_follows]
    replacing = [p for p in following if p.replacement != "no"]
    for changed in own[:_MOST_PROPERTIES]:
        before, after = render_sides(change, changed, names)
        yield (
            _name_property(changed),
            f"{before} -> {after}{_REPLACES[changed.replacement]}",
            changed.replacement != "no",
        )
    if len(own) > _MOST_PROPERTIES:
        yield "", f"and {plural(len(own) - _MOST_PROPERTIES, 'more value')}", False

    for changed in replacing[:_MOST_PROPERTIES]:
        text = changed.because or "follows another resource"
        yield _name_property(changed), f"{text}{_REPLACES[changed.replacement]}", True
    rest = len(following) - len(replacing)
    if rest and own:
        yield "", f"and {plural(rest, 'value')} that follow{'s' if rest == 1 else ''} other changes", False


def _name_property(changed: PropertyChange) -> str:
    return changed.path.removeprefix("Properties.")


def describe_followers(entry: ChangeEntry) -> list[str]:
    """A sentence with what only follows, the worst first; none where nothing does."""
    if not entry.followers:
        return []
    ordered = sorted(entry.followers, key=lambda follower: WORST_FIRST.index(follower.worst.impact))
    shown = [_name_follower(follower, entry) for follower in ordered[:_MOST_FOLLOWERS]]
    if len(ordered) > _MOST_FOLLOWERS:
        rest = ordered[_MOST_FOLLOWERS:]
        shown.append(f"and {len(rest)} more ({count_types(f.first for f in rest)})")
    number = len(entry.followers)
    return [f"{number} {'follows' if number == 1 else 'follow'}: {', '.join(shown)}"]


def _name_follower(follower: ChangeEntry, cause: ChangeEntry) -> str:
    change = follower.worst
    name = name_below_stage(name_shortly(follower.first), follower.first.stack)
    facts = [name_outcome(change).lower()] if not change.partner else ["renamed"]
    if len(follower.changes) < len(cause.changes):
        facts.append(f"in {', '.join(map(name_place, follower.changes))}")
    told = ", ".join(fact for fact in facts if fact)
    return f"{name} ({told})" if told else name


def count_types(changes: Iterable[Change]) -> str:
    """`10 Lambda::Permission, 4 IAM::Policy`: the number of resources of each type, most first."""
    counts = Counter((change.resource_type or "?").removeprefix("AWS::") for change in changes)
    listed = [f"{number} {kind}" for kind, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    more = sum(counts.values()) - sum(int(text.partition(" ")[0]) for text in listed[:_MOST_TYPES])
    return ", ".join(listed) if len(listed) <= _MOST_TYPES + 1 else f"{', '.join(listed[:_MOST_TYPES])}, {more} others"


def _paragraph(text: str, options: Options, indent: str = "      ", style: str = "") -> Iterator[Line]:
    for number, line in enumerate(wrap(text, options.width - len(indent) - 2) if text else ()):
        yield [(indent + "  " * bool(number), ""), (line, style)]
