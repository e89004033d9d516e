"""The file of approved changes: each entry is bound to one exact change and stops counting when that has landed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.errors import ConfigError
from cdkguard.model import Change, Finding, Problem, Suppression
from cdkguard.system import files
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.config.settings import Config

FILE = "cdkguard.approvals.yaml"
KEYS = ("stack", "logical_id", "construct", "impact", "change", "rules", "reason", "owner", "expires")
_NEEDED = ("stack", "impact", "change", "reason", "owner", "expires")


class Approval(NamedTuple):
    """Somebody's consent to exactly one change."""

    stack: str  # stack name
    impact: str
    change: str  # the change's token: another edit of the same resource has another one
    reason: str
    owner: str
    expires: str  # ISO date, the last day on which it counts
    origin: str  # "cdkguard.approvals.yaml:3"
    logical_id: str | None = None
    construct: str | None = None  # for readers
    rules: tuple[str, ...] = ()  # only findings of these; empty: of every rule

    def is_for(self, change: Change) -> bool:
        """Whether it names this change's stack, resource and impact; the token may be another one."""
        return (self.stack, self.logical_id, self.impact) == (change.stack.root.name, change.logical_id, change.impact)


def file_of(config: Config) -> str:
    """The file of approvals: the configured one, else the one beside the configuration file or in the app's folder."""
    if config.approvals:
        return config.approvals
    return os.path.join(os.path.dirname(config.file) if config.file else config.directory, FILE)


def read_approvals(path: str) -> tuple[Approval, ...]:
    """The approvals of a file; none where it does not exist. Raises ConfigError with file and line."""
    if not files.exists(path):
        return ()
    from cdkguard.config.yaml_document import read_yaml

    entries = read_yaml(path).root.known(("approvals",)).get("approvals")
    return tuple(_approval(entry) for entry in entries.elements()) if entries is not None else ()


def _approval(at: Any) -> Approval:
    found = at.known(KEYS)
    for key in _NEEDED:
        if key not in found:
            raise at.wrong(f"an approval needs `{key}`; `cdkguard approve` writes it")
    texts = {key: item.text() for key, item in found.items() if key != "rules"}
    from cdkguard.text.dates import is_date  # Most runs have no approval.

    if not is_date(texts["expires"]):
        raise found["expires"].wrong(f"expires is a date such as 2030-01-31, not '{texts['expires']}'")
    rules = found["rules"].texts() if "rules" in found else ()
    return Approval(**texts, rules=rules, origin=f"{at.document.file}:{at.document.line(at.path)}")


def apply_approvals(
    findings: Sequence[Finding], changes: Sequence[Change], approvals: Sequence[Approval], today: str
) -> tuple[list[Finding], list[Problem]]:
    """The findings with `suppression` set on those of approved changes, and what is wrong with the approvals."""
    sound = [a for a in approvals if a.expires >= today and any(_fits(a, c) for c in changes)]
    problems = [_problem_with(a, changes, today) for a in approvals if a not in sound]
    return [_apply_to(finding, sound) for finding in findings], problems


def _fits(approval: Approval, change: Change) -> bool:
    return approval.change == change.token and approval.is_for(change)


def _apply_to(finding: Finding, sound: Sequence[Approval]) -> Finding:
    about = (a for a in sound if a.change == finding.change and (not a.rules or finding.rule_id in a.rules))
    approval = next(about, None)
    if approval is None or finding.suppression:
        return finding
    accepted = Suppression(
        finding.rule_id,
        approval.reason,
        approval.origin,
        "approval",
        finding.construct_path,
        approval.owner,
        approval.expires,
    )
    return finding._replace(suppression=accepted)


def _problem_with(approval: Approval, changes: Sequence[Change], today: str) -> Problem:
    what = f"{approval.impact} of {approval.construct or approval.logical_id or approval.stack}"
    if approval.expires < today:
        text = f"the approval of {what} has expired on {approval.expires}"
    elif other := next((c for c in changes if approval.is_for(c)), None):
        text = f"the approval of {what} is for another change ({approval.change}, not {other.token}): look at it again"
    else:
        text = f"the approval of {what} meets no change: it has landed, or was never made; take it out"
    return Problem("approval", f"{approval.origin}: {text}", fatal=False)


def render_approvals(approvals: Iterable[Approval]) -> str:
    """The file's content."""
    import yaml

    rows = []
    for approval in approvals:
        fields = {key: getattr(approval, key) for key in KEYS}
        rows.append({k: list(v) if isinstance(v, tuple) else escape.storable(v) for k, v in fields.items() if v})
    from cdkguard.text.addresses import editor_line

    head = editor_line("approvals")
    head += "# Changes that somebody wants. Each entry counts for one exact change; take it out when that has landed.\n"
    # People review it: letters stay letters, unless something among them would hide or reverse text.
    is_plain = all(escape.is_visible(str(text)) for row in rows for text in row.values())
    return head + yaml.safe_dump({"approvals": rows}, sort_keys=False, allow_unicode=is_plain, width=110)


def write_approvals(path: str, approvals: Iterable[Approval]) -> None:
    """Replace the file whole or not at all."""
    try:
        files.write(path, render_approvals(approvals))
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be written: {problem.strerror}") from problem
