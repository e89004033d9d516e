"""What is new and gone between two reports."""

from hypothesis import given
from hypothesis import strategies as st

from cdkguard.model import Change, Outcome, Problem, Report, Suppression
from cdkguard.watch.compare import compare_reports
from tests.support.page_reports import finding, stack


def report(*findings, problems=(), changes=()):
    return Report(tuple(findings), (), (stack("Data", "prod"),), problems=tuple(problems), changes=tuple(changes))


def test_the_first_report_has_nothing_before_it():
    found = compare_reports(None, report(finding()))
    assert found.is_first and not found.new and not found.gone


def test_new_and_gone_are_told_apart():
    kept, old, new = finding("Kept"), finding("Old"), finding("New")
    found = compare_reports(report(kept, old), report(kept, new))
    assert (found.new, found.gone) == ((new,), (old,))


def test_a_finding_whose_line_moved_is_the_same():
    before, after = finding(template_line=3), finding(template_line=7)
    found = compare_reports(report(before), report(after))
    assert not found.new and not found.gone


def test_an_accepted_finding_is_gone_and_one_that_is_no_longer_accepted_is_new():
    accepted = finding(suppression=Suppression("data-retention", "known", "cdkguard.yaml:1", "configuration"))
    assert len(compare_reports(report(finding()), report(accepted)).gone) == 1
    assert len(compare_reports(report(accepted), report(finding())).new) == 1


def test_another_severity_or_verdict_is_another_finding():
    for other in (finding(severity="low"), finding(outcome=Outcome.UNKNOWN)):
        found = compare_reports(report(finding()), report(other))
        assert len(found.new) == len(found.gone) == 1


def test_nothing_is_gone_where_something_was_not_read():
    unread = report(problems=[Problem("template", "Data.json: is cut short")])
    assert not compare_reports(report(finding()), unread).gone


def test_problems_are_told_once():
    notice = Problem("notice", "no stack is of prod", fatal=False)
    assert compare_reports(report(), report(problems=[notice])).new_problems == (notice,)
    assert not compare_reports(report(problems=[notice]), report(problems=[notice])).new_problems


def test_the_change_differs_by_its_effects_and_not_by_noise():
    where = stack("Data", "prod")
    gone = Change("WILL_DESTROY", where, "Table", fate="destroyed")
    asset = Change("WILL_UPDATE", where, "Function", noise=True)
    assert compare_reports(report(), report(changes=[gone])).changes_differ
    assert not compare_reports(report(changes=[gone]), report(changes=[gone, asset])).changes_differ


@given(st.lists(st.sampled_from("ABC")), st.lists(st.sampled_from("ABC")))
def test_before_with_what_is_new_and_without_what_is_gone_is_after(before, after):
    """Law: nothing is lost and nothing told twice, equal findings counted."""
    found = compare_reports(report(*map(finding, before)), report(*map(finding, after)))
    names = sorted(before)
    for each in found.gone:
        names.remove(each.logical_id)
    assert sorted(names + [each.logical_id for each in found.new]) == sorted(after)
