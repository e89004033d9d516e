"""The page in a real browser: with and without script, narrow and wide, light and dark, on paper, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cdkguard.model import Outcome, Report, StackInfo, Suppression
from cdkguard.outputs.audit.summary import Audit
from cdkguard.outputs.fleet.record import AppReport, Fleet
from cdkguard.outputs.render import Options, render
from tests.support import audit_results
from tests.support.browser import open_browser
from tests.support.page_reports import HOSTILE, finding
from tests.support.shop import ROOT, difference

HOME = StackInfo("Prod-Shop", "Prod/Shop", "t.json", "prod", None, None, 9, False)
STAGING = HOME._replace(name="Staging-Shop", construct_path="Staging/Shop", environment="staging")
OPTIONS = Options(
    ROOT, app="shop", commit="1f3c2d4a", made="2026-11-29T05:40:00Z", excerpt=lambda source: [(1, "x = 1")]
)
SHOWN = """() => [...document.querySelectorAll(".entry")].filter((e) => e.checkVisibility()).length"""


def report(name: str = "Orders") -> Report:
    shown = difference()
    findings = [
        finding("New", "Prod/Shop", is_new=True, environment="prod"),
        finding(name, "Prod/Shop", "secret-in-env", is_new=False, environment="prod", severity="critical"),
        finding("Cache", "Staging/Shop", "cache-auth", is_new=False, environment="staging", outcome=Outcome.UNKNOWN),
        *(finding(f"Fn{n}", "Staging/Shop", "runtime", is_new=False, environment="staging", severity="low") for n in range(12)),
        finding("Fine", "Prod/Shop", "cors", environment="prod",
                suppression=Suppression("cors", "public by design", "cdkguard.yaml:3", "configuration", expires="2026-12-03")),
    ]  # fmt: skip
    return Report(tuple(findings), (), (HOME, STAGING), changes=shown.changes, against=shown.against, version="1.0.0")


def fleet() -> Fleet:
    counts = {"critical": 1, "high": 2, "medium": 0, "low": 4, "unknown": 1, "suppressed": 3}
    app = AppReport("orders", "a.json", True, "2 findings at or above high", {"prod": counts, "staging": counts}, (), (),
                    ("an error",), (), (), 3, 40, 2, "1.0.0", "1f3c", "2026-01-01T00:00:00Z")  # fmt: skip
    return Fleet((app, app._replace(name="billing " * 9, fails=False)), "1.0.0")


def audit(folder: Path) -> Audit:
    """The second audit of many stacks, in which an account was not read."""
    units = list(audit_results.many_units(30, ("eu-west-1",), 10))
    audit_results.write_audit(str(folder / "1"), units, audit_results.header_of(30))
    last = audit_results.account_of(29)
    rest = [unit for unit in units if not unit[0].startswith(last)]
    changed = [(unit_id, [row._replace(fingerprint=f"{row.fingerprint}+") if hasattr(row, "rule") else row._replace(updated="2030-02-01")
                          for row in rows]) for unit_id, rows in rest[:3]]  # fmt: skip
    unread = (f"{last}/-/role", [audit_results.unread_account(last)])
    header = audit_results.header_of(30, started="2030-02-07T12:30:00Z")
    return audit_results.write_audit(str(folder / "2"), [*changed, *rest[3:], unread], header, str(folder / "1"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Name -> address of a page."""
    folder = tmp_path_factory.mktemp("pages")
    made = {
        "report": render("html", report(), OPTIONS),
        "hostile": render(
            "html", report(HOSTILE), OPTIONS._replace(app=HOSTILE, excerpt=lambda source: [(1, HOSTILE)])
        ),
        "fleet": render("html", fleet(), OPTIONS, "fleet"),
        "audit": render("html", audit(tmp_path_factory.mktemp("audits")), OPTIONS, "audit"),
    }
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: Path(folder, f"{name}.html").as_uri() for name in made}


class Opened:
    """A page in a browser, with all that the browser complained about or asked the network for."""

    def __init__(self, browser: Any, address: str, **settings: Any) -> None:
        self.context = browser.new_context(**settings)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: request.url != address and self.complaints.append(request.url))
        self.page.goto(address)

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.context.close()


@pytest.mark.parametrize("name", ["report", "hostile", "fleet", "audit"])
@pytest.mark.parametrize("width", [400, 1400])
def test_it_fits_and_can_be_read_in_both_themes(browser, pages, name, width):
    grounds = set()
    for theme in ("light", "dark"):
        with Opened(browser, pages[name], viewport={"width": width, "height": 900}, color_scheme=theme) as opened:
            opened.page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
            grounds.add(opened.page.evaluate("getComputedStyle(document.body).backgroundColor"))
            assert opened.complaints == []
            if name != "hostile" and (width, theme) in ((400, "dark"), (1400, "light")):
                assert find_barriers(opened.page) == []
    assert len(grounds) == 2


def find_barriers(page: Any) -> list[str]:
    """What axe-core finds, contrast and landmarks included."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None and spec.origin is not None
    page.evaluate((Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    assert any(rule["id"] == "color-contrast" for rule in found["passes"])
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0]['failureSummary']}" for v in found["violations"]]


def test_the_filter_shows_what_is_asked_for(browser, pages):
    with Opened(browser, pages["report"]) as opened:
        page = opened.page
        page.select_option("#filter-severity", "critical")
        assert page.evaluate(SHOWN) == 1 and page.inner_text("#filter-status") == "1 shown"
        page.select_option("#filter-severity", "")
        page.select_option("#filter-environment", "staging")
        assert page.evaluate(SHOWN) == 13
        page.fill("#filter-words", "fn3 RUNTIME")
        assert page.evaluate(SHOWN) == 1
        page.select_option("#filter-environment", "prod")
        assert page.evaluate(SHOWN) == 0 and page.inner_text("#filter-status") == "0 shown"
        assert opened.complaints == []


def test_everything_opens_without_script(browser, pages):
    with Opened(browser, pages["report"], java_script_enabled=False) as opened:
        page = opened.page
        assert not page.is_visible("#filter")
        assert page.is_visible("text=New goes") and not page.is_visible("text=Orders goes")
        page.click("#findings summary >> nth=0")
        assert page.is_visible("text=Orders goes")
        page.click("#new summary >> nth=0")
        assert page.is_visible("text=A deleted bucket is gone.")


def test_the_keyboard_goes_from_top_to_bottom(browser, pages):
    """To the content first, then each link, control and fold, in the order in which one reads them."""
    with Opened(browser, pages["report"]) as opened:
        page, tops = opened.page, []
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the content"
        for _ in range(40):
            page.keyboard.press("Tab")
            place = page.evaluate(
                "document.activeElement === document.body ? null : document.activeElement.getBoundingClientRect().top + scrollY"
            )
            if place is None:
                break
            tops.append(place)
        assert len(tops) > 8 and all(b > a - 60 for a, b in zip(tops, tops[1:], strict=False))
        page.focus("#change details summary >> nth=0")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('#change figure details').open")


def test_paper_shows_what_is_folded(browser, pages):
    """With script and without it."""
    for script in (True, False):
        with Opened(browser, pages["report"], java_script_enabled=script, color_scheme="dark") as opened:
            opened.page.emulate_media(media="print")
            assert opened.page.pdf()[:5] == b"%PDF-"
            assert opened.page.is_visible("text=Orders goes")
            assert not opened.page.is_visible("nav")
