"""What an audit works on: places, and the stacks that are deployed there.

What it writes are the rows of `cdkguard.outputs.audit.record`, which renderers know as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import NamedTuple


class Place(NamedTuple):
    """One region of one account: CloudFormation limits calls for each place on its own."""

    account: str
    region: str

    @property
    def words(self) -> str:
        """The place, as messages name it."""
        return f"account {self.account}, region {self.region}"


class StackEntry(NamedTuple):
    """A stack as DescribeStacks lists it; nested stacks are listed, too."""

    account: str
    region: str
    stack_id: str  # ARN.
    name: str
    status: str
    created: str = ""  # ISO times.
    updated: str = ""  # "" where it was never updated.
    parameters: Mapping[str, str] = {}
    hidden: tuple[str, ...] = ()  # Parameters whose value NoEcho hides: not known.
    tags: Mapping[str, str] = {}
    protected: bool = False  # Termination protection.
    root_id: str = ""  # Of a nested stack: the ARN of the outermost one, and of its parent.
    parent_id: str = ""
    template_sha256: str = ""  # Once its template is read.
    notification_arns: tuple[str, ...] = ()  # Topics that hear of its events.
    described: str = ""  # A digest of all that the listing says of it, drift apart.

    @property
    def place(self) -> Place:
        """Where it is deployed."""
        return Place(self.account, self.region)
