"""Where an audit is worst: tables of counts by account, rule, owner and stack."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from cdkguard.outputs.audit.summary import AccountCount, RuleCount, Summary
from cdkguard.outputs.audit.trend import lay_out_counts
from cdkguard.outputs.audit.verdict import amount, count_news
from cdkguard.outputs.audit.words import name_account
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.page import chip, fold, lay_out_table

_ROWS = 15  # Rows that are shown; the others are folded.
_FOLDED = 200  # Rows that are folded; of more, the result itself tells.
_MATRIX = 12  # Rules that have a column.


def lay_out_in_parts(
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


def lay_out_matrix(summary: Summary) -> list[Child]:
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
    found = lay_out_in_parts("Accounts and rules", ["Account", *(rule.rule for rule in rules)], rows)
    others = len([rule for rule in summary.rules if rule.counts.open]) - len(rules)
    if others > 0:
        found.append(element("p", f"{amount(others)} other rules are in the next table.", class_="muted"))
    return found


def _account(account: AccountCount) -> list[Child]:
    unread = chip(f"{amount(account.counts.unread)} not read", "critical") if account.counts.unread else None
    about = element("div", account.ou, class_="muted") if account.ou else None
    return [name_account(account.account, account.name), " ", unread, about]


def lay_out_rules(summary: Summary) -> list[Child]:
    """The rules that found something, worst first."""
    rows = [_rule(rule, summary.is_compared) for rule in summary.rules if rule.counts.open]
    heads = ["Rule", "Open", *(["New"] if summary.is_compared else []), "Accounts", "What to do"]
    return lay_out_in_parts("Rules", heads, rows)


def _rule(rule: RuleCount, is_compared: bool) -> list[Child]:
    counts = rule.counts
    new = [amount(count_news(counts))] if is_compared else []
    title = element("div", rule.title) if rule.title != rule.rule else None
    name: list[Child] = [chip(rule.severity), element("code", rule.rule), title]
    return [name, amount(counts.open), *new, amount(rule.accounts), prose(rule.fix)]


def lay_out_accounts(summary: Summary) -> list[Child]:
    """Every account, the worst first."""
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
    return lay_out_in_parts("Accounts", heads, rows)


def lay_out_owners(summary: Summary) -> list[Child]:
    """Owners by their tag, the worst first."""
    rows: list[list[Child]] = []
    for owner in summary.owners:
        name: Element | str = owner.owner or element("strong", "no owner")
        rows.append([name, amount(owner.counts.stacks), lay_out_counts(owner.counts), amount(owner.counts.new)])
    heads = ["Owner", "Stacks", "Open", "New"]
    if not summary.is_compared:
        heads, rows = heads[:3], [row[:3] for row in rows]
    return lay_out_in_parts("Owners", heads, rows)


def lay_out_stacks(summary: Summary) -> list[Child]:
    """The worst stacks."""
    rows: list[list[Child]] = [
        [stack.stack, f"{stack.region}, {stack.account}", lay_out_counts(stack.counts), stack.owner]
        for stack in summary.stacks
    ]
    return lay_out_in_parts("Stacks", ["Stack", "Place", "Open", "Owner"], rows)
