"""Pages: what stands on them, how large they are, and that no text breaks out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.model import Change, Finding, Remedy, Report, RuleInfo, Source, Suppression
from cdkguard.outputs.blast_radius import BlastRadius, Node
from cdkguard.outputs.html.accepted import list_accepted
from cdkguard.outputs.html.elements import element
from cdkguard.outputs.html.picture import draw_blast_radius
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.render import Options, render
from cdkguard.text.dates import days_between
from tests.support.html_laws import page_is_harmless
from tests.support.page_reports import HOSTILE, finding, stack
from tests.support.shop import ROOT, difference

OPTIONS = Options(ROOT, app="shop", commit="1f3c2d4a", made="2026-11-29T05:40:00Z")


def shop_report() -> Report:
    shown = difference()
    return Report((), (), (stack("Prod/Shop", "prod"),), changes=shown.changes, against=shown.against)


def many(number: int) -> Report:
    """A report of so many findings, by thirty rules, in two environments."""
    rules = [
        RuleInfo(
            f"rule-{n}", f"Rule {n}", "high", "core", f"{n} " + "because " * 60, Remedy("Do it. " * 20, "code()" * 20)
        )
        for n in range(30)
    ]
    findings = [
        finding(
            f"Construct{n // 2}Of4E7A1F0C", f"{('prod', 'staging')[n % 2]}/Data", f"rule-{n // 2 % 30}",
            why=rules[n // 2 % 30].why, remedy=rules[n // 2 % 30].remedy,
            source=Source(f"/home/dev/app/lib/stacks/data-{n // 2 % 7}.ts", n // 2), property_paths=("Properties.Encryption",),
        )
        for n in range(number)
    ]  # fmt: skip
    return Report(tuple(findings), rules, (stack("prod/Data", "prod"), stack("staging/Data", "staging")))


def test_a_thousand_findings_fit_into_a_megabyte():
    options = OPTIONS._replace(
        excerpt=lambda source: [(source.line, "new s3.Bucket(this, 'Orders', { versioned: true })")]
    )
    page = render("html", many(1000), options)
    assert len(page.encode()) < 1_000_000
    assert all(page.count(f"{n} " + "because " * 59) == 1 for n in range(10, 30))
    page_is_harmless(page)


def test_the_change_has_its_picture_and_the_same_in_words(golden):
    plan = Plan(shop_report(), 0)
    text = render("html", plan, OPTIONS, "plan")
    golden("plan.html", text)
    page_is_harmless(text)
    assert "<svg" in text and "The picture in words" in text and "1 harmless update" in text
    assert "<svg" not in render("html", plan._replace(report=plan.report._replace(changes=())), OPTIONS, "plan")


def test_new_findings_come_before_those_that_were_there():
    findings = (finding("Old", is_new=False), finding("New", is_new=True))
    report = Report(findings, (), (stack("prod/Data", "prod"),), against="git", changes=())
    page = render("html", report, OPTIONS)
    places = [page.index(text) for text in ('id="new-title"', "New goes", 'id="findings-title"', "Old goes")]
    assert places == sorted(places)
    alone = render("html", report._replace(against="", findings=(finding(),)), OPTIONS)
    assert "Findings (1)" in alone and "there before" not in alone and "The change" not in alone


def test_the_same_fault_of_two_environments_is_one_place():
    source = Source("/x/data.py", 7)
    both = (finding(source=source), finding(home="staging/Data", source=source, severity="medium"))
    page = render("html", Report(both, (), (stack("prod/Data", "prod"), stack("staging/Data", "staging"))), OPTIONS)
    assert "in prod, staging (medium)" in page and page.count('class="entry"') == 1
    assert 'data-number="2"' in page


def test_what_is_accepted_is_listed_by_the_day_it_expires():
    def accepted(name: str, **fields: Any) -> Finding:
        return finding(
            name, suppression=Suppression("r", f"{name} is fine", "cdkguard.yaml:3", "configuration", **fields)
        )

    findings = [
        accepted("never"),
        accepted("later", expires="2027-06-01"),
        accepted("soon", expires="2026-12-20", owner="data"),
        accepted("old", since="2025-01-01"),
    ]
    rows = list_accepted(findings, "2026-11-29")
    assert [row.suppression.reason.split()[0] for row in rows] == ["soon", "later", "old", "never"]
    assert [row.is_soon for row in rows] == [True, False, False, False]
    page = render("html", Report(tuple(findings), (), (stack("prod/Data", "prod"),)), OPTIONS)
    assert "2026-12-20, in 21 days" in page and "no end" in page and "2025-01-01" in page
    assert "passed" in page and "4 suppressed" in page


def test_a_verdict_says_why():
    prod = (stack("prod/Data", "prod"),)
    assert "1 high · fail-on high" in render("html", Report((finding(),), (), prod), OPTIONS)
    never = render("html", Report((finding(),), (), prod, fail_on="never"), OPTIONS)
    assert "<strong>passed</strong>" in never and "fail-on never" in never


@pytest.mark.parametrize("kind", ["report", "plan"])
def test_no_hostile_name_breaks_out(kind):
    shown = difference().changes
    changes = tuple(c._replace(construct_path=HOSTILE + str(n)) if c.logical_id else c for n, c in enumerate(shown))
    findings = (
        finding(HOSTILE, title=HOSTILE, why=HOSTILE, source=Source(HOSTILE, 1)),
        finding(HOSTILE, HOSTILE, rule=HOSTILE),
    )
    report = Report(findings, (), (stack(HOSTILE, HOSTILE),), against=HOSTILE, changes=changes)
    options = OPTIONS._replace(app=HOSTILE, commit=HOSTILE, excerpt=lambda source: [(1, HOSTILE)])
    page_is_harmless(render("html", report if kind == "report" else Plan(report, 1), options, kind))


def test_no_script_or_style_is_made_of_a_text():
    with pytest.raises(ValueError, match="alone"):
        element("script", "alert(1)")


@given(st.integers(1, 25), st.data())
def test_boxes_of_a_picture_do_not_overlap(number: int, data: st.DataObject) -> None:
    """Whatever the arrows are, circles included."""
    nodes = tuple(
        Node(
            f"N{n}" * data.draw(st.integers(1, 30)),
            "S3 bucket",
            "updated",
            "updated " * data.draw(st.integers(1, 9)),
            False,
        )
        for n in range(number)
    )
    places = st.integers(0, number - 1)
    edges = {(a, b) for a, b in data.draw(st.lists(st.tuples(places, places), max_size=40)) if a != b}
    svg = draw_blast_radius(BlastRadius(("prod",), nodes, tuple(sorted(edges))), 1)
    boxes = [
        tuple(int(box.get(key, "")) for key in ("x", "y", "width", "height"))
        for box in svg.iter("rect")
        if box.get("class") == "box"
    ]
    assert len(boxes) == number
    for place, (x, y, width, height) in enumerate(boxes):
        assert x + width <= int(svg.get("width", "")) and y + height <= int(svg.get("height", ""))
        for other in boxes[place + 1 :]:
            apart = (
                x + width <= other[0] or other[0] + other[2] <= x or y + height <= other[1] or other[1] + other[3] <= y
            )
            assert apart


@given(st.dates(), st.dates())
def test_days_between_two_dates(first, second):
    assert days_between(first.isoformat(), second.isoformat()) == (second - first).days
    assert days_between("no date", second.isoformat()) is None


def test_a_change_that_nobody_can_name_is_no_box():
    assert "<svg" not in render(
        "html", shop_report()._replace(changes=(Change("GUARDRAIL_WEAKENED", difference().stacks[0]),)), OPTIONS
    )
