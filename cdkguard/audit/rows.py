"""What became of each stack of a unit, as the rows of the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from cdkguard.audit.listing import Tree
from cdkguard.audit.nouns import StackEntry
from cdkguard.baselines.aws_calls import AwsError
from cdkguard.errors import BaselineError, CdkguardError, stop_of
from cdkguard.outputs.audit.record import FindingRow, Row, StackRow, UnreadRow, find_owner

if TYPE_CHECKING:
    from cdkguard.api.nouns import Verdict
    from cdkguard.model import Finding, Problem, StackInfo
    from cdkguard.outputs.audit.record import State, UnreadKind

_POLICY = "allow it to the role (docs/audit.md), or leave out by --without ACCOUNT/REGION what nobody may use there"
_AGAIN = "run the audit again"
_DEFECT = "a defect of cdkguard, or of a rule of your own: please report it"
_ADVICE = {  # Kind of an AwsError -> what to do, where an audit knows better than the error itself.
    "denied": _POLICY,
    "throttled": "run the audit again with a lower --rate, or when fewer others call CloudFormation there",
    "invalid": "the region may be disabled for this account: enable it, or leave it out by --without ACCOUNT/REGION",
    "expired": _AGAIN,
    "half": _AGAIN,
    "failed": _AGAIN,
}


def advice_for(problem: BaselineError) -> str:
    """What to do about something that AWS did not give."""
    if isinstance(problem, AwsError):
        return _ADVICE.get(problem.kind) or problem.advice
    return _AGAIN


def reason_of(problem: CdkguardError) -> str:
    """Why something was not read, without its name, which stands in the row."""
    return str(getattr(problem, "reason", "") or problem)


class RowMaker:
    """Makes the rows of the stacks of one account."""

    def __init__(self, account_name: str = "", ou: str = "") -> None:
        self.account_name, self.ou = account_name, ou

    def unread_account(self, account: str, problem: BaselineError) -> UnreadRow:
        """The row of an account of which nothing was read."""
        advice = problem.advice if isinstance(problem, AwsError) and problem.kind == "denied" else advice_for(problem)
        return UnreadRow("account", account, "", "", reason_of(problem), advice, self.account_name, self.ou)

    def unread_region(self, account: str, region: str, problem: BaselineError) -> UnreadRow:
        """The row of a region whose stacks were not listed, or not all of them."""
        return UnreadRow(
            "region", account, region, "", reason_of(problem), advice_for(problem), self.account_name, self.ou
        )

    def unread_template(self, entry: StackEntry, problem: BaselineError) -> UnreadRow:
        """The row of a stack whose template was not read."""
        return self._unread("template", entry, reason_of(problem), advice_for(problem))

    def unread_stack(self, entry: StackEntry, problem: BaselineError) -> UnreadRow:
        """The row of a stack that was not read because its account was not, any more."""
        return self._unread("stack", entry, reason_of(problem), advice_for(problem))

    def lost(self, entry: StackEntry, reason: str) -> UnreadRow:
        """The row of a stack whose unit of work was lost."""
        return self._unread("unit", entry, reason, _AGAIN)

    def failed(self, entry: StackEntry, problem: Exception) -> UnreadRow:
        """The row of a stack with which something went wrong that nobody has foreseen: a fault of the machine, or a defect."""
        stop = stop_of(problem)
        if stop is not None:
            return self._unread("stack", entry, reason_of(stop), _AGAIN)
        lines = str(problem).strip().splitlines()
        return self._unread("rule", entry, f"{type(problem).__name__}: {lines[-1][:300] if lines else ''}", _DEFECT)

    def orphan(self, entry: StackEntry) -> UnreadRow:
        """The row of a nested stack whose root the listing does not have."""
        return self._unread("stack", entry, f"the stack that it is nested in ({entry.root_id}) was not listed", _AGAIN)

    def root_unread(self, entry: StackEntry) -> UnreadRow:
        """The row of a nested stack whose root was not read."""
        return self._unread("stack", entry, "it is judged with its root, whose template was not read", _AGAIN)

    def without_template(self, entry: StackEntry, reason: str) -> StackRow:
        """The row of a stack of which nothing runs that could be judged."""
        return self._judged(entry)._replace(unjudged=reason)

    def of_verdict(self, tree: Tree, verdict: Verdict, digests: Mapping[str, str]) -> Iterator[Row]:
        """A row for each stack whose template was read (a key of `digests`), for each finding, and for what was not judged."""
        read = [entry for entry in tree.stacks if entry.stack_id in digests]
        infos = {info.template_path: info for info in verdict.stacks}
        named: set[str] = set()
        for problem in verdict.errors:
            entry = _find_culprit(read, problem)
            named.add(entry.stack_id)
            kind = _kind_of(problem)
            advice = _DEFECT if kind == "rule" else "see the message; open an issue if it is a bug"
            yield self._unread(kind, entry, problem.message, advice)
        for entry in read:
            info = infos.get(entry.stack_id)
            if info is not None:
                yield self._judged(entry, info, digests[entry.stack_id])
            elif entry.stack_id not in named and infos:
                yield self._unread("stack", entry, "its parent does not name it among its resources", _AGAIN)
            elif entry.stack_id not in named:
                yield self._unread("stack", entry, "it is judged with its root, which could not be judged", _AGAIN)
        for finding in verdict.findings:
            yield self._finding(finding, _find_entry(read, finding.template_path) or read[0])

    def _finding(self, finding: Finding, entry: StackEntry) -> FindingRow:
        return FindingRow(
            account=entry.account, region=entry.region, stack=entry.name, fingerprint=finding.fingerprint,
            rule=finding.rule_id, severity=finding.severity, outcome=cast("State", finding.state), message=finding.message,
            account_name=self.account_name, ou=self.ou, stack_id=entry.stack_id,
            environment=finding.environment or "", logical_id=finding.logical_id or "",
            resource_type=finding.resource_type or "", path=finding.construct_path or "",
            fix=finding.remedy.text if finding.remedy is not None else "",
            suppression=finding.suppression.reason if finding.suppression is not None else "",
            owner=find_owner(entry.tags),
        )  # fmt: skip

    def _judged(self, entry: StackEntry, info: StackInfo | None = None, sha256: str = "") -> StackRow:
        return StackRow(
            account=entry.account, region=entry.region, stack=entry.name, account_name=self.account_name, ou=self.ou,
            stack_id=entry.stack_id, status=entry.status, environment=(info.environment if info else None) or "",
            created=entry.created, updated=entry.updated, owner=find_owner(entry.tags), tags=entry.tags,
            protected=entry.protected, root_id=entry.root_id, parent_id=entry.parent_id, template_sha256=sha256,
            resources=info.resources if info else 0,
        )  # fmt: skip

    def _unread(self, kind: UnreadKind, entry: StackEntry, reason: str, advice: str) -> UnreadRow:
        return UnreadRow(
            kind, entry.account, entry.region, entry.name, reason, advice, self.account_name, self.ou, entry.stack_id
        )


def _kind_of(problem: Problem) -> UnreadKind:
    if problem.kind == "rule":
        return "rule"
    return "template" if problem.kind in ("template", "nested-template") else "stack"


def _find_culprit(read: list[StackEntry], problem: Problem) -> StackEntry:
    """The stack that a problem is about: a nested one that its message names, else the one of its path."""
    nested = (entry for entry in read[1:] if entry.stack_id in problem.message)
    return next(nested, None) or _find_entry(read, problem.path or "") or read[0]


def _find_entry(entries: list[StackEntry], path: str) -> StackEntry | None:
    """The stack with this template path, which is its id, or the id of what its template holds behind a slash."""
    return next((entry for entry in entries if path == entry.stack_id or path.startswith(f"{entry.stack_id}/")), None)
