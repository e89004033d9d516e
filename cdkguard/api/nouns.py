"""What is handed to a judge and what it answers: a template, the stack around it, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.errors import ExitCode
from cdkguard.model import Change, Finding, Outcome, Problem, StackInfo, severity_rank

if TYPE_CHECKING:
    from typing import Literal

    # A template: its text, JSON or YAML, or the value that the text stands for.
    Body = str | Mapping[str, Json]
    # Whose suppressions count: those of the configuration and of the template itself, or of the configuration alone.
    Suppressions = Literal["all", "configuration"]
    Answer = Literal["pass", "fail", "unknown"]


class StackContext(NamedTuple):
    """What is known of a stack beside its template. What is not given is not known, and is never a pass."""

    name: str = "Stack"
    account: str | None = None
    region: str | None = None
    # The values of CloudFormation parameters, as DescribeStacks gives them. One that is left out is not known: of an
    # audit, those whose value NoEcho hides ("****"). The template's Default does not stand for it, unless...
    parameters: Mapping[str, Json] = {}
    # ... `takes_defaults`: then a parameter without a value has its Default, or the value that the configuration gives
    # it, as in `cdkguard check` of a template that nobody has deployed.
    takes_defaults: bool = False
    tags: Mapping[str, str] | None = None
    termination_protection: bool | None = None
    notification_arns: Sequence[str] = ()
    # Logical id of an AWS::CloudFormation::Stack -> its template. One that is missing here was not read: a finding says so.
    nested: Mapping[str, NestedTemplate] = {}
    environment: str | None = None  # Its name; None: by the account, region, name and tags, as the configuration says.
    # Of the stack in its CDK app, "Prod/Orders"; None: as the template's metadata say; "": it has none.
    construct_path: str | None = None
    source: str = ""  # What messages call the template; "": the stack's name.


class NestedTemplate(NamedTuple):
    """The template of a nested stack. Of its context, the parameters and what is nested in it count; the rest is its root's."""

    body: Body
    context: StackContext = StackContext()


class Verdict(NamedTuple):
    """What the rules say of one stack, and of the change to it where the previous template was given."""

    findings: tuple[Finding, ...]  # Suppressed and undecided ones included; the worst first.
    changes: tuple[Change, ...]  # From the previous template to this one.
    problems: tuple[Problem, ...]  # A fatal one hides something from the judgement: the verdict is no pass then.
    stacks: tuple[StackInfo, ...] = ()  # The stack and those nested in it; empty where the template was not read.
    fail_on: str = "high"  # A severity, or "never".
    gate: str = "all"  # The findings that decide: "all", or "new" for those that the previous template does not have.

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The fatal problems: an unread template, a rule that crashed."""
        return tuple(problem for problem in self.problems if problem.fatal)

    @property
    def environment(self) -> str | None:
        """The environment that the stack was judged in."""
        return self.stacks[0].environment if self.stacks else None

    def decides(self, finding: Finding) -> bool:
        """Whether the finding, failed or undecided, makes the verdict something else than a pass."""
        if self.fail_on == "never" or finding.suppression is not None:
            return False
        if self.gate == "new" and finding.is_new is False:
            return False
        return severity_rank(finding.severity) >= severity_rank(self.fail_on)

    @property
    def deciding(self) -> tuple[Finding, ...]:
        """The findings that decide, failed and undecided ones."""
        return tuple(filter(self.decides, self.findings))

    @property
    def outcome(self) -> Answer:
        """`fail` for a failed finding at or above `fail_on`; `unknown` where such a one is undecided, or something was not
        judged; else `pass`."""
        deciding = self.deciding
        if any(finding.outcome is Outcome.FAIL for finding in deciding):
            return "fail"
        return "unknown" if deciding or self.errors else "pass"

    @property
    def exit_status(self) -> int:
        """The status with which `cdkguard check` would end."""
        if any(problem.kind == "rule" for problem in self.errors):
            return int(ExitCode.BUG)
        if self.errors:
            return int(ExitCode.INPUT)
        return int(ExitCode.FINDINGS if self.deciding else ExitCode.OK)
