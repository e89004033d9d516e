"""Findings on a page: what is wrong, then each place with its line of code; why and fix once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from xml.etree.ElementTree import Element

from cdkguard.model import Finding, Outcome, Report
from cdkguard.outputs.entries import Entry, Place, group_findings
from cdkguard.outputs.finding_lines import WHOLE_CONFIGURATION
from cdkguard.outputs.fixes import Fix, choose_fix
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.page import chip, fold, shorten
from cdkguard.outputs.locations import has_line_of_baseline, name_caller, relative_path, subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.resource_types import describe_type
from cdkguard.outputs.short_names import shorten_name
from cdkguard.outputs.summary import WORST_FIRST, plural
from cdkguard.text import escape

_SHOWN = 6  # Places of an entry beyond which the others are folded.
_MESSAGE = 400  # Characters of a message; the JSON has the whole.


class Findings:
    """The findings of one page: a rule is explained where it comes first, and later entries lead there."""

    def __init__(self, report: Report, options: Options) -> None:
        self._report, self._options = report, options
        self._explained: dict[object, str] = {}  # (rule id, why, fix) -> the id of the article that explains it.
        self._number = 0

    def lay_out(self, findings: Sequence[Finding]) -> list[Element]:
        """An article for each entry, in the order of the findings."""
        return [self._entry(entry) for entry in group_findings(findings)]

    def _entry(self, entry: Entry) -> Element:
        first = entry.finding
        self._number += 1
        name = f"entry-{self._number}"
        places = [_place(place, self._roots, self._options) for place in entry.places]
        rest = places[_SHOWN:] if len(places) > _SHOWN + 2 else []
        undecided = first.outcome is Outcome.UNKNOWN
        return element(
            "article",
            element(
                "h3",
                chip(first.severity),
                chip("undecided", "unknown") if undecided else None,
                chip("new") if first.is_new else None,
                escape.prose(first.title or first.rule_id),
                " ",
                element("code", first.rule_id),
                [
                    element("span", ", ", escape.prose(f.title or f.rule_id), " ", element("code", f.rule_id))
                    for f in {f.rule_id: f for f in entry.also}.values()
                ],
            ),
            element("ul", places[: len(places) - len(rest)], class_="entries"),
            fold(plural(len(rest), "more place"), element("ul", rest, class_="entries")) if rest else None,
            self._explanation(first, name),
            class_="rule",
            id=name,
        )

    def _explanation(self, first: Finding, name: str) -> Element | None:
        """Why, and the remedy; a link where the page has said both already."""
        why, fix = first.why, choose_fix(first, self._options)
        if not why and fix is None:
            return None
        known = self._explained.setdefault((first.rule_id, why, fix), name)
        if known != name:
            return element("p", element("a", "Why, and how to fix it", href=f"#{known}"))
        return fold(
            "Why, and how to fix it" if fix else "Why",
            element("p", prose(why)) if why else None,
            _lay_out_fix(fix) if fix else None,
            [element("p", reference, class_="muted") for reference in self._references.get(first.rule_id, ())],
        )

    @cached_property
    def _roots(self) -> dict[str, str]:
        return find_roots(self._report)

    @cached_property
    def _references(self) -> dict[str, tuple[str, ...]]:
        return {rule.id: rule.references for rule in self._report.rules}


def find_roots(report: Report) -> dict[str, str]:
    """Path of a stack -> the path of the stack that is deployed: itself, or the one that it is nested in."""
    roots = sorted((stack.construct_path for stack in report.stacks if not stack.nested), key=len, reverse=True)
    paths = {finding.stack_path for finding in report.findings} | {stack.construct_path for stack in report.stacks}
    return {path: next((r for r in roots if path == r or path.startswith(r + "/")), path) for path in paths}


def _place(place: Place, roots: Mapping[str, str], options: Options) -> Element:
    first = place.finding
    name = shorten_name(subject_of(first), roots[first.stack_path])
    kind = describe_type(first.resource_type) or _kind_of_subject(first)
    messages = [f.message for f in (first, *place.also) if f.message and f.message != f.title]
    extra = [path for path in first.property_paths if first.logical_id and path not in first.message]
    if first.branch and first.branch not in first.message:
        extra.append(f"when {first.branch}")
    findings = (first, *place.elsewhere, *place.also)
    return element(
        "li",
        element(
            "p",
            element("span", shorten(name, 200), class_="name"),
            f" {kind}" if kind else "",
            element("span", f" in {_environments(place)}", class_="muted") if place.environments else None,
        ),
        _source(first, options),
        [element("p", prose(shorten(message, _MESSAGE))) for message in dict.fromkeys(messages)],
        element("p", shorten(", ".join(extra), _MESSAGE), class_="muted") if extra else None,
        class_="entry",
        data_number=len(findings),
        data_severities=json.dumps(list(dict.fromkeys(f.severity for f in findings))),
        data_environments=json.dumps(list(dict.fromkeys(f.environment for f in findings if f.environment))),
        data_new="yes" if first.is_new else None,
    )


def _environments(place: Place) -> str:
    """`prod, staging (medium)`: a severity stands where it is not the entry's."""
    severity = place.finding.severity
    return ", ".join(name if level == severity else f"{name} ({level})" for name, level in place.environments)


def _kind_of_subject(finding: Finding) -> str:
    if finding.logical_id:
        return ""
    return WHOLE_CONFIGURATION.get(finding.impact or "", "stack").strip("()")


def _source(finding: Finding, options: Options) -> Child:
    if finding.source is None:
        line = f":{finding.template_line}" if finding.template_line else ""
        return element("p", shorten(relative_path(finding.template_path, options.root), 200) + line, class_="place")
    place = f"{shorten(relative_path(finding.source.file, options.root), 200)}:{finding.source.line}"
    if has_line_of_baseline(finding):
        return element("p", place, " of the baseline", class_="place")
    code = [escape_code(text) for _, text in options.excerpt(finding.source)]
    place += shorten(name_caller(finding.source, options), 200)
    return [element("p", place, class_="place"), element("pre", element("code", "\n".join(code))) if code else None]


def escape_code(text: str) -> str:
    """A line of code without its indentation, at most 200 characters."""
    return shorten(text.expandtabs(4).strip(), 200)


def _lay_out_fix(fix: Fix) -> list[Child]:
    lines = [line.expandtabs(4).rstrip() for line in fix.code.splitlines()]
    return [
        element("p", element("strong", "Fix: "), prose(fix.text)),
        element("pre", element("code", "\n".join(lines))) if lines else None,
    ]


def lay_out_filter(findings: Iterable[Finding], with_new: bool) -> Element:
    """The controls that the script works; without it they stay hidden."""
    found = list(findings)
    environments = list(dict.fromkeys(f.environment for f in found if f.environment))
    severities = [severity for severity in WORST_FIRST if any(f.severity == severity for f in found)]
    return element(
        "div",
        element("label", "Words", element("input", id="filter-words", type="search")),
        _select("severity", severities),
        _select("environment", environments),
        element("label", element("input", id="filter-new", type="checkbox"), "new ones only", class_="tick")
        if with_new
        else None,
        element("span", id="filter-status", role="status"),
        id="filter",
        role="search",
        aria_label="Findings",
        hidden=True,
    )


def _select(name: str, values: Sequence[str]) -> Element:
    options = [element("option", "all", value=""), *(element("option", value, value=value) for value in values)]
    return element("label", name.capitalize(), element("select", options, id=f"filter-{name}"))
