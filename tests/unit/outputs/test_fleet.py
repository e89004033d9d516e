"""Many apps: the page, the text and the JSON that `cdkguard report` writes."""

from __future__ import annotations

import json

import pytest

from cdkguard.outputs.fleet.record import WORDS, Acceptance, AppReport, Fleet, FrameworkCount, RuleCount
from cdkguard.outputs.render import Options, render
from tests.support.html_laws import page_is_harmless
from tests.support.output_laws import parses
from tests.support.page_reports import HOSTILE

OPTIONS = Options(made="2026-11-29T05:40:00Z")


def counts(**found: int) -> dict[str, int]:
    return {word: found.get(word, 0) for word in WORDS}


ORDERS = AppReport(
    "orders", "orders.json", True, "2 findings at or above high",
    {"prod": counts(critical=1, high=1, suppressed=2), "staging": counts(low=3, unknown=1)},
    (RuleCount("data-retention", "Bucket is deleted with its objects", "critical", 1), RuleCount("cors", "Anybody may read", "low", 3)),
    (
        Acceptance("cors", "public by design", "cdkguard.yaml:3", "web", None, "2026-12-10", 1),
        Acceptance("tls", "accepted since 2025-01-01", "accepted findings", None, "2025-01-01", None, 1),
    ),
    ("x.json: cannot be read",), ("the change was not judged",),
    (FrameworkCount("CIS", {"fail": 1, "unknown": 0, "pass": 7, "not judged": 2}),),
    4, 48, 1, "1.0.0", "1f3c2d4a5b6c7d8e", "2026-11-28T10:00:00Z",
)  # fmt: skip
BILLING = AppReport(
    "billing", "billing.json", False, "no finding at or above high", {"dev": counts(), "": counts(low=1)},
    (RuleCount("cors", "Anybody may read", "low", 1),), (), (), (), (), 2, 9, None, "1.0.0", "", "2026-08-01T10:00:00Z",
)  # fmt: skip
FLEET = Fleet((ORDERS, BILLING), "1.0.0")


@pytest.mark.parametrize("name, ending", [("text", "txt"), ("json", "json"), ("html", "html")])
def test_golden(golden, name, ending):
    text = render(name, FLEET, OPTIONS, "fleet")
    golden(f"fleet.{ending}", text)
    if name != "json":  # The law of JSON is that of a report.
        parses(name, text)


def test_rules_are_sorted_by_weight_and_summed_over_apps():
    assert [(r.rule_id, r.findings, r.apps) for r in FLEET.top_rules()] == [
        ("data-retention", 1, ("orders",)),
        ("cors", 4, ("orders", "billing")),
    ]
    assert FLEET.environments == ["prod", "staging", "dev", ""]


def test_the_page_says_what_is_old_what_expires_and_what_nobody_knows():
    page = render("html", FLEET, OPTIONS, "fleet")
    assert "2026-08-01, 120 days ago" in page and "2026-12-10, in 11 days" in page
    assert page.index("in 11 days") < page.index("2025-01-01")
    assert "x.json: cannot be read" in page and "1 finding that the template leaves open" in page
    assert "failed</strong> <span>1 of 2 apps" in page


def test_no_hostile_report_breaks_out():
    hostile = ORDERS._replace(
        name=HOSTILE, file=HOSTILE, verdict=HOSTILE, environments={HOSTILE: counts(high=1)}, errors=(HOSTILE,), notices=(HOSTILE,),
        rules=(RuleCount(HOSTILE, HOSTILE, "high", 1),), commit=HOSTILE, made=HOSTILE,
        acceptances=(Acceptance(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1),),
        frameworks=(ORDERS.frameworks[0]._replace(title=HOSTILE),),
    )  # fmt: skip
    fleet = Fleet((hostile,))
    page_is_harmless(render("html", fleet, OPTIONS, "fleet"))
    parses("text", render("text", fleet, OPTIONS, "fleet"))
    json.loads(render("json", fleet, OPTIONS, "fleet"))
