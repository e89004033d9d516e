"""The open findings over the audits before this one, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from cdkguard.outputs.audit.summary import Counts, RunPoint
from cdkguard.outputs.audit.verdict import amount, count_news
from cdkguard.outputs.html.elements import Child, element
from cdkguard.outputs.html.page import chip, fold, lay_out_table
from cdkguard.outputs.summary import WORST_FIRST

_WIDTH, _HEIGHT, _GAP, _LABELS, _BASE = 720, 180, 4, 26, 22
_MOST = 52  # Bars of the picture: a year, week by week.
_STYLES = {"critical": "destroyed", "high": "behind", "medium": "replaced", "low": "stack", "unknown": "tip"}


def lay_out_trend(history: Sequence[RunPoint], now: RunPoint) -> list[Child]:
    """A bar for each audit, with the newest on the right; nothing where there is one alone."""
    if not history:
        return []
    points = [*history, now][-_MOST:]
    return [
        element(
            "figure",
            element(
                "figcaption",
                "Open findings of each audit: ",
                [chip(word) for word in WORST_FIRST],
                chip("undecided", "unknown"),
            ),
            element("div", _picture(points), class_="picture", tabindex=0, role="group", aria_label="Trend"),
        ),
        fold("The numbers", _table([*history, now])),
    ]


def _picture(points: Sequence[RunPoint]) -> Element:
    most = max(1, *(point.counts.open for point in points))
    width = (_WIDTH - _GAP) // max(len(points), 12) - _GAP
    bars = [_bar(point, _GAP + number * (width + _GAP), width, most) for number, point in enumerate(points)]
    first, last = points[0].started[:10], points[-1].started[:10]
    end = _GAP + len(points) * (width + _GAP)
    top = element("text", f"{amount(most)} at most", x=_GAP, y=16, class_="kind")
    ends = [element("text", first, x=_GAP, y=_HEIGHT - 6, class_="kind")]
    if end > 200:
        ends.append(element("text", last, x=end - 80, y=_HEIGHT - 6, class_="kind"))
    words = ", ".join(f"{point.started[:10]}: {amount(point.counts.open)}" for point in points)
    return element(
        "svg",
        [top, *bars, *ends],
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        width=_WIDTH,
        height=_HEIGHT,
        role="img",
        aria_label=f"Open findings: {words}",
    )


def _bar(point: RunPoint, x: int, width: int, most: int) -> Element:
    """The severities on top of each other, the worst at the bottom."""
    room = _HEIGHT - _LABELS - _BASE
    y = float(_HEIGHT - _BASE)
    pieces = []
    for word, style in _STYLES.items():
        number = getattr(point.counts, word)
        if number:
            height = max(1.0, number / most * room)
            y -= height
            pieces.append(
                element(
                    "rect",
                    x=x,
                    y=f"{y:.1f}",
                    width=width,
                    height=f"{height:.1f}",
                    class_=style if style == "tip" else f"bar {style}",
                )
            )
    return element("g", pieces, class_="trend")


def _table(points: Sequence[RunPoint]) -> Element:
    heads = ["Audit", "Stacks", "Not read", *(word.title() for word in WORST_FIRST), "Undecided", "New", "Resolved"]
    rows: list[list[Child]] = []
    for point in reversed(points):
        counts = point.counts
        numbers = [counts.stacks, counts.unread, *(getattr(counts, word) for word in WORST_FIRST), counts.unknown]
        numbers += [count_news(counts), counts.resolved]
        rows.append([point.started[:16].replace("T", " "), *map(amount, numbers)])
    return lay_out_table("The audits", heads, rows)


def lay_out_counts(counts: Counts) -> list[Child]:
    """A chip for each severity with findings, or a word that nothing is open."""
    found: list[Child] = [
        chip(f"{amount(number)} {word}", word) for word in WORST_FIRST if (number := getattr(counts, word))
    ]
    if counts.unknown:
        found.append(chip(f"{amount(counts.unknown)} undecided", "unknown"))
    return found or [element("span", "nothing open", class_="muted")]
