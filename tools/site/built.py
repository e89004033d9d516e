"""The links of the built pages: those inside lead to a file and an element, those outside are listed."""

from __future__ import annotations

from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

from cdkguard.text.addresses import SITE


class Page(HTMLParser):
    """The identities and the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def check_built(folder: Path, pages: dict[str, Page]) -> list[str]:
    """What is wrong with the links between the pages of a folder, a line each."""
    wrong = []
    for address, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(urljoin(address, link))
            if not target.startswith(SITE):
                continue
            path = folder / unquote(target.removeprefix(SITE).partition("?")[0])
            if not (path / "index.html" if target.endswith("/") else path).is_file():
                wrong.append(f"{address}: nothing is at {link}")
            elif anchor and target in pages and unquote(anchor) not in pages[target].ids:
                wrong.append(f"{address}: no element for {link}")
    return wrong


def external_links(pages: dict[str, Page]) -> dict[str, list[str]]:
    """Address outside of the site -> the pages that link to it."""
    found = defaultdict(list)
    for address, page in pages.items():
        for link in dict.fromkeys(page.links):
            target = urljoin(address, link)
            if target.startswith(("http://", "https://")) and not target.startswith(SITE):
                found[urldefrag(target).url].append(address)
    return found


def read_built(folder: Path) -> dict[str, Page]:
    """Address -> page."""
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        pages[SITE + name.removesuffix("index.html")] = page
    return pages
