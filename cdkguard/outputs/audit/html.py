"""An audit as a page: what was not read first, then numbers, what is new, where it is worst, what is oldest, and whose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from cdkguard.outputs.audit.record import FindingRow, UnreadRow
from cdkguard.outputs.audit.summary import AccountCount, Audit, RuleCount, RunRecord, Summary
from cdkguard.outputs.audit.trend import lay_out_counts, lay_out_trend
from cdkguard.outputs.audit.verdict import amount, count_news, status_word, summarize_decision
from cdkguard.outputs.audit.words import (
    describe_comparison,
    describe_rules,
    describe_scope,
    describe_time,
    name_account,
    name_resource,
)
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.page import Section, chip, fold, lay_out_document, lay_out_table, render_time
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import WORST_FIRST

_ROWS = 15  # Rows that are shown; the others are folded.
_FOLDED = 200  # Rows that are folded; of more, the result itself tells.
_MATRIX = 12  # Rules that have a column.


def render(audit: Audit, options: Options) -> Iterator[str]:
    """The audit as a page, whose size does not grow with the number of findings."""
    summary, run = audit.summary, audit.summary.run
    header = run.header
    facts = {
        "Audited": render_time(header.started),
        "Took": describe_time(run),
        "Judged": f"{describe_scope(run)}; {amount(run.counts.resources)} resources",
        "Asked for": header.scope,
        "Rules": f"{len(header.rules)}, digest {header.rules_digest[:12]}",
        "Compared with": render_time(run.last.started) if run.last else "nothing: the first audit",
        "Engine": header.engine,
        "Result": audit.place,
    }
    sections = [
        Section("unread", "Not read: nobody knows what is there", _unread(summary), run.counts.unread or None),
        Section("numbers", "Open findings", _numbers(run)),
        Section("new", "New since the last audit", _news(summary)),
        Section("matrix", "Accounts and rules", _matrix(summary)),
        Section("rules", "Rules with most weight", _rules(summary)),
        Section("accounts", "Accounts", _accounts(summary)),
        Section("oldest", "Oldest findings", _oldest(summary)),
        Section("owners", "Owners, by tag", _owners(summary)),
        Section("stacks", "Stacks with most weight", _stacks(summary)),
        Section("resolved", "Resolved since the last audit", _resolved(summary)),
    ]
    verdict = f"{status_word(run)}: {summarize_decision(run)}"
    yield lay_out_document("Audit", verdict, facts, sections, header.version)


def _in_parts(
    label: str, heads: Sequence[str], rows: Sequence[Sequence[Child]], total: int | None = None
) -> list[Child]:
    """A table of the first rows; the others are folded, and of very many the last are left out, which is said."""
    if not rows:
        return []
    found: list[Child] = [lay_out_table(label, heads, rows[:_ROWS], "matrix")]
    rest = rows[_ROWS : _ROWS + _FOLDED]
    if rest:
        found.append(fold(f"{amount(len(rest))} more", lay_out_table(f"{label}, the others", heads, rest, "matrix")))
    left = (total if total is not None else len(rows)) - len(rows[:_ROWS]) - len(rest)
    if left > 0:
        found.append(element("p", f"and {amount(left)} that are in the result alone", class_="muted"))
    return found


def _unread(summary: Summary) -> list[Child]:
    rows = [_unread_row(row) for row in summary.unread]
    heads = ["Account", "Region", "Stack", "Why", "What to do"]
    return _in_parts("Not read", heads, rows, summary.run.counts.unread)


def _unread_row(row: UnreadRow) -> list[Child]:
    all_of_it = element("strong", "all")
    return [
        name_account(row.account, row.account_name),
        row.region or all_of_it,
        row.stack or all_of_it,
        prose(row.reason),
        prose(row.advice),
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
    return [chip(row.severity), undecided, element("code", row.rule), element("div", prose(row.message))]


_WORDS = {"new": "new", "reopened": "its suppression ended", "first-read": "not read the last time", "from-rules": "by other rules"}  # fmt: skip


def _news(summary: Summary) -> list[Child]:
    counts = summary.run.counts
    rows: list[list[Child]] = [
        [_what(row), name_resource(row), _place(row), row.owner, _WORDS.get(row.change, row.change)]
        for row in summary.news
    ]
    total = count_news(counts) + counts.from_rules
    return _in_parts("New", ["Finding", "Resource", "Stack", "Owner", "Why"], rows, total)


def _matrix(summary: Summary) -> list[Child]:
    """The worst rules as columns, the accounts as rows, the open findings in the cells."""
    rules = [rule for rule in summary.rules if rule.counts.open][:_MATRIX]
    accounts = [account for account in summary.accounts if account.counts.open or account.counts.unread]
    rows: list[list[Child]] = []
    for account in accounts:
        cells: list[Child] = []
        for rule in rules:
            number = summary.matrix.get((account.account, rule.rule), 0)
            cells.append(amount(number) if number else element("span", "–", class_="muted"))
        rows.append([_account(account), *cells])
    if not rules:
        return []
    found = _in_parts("Accounts and rules", ["Account", *(rule.rule for rule in rules)], rows)
    others = len([rule for rule in summary.rules if rule.counts.open]) - len(rules)
    if others > 0:
        found.append(element("p", f"{amount(others)} other rules are in the next table.", class_="muted"))
    return found


def _account(account: AccountCount) -> list[Child]:
    unread = chip(f"{amount(account.counts.unread)} not read", "critical") if account.counts.unread else None
    about = element("div", account.ou, class_="muted") if account.ou else None
    return [name_account(account.account, account.name), " ", unread, about]


def _rules(summary: Summary) -> list[Child]:
    rows = [_rule(rule, summary.is_compared) for rule in summary.rules if rule.counts.open]
    heads = ["Rule", "Open", *(["New"] if summary.is_compared else []), "Accounts", "What to do"]
    return _in_parts("Rules", heads, rows)


def _rule(rule: RuleCount, is_compared: bool) -> list[Child]:
    counts = rule.counts
    new = [amount(count_news(counts))] if is_compared else []
    title = element("div", rule.title) if rule.title != rule.rule else None
    name: list[Child] = [chip(rule.severity), element("code", rule.rule), title]
    return [name, amount(counts.open), *new, amount(rule.accounts), prose(rule.fix)]


def _accounts(summary: Summary) -> list[Child]:
    rows: list[list[Child]] = []
    for account in summary.accounts:
        counts = account.counts
        rows.append(
            [
                _account(account),
                amount(counts.stacks),
                lay_out_counts(counts),
                amount(counts.new),
                amount(counts.resolved),
            ]
        )
    heads = ["Account", "Stacks", "Open", "New", "Resolved"]
    if not summary.is_compared:
        heads, rows = heads[:3], [row[:3] for row in rows]
    return _in_parts("Accounts", heads, rows)


def _oldest(summary: Summary) -> list[Child]:
    rows: list[list[Child]] = [
        [row.first_seen[:10] or "not known", _what(row), name_resource(row), _place(row), row.owner]
        for row in summary.oldest
    ]
    return _in_parts(
        "Oldest findings", ["Since", "Finding", "Resource", "Stack", "Owner"], rows, summary.run.counts.open
    )


def _owners(summary: Summary) -> list[Child]:
    rows: list[list[Child]] = []
    for owner in summary.owners:
        name: Element | str = owner.owner or element("strong", "no owner")
        rows.append([name, amount(owner.counts.stacks), lay_out_counts(owner.counts), amount(owner.counts.new)])
    heads = ["Owner", "Stacks", "Open", "New"]
    if not summary.is_compared:
        heads, rows = heads[:3], [row[:3] for row in rows]
    return _in_parts("Owners", heads, rows)


def _stacks(summary: Summary) -> list[Child]:
    rows: list[list[Child]] = [
        [stack.stack, f"{stack.region}, {stack.account}", lay_out_counts(stack.counts), stack.owner]
        for stack in summary.stacks
    ]
    return _in_parts("Stacks", ["Stack", "Place", "Open", "Owner"], rows)


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
    return _in_parts("Resolved", ["Finding", "Resource", "Stack", "Since", "How"], rows, total)
