"""An audit on one screen of a terminal: what was not read, the worst, what changed, what to do next, the verdict last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.outputs.audit.record import FindingRow, UnreadRow
from cdkguard.outputs.audit.screen import Part, count_lines, make_room, shorten
from cdkguard.outputs.audit.summary import AccountCount, Audit, RuleCount, RunRecord, Summary
from cdkguard.outputs.audit.verdict import (
    amount,
    count_news,
    count_severities,
    several,
    status_of,
    status_word,
    summarize_decision,
)
from cdkguard.outputs.audit.words import (
    describe_comparison,
    describe_rules,
    describe_scope,
    describe_time,
    describe_unread,
    group_unread,
    name_account,
    name_resource,
    suggest_next,
)
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines
from cdkguard.text import escape

_SHOWN = 3  # Entries of each list.
_MOST = 30  # Lines: a screen.
_REASON = 2  # Lines of a reason; the other outputs have all of it.


def render(audit: Audit, options: Options) -> Iterator[str]:
    """The audit as lines for a terminal, a screen at most; lists that are cut say so."""
    yield render_lines(list(_lay_out(audit, options)), options)


def _lay_out(audit: Audit, options: Options) -> Iterator[Line]:
    summary, run = audit.summary, audit.summary.run
    numbers, verdict = list(_numbers(run, options)), list(_verdict(run, options))
    parts = [_unread(summary, options), _news(summary, options), *_worst(summary, options)]
    room = _MOST - sum(count_lines(lines, options.width) for lines in (numbers, _next(audit, True), verdict))
    unread, *worst = make_room(parts, room, options.width)

    yield from unread.lay_out()
    yield from numbers
    for part in worst:
        yield from part.lay_out()
    yield from _next(audit, any(part.is_cut for part in (unread, *worst)))
    yield from verdict


def _verdict(run: RunRecord, options: Options) -> Iterator[Line]:
    facts = [describe_scope(run), describe_time(run), f"since {run.last.started[:10]}" if run.last else ""]
    said = " · ".join([summarize_decision(run), *(fact for fact in facts if fact)])
    style = "failed" if status_of(run) else "passed"
    yield from lay_out_labelled(f"{status_word(run)}: ", said, options, style)


def _next(audit: Audit, is_cut: bool) -> list[Line]:
    title: Line = [("next", "heading"), (": the page shows what is left out here" if is_cut else "", "")]
    return [title, *([(f"  {command}", "code")] for command in suggest_next(audit)), []]


def _unread(summary: Summary, options: Options) -> Part:
    number = summary.run.counts.unread
    title: Line = [(f"NOT READ  {amount(number)}", "error"), (": nobody knows what is there", "")]
    alike = group_unread(summary.unread)
    at_least = "at least " if number > len(summary.unread) else ""
    entries = tuple(_unread_entry(rows, at_least, options) for rows in alike[:_SHOWN])
    return Part("unread", title, entries, len(alike), "reasons", ends_blank=True)


def _unread_entry(rows: Sequence[UnreadRow], at_least: str, options: Options) -> list[Line]:
    row, more = rows[0], len(rows) - 1
    others = f", and {at_least}{amount(more)} more like it" if more else ""
    lines = list(lay_out_labelled("  ", f"{describe_unread(row)}{others}: {row.reason}", options, ""))
    advice = lay_out_labelled("    ", f"-> {row.advice}", options, "dim", "dim") if row.advice else ()
    return [*shorten(lines, _REASON), *advice]


def _numbers(run: RunRecord, options: Options) -> Iterator[Line]:
    """The open findings by severity, beside those of the last audit."""
    counts, last = run.counts, run.last
    yield from lay_out_labelled("open       ", count_severities(counts) or "nothing", options, "heading")
    if last is not None:
        yield from lay_out_labelled("last time  ", count_severities(last.counts) or "nothing", options, "dim", "dim")
        text = f"{amount(count_news(counts))} new, {amount(counts.resolved)} resolved"
        yield from lay_out_labelled("changed    ", text, options, "heading")
        for sentence in filter(None, (describe_rules(run), *describe_comparison(run))):
            yield from lay_out_labelled("           ", sentence, options, "", "dim")
    yield []


def _news(summary: Summary, options: Options) -> Part:
    found = [row for row in summary.news if row.change != "from-rules"][:_SHOWN]
    entries = tuple(_finding_entry(row, options) for row in found)
    return Part("news", [("new, worst first", "heading")], entries, count_news(summary.run.counts) if found else 0)


def _finding_entry(row: FindingRow, options: Options) -> list[Line]:
    resource = name_resource(row)
    of_stack = "" if resource.partition("/")[0] == row.stack else f" ({row.stack})"
    text = f"{row.rule} {resource}{of_stack} in {row.region} of {name_account(row.account, row.account_name)}"
    return list(lay_out_labelled(f"  {row.severity:<9}", text, options, row.severity))


def _worst(summary: Summary, options: Options) -> Iterator[Part]:
    rules = [rule for rule in summary.rules if rule.counts.open]
    entries = tuple(_rule_entry(rule, options) for rule in rules[:_SHOWN])
    yield Part("rules", [("rules with most weight", "heading")], entries, len(rules))

    accounts = [account for account in summary.accounts if account.counts.open]
    entries = tuple(_account_entry(account, options) for account in accounts[:_SHOWN])
    yield Part("accounts", [("accounts with most weight", "heading")], entries, len(accounts))

    old = [row for row in summary.oldest[:1] if summary.is_compared and row.first_seen != summary.run.header.started]
    since = f"oldest, since {old[0].first_seen[:10]}" if old else ""
    yield Part("oldest", [(since, "heading")], tuple(_finding_entry(row, options) for row in old), len(old))
    yield Part("end", [], (), 0, ends_blank=bool(rules or accounts))


def _rule_entry(rule: RuleCount, options: Options) -> list[Line]:
    text = f"{rule.title} {rule.rule}: {amount(rule.counts.open)} in {several(rule.accounts, 'account')}"
    return list(lay_out_labelled(f"  {rule.severity:<9}", text, options, rule.severity))


def _account_entry(account: AccountCount, options: Options) -> list[Line]:
    name = escape.terminal(name_account(account.account, account.name))
    return list(lay_out_labelled(f"  {name}  ", count_severities(account.counts), options, "path"))
