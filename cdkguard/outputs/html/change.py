"""The change on a page: its picture, the same in words, and the values before and after."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from xml.etree.ElementTree import Element

from cdkguard.model import Change
from cdkguard.outputs.blast_radius import BlastRadius, find_blast_radius
from cdkguard.outputs.diff.change_lines import (
    describe_change_of_name,
    describe_followers,
    describe_outcome,
    name_outcome,
)
from cdkguard.outputs.diff.common import advise_keeping
from cdkguard.outputs.diff.entries import ChangeEntry, find_own_properties, make_entries, name_place
from cdkguard.outputs.diff.entry_groups import describe_counted
from cdkguard.outputs.diff.names import ValueNames
from cdkguard.outputs.diff.value_lines import render_sides
from cdkguard.outputs.finding_lines import WHOLE_CONFIGURATION
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.page import shorten
from cdkguard.outputs.html.picture import CLASSES, draw_blast_radius
from cdkguard.outputs.locations import relative_path
from cdkguard.outputs.render import Options
from cdkguard.outputs.resource_types import describe_type
from cdkguard.outputs.summary import plural

_SHOWN = 12  # Properties of a change.
# Impact -> (heading, the class of its colour); the others follow below "Stacks".
_SECTIONS = {
    "WILL_DESTROY": ("Destroyed", "destroyed"),
    "WILL_ORPHAN": ("Left behind", "behind"),
    "WILL_REPLACE": ("Replaced", "replaced"),
    "MAY_REPLACE": ("Perhaps replaced", "replaced"),
    "": ("Stacks and guardrail", "stack"),
    "WILL_UPDATE": ("Updated", "updated"),
    "WILL_CREATE": ("Created", "created"),
}
_OPEN = ("WILL_DESTROY", "WILL_ORPHAN", "WILL_REPLACE", "MAY_REPLACE", "")
_MANY = 30  # Entries of one section beyond which it is folded.
_FULL = 200  # Entries of one section that are shown with their values, those of data first.
_NAMES = 200  # Names that a list holds.


def lay_out_change(changes: Sequence[Change], options: Options) -> list[Child]:
    """Pictures, then every change by its effect; what each build brings is counted."""
    found: list[Child] = [
        _figure(radius, number) for radius, number in zip(find_blast_radius(changes), count(1), strict=False)
    ]
    shown = make_entries(changes)
    if not shown.entries:
        found.append(element("p", "No resource changes."))
    for impact, (title, kind) in _SECTIONS.items():
        here = [entry for entry in shown.entries if _section_of(entry) == impact]
        if here:
            found.append(_section(title, kind, here, shown.names, impact in _OPEN, options))
    harmless = (
        f"{plural(shown.harmless, 'harmless update')}: asset hashes, metadata, spelling" if shown.harmless else ""
    )
    found += [element("p", text, class_="muted") for text in (describe_counted(shown), harmless) if text]
    return found


def _section_of(entry: ChangeEntry) -> str:
    impact = entry.worst.impact
    return impact if impact in _SECTIONS else ""


def _figure(radius: BlastRadius, number: int) -> Element:
    environments = ", ".join(filter(None, radius.environments))
    left = f"; {radius.left_out} more are not drawn" if radius.left_out else ""
    caption = f"What is lost, and what follows{f' in {environments}' if environments else ''}{left}"
    return element(
        "figure",
        element("figcaption", caption),
        element(
            "div", draw_blast_radius(radius, number), class_="picture", tabindex=0, role="group", aria_label=caption
        ),
        element("details", element("summary", "The picture in words"), element("ul", _in_words(radius))),
    )


def _in_words(radius: BlastRadius) -> list[Element]:
    """An item for each box, which names what it follows from."""
    causes: dict[int, list[str]] = {}
    for a, b in radius.edges:
        causes.setdefault(b, []).append(radius.nodes[a].name)
    items = []
    for at, node in enumerate(radius.nodes):
        kind = f" ({node.kind})" if node.kind else ""
        members = f": {', '.join(node.members)}" if node.members else ""
        because = f", because of {' and '.join(causes[at])}" if at in causes else ""
        items.append(
            element(
                "li",
                element("strong", node.name),
                kind,
                members,
                ": ",
                element("span", node.words, class_=f"effect {CLASSES[node.effect]}"),
                because,
            )
        )
    return items


def _section(
    title: str, kind: str, found: Sequence[ChangeEntry], names: ValueNames, is_open: bool, options: Options
) -> Element:
    ordered = sorted(found, key=lambda entry: not entry.is_data_at_stake)
    shown, rest = ordered[:_FULL], ordered[_FULL:]
    number = plural(len(found), "change" if kind == "stack" else "resource")
    heading = element("h3", element("span", title, class_=f"effect {kind}"), f": {number}")
    return element(
        "details",
        element("summary", heading),
        element("ul", [_item(entry, names, options) for entry in shown], class_="entries"),
        _list_names(rest) if rest else None,
        open=is_open and len(shown) <= _MANY,
    )


def _list_names(found: Sequence[ChangeEntry]) -> Element:
    names = list(dict.fromkeys(shorten(entry.name, 120) for entry in found))
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return element("p", f"{len(found)} more, by name: {', '.join(names[:_NAMES])}{more}", class_="entry-of-change")


def _item(entry: ChangeEntry, names: ValueNames, options: Options) -> Element:
    first, worst = entry.first, entry.worst
    about = describe_type(first.resource_type) or WHOLE_CONFIGURATION.get(first.impact, "stack").strip("()")
    place = f"{relative_path(first.source.file, options.root)}:{first.source.line}" if first.source else ""
    holds_data = worst.stateful and worst.impact not in ("WILL_CREATE", "WILL_UPDATE")
    renamed = describe_change_of_name(entry)
    return element(
        "li",
        element(
            "p",
            element("span", shorten(entry.name, 200), class_="name"),
            f" {about}" if about else "",
            element("span", f" in {_environments(entry)}", class_="muted") if _environments(entry) else None,
            element("strong", " holds data") if holds_data else None,
        ),
        element("p", place, class_="place") if place else None,
        element("p", renamed) if renamed else None,
        _outcomes(entry),
        [element("p", "to keep it: ", prose(advise_keeping(change))) for change in _list_keepers(entry)[:1]],
        _properties(first, names),
        [element("p", prose(text)) for text in describe_followers(entry)],
        class_="entry-of-change",
    )


def _environments(entry: ChangeEntry) -> str:
    return ", ".join(entry.places or filter(None, [name_place(entry.first)]))


def _outcomes(entry: ChangeEntry) -> list[Child]:
    """What happens, in each stage where it is not the same in all."""
    if len({describe_outcome(change) for change in entry.changes}) == 1:
        return [element("p", prose(text)) for text in describe_outcome(entry.first)[1]]
    return [_outcome_of_stage(change) for change in entry.changes]


def _outcome_of_stage(change: Change) -> Element:
    word = (name_outcome(change) or "updated").lower()
    sentences: list[Child] = [[", ", *prose(text)] for text in describe_outcome(change)[1]]
    return element("p", f"{name_place(change)}: ", element("strong", word), sentences)


def _list_keepers(entry: ChangeEntry) -> list[Change]:
    return [change for change in entry.changes if change.partner and change.stateful and change.impact != "WILL_CREATE"]


def _properties(change: Change, names: ValueNames) -> Element | None:
    """Each value with a reason of its own before and after; of the others those that replace it."""
    own = find_own_properties(change)
    following = [p for p in change.properties if p.replacement != "no" and p not in own]
    rows: list[Child] = []
    for changed in own[:_SHOWN]:
        before, after = render_sides(change, changed, names)
        sides: list[Child] = [element("span", before, class_="before"), " → ", element("span", after, class_="after")]
        rows += [element("dt", _name(changed.path)), element("dd", sides, _replaces(changed.replacement))]
    for changed in following[:_SHOWN]:
        because = changed.because or "follows another resource"
        rows += [element("dt", _name(changed.path)), element("dd", because, _replaces(changed.replacement))]
    left = len(own[_SHOWN:]) + len(following[_SHOWN:])
    if left:
        rows += [element("dt", "…"), element("dd", f"and {left} more")]
    return element("dl", rows, class_="change") if rows else None


def _name(path: str) -> str:
    return shorten(path.removeprefix("Properties."), 200)


def _replaces(replacement: str) -> Element | None:
    words = {"yes": " (replaces it)", "maybe": " (may replace it)"}.get(replacement)
    return element("strong", words) if words else None
