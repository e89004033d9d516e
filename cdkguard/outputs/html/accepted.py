"""What somebody accepted, on a page: with reason, age and expiry; those that expire soon first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from cdkguard._typing import NamedTuple
from cdkguard.model import Finding, Suppression
from cdkguard.outputs.entries import group_by
from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.page import fold, lay_out_table
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.summary import plural
from cdkguard.text.dates import days_between

SOON = 30  # Days.
_NAMES = 5  # Constructs that one row names.
_FOLDED = 20  # Rows beyond which those that do not expire soon are folded.


class Accepted(NamedTuple):
    """Findings with the same rule, reason and origin."""

    rule_id: str
    suppression: Suppression
    names: tuple[str, ...]
    days: int | None  # Days until it expires; None where it does not, or nobody knows today's date.

    @property
    def is_soon(self) -> bool:
        """Whether it expires within SOON days."""
        return self.days is not None and self.days <= SOON


def list_accepted(findings: Iterable[Finding], today: str) -> list[Accepted]:
    """What is accepted: first what expires, the earliest first, then by age."""
    groups = group_by([f for f in findings if f.suppression], lambda f: (f.rule_id, f.suppression))
    found = []
    for group in groups:
        suppression = group[0].suppression
        assert suppression is not None
        days = days_between(today, suppression.expires) if today and suppression.expires else None
        found.append(Accepted(group[0].rule_id, suppression, tuple(map(subject_of, group)), days))
    return sorted(found, key=lambda a: (a.suppression.expires or "9999", a.suppression.since or "9999"))


def lay_out_accepted(accepted: Sequence[Accepted]) -> list[Child]:
    """The table; of many only what expires soon is open."""
    soon = [one for one in accepted if one.is_soon]
    later = [one for one in accepted if not one.is_soon]
    found: list[Child] = []
    if soon:
        found += [element("h3", f"These expire in the next {SOON} days"), _table(soon, "Expiring soon")]
    if later and len(later) > _FOLDED:
        found.append(fold(f"Show {plural(len(later), 'suppression')}", _table(later, "Suppressed")))
    elif later:
        found.append(_table(later, "Suppressed"))
    return found


def _table(accepted: Sequence[Accepted], label: str) -> Element:
    return lay_out_table(label, ["Rule", "Where", "Reason", "Since", "Until"], list(map(_row, accepted)))


def _row(one: Accepted) -> list[Child]:
    accepted = one.suppression
    more = f" and {len(one.names) - _NAMES} more" if len(one.names) > _NAMES else ""
    owner = f"{accepted.owner}, " if accepted.owner else ""
    return [
        element("code", one.rule_id),
        ", ".join(one.names[:_NAMES]) + more,
        [prose(accepted.reason), element("div", owner, accepted.origin, class_="muted")],
        accepted.since or element("span", "not noted", class_="muted"),
        describe_expiry(accepted.expires, one.days),
    ]


def describe_expiry(expires: str | None, days: int | None) -> Child:
    """`2030-01-31, in 12 days`, or that it does not expire."""
    if not expires:
        return element("span", "no end", class_="muted")
    if days is None:
        return expires
    words = "today" if days == 0 else f"in {plural(days, 'day')}"
    return element("strong", f"{expires}, {words}") if days <= SOON else f"{expires}, {words}"
