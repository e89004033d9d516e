"""Many apps as one page: apps and environments, the rules with most findings, what is accepted, what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from cdkguard._typing import NamedTuple
from cdkguard.model import OUTCOMES
from cdkguard.outputs.fleet.record import Acceptance, AppReport, Fleet
from cdkguard.outputs.html.accepted import SOON, describe_expiry
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.matrix import lay_out_counts
from cdkguard.outputs.html.page import Section, chip, fold, lay_out_document, lay_out_table, render_time
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural
from cdkguard.text.dates import days_between

_RULES = 25  # Rules that are shown; the others are folded.
_OLDEST = 20  # Acceptances that are shown; the others are folded.
_OLD = 30  # Days after which a report is called old.


class _Accepted(NamedTuple):
    """An acceptance in its app."""

    app: str
    acceptance: Acceptance
    days: int | None  # Days until it expires.


def render(fleet: Fleet, options: Options) -> str:
    """The apps as a page."""
    failing = len(fleet.failing)
    number = plural(len(fleet.apps), "app")
    verdict = f"failed: {failing} of {number}" if failing else f"passed: {number}, none fails"
    environments = [name for name in fleet.environments if name]
    facts = {
        "Made": render_time(options.made),
        "Judged": f"{plural(sum(app.resources for app in fleet.apps), 'resource')} in "
        f"{plural(sum(app.stacks for app in fleet.apps), 'stack')}",
        "Environments": ", ".join(environments),
    }
    today = options.made[:10]
    sections = [
        Section("apps", "Apps and environments", [_apps(fleet, today)]),
        Section("rules", "Rules with most weight", _rules(fleet)),
        Section("accepted", "Suppressions", _accepted(fleet, today)),
        Section("frameworks", "Frameworks", _frameworks(fleet)),
        Section("unknown", "What could not be judged", _unknown(fleet)),
    ]
    return lay_out_document("Apps", verdict, facts, sections, fleet.version)


def _apps(fleet: Fleet, today: str) -> Element:
    environments = fleet.environments
    heads = ["App", *(name or "no environment" for name in environments), "New", "Commit", "Report of"]
    return lay_out_table("Apps and environments", heads, [_app(app, environments, today) for app in fleet.apps])


def _app(app: AppReport, environments: Sequence[str], today: str) -> list[Child]:
    word = "failed" if app.fails else "passed"
    about = element("div", app.verdict, class_="muted")
    cells: list[Child] = []
    for name in environments:
        found = app.environments.get(name)
        cells.append(lay_out_counts(found) if found is not None else element("span", "–", class_="muted"))
    new = str(app.new) if app.new is not None else element("span", "not compared", class_="muted")
    return [
        [chip(word, "critical" if app.fails else "passed"), app.name, about],
        *cells,
        new,
        element("code", app.commit[:12]) if app.commit else None,
        _age(app, today),
    ]


def _age(app: AppReport, today: str) -> Child:
    day = app.made[:10]
    days = days_between(day, today)
    if days is None:
        return day or element("span", "not noted", class_="muted")
    return element("strong", f"{day}, {days} days ago") if days >= _OLD else day


def _rules(fleet: Fleet) -> list[Child]:
    rows: list[list[Child]] = [
        [
            [chip(rule.severity), rule.title, " ", element("code", rule.rule_id)],
            str(rule.findings),
            ", ".join(rule.apps),
        ]
        for rule in fleet.top_rules()
    ]
    return _table_in_parts("Rules", ["Rule", "Findings", "Apps"], rows, _RULES, "rule")


def _table_in_parts(
    label: str, heads: Sequence[str], rows: Sequence[Sequence[Child]], most: int, noun: str
) -> list[Child]:
    """A table of the first rows; the others are folded."""
    if not rows:
        return []
    found: list[Child] = [lay_out_table(label, heads, rows[:most])]
    if len(rows) > most:
        summary = f"{plural(len(rows) - most, noun)} more"
        found.append(fold(summary, lay_out_table(f"{label}, the others", heads, rows[most:])))
    return found


def _accepted(fleet: Fleet, today: str) -> list[Child]:
    """What expires soon, then all from the oldest on; those whose age is not noted stand at the end."""
    accepted = [
        _Accepted(app.name, one, days_between(today, one.expires) if one.expires else None)
        for app in fleet.apps
        for one in app.acceptances
    ]
    soon = [one for one in accepted if one.days is not None and one.days <= SOON]
    found: list[Child] = []
    heads = ["Rule", "App", "Findings", "Reason", "Since", "Until"]
    if soon:
        rows = [_acceptance(one) for one in sorted(soon, key=lambda one: one.days or 0)]
        found += [element("h3", f"These expire in the next {SOON} days"), lay_out_table("Expiring soon", heads, rows)]
    others = sorted((one for one in accepted if one not in soon), key=lambda one: one.acceptance.since or "9999")
    if soon and others:
        found.append(element("h3", "The others, from the oldest on"))
    return found + _table_in_parts("Suppressions", heads, [_acceptance(one) for one in others], _OLDEST, "suppression")


def _acceptance(one: _Accepted) -> list[Child]:
    accepted = one.acceptance
    owner = f"{accepted.owner}, " if accepted.owner else ""
    return [
        element("code", accepted.rule_id),
        one.app,
        str(accepted.findings),
        [prose(accepted.reason), element("div", owner, accepted.origin, class_="muted")],
        accepted.since or element("span", "not noted", class_="muted"),
        describe_expiry(accepted.expires, one.days),
    ]


def _frameworks(fleet: Fleet) -> list[Child]:
    rows: list[list[Child]] = [
        [app.name, framework.title, *(str(framework.counts[outcome]) for outcome in OUTCOMES)]
        for app in fleet.apps
        for framework in app.frameworks
    ]
    return [lay_out_table("Frameworks", ["App", "Framework", *OUTCOMES], rows)] if rows else []


def _unknown(fleet: Fleet) -> list[Child]:
    """By app: errors, findings that nobody can decide yet, and notices."""
    found: list[Child] = []
    for app in fleet.apps:
        undecided = app.count("unknown")
        items = [*_items("Not judged: ", app.errors)]
        if undecided:
            items.append(
                element("li", f"{plural(undecided, 'finding')} that the template leaves open until the deployment")
            )
        items += _items("", app.notices)
        if items:
            found += [element("h3", app.name), element("ul", items)]
    return found


def _items(word: str, messages: Iterable[str]) -> list[Element]:
    return [element("li", element("strong", word) if word else None, prose(message)) for message in messages]
