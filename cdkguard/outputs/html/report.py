"""A report as one page that needs no network and no script: verdict, matrix, the change, findings, and what nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from cdkguard.model import Framework, Problem, Report
from cdkguard.outputs.diff.common import summarize_changes
from cdkguard.outputs.html.accepted import lay_out_accepted, list_accepted
from cdkguard.outputs.html.change import lay_out_change
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.findings import Findings, lay_out_filter
from cdkguard.outputs.html.matrix import lay_out_matrix
from cdkguard.outputs.html.page import Section, fold, lay_out_document, lay_out_table, render_time, shorten
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import count_findings, plural, status_word, summarize_decision

_MANY = 40  # Notices or controls beyond which they are folded.


def render(report: Report, options: Options) -> str:
    """The report as a page."""
    return lay_out_page(report, _sections(report, options), options, describe_verdict(report))


def lay_out_page(report: Report, sections: Sequence[Section], options: Options, verdict: str) -> str:
    """A page of these sections about one app."""
    return lay_out_document(
        shorten(options.app, 120) or "cdkguard", verdict, _list_facts(report, options), sections, report.version
    )


def describe_verdict(report: Report) -> str:
    """`failed: 2 critical, 1 high · fail-on high`."""
    return f"{status_word(report)}: {summarize_decision(report)}"


def _list_facts(report: Report, options: Options) -> dict[str, str]:
    count = count_findings(report)
    resources = plural(count["resources"], "resource")
    return {
        "Commit": options.commit,
        "Made": render_time(options.made),
        "Compared with": report.against,
        "Change": summarize_changes(report.changes) if report.against else "",
        "Judged": f"{resources} in {plural(count['stacks'], 'stack')} by {plural(count['rules'], 'rule')}",
    }


def _sections(report: Report, options: Options) -> list[Section]:
    findings = Findings(report, options)
    has_baseline = bool(report.against)
    new = [f for f in report.active if has_baseline and f.is_new is not False]
    old = [f for f in report.active if not has_baseline or f.is_new is False]
    first = findings.lay_out(new)
    second = findings.lay_out(old)
    bar = lay_out_filter(report.active, with_new=False) if len(report.active) > 5 else None
    return [
        *lay_out_errors(report),
        Section("matrix", "Stacks and environments", lay_out_matrix(report)),
        Section("change", "The change", lay_out_change(report.changes, options) if has_baseline else ()),
        Section("new", "New findings", [bar if first else None, *first] if first else (), len(new)),
        Section(
            "findings",
            "Findings that were there before" if has_baseline else "Findings",
            _fold_old(second, bool(first), bar) if second else (),
            len(old),
        ),
        *lay_out_rest(report, options),
    ]


def _fold_old(articles: Sequence[Element], is_second: bool, bar: Element | None) -> list[Child]:
    """The old findings, folded where there are new ones."""
    if not is_second:
        return [bar, *articles]
    return [fold(f"Show {'it' if len(articles) == 1 else 'them'}", *articles)]


def lay_out_errors(report: Report) -> list[Section]:
    """What hides something from the judgement, which is said before all."""
    return [Section("errors", "Errors: this was not judged", _problems(report.errors), len(report.errors))]


def lay_out_rest(report: Report, options: Options) -> list[Section]:
    """The sections that follow the findings, on every page of a report."""
    accepted = list_accepted(report.findings, options.made[:10])
    suppressed = len(report.findings) - len(report.active)
    unknown = [finding for finding in report.active if finding.state == "unknown"]
    notices = [problem for problem in report.problems if not problem.fatal]
    said = [
        element("p", f"{plural(len(unknown), 'finding')} above: the template leaves open what the deployment decides.")
    ]
    return [
        Section("accepted", "Suppressions", lay_out_accepted(accepted), suppressed),
        Section("frameworks", "Frameworks", [_framework(framework) for framework in options.frameworks]),
        Section(
            "unknown",
            "What could not be judged, and notices",
            [*(said if unknown else ()), *_problems(notices)],
            len(unknown) + len(notices),
        ),
    ]


def _problems(problems: Sequence[Problem]) -> list[Child]:
    if not problems:
        return []
    items = element("ul", [element("li", prose(problem.message)) for problem in problems])
    if len(problems) > _MANY:
        return [element("details", element("summary", plural(len(problems), "notice")), items)]
    return [items]


def _framework(framework: Framework) -> Element:
    """The failed and undecided controls in a table; the others counted and folded."""
    numbers = ", ".join(f"{number} {outcome}" for outcome, number in framework.counts.items() if number)
    rows: list[list[Child]] = [
        [element("code", control.id), control.outcome, ", ".join(control.failed), str(control.findings)]
        for control in (*framework.having("fail"), *framework.having("unknown"))
    ]
    others = [
        element("p", element("strong", f"{outcome}: "), ", ".join(control.id for control in framework.having(outcome)))
        for outcome in ("pass", "not judged")
        if framework.having(outcome)
    ]
    return element(
        "div",
        element("h3", framework.title),
        element("p", numbers),
        lay_out_table(framework.title, ["Control", "Outcome", "Rules", "Findings"], rows) if rows else None,
        element("details", element("summary", "The other controls"), others) if others else None,
    )
