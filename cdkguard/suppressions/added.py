"""The suppressions that a change adds: they do not exempt the change itself, in strict environments or anywhere."""

from __future__ import annotations

from collections.abc import Collection

from cdkguard._typing import NamedTuple
from cdkguard.model import Finding, Suppression

MODES = ("count", "strict", "baseline")  # of `new_suppressions`, the weakest first
Entry = tuple[str, str, str | None]  # origin, rule and expiry: several can stand in one place


class AddedSuppressions(NamedTuple):
    """What the baseline does not have, and where it does not count."""

    entries: Collection[Entry] = ()
    accepted: Collection[str] = ()  # fingerprints of accepted findings
    everywhere: bool = True
    environments: Collection[str] = ()  # the strict ones
    stacks: Collection[str] = ()  # construct paths, or names, of stacks that are strict by one of both configurations

    def has(self, suppression: Suppression) -> bool:
        """Whether the change adds this suppression."""
        return entry_of(suppression) in self.entries

    def is_barred_on(self, finding: Finding) -> bool:
        """Whether what the change adds does not count for this finding."""
        return self.everywhere or finding.environment in self.environments or finding.stack_path in self.stacks


def entry_of(suppression: Suppression) -> Entry:
    """What tells a suppression from the others of its app."""
    return suppression.origin, suppression.rule, suppression.expires


def describe_barred(what: str, findings: Collection[Finding]) -> str:
    """One sentence on a suppression that does not count for these findings."""
    names = sorted({f.environment for f in findings if f.environment})
    return f"{what} is not in the baseline yet and does not count" + (f" in {', '.join(names)}" if names else "")
