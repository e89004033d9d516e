"""An audit as a page: what was not read first, then numbers, what is new, where it is worst, what is oldest, and whose."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.outputs.audit.html_counts import (
    lay_out_accounts,
    lay_out_in_parts,
    lay_out_matrix,
    lay_out_owners,
    lay_out_rules,
    lay_out_stacks,
)
from cdkguard.outputs.audit.record import FindingRow, UnreadRow
from cdkguard.outputs.audit.summary import Audit, RunRecord, Summary
from cdkguard.outputs.audit.trend import lay_out_trend
from cdkguard.outputs.audit.verdict import amount, count_news, status_word, summarize_decision
from cdkguard.outputs.audit.words import (
    describe_comparison,
    describe_rules,
    describe_scope,
    describe_time,
    name_account,
    name_resource,
    shorten_digest,
)
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.page import Section, chip, lay_out_document, lay_out_table, render_time
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import WORST_FIRST


def render(audit: Audit, options: Options) -> Iterator[str]:
    """The audit as a page, whose size does not grow with the number of findings."""
    summary, run = audit.summary, audit.summary.run
    header = run.header
    facts = {
        "Audited": render_time(header.started),
        "Took": describe_time(run),
        "Judged": f"{describe_scope(run)}; {amount(run.counts.resources)} resources",
        "Asked for": header.scope,
        "Rules": f"{len(header.rules)}, digest {shorten_digest(header.rules_digest)}",
        "Compared with": render_time(run.last.started) if run.last else "nothing: the first audit",
        "Engine": header.engine,
        "Result": audit.place,
    }
    sections = [
        Section("unread", "Not read: nobody knows what is there", _unread(summary), run.counts.unread or None),
        Section("numbers", "Open findings", _numbers(run)),
        Section("new", "New since the last audit", _news(summary)),
        Section("matrix", "Accounts and rules", lay_out_matrix(summary)),
        Section("rules", "Rules with most weight", lay_out_rules(summary)),
        Section("accounts", "Accounts", lay_out_accounts(summary)),
        Section("oldest", "Oldest findings", _oldest(summary)),
        Section("owners", "Owners, by tag", lay_out_owners(summary)),
        Section("stacks", "Stacks with most weight", lay_out_stacks(summary)),
        Section("resolved", "Resolved since the last audit", _resolved(summary)),
    ]
    verdict = f"{status_word(run)}: {summarize_decision(run)}"
    yield lay_out_document("Audit", verdict, facts, sections, header.version)


def _unread(summary: Summary) -> list[Child]:
    rows = [_unread_row(row) for row in summary.unread]
    heads = ["Account", "Region", "Stack", "Why", "What to do"]
    return lay_out_in_parts("Not read", heads, rows, summary.run.counts.unread)


def _unread_row(row: UnreadRow) -> list[Child]:
    all_of_it = element("strong", "all")
    return [
        name_account(row.account, row.account_name),
        row.region or all_of_it,
        row.stack or all_of_it,
        element("div", prose(row.reason), class_="said"),
        element("div", prose(row.advice), class_="said"),
    ]


def _numbers(run: RunRecord) -> list[Child]:
    counts, last = run.counts, run.last.counts if run.last else None
    heads = ["Severity", "Now", *(["Last time"] if last else [])]
    rows: list[list[Child]] = []
    for word in (*WORST_FIRST, "unknown"):
        shown = "undecided" if word == "unknown" else word
        cells: list[Child] = [chip(shown, word), amount(getattr(counts, word))]
        rows.append([*cells, amount(getattr(last, word))] if last else cells)
    said: list[Child] = []
    if last:
        news = count_news(counts)
        said = [element("p", f"{amount(news)} new, {amount(counts.resolved)} resolved since the last audit.")]
        said += [
            element("p", f"{text[0].upper()}{text[1:]}.")
            for text in (describe_rules(run), *describe_comparison(run))
            if text
        ]
    if counts.suppressed:
        said.append(
            element(
                "p", f"{amount(counts.suppressed)} more are suppressed: somebody has accepted them.", class_="muted"
            )
        )
    return [lay_out_table("Open findings by severity", heads, rows), *said, *lay_out_trend(run.history, run.point)]


def _place(row: FindingRow) -> list[Child]:
    return [
        row.stack,
        element("div", f"{row.region}, {name_account(row.account, row.account_name)}", class_="muted"),
    ]


def _what(row: FindingRow) -> list[Child]:
    undecided = chip("undecided", "unknown") if row.outcome == "unknown" else None
    return [chip(row.severity), undecided, element("code", row.rule), element("div", prose(row.message), class_="said")]


_WORDS = {"new": "new", "reopened": "its suppression ended", "first-read": "not read the last time", "from-rules": "by other rules"}  # fmt: skip


def _news(summary: Summary) -> list[Child]:
    counts = summary.run.counts
    rows: list[list[Child]] = [
        [_what(row), name_resource(row), _place(row), row.owner, _WORDS.get(row.change, row.change)]
        for row in summary.news
    ]
    total = count_news(counts) + counts.from_rules
    return lay_out_in_parts("New", ["Finding", "Resource", "Stack", "Owner", "Why"], rows, total)


def _oldest(summary: Summary) -> list[Child]:
    rows: list[list[Child]] = [
        [row.first_seen[:10] or "not known", _what(row), name_resource(row), _place(row), row.owner]
        for row in summary.oldest
    ]
    return lay_out_in_parts(
        "Oldest findings", ["Since", "Finding", "Resource", "Stack", "Owner"], rows, summary.run.counts.open
    )


def _resolved(summary: Summary) -> list[Child]:
    rows: list[list[Child]] = [
        [
            _what(row.finding),
            name_resource(row.finding),
            _place(row.finding),
            row.finding.first_seen[:10],
            "by other rules" if row.ending == "from-rules" else "resolved",
        ]
        for row in summary.resolved
    ]
    counts = summary.run.counts
    total = counts.resolved + counts.resolved_by_rules
    return lay_out_in_parts("Resolved", ["Finding", "Resource", "Stack", "Since", "How"], rows, total)
