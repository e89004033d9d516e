"""A round of a watch, word for word."""

from cdkguard.model import Problem, Report
from cdkguard.outputs.render import FORMATS, Detail, Options, format_names, render
from cdkguard.outputs.watch_round import Round
from tests.support.page_reports import HOSTILE, finding, stack

NEW, KEPT, GONE = finding("New"), finding("Kept", severity="low"), finding("Gone", severity="critical")
REPORT = Report(
    (NEW, KEPT), (), (stack("Data", "prod"),), problems=(Problem("notice", "no stack is of dev", fatal=False),)
)
FIRST = Round(REPORT, is_first=True, clock="14:03:22", seconds=2.134, watched="43 files watched")
NEXT = FIRST._replace(is_first=False, new=(NEW,), gone=(GONE,))
UNCHANGED = FIRST._replace(is_first=False)


def text(found, name="text", **options):
    return render(name, found, Options(**options), "round")


def test_a_terminal_s_formats_show_a_round():
    assert format_names("round") == ("text", "concise")
    assert all(not f.round or f.report for f in FORMATS)


def test_the_first_round_is_the_report_with_another_last_line():
    last = "14:03:22  failed: 1 high, 1 low · fail-on high · 1 stack · 2.13 s · 43 files watched"
    *lines, ends = text(FIRST, width=100).splitlines()
    assert ends == last
    assert lines == render("text", REPORT, Options(width=100)).splitlines()[:-1]


def test_a_later_round_tells_what_is_new_and_gone_alone():
    shown = text(NEXT, width=100)
    assert "prod/Data/New" in shown and "Kept" not in shown and "no stack is of dev" not in shown
    assert "gone    critical data-retention prod/Data/Gone" in shown
    last = shown.splitlines()[-1]
    assert (
        last == "14:03:22  failed: 1 new, 1 gone · 1 high, 1 low · fail-on high · 1 stack · 2.13 s · 43 files watched"
    )


def test_a_round_without_a_difference_is_one_line():
    assert text(UNCHANGED, width=110).splitlines() == [
        "14:03:22  failed: nothing new · 1 high, 1 low · fail-on high · 1 stack · 2.13 s · 43 files watched"
    ]


def test_a_narrow_terminal_folds_the_line_behind_the_time():
    lines = text(UNCHANGED, width=60).splitlines()
    assert len(lines) == 2 and lines[1].startswith(" " * 10) and all(len(line) <= 60 for line in lines)


def test_concise_has_a_line_for_each():
    assert text(NEXT, "concise").splitlines() == [
        "prod/Data.json: high data-retention prod/Data/New/Resource: New goes",
        "gone: prod/Data.json: critical data-retention prod/Data/Gone/Resource: Gone goes",
        "14:03:22  failed: 1 new, 1 gone · 1 high, 1 low · fail-on high · 1 stack · 2.13 s · 43 files watched",
    ]


def test_a_new_error_is_shown():
    error = Problem("template", "Data.json: is cut short")
    found = UNCHANGED._replace(report=REPORT._replace(problems=(error,)), new_problems=(error,))
    assert "ERROR   Data.json: is cut short" in text(found)
    assert "cdkguard: error: Data.json: is cut short" in text(found, "concise")


def test_quiet_shows_what_decides_alone():
    low = finding("Low", severity="low")
    found = NEXT._replace(new=(NEW, low), report=REPORT._replace(findings=(NEW, KEPT, low)))
    shown = text(found, detail=Detail(quiet=True))
    assert "prod/Data/New" in shown and "prod/Data/Low" not in shown


def test_what_a_template_says_is_harmless():
    for name in format_names("round"):
        for found in (NEXT._replace(gone=(finding(HOSTILE),), watched=HOSTILE), NEXT._replace(new=(finding(HOSTILE),))):
            shown = text(found, name)
            assert "\x1b" not in shown and "\u202e" not in shown
            assert not any(line.startswith("::") for line in shown.splitlines())
