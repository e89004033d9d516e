"""An audit on one screen of a terminal: what was not read, the worst, what changed, what to do next, the verdict last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.outputs.audit.record import FindingRow
from cdkguard.outputs.audit.summary import Audit, RunRecord, Summary
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
    name_account,
    name_resource,
    suggest_next,
)
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines
from cdkguard.text import escape

_SHOWN = 3  # Entries of each list.


def render(audit: Audit, options: Options) -> Iterator[str]:
    """The audit as lines for a terminal."""
    yield render_lines(list(_lay_out(audit, options)), options)


def _lay_out(audit: Audit, options: Options) -> Iterator[Line]:
    summary, run = audit.summary, audit.summary.run
    if summary.unread:
        yield from _unread(summary, options)
    yield from _numbers(run, options)
    yield from _news(summary, options)
    yield from _worst(summary, options)
    yield [("next", "heading")]
    for command in suggest_next(audit):
        yield [(f"  {command}", "code")]
    yield []
    facts = [describe_scope(run), describe_time(run), f"since {run.last.started[:10]}" if run.last else ""]
    said = " · ".join([summarize_decision(run), *(fact for fact in facts if fact)])
    style = "failed" if status_of(run) else "passed"
    yield from lay_out_labelled(f"{status_word(run)}: ", said, options, style)


def _unread(summary: Summary, options: Options) -> Iterator[Line]:
    number = summary.run.counts.unread
    yield [(f"NOT READ  {amount(number)}", "error"), (": nobody knows what is there", "")]
    for row in summary.unread[:_SHOWN]:
        yield from lay_out_labelled("  ", f"{describe_unread(row)}: {row.reason}", options, "")
        if row.advice:
            yield from lay_out_labelled("    ", f"-> {row.advice}", options, "dim", "dim")
    if number > _SHOWN:
        yield [(f"  and {amount(number - _SHOWN)} more", "dim")]
    yield []


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


def _news(summary: Summary, options: Options) -> Iterator[Line]:
    found = [row for row in summary.news if row.change != "from-rules"]
    yield from _findings("new, worst first", found[:_SHOWN], options)


def _findings(title: str, rows: Sequence[FindingRow], options: Options) -> Iterator[Line]:
    if not rows:
        return
    yield [(title, "heading")]
    for row in rows:
        place = f"{row.region} of {name_account(row.account, row.account_name)}"
        text = f"{row.rule} {name_resource(row)} in {place}"
        yield from lay_out_labelled(f"  {row.severity:<9}", text, options, row.severity)


def _worst(summary: Summary, options: Options) -> Iterator[Line]:
    rules = [rule for rule in summary.rules if rule.counts.open]
    if rules:
        yield [("rules with most weight", "heading")]
    for rule in rules[:_SHOWN]:
        text = f"{rule.title} {rule.rule}: {amount(rule.counts.open)} in {several(rule.accounts, 'account')}"
        yield from lay_out_labelled(f"  {rule.severity:<9}", text, options, rule.severity)
    accounts = [account for account in summary.accounts if account.counts.open]
    if accounts:
        yield [("accounts with most weight", "heading")]
    for account in accounts[:_SHOWN]:
        name = escape.terminal(name_account(account.account, account.name))
        yield from lay_out_labelled(f"  {name}  ", count_severities(account.counts), options, "path")
    if summary.is_compared:
        old = [row for row in summary.oldest[:1] if row.first_seen != summary.run.header.started]
        yield from _findings(f"oldest, since {old[0].first_seen[:10]}" if old else "", old, options)
    if rules or accounts:
        yield []
