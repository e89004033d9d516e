"""The noun that `cdkguard plan` writes, and the choices that all of its outputs share."""

from __future__ import annotations

from cdkguard._typing import NamedTuple
from cdkguard.model import Finding, Report


class Plan(NamedTuple):
    """A change with the verdict of the rules."""

    report: Report
    exit_status: int  # The exit status that the report has.
    is_destruction: bool = False  # Whether `cdk destroy` makes the change, and not a deployment.
    fails_on_data: bool = False  # Whether data at stake makes the exit status 1, and findings do not.

    @property
    def title(self) -> str:
        """The plan's subject in words."""
        if self.is_destruction:
            return f"what `cdk destroy` would do, by the policies of {self.report.against}"
        return f"what a deployment would do, against {self.report.against}"

    @property
    def on_change(self) -> tuple[Finding, ...]:
        """The unsuppressed findings on the change."""
        return tuple(f for f in self.report.active if f.impact is not None)

    @property
    def on_templates(self) -> tuple[Finding, ...]:
        """The unsuppressed findings on the new templates as such."""
        return tuple(f for f in self.report.active if f.impact is None)

    @property
    def reason(self) -> str:
        """Why the exit status is what it is."""
        if self.fails_on_data and self.exit_status in (0, 1):
            return "data is at stake" if self.exit_status else "no data is at stake"
        if self.exit_status == 0:
            never = self.report.fail_on == "never"
            return "findings do not fail it" if never else f"no finding at or above {self.report.fail_on}"
        return {
            1: f"findings at or above {self.report.fail_on}",
            3: "something could not be read",
            4: "a rule crashed",
        }.get(self.exit_status, "it could not be judged")
