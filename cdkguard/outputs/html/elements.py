"""HTML as elements: all text and attributes are escaped where they are put in, so that no name breaks out.

ElementTree writes `style` and `script` as they are; `document` alone makes these two, of its own constants.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from cdkguard.outputs.html.script import SCRIPT
from cdkguard.outputs.html.style import STYLE
from cdkguard.text import escape

Child = Element | str | None | Iterable["Child"]  # None, "" and an empty list are nothing.
_RAW = ("script", "style")
# After these a line ends, so that the page can be read and compared as text.
_LINES = frozenset(
    ("section", "article", "p", "h1", "h2", "h3", "h4", "li", "tr", "table", "details", "summary", "ul", "dl", "dd", "div",
     "thead", "tbody", "caption", "nav", "header", "footer", "main", "g", "svg", "figure", "option", "meta", "title", "head", "body")
)  # fmt: skip


def element(tag: str, *children: Child, **attributes: str | int | bool | None) -> Element:
    """An element; `class_` stands for class, `data_new` for data-new. An attribute of None or False is left out."""
    if tag in _RAW:
        raise ValueError(f"`document` alone makes a {tag}")
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None and value is not False:
            made.set(name.rstrip("_").replace("_", "-"), "" if value is True else escape.terminal(str(value)))
    for child in children:
        _append(made, child)
    if tag in _LINES:
        made.tail = "\n"
    return made


def _append(parent: Element, child: Child) -> None:
    if child is None:
        return
    if isinstance(child, str):
        _append_text(parent, escape.block(child))
    elif isinstance(child, Element):
        parent.append(child)
    else:
        for one in child:
            _append(parent, one)


def _append_text(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def prose(text: str) -> list[Child]:
    """A sentence, in which a piece between backticks is code."""
    pieces = escape.prose(text).split("`")
    if len(pieces) % 2 == 0:
        return [escape.prose(text)]
    return [element("code", piece) if number % 2 else piece for number, piece in enumerate(pieces)]


def document(title: str, *body: Child) -> str:
    """A whole page, which loads nothing: its policy allows this style and this script by their hashes, and no other."""
    policy = (
        f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
    )
    head.append(_raw("style", STYLE))
    whole = element("body", *body)
    whole.append(_raw("script", SCRIPT))
    page = Element("html", lang="en")
    page.extend([head, whole])
    text: str = tostring(page, encoding="unicode", method="html")
    return f"<!DOCTYPE html>\n{text}\n"


def _raw(tag: str, text: str) -> Element:
    made = Element(tag)
    made.text, made.tail = text, "\n"
    return made


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
