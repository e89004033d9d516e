"""What a judged change takes away, opens or weakens, in sentences for a model, with the ways out."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.agents.judge.reason import name, name_type, quote
from cdkguard.diff.at_stake import is_data_at_stake
from cdkguard.model import Change, Finding, Report, Source, severity_rank

# Rules on changes, by what they are about; a test holds them to the rules that there are.
ACCESS_RULES = frozenset(
    {"access-widened", "sharing-widened", "network-widened", "opened-to-internet", "address-range-widened",
     "authentication-weakened", "subnet-made-public", "public-access-block-removed", "firewall-exception-added"}
)  # fmt: skip
PROTECTION_RULES = frozenset(
    {"protection-weakened", "deletion-policy-weakened", "stack-termination-protection-off", "safeguard-off",
     "safeguard-removed", "retention-shortened", "stack-leaves-production", "guardrail-weakened", "data-expiry-added",
     "data-expiry-widened", "bucket-deployment-added", "bucket-deployment-emptied", "bucket-deployment-widened",
     "bucket-deployment-folder-emptied", "encryption-key-changed"}
)  # fmt: skip
_FATES = {
    "WILL_DESTROY": "is deleted",
    "WILL_REPLACE": "is replaced by an empty one",
    "MAY_REPLACE": "may be replaced by an empty one",
    "WILL_ORPHAN": "is left behind, outside its stack",
    "WILL_UPDATE": "loses a part that holds data",
}
_MOST_FACTS = 6


class Folders(NamedTuple):
    """Where the files of findings lie, and to which folder they are told relative; both without links."""

    app: str
    root: str


class Losses(NamedTuple):
    """The findings of a report that matter to an agent; none of them is accepted by anybody."""

    data: tuple[Change, ...]  # the changes that take data away from those who use it
    protection: tuple[Finding, ...]
    access: tuple[Finding, ...]
    others: tuple[Finding, ...]  # what else makes a check fail, and is new with this change
    successors: Mapping[str, Change] = {}  # token of a change of `data` -> the other half of its rename or move

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to ask about."""
        return not (self.data or self.protection or self.access or self.others)

    @property
    def is_destructive(self) -> bool:
        """Whether data or what protects it goes."""
        return bool(self.data or self.protection)

    def tokens(self) -> tuple[str, ...]:
        """The tokens of the changes, as an approval names them."""
        found = [change.token for change in self.data]
        found += [f.change for f in (*self.protection, *self.access, *self.others) if f.change]
        return tuple(dict.fromkeys(found))


def find_losses(report: Report, counts_suppressions: bool, approved: Collection[str] = ()) -> Losses:
    """The losses of a change. Where suppressions in code do not count, those of what is new are looked at all the same.

    `approved` are the tokens of approvals: they hold for changes of which no rule speaks, too.
    """
    active = [f for f in report.findings if f.suppression is None or (not counts_suppressions and _is_exempted_now(f))]
    of_change: dict[str, list[Finding]] = {}
    for finding in active:
        of_change.setdefault(finding.change or "", []).append(finding)
    accepted = {*approved, *(f.change for f in report.findings if f.change and f.suppression and f not in active)}

    data = [c for c in report.changes if is_data_at_stake(c) and _weighs(c, of_change, accepted)]
    taken = {change.token for change in data}
    protection = [f for f in active if f.rule_id in PROTECTION_RULES and f.change not in taken]
    access = [f for f in active if f.rule_id in ACCESS_RULES]
    told = {id(f) for f in (*protection, *access)}
    others = [
        f
        for f in active
        if id(f) not in told
        and f.change not in taken
        and f.is_new is not False
        and report.decides(f._replace(suppression=None))
    ]
    data.sort(key=lambda change: list(_FATES).index(change.impact) if change.impact in _FATES else 0)
    by_place = {(c.stack.root.name, c.logical_id): c for c in report.changes}
    successors = {
        c.token: by_place.get((c.partner_stack or c.stack.root.name, c.partner_id)) for c in data if c.partner_id
    }
    found = {token: change for token, change in successors.items() if change is not None}
    return Losses(tuple(data), tuple(protection), tuple(access), tuple(others), found)


def _is_exempted_now(finding: Finding) -> bool:
    """Whether a suppression in the code exempts something that the baseline does not have."""
    written = finding.suppression is not None and finding.suppression.is_in_code
    return written and (finding.change is not None or finding.is_new is not False)


def _weighs(change: Change, of_change: Mapping[str, Sequence[Finding]], accepted: Iterable[str | None]) -> bool:
    """Whether the loss is one to ask about: one of which no rule speaks is, and one that is but a trifle is not."""
    findings = of_change.get(change.token, ())
    if not findings:
        return change.token not in set(accepted)
    return any(severity_rank(finding.severity) >= severity_rank("medium") for finding in findings)


def describe_losses(losses: Losses, folders: Folders) -> tuple[str, ...]:
    """A sentence for each loss, the worst first."""
    found = [_describe_change(change, losses.successors.get(change.token), folders) for change in losses.data]
    found += [_describe_finding(finding, folders) for finding in (*losses.protection, *losses.access, *losses.others)]
    unique = list(dict.fromkeys(found))
    more = [f"And {len(unique) - _MOST_FACTS} more."] if len(unique) > _MOST_FACTS else []
    return (*unique[:_MOST_FACTS], *more)


def _describe_change(change: Change, successor: Change | None, folders: Folders) -> str:
    path = change.construct_path or change.logical_id or change.stack.name
    kind = f" ({name_type(change.resource_type)})" if change.resource_type else ""
    fate = _FATES.get(change.impact, "changes")
    renamed = ", because its id changed" if change.has_detail("renamed") else ""
    if successor is not None:
        now = successor.construct_path or successor.logical_id
        renamed += f" (it is {name(now)}{_place(successor.source, folders)} now)"
    return f"{name(path)}{kind}{_place(change.source, folders)} {fate}{renamed}."


def _describe_finding(finding: Finding, folders: Folders) -> str:
    path = finding.construct_path or finding.logical_id or finding.stack_path
    unsure = "perhaps " if finding.outcome.value == "unknown" else ""
    about = finding.title or finding.rule_id
    return f"{name(path)}{_place(finding.source, folders)}: {unsure}{quote(about, 100)} ({finding.severity}, {name(finding.rule_id)})."


def _place(source: Source | None, folders: Folders) -> str:
    if source is None:
        return ""
    path = os.path.relpath(os.path.join(folders.app, source.file), folders.root or ".")
    return f" at {name(f'{path}:{source.line}')}"


def ways_out(losses: Losses) -> tuple[str, ...]:
    """How the change could be made without the losses."""
    ways = []
    renamed = next(
        (c for c in losses.data if c.has_detail("renamed") and c.impact in ("WILL_DESTROY", "WILL_ORPHAN")), None
    )
    if renamed is not None and renamed.logical_id:
        parts = (renamed.construct_path or renamed.logical_id).split("/")
        kept = parts[-2] if parts[-1] in ("Resource", "Default") and len(parts) > 1 else parts[-1]
        ways.append(f"Put the construct's old id back ({name(kept)}).")
        ways.append(
            f"Keep the id that is deployed: overrideLogicalId / override_logical_id({quote(renamed.logical_id)})."
        )
    elif any(c.impact in ("WILL_DESTROY", "WILL_ORPHAN") for c in losses.data):
        ways.append("Put the construct back; to give it up, a deployment of its own sets RemovalPolicy.RETAIN first.")
    if any(c.impact in ("WILL_REPLACE", "MAY_REPLACE") for c in losses.data):
        properties = [p.path for c in losses.data for p in c.properties if p.replacement != "no"]
        which = f" ({quote(properties[0])})" if properties else ""
        ways.append(f"Leave the property that replaces the resource as it was{which}, or add a new resource beside it.")
    if losses.protection:
        ways.append("Leave the protection as it was.")
    if losses.access:
        ways.append("Name the actions, resources, principals and addresses that are needed, and no more.")
    if losses.others and not ways:
        ways.append("Mend what is found: `cdkguard check` says how.")
    if losses.tokens():
        ways.append(
            f"Ask a person to look at `cdkguard plan` and to run `cdkguard approve --change {losses.tokens()[0]}`; "
            "an approval counts when it is on the main branch."
        )
    return tuple(ways)
