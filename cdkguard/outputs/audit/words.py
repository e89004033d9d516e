"""What the page and the terminal say of an audit in the same words."""

from __future__ import annotations

from collections.abc import Iterable

from cdkguard.outputs.audit.record import FindingRow, UnreadRow
from cdkguard.outputs.audit.summary import Audit, RunRecord
from cdkguard.outputs.audit.verdict import amount, several
from cdkguard.text import escape
from cdkguard.text.dates import days_between


def name_account(account: str, name: str) -> str:
    """`payments 111122223333`, or the id alone."""
    return f"{name} {account}" if name else account


def describe_unread(row: UnreadRow) -> str:
    """What was not read: `account payments 1111`, `region eu-west-1 of ...`, `stack Shop in ...`."""
    account = name_account(row.account, row.account_name)
    if not row.region:
        return f"account {account}"
    if not row.stack:
        return f"region {row.region} of {account}"
    return f"stack {row.stack} in {row.region} of {account}"


def group_unread(rows: Iterable[UnreadRow]) -> list[list[UnreadRow]]:
    """The rows by what happened, whichever account or stack it happened to; in the order of the first of each."""
    found: dict[tuple[str, str, str], list[UnreadRow]] = {}
    for row in rows:
        reason = row.reason
        for own in filter(None, (row.stack_id, row.stack, row.region, row.account)):
            reason = reason.replace(own, "")
        found.setdefault((row.kind, reason, row.advice), []).append(row)
    return list(found.values())


def name_resource(row: FindingRow) -> str:
    """The construct path without the end that CDK gives it, else the logical id, else the stack itself."""
    return row.path.removesuffix("/Resource") or row.logical_id or row.stack


def describe_scope(run: RunRecord) -> str:
    """`100,000 stacks in 500 accounts, 4 regions`."""
    header = run.header
    regions = len({region for _account, region in header.places if region})
    accounts = len(header.accounts) or len({account for account, _region in header.places})
    return f"{several(run.counts.stacks, 'stack')} in {several(accounts, 'account')}, {several(regions, 'region')}"


def describe_time(run: RunRecord) -> str:
    """How long it took: `12 min`, or nothing where one time is missing."""
    seconds = _seconds_between(run.header.started, run.header.ended)
    if seconds is None or seconds < 0:
        return ""
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def describe_rules(run: RunRecord) -> str:
    """That rules, configuration or version are others than the last time; nothing where they are the same."""
    last = run.last
    if last is None or not run.has_other_rules:
        return ""
    if last.version != run.header.version:
        return f"the last audit was made by cdkguard {last.version}, this one by {run.header.version}"
    return "rules or configuration are others than those of the last audit"


def shorten_digest(text: str) -> str:
    """`0.1.0+<64 digits>-<16 digits>` of rules and settings: the first of both, enough to tell two apart."""
    _version, _plus, digests = text.rpartition("+")
    return "-".join(part[:8] for part in digests.split("-"))


def describe_comparison(run: RunRecord) -> list[str]:
    """Sentences about what is not simply new or resolved."""
    counts = run.counts
    found = []
    if counts.from_rules or counts.resolved_by_rules:
        found.append(
            f"{amount(counts.from_rules)} came and {amount(counts.resolved_by_rules)} went on stacks that are as they were: "
            "by other rules, another configuration or version, or the date"
        )
    if counts.first_read:
        found.append(
            f"{amount(counts.first_read)} are of stacks that the last audit did not read: nobody knows since when"
        )
    if counts.not_read:
        found.append(f"{amount(counts.not_read)} of the last audit are of stacks that were not read now: not resolved")
    if counts.not_covered:
        found.append(f"{amount(counts.not_covered)} of the last audit are of places that this one was not asked for")
    return found


def suggest_next(audit: Audit) -> list[str]:
    """Commands that show more."""
    place = escape.terminal(audit.place) or "DIR"
    found = [f"cdkguard audit show {place} --output html=audit.html"]
    if audit.summary.unread:
        return [*found, f'cdkguard audit query {place} "select account, region, stack, reason from unread"']
    return [*found, f'cdkguard audit query {place} "select rule, count(*) from findings group by 1 order by 2 desc"']


def _seconds_between(first: str, second: str) -> int | None:
    begin, end = seconds_of(first), seconds_of(second)
    return None if begin is None or end is None else end - begin


def seconds_of(time: str) -> int | None:
    """The seconds since 1970 of an ISO time in UTC, None of anything else; a pure folder has no `datetime`."""
    day, _, clock = time.partition("T")
    days = days_between("1970-01-01", day)
    parts = clock[:8].split(":")
    if days is None or len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    hours, minutes, seconds = map(int, parts)
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds
