"""The rows that an audit writes, and the header that says how it was made.

A row is a line of JSON in the result, with the names of its fields; `cdkguard schema audit` describes them. Who is at fault
when a row is missing must never be a question: a stack that was listed is a StackRow or an UnreadRow.
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Literal

    # What was not read: all of an account, a region of it, one stack, its template, a unit of work that was lost. "rule": a
    # rule crashed on the stack, which is a defect of cdkguard or of the rule.
    UnreadKind = Literal["account", "region", "stack", "template", "unit", "rule"]
    # As Finding.state says it.
    State = Literal["fail", "unknown", "suppressed"]
    # Of a finding, beside the last audit; "" where that has it as well, or where there is no last audit. "from-rules": its
    # stack is as it was, so only rules, configuration or version can have brought it. "first-read": the last audit did not
    # read its stack. "reopened": it was suppressed.
    Change = Literal["", "new", "reopened", "from-rules", "first-read"]
    # Of a finding of the last audit that this one does not have. "resolved": its stack was read, or is gone. "from-rules": the
    # stack is as it was. "not-read": this audit did not read its stack, "not-covered": nor was it asked to.
    Ending = Literal["resolved", "from-rules", "not-read", "not-covered"]

AUDIT_VERSION = "1.0"  # Of the rows and the header; a reader refuses another major version.


class FindingRow(NamedTuple):
    """One finding on a deployed stack; within a stack the fingerprint says which one it is."""

    account: str
    region: str
    stack: str  # Its name.
    fingerprint: str
    rule: str
    severity: str  # One of model.SEVERITIES.
    outcome: State
    message: str
    account_name: str = ""
    ou: str = ""  # Path of organizational units below the root: "Workloads/Prod"; "" where nobody asked.
    stack_id: str = ""  # ARN.
    environment: str = ""
    logical_id: str = ""
    resource_type: str = ""
    path: str = ""  # Construct path, where the template's metadata has it.
    fix: str = ""  # The remedy in words.
    suppression: str = ""  # The reason, where somebody accepted it.
    owner: str = ""  # By the stack's tags, see `find_owner`.
    first_seen: str = ""  # ISO time of the first audit that has it; `Store.finish` writes both of these.
    change: Change = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has accepted it."""
        return self.outcome != "suppressed"


class FormerRow(NamedTuple):
    """A finding of the last audit that this one does not have, and why."""

    finding: FindingRow
    ending: Ending


class StackRow(NamedTuple):
    """A stack that was read and judged; without findings, it is a clean one, unless `unjudged` says otherwise."""

    account: str
    region: str
    stack: str
    account_name: str = ""
    ou: str = ""
    stack_id: str = ""
    status: str = ""
    environment: str = ""
    created: str = ""  # ISO times.
    updated: str = ""  # "" where it was never updated.
    owner: str = ""
    tags: Mapping[str, str] = {}
    protected: bool = False  # Termination protection.
    root_id: str = ""  # Of a nested stack: the ARN of the outermost one, and of its parent.
    parent_id: str = ""
    template_sha256: str = ""
    resources: int = 0
    unjudged: str = (
        ""  # Why there was nothing to judge, in words: nothing of it is deployed. Not a clean stack, either.
    )


class UnreadRow(NamedTuple):
    """Something that was not read, so that nobody knows what it holds; an audit with one has not passed."""

    kind: UnreadKind
    account: str
    region: str  # "" where the whole account was not read.
    stack: str  # "" where more than one stack was not read.
    reason: str  # One line: what AWS answered, or what happened.
    advice: str = ""  # What to do.
    account_name: str = ""
    ou: str = ""
    stack_id: str = ""


Row = FindingRow | StackRow | UnreadRow


class RuleEntry(NamedTuple):
    """A rule that judged, as far as a result describes it."""

    id: str
    title: str
    severity: str
    fix: str = ""
    digest: str = ""  # Of the rule's definition: another one is another rule.
    pack: str = ""


class RunHeader(NamedTuple):
    """How an audit was made. `Store.begin` keeps it, `Store.finish` adds what has been counted."""

    version: str  # Of cdkguard.
    rules_digest: str  # `cdkguard.api.fingerprint(config)`.
    started: str  # ISO time in UTC, "2030-01-31T12:30:00Z"; a resumed audit keeps that of its beginning.
    ended: str = ""
    engine: str = ""  # In words: "local, 2 processes", "dask, 8 workers at tls://...".
    scope: str = ""  # What was asked for, in words: "organization o-abc123, 4 regions".
    accounts: Mapping[str, str] = {}  # Account id -> name, of all accounts that were to be audited.
    places: tuple[tuple[str, str], ...] = ()  # (account, region) of every place that was to be listed.
    rules: tuple[RuleEntry, ...] = ()
    fail_on: str = "high"  # The severity, or "never".
    gate: str = "all"  # One of model.GATES: which findings decide.
    calls: Mapping[str, int] = {}  # API call -> how often; "refused" -> how often AWS slowed us down.


def find_owner(tags: Mapping[str, str], keys: tuple[str, ...] = ("owner", "team")) -> str:
    """The value of the first of these tags that a stack has, upper and lower case alike; "" without one."""
    found = {name.lower(): value for name, value in tags.items()}
    return next((found[key.lower()] for key in keys if found.get(key.lower())), "")
