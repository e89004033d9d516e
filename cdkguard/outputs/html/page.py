"""The parts that every page has: title, verdict, facts, contents, sections, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from cdkguard._typing import NamedTuple
from cdkguard.outputs.html.elements import Child, document, element


class Section(NamedTuple):
    """One part of a page, with its place in the table of contents; it is left out where it holds nothing."""

    id: str
    title: str
    content: Sequence[Child]
    number: int | None = None  # Shown behind the title.

    @property
    def heading(self) -> str:
        """The title with the number."""
        return self.title if self.number is None else f"{self.title} ({self.number})"


def lay_out_document(
    title: str, verdict: str, facts: Mapping[str, str], sections: Sequence[Section], version: str
) -> str:
    """A whole page; `verdict` is `failed: why` or `passed: why`, facts without a value are left out."""
    shown = [section for section in sections if section.content]
    word, _, reason = verdict.partition(": ")
    rows = [element("div", element("dt", name), element("dd", value)) for name, value in facts.items() if value]
    return document(
        f"{word}: {title} - cdkguard",
        element("a", "To the content", href="#content", class_="skip"),
        element(
            "header",
            element("h1", title),
            element("p", element("strong", word), " ", element("span", reason), class_=f"verdict {word}"),
            element("dl", rows, class_="facts"),
        ),
        element(
            "nav",
            element("ul", [element("li", element("a", s.heading, href=f"#{s.id}")) for s in shown]),
            aria_label="Sections",
        ),
        element("main", map(_section, shown), id="content", tabindex=-1),
        element("footer", f"Made by cdkguard {version}. This page is one file and loads nothing."),
    )


def _section(section: Section) -> Element:
    heading = element("h2", section.heading, id=f"{section.id}-title")
    return element("section", heading, section.content, id=section.id, aria_labelledby=f"{section.id}-title")


def render_time(iso: str) -> str:
    """`2030-01-31 12:30 UTC` for 2030-01-31T12:30:59Z."""
    day, _, time = iso.partition("T")
    return f"{day} {time[:5]} UTC" if time.endswith("Z") else iso


def shorten(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def chip(text: str, kind: str = "") -> Element:
    """A short word on a coloured ground."""
    return element("span", text, class_=f"chip {kind or text}")


def fold(summary: Child, *children: Child) -> Element:
    """Something that opens when it is asked for, which needs no script."""
    return element("details", element("summary", summary), *children, class_="fold")


def lay_out_table(
    label: str, heads: Sequence[str], rows: Sequence[Sequence[Child]], kind: str | None = None
) -> Element:
    """A table whose first column names the rows; where it is too wide, it moves by itself."""
    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", [element("th", word, scope="col") for word in heads])),
            element("tbody", map(_row, rows)),
            class_=kind,
        ),
        class_="wide",
        tabindex=0,
        role="group",
        aria_label=label,
    )


def _row(cells: Sequence[Child]) -> Element:
    first, *rest = cells
    return element("tr", element("th", first, scope="row"), [element("td", cell) for cell in rest])
