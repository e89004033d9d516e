"""An audit summed up: what fits on a page, however many stacks there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import NamedTuple
from cdkguard.outputs.audit.record import FindingRow, FormerRow, RunHeader, UnreadRow


class Counts(NamedTuple):
    """The numbers of an audit, or of a part of it. Of findings, the open ones are counted: suppressed ones apart."""

    stacks: int = 0  # That were read.
    resources: int = 0
    unread: int = 0  # Rows of what was not read.
    critical: int = 0  # Failed, by severity.
    high: int = 0
    medium: int = 0
    low: int = 0
    unknown: int = 0  # Undecided: only the deployment knows.
    suppressed: int = 0
    deciding: int = 0  # Failed or undecided ones that make the audit fail.
    new: int = 0  # Of the open ones, by Change.
    reopened: int = 0
    from_rules: int = 0
    first_read: int = 0
    resolved: int = 0  # Of the last audit's open ones, by Ending.
    resolved_by_rules: int = 0
    not_read: int = 0
    not_covered: int = 0
    crashed: int = 0  # Of what was not read: rules that crashed on a stack.

    @property
    def failed(self) -> int:
        """The failed findings of all severities."""
        return self.critical + self.high + self.medium + self.low

    @property
    def open(self) -> int:
        """The failed and the undecided findings."""
        return self.failed + self.unknown

    @property
    def weight(self) -> tuple[int, int, int, int, int]:
        """For sorting: more of the worst severity is more."""
        return self.critical, self.high, self.medium, self.low, self.unknown


class RunPoint(NamedTuple):
    """One audit among those before it."""

    started: str
    version: str
    rules_digest: str
    counts: Counts


class ResultFile(NamedTuple):
    """A file of a result, so that a reader notices one that is missing or cut short."""

    name: str  # "findings/00000.jsonl.gz"
    rows: int
    sha256: str


class RunRecord(NamedTuple):
    """run.json: how an audit was made, what it counted, and the audits before it."""

    header: RunHeader
    counts: Counts
    digest: str  # Of what was judged and not read, in order: the same whatever engine, processes and time.
    files: tuple[ResultFile, ...] = ()
    history: tuple[RunPoint, ...] = ()  # The audits that it follows, the last one at the end; empty without --since.

    @property
    def last(self) -> RunPoint | None:
        """The audit that it is compared with."""
        return self.history[-1] if self.history else None

    @property
    def point(self) -> RunPoint:
        """It, as the next audit's history has it."""
        return RunPoint(self.header.started, self.header.version, self.header.rules_digest, self.counts)

    @property
    def has_other_rules(self) -> bool:
        """Whether rules, configuration or version are others than the last time."""
        return self.last is not None and self.last.rules_digest != self.header.rules_digest


class AccountCount(NamedTuple):
    """An account with its findings."""

    account: str
    name: str
    ou: str
    counts: Counts


class RuleCount(NamedTuple):
    """A rule with its findings in all accounts."""

    rule: str
    title: str
    severity: str  # The worst that it was given.
    fix: str
    accounts: int
    counts: Counts


class OwnerCount(NamedTuple):
    """Whoever owns stacks, by their tag; "" stands for those that nobody owns."""

    owner: str
    counts: Counts


class StackCount(NamedTuple):
    """A stack with its findings."""

    account: str
    region: str
    stack: str
    owner: str
    counts: Counts


class Summary(NamedTuple):
    """An audit as far as pages show it: everything counted, and of each list its worst."""

    run: RunRecord
    accounts: tuple[AccountCount, ...]  # Worst first, all of them.
    rules: tuple[RuleCount, ...]  # Worst first, all that found something.
    owners: tuple[OwnerCount, ...]  # Worst first.
    stacks: tuple[StackCount, ...]  # The worst ones.
    matrix: Mapping[tuple[str, str], int]  # (account, rule) -> open findings.
    oldest: tuple[FindingRow, ...]  # Open findings, the oldest first; of one age, the worst first.
    news: tuple[FindingRow, ...]  # Open ones that the last audit does not have, worst first.
    resolved: tuple[FormerRow, ...]  # Worst first.
    unread: tuple[UnreadRow, ...]  # The widest first: accounts, regions, stacks.

    @property
    def is_compared(self) -> bool:
        """Whether there is a last audit to compare with."""
        return bool(self.run.history)


class Audit(NamedTuple):
    """An audit for renderers: summed up, and row by row for those that write every finding."""

    summary: Summary
    findings: Callable[[], Iterator[FindingRow]]
    former: Callable[[], Iterator[FormerRow]]
    unread: Callable[[], Iterator[UnreadRow]]
    place: str = ""  # The folder or address of the result, as the user named it.
