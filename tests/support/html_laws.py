"""What a page must be, whatever stands in the report: no element, attribute or address but those that we write."""

import re
from html.parser import HTMLParser

from cdkguard.outputs.html.script import SCRIPT
from cdkguard.outputs.html.style import STYLE

_TAGS = set(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "strong",
        "span",
        "div",
        "dl",
        "dt",
        "dd",
        "nav",
        "ul",
        "li",
        "main",
        "section",
        "article",
        "details",
        "summary",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "pre",
        "label",
        "input",
        "select",
        "option",
        "figure",
        "figcaption",
        "svg",
        "g",
        "rect",
        "path",
        "text",
        "footer",
        "script",
    ]
)
_ATTRIBUTES = set(
    [
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "href",
        "id",
        "tabindex",
        "aria-label",
        "aria-labelledby",
        "role",
        "scope",
        "open",
        "hidden",
        "type",
        "value",
        "data-number",
        "data-severities",
        "data-environments",
        "data-new",
        "viewbox",
        "width",
        "height",
        "x",
        "y",
        "rx",
        "d",
    ]
)
_VOID = {"meta", "input"}
POLICY = re.compile(
    r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; script-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'"
)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.raw: dict[str, str] = {"script": "", "style": ""}
        self.policies: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, tag
        values = dict(attrs)
        assert len(values) == len(attrs) and set(values) <= _ATTRIBUTES, (tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)
        if tag in self.raw:
            assert not self.raw[tag] and not values
        if "href" in values:
            self.links.append(str(values["href"]))
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if values.get("http-equiv"):
            assert not self.raw["style"], "the policy comes first"
            self.policies.append(str(values["content"]))
        if tag == "script":
            self.raw["script"] += "\0"

    def handle_endtag(self, tag: str) -> None:
        assert tag not in _VOID and self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def page_is_harmless(text: str) -> None:
    """The text is a page of our elements alone, properly nested, whose links stay inside it."""
    assert text.startswith("<!DOCTYPE html>\n<html")
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.raw == {"script": "\0" + SCRIPT, "style": STYLE}
    assert len(page.policies) == 1 and POLICY.fullmatch(page.policies[0])
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
