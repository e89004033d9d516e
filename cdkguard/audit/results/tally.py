"""Counts an audit while its rows go by, and keeps of each list the worst."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cdkguard.audit.results.best import Best, Earlier
from cdkguard.audit.results.compare import Compared, Event
from cdkguard.audit.results.rows import WIDTHS
from cdkguard.model import severity_rank
from cdkguard.outputs.audit.record import FindingRow, FormerRow, RuleEntry, RunHeader, StackRow, UnreadRow
from cdkguard.outputs.audit.summary import (
    AccountCount,
    Counts,
    OwnerCount,
    RuleCount,
    RunRecord,
    StackCount,
    Summary,
)
from cdkguard.outputs.audit.verdict import decides

SHOWN = 50  # Rows of a list of findings.
SHOWN_UNREAD = 500  # Rows of what was not read.
_CHANGES = {"new": "new", "reopened": "reopened", "from-rules": "from_rules", "first-read": "first_read"}
_ENDINGS = {
    "resolved": "resolved",
    "from-rules": "resolved_by_rules",
    "not-read": "not_read",
    "not-covered": "not_covered",
}


class _Account(NamedTuple):
    name: str
    ou: str


class _Kind:
    """Findings that are counted alike."""

    __slots__ = ("words", "number")

    def __init__(self, words: Sequence[str]) -> None:
        self.words, self.number = words, 0


class Tally:
    """Counters by account, rule, owner and stack."""

    def __init__(self, header: RunHeader, is_compared: bool) -> None:
        self._header, self._is_compared = header, is_compared
        self._all = _new_counter()
        self._accounts: dict[str, dict[str, int]] = {account: _new_counter() for account in header.accounts}
        self._names = {account: _Account(name, "") for account, name in header.accounts.items()}
        self._rules: dict[str, dict[str, int]] = {}
        self._severities: dict[str, str] = {}
        self._fixes: dict[str, str] = {}
        self._owners: dict[str, dict[str, int]] = {}
        self._matrix: dict[tuple[str, str], int] = {}
        self._place = ("", "")
        self._kinds: dict[tuple[str, str, str, str, str, str], _Kind] = {}  # What findings have in common -> how many.
        self._named: set[str] = set()
        self._stack: tuple[tuple[str, str, str, str], dict[str, int]] | None = None
        self._stacks = Best(SHOWN)
        self._oldest, self._news, self._resolved = Best(SHOWN), Best(SHOWN), Best(SHOWN)
        self._unread = Best(SHOWN_UNREAD)

    def count(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, counted as they go by."""
        for event in events:
            if isinstance(event, Compared):
                self._add_finding(event.row)
            elif isinstance(event, StackRow):
                self._add_stack(event)
            elif isinstance(event, UnreadRow):
                self._add_unread(event)
            else:
                self._add_former(event)
            yield event

    def _add_unread(self, row: UnreadRow) -> None:
        for counter in (self._all, self._account(row)):
            counter["unread"] += 1
            counter["crashed"] += row.kind == "rule"
        self._unread.add((-WIDTHS.index(row.kind),), row)

    def _add_stack(self, row: StackRow) -> None:
        for counter in (self._all, self._account(row), self._owner(row.owner)):
            counter["stacks"] += 1
            counter["resources"] += row.resources

    def _add_finding(self, row: FindingRow) -> None:
        """Findings are counted place by place: most of a place are alike, and each is then one step instead of a dozen."""
        place = (row.account, row.region)
        if place != self._place:
            self._fold_place()
            self._place = place
        kind = (row.account, row.rule, row.owner, row.severity, row.outcome, row.change)
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = _Kind(self._words(row.severity, row.outcome, row.change))
        found.number += 1
        self._count_of_stack(row, found.words)
        if row.is_open:
            self._fixes.setdefault(row.rule, row.fix)
            self._keep(row)
        if row.account not in self._named:
            self._account(row)
            self._named.add(row.account)

    def _fold_place(self) -> None:
        """Add what was counted of a place to the counters."""
        for (account, rule, owner, severity, _outcome, _change), kind in self._kinds.items():
            words, number = kind.words, kind.number
            of_rule = self._rules.get(rule)
            if of_rule is None:
                of_rule = self._rules[rule] = _new_counter()
                self._severities[rule] = severity
            if "suppressed" not in words:
                self._severities[rule] = max(self._severities[rule], severity, key=severity_rank)
                self._matrix[account, rule] = self._matrix.get((account, rule), 0) + number
            for counter in (self._all, self._accounts[account], of_rule, self._owner(owner)):
                for word in words:
                    counter[word] += number
        self._kinds.clear()

    def _words(self, severity: str, outcome: str, change: str) -> list[str]:
        if outcome == "suppressed":
            return ["suppressed"]
        words = [severity if outcome == "fail" else "unknown"]
        if change:
            words.append(_CHANGES[change])
        if decides(severity, outcome, change, self._header.fail_on, self._header.gate, self._is_compared):
            words.append("deciding")
        return words

    def _keep(self, row: FindingRow) -> None:
        rank = _rank(row)
        self._oldest.add((Earlier(row.first_seen), *rank), row)
        if row.change:
            self._news.add((row.change != "from-rules", *rank, row.change != "first-read"), row)

    def _count_of_stack(self, row: FindingRow, words: Sequence[str]) -> None:
        key = (row.account, row.region, row.stack, row.owner)
        if self._stack is None or self._stack[0] != key:
            self._close_stack()
            self._stack = (key, {})
        counter = self._stack[1]
        for word in words:
            counter[word] = counter.get(word, 0) + 1

    def _add_former(self, row: FormerRow) -> None:
        if not row.finding.is_open:
            return
        word = _ENDINGS[row.ending]
        counters = [self._all, self._owner(row.finding.owner)]
        if row.finding.account in self._accounts:
            counters.append(self._accounts[row.finding.account])
        for counter in counters:
            counter[word] += 1
        if row.ending in ("resolved", "from-rules"):
            self._resolved.add((row.ending == "resolved", *_rank(row.finding)), row)

    def _account(self, row: FindingRow | StackRow | UnreadRow) -> dict[str, int]:
        found = self._accounts.get(row.account)
        if found is None:
            found = self._accounts[row.account] = _new_counter()
        known = self._names.get(row.account)
        if known is None or (row.ou and not known.ou) or (row.account_name and not known.name):
            self._names[row.account] = _Account(row.account_name or (known.name if known else ""), row.ou)
        return found

    def _owner(self, owner: str) -> dict[str, int]:
        found = self._owners.get(owner)
        if found is None:
            found = self._owners[owner] = _new_counter()
        return found

    def _close_stack(self) -> None:
        if self._stack is not None:
            counts = Counts(**self._stack[1])
            if counts.open:
                self._stacks.add(counts.weight, StackCount(*self._stack[0], counts))

    @property
    def counts(self) -> Counts:
        """The numbers of the whole audit, as far as its rows have gone by."""
        self._fold_place()
        return Counts(**self._all)

    def summarize(self, run: RunRecord) -> Summary:
        """All of it, once every event has gone by."""
        self._fold_place()
        self._close_stack()
        self._stack = None
        accounts = [
            AccountCount(account, *self._names[account], Counts(**counter))
            for account, counter in self._accounts.items()
        ]
        owners = [OwnerCount(owner, Counts(**counter)) for owner, counter in self._owners.items()]
        return Summary(
            run,
            tuple(sorted(accounts, key=lambda a: (*_worst(a.counts), -a.counts.unread, a.account))),
            tuple(self._rule_counts(run.header.rules)),
            tuple(sorted(owners, key=lambda o: (*_worst(o.counts), o.owner))),
            self._stacks.items(),
            self._matrix,
            self._oldest.items(),
            self._news.items(),
            self._resolved.items(),
            self._unread.items(),
        )

    def _rule_counts(self, rules: Iterable[RuleEntry]) -> list[RuleCount]:
        entries = {rule.id: rule for rule in rules}
        accounts: dict[str, int] = {}
        for _account, rule in self._matrix:
            accounts[rule] = accounts.get(rule, 0) + 1
        found = []
        for rule, counter in self._rules.items():
            counts = Counts(**counter)
            entry = entries.get(rule)
            title = entry.title if entry else rule
            fix = self._fixes.get(rule) or (entry.fix if entry else "")
            found.append(RuleCount(rule, title, self._severities[rule], fix, accounts.get(rule, 0), counts))
        return sorted(found, key=lambda r: (-severity_rank(r.severity), -r.counts.open, r.rule))


def _rank(row: FindingRow) -> tuple[int, bool]:
    return severity_rank(row.severity), row.outcome == "fail"


def _worst(counts: Counts) -> tuple[int, ...]:
    return tuple(-number for number in counts.weight)


def _new_counter() -> dict[str, int]:
    return dict.fromkeys(Counts._fields, 0)
