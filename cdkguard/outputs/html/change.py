"""The change on a page: its picture, the same in words, and the values before and after."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from xml.etree.ElementTree import Element

from cdkguard._typing import NamedTuple
from cdkguard.model import Change, PropertyChange
from cdkguard.outputs.blast_radius import BlastRadius, find_blast_radius, name_in_stage
from cdkguard.outputs.diff.common import describe_change, is_folded, render_side
from cdkguard.outputs.finding_lines import WHOLE_CONFIGURATION
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.page import shorten
from cdkguard.outputs.html.picture import CLASSES, draw_blast_radius
from cdkguard.outputs.locations import relative_path
from cdkguard.outputs.render import Options
from cdkguard.outputs.resource_types import describe_type
from cdkguard.outputs.short_names import generalize_name, rank_environment
from cdkguard.outputs.summary import plural

_SHOWN = 12  # Properties of a change.
_VALUE = 300
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
_MANY = 30  # Changes of one section beyond which it is folded.
_FULL = 200  # Changes of one section that are shown with their values, those of data first.
_NAMES = 200  # Names that a list holds.


class _Same(NamedTuple):
    """One change, and the environments in which it is the same."""

    change: Change
    name: str
    environments: tuple[str, ...]


def lay_out_change(changes: Sequence[Change], options: Options) -> list[Child]:
    """Pictures, then every change by its effect; what each build brings is counted."""
    found: list[Child] = [
        _figure(radius, number) for radius, number in zip(find_blast_radius(changes), count(1), strict=False)
    ]
    shown = _merge_environments([change for change in changes if not is_folded(change)])
    if not shown:
        found.append(element("p", "No resource changes."))
    for impact, (title, kind) in _SECTIONS.items():
        here = [one for one in shown if (one.change.impact if one.change.impact in _SECTIONS else "") == impact]
        if here:
            found.append(_section(title, kind, here, impact in _OPEN, options))
    harmless = sum(1 for change in changes if is_folded(change))
    if harmless:
        text = plural(harmless, "harmless update") + ": asset hashes, metadata, spelling"
        found.append(element("p", text, class_="muted"))
    return found


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


def _merge_environments(changes: Sequence[Change]) -> list[_Same]:
    groups: dict[object, list[Change]] = {}
    for change in changes:
        groups.setdefault(_key(change), []).append(change)

    found = []
    for same in groups.values():
        environments = tuple(dict.fromkeys(c.stack.environment or "" for c in same))
        if 1 < len(same) == len(environments):
            ordered = sorted(same, key=lambda change: rank_environment(change.stack.environment or ""))
            name = generalize_name(name_in_stage(ordered[0]), ordered[0].stack.environment or "")
            found.append(_Same(ordered[0], name, tuple(c.stack.environment or "" for c in ordered)))
        else:
            found += [_Same(change, name_in_stage(change), (change.stack.environment or "",)) for change in same]
    return found


def _key(change: Change) -> object:
    """What is equal where a change is the same in several environments."""
    name = generalize_name(name_in_stage(change), change.stack.environment or "")
    values = [(p.path, p.because, _side(p, False), _side(p, True), p.replacement) for p in change.properties]
    return name, change.impact, change.resource_type, change.fate, change.source, _without_environment(change, values)


def _without_environment(change: Change, values: object) -> str:
    """The values as text in which the names of stage and stack stand for those of every environment."""
    text = repr(values)
    root = change.stack.root
    for name in (root.name, root.construct_path or "", (root.construct_path or "").partition("/")[0]):
        text = text.replace(name, "*") if name else text
    return text


def _side(changed: PropertyChange, is_after: bool) -> str:
    text = render_side(changed, changed.after if is_after else changed.before)
    return shorten(text, _VALUE)


def _section(title: str, kind: str, found: Sequence[_Same], is_open: bool, options: Options) -> Element:
    ordered = sorted(found, key=lambda one: not one.change.stateful)
    following = [one for one in ordered if one.change.only_follows and not is_open and not one.change.stateful]
    others = [one for one in ordered if one not in following]
    shown, rest = others[:_FULL], others[_FULL:]
    number = plural(len(found), "change" if kind == "stack" else "resource")
    heading = element("h3", element("span", title, class_=f"effect {kind}"), f": {number}")
    return element(
        "details",
        element("summary", heading),
        element("ul", [_item(one, options) for one in shown], class_="entries") if shown else None,
        _list_names(following, "what is above leads to") if following else None,
        _list_names(rest, "shown by name alone") if rest else None,
        open=is_open and len(shown) <= _MANY,
    )


def _list_names(found: Sequence[_Same], why: str) -> Element:
    names = list(dict.fromkeys(shorten(one.name, 120) for one in found))
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    text = f"{plural(len(found), 'resource')}, {why}: {', '.join(names[:_NAMES])}{more}"
    return element("p", text, class_="entry-of-change")


def _item(one: _Same, options: Options) -> Element:
    change = one.change
    about = describe_type(change.resource_type) or WHOLE_CONFIGURATION.get(change.impact, "stack").strip("()")
    environments = ", ".join(filter(None, one.environments))
    place = f"{relative_path(change.source.file, options.root)}:{change.source.line}" if change.source else ""
    data = change.stateful and change.impact != "WILL_CREATE"
    return element(
        "li",
        element(
            "p",
            element("span", shorten(one.name, 200), class_="name"),
            f" {about}" if about else "",
            element("span", f" in {environments}", class_="muted") if environments else None,
            element("strong", " holds data") if data else None,
        ),
        element("p", place, class_="place") if place else None,
        [element("p", prose(text)) for text in describe_change(change)],
        _properties(change),
        class_="entry-of-change",
    )


def _properties(change: Change) -> Element | None:
    if not change.properties:
        return None
    rows: list[Child] = []
    for changed in change.properties[:_SHOWN]:
        replaces = {"yes": " (replaces it)", "maybe": " (may replace it)"}.get(changed.replacement, "")
        rows.append(element("dt", changed.path.removeprefix("Properties.")))
        if changed.because:
            rows.append(element("dd", changed.because, replaces))
        else:
            rows.append(
                element(
                    "dd",
                    element("span", _side(changed, False), class_="before"),
                    " → ",
                    element("span", _side(changed, True), class_="after"),
                    element("strong", replaces) if replaces else None,
                )
            )
    if len(change.properties) > _SHOWN:
        rows += [element("dt", "…"), element("dd", f"and {len(change.properties) - _SHOWN} more")]
    return element("dl", rows, class_="change")
