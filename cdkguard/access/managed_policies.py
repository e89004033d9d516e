"""Managed policies that are attached by their ARN, whose documents are not in the template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.access.branches import Assumptions
from cdkguard.access.containment import contains
from cdkguard.access.coverage import is_covered, split_statement
from cdkguard.access.patterns import Pattern, make_pattern, render_pattern
from cdkguard.access.sets import ALL, NameSet
from cdkguard.access.statements import ALL_RIGHTS, Statement, TemplateElement
from cdkguard.access.widening import Widening
from cdkguard.logic import Tri

# The actions that AWS's most used managed policies allow on every resource, so that a move between them and inline
# policies can be compared. `!` marks a NotAction. Each policy has a page in
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
_MANAGED_POLICIES: Mapping[str, tuple[str, ...]] = {
    "AdministratorAccess": ("*",),
    "PowerUserAccess": ("!iam:*", "!organizations:*", "!account:*"),
    "IAMFullAccess": ("iam:*",),
    "AmazonS3FullAccess": ("s3:*", "s3-object-lambda:*"),
    "AmazonSQSFullAccess": ("sqs:*",),
    "AmazonSNSFullAccess": ("sns:*",),
    "AmazonSSMReadOnlyAccess": ("ssm:Describe*", "ssm:Get*", "ssm:List*"),
    "service-role/AWSLambdaBasicExecutionRole": ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
}

# Who has one of these can make himself an administrator, or is one.
_ADMINISTRATOR_POLICIES = (
    "AdministratorAccess",
    "PowerUserAccess",
    "IAMFullAccess",
)

# Parts of the names of policies that only read, or that let a function write logs, traces and network interfaces.
_HARMLESS_POLICIES = (
    "ReadOnly",
    "SecurityAudit",
    "ViewOnlyAccess",
    "BasicExecutionRole",
    "VPCAccessExecutionRole",
    "XRayDaemon",
)
_AWS_POLICY = "arn:aws:iam::aws:policy/"  # before the name of a policy that AWS manages


class ManagedPolicy(NamedTuple):
    """A managed policy that is attached by its ARN."""

    arn: Pattern
    # The ARN in the template.
    element: TemplateElement
    assumptions: Assumptions

    def name(self) -> str:
        """The name of a policy of AWS, the ARN of another one."""
        return render_pattern(self.arn).removeprefix(_AWS_POLICY)


def read_managed_policy(policy: ManagedPolicy) -> list[Statement]:
    """The statement of a well-known policy of AWS; none where the document is not known."""
    actions = _MANAGED_POLICIES.get(policy.name(), ())
    if not actions:
        return []
    patterns = tuple(make_pattern(action.lstrip("!"), ignore_case=True) for action in actions)
    names = NameSet(patterns, negated=actions[0].startswith("!"))
    return [Statement(True, ALL, names, ALL, (), policy.assumptions, policy.element)]


def find_attached_policies(
    label: str, allowed: Sequence[Statement], before: Sequence[ManagedPolicy], after: Sequence[ManagedPolicy]
) -> Iterator[Widening]:
    """The managed policies that an identity gets, but for those that allow no more than what was `allowed` before."""
    allows = [s for s in allowed if s.allow]
    for policy in after:
        if _was_attached(policy, before) or _is_covered(policy, allows):
            continue
        yield Widening(
            logical_id=policy.element.logical_id,
            kind="managed-policy",
            severity=_rate_policy(policy.name()),
            message=f"{label} gets managed policy {policy.name()}",
            path=policy.element.path,
            before=[earlier.element.body for earlier in before] or None,
            after=policy.element.body,
            certain=not any(contains(earlier.arn, policy.arn) is None for earlier in before),
        )


def _was_attached(policy: ManagedPolicy, before: Sequence[ManagedPolicy]) -> bool:
    """Whether the policy was attached before, or for `...ReadOnlyAccess` the `...FullAccess` of the same service."""
    fuller = _AWS_POLICY + policy.name().replace("ReadOnlyAccess", "FullAccess")
    return any(
        earlier.assumptions <= policy.assumptions
        and (earlier.arn == policy.arn or render_pattern(earlier.arn) == fuller)
        for earlier in before
    )


def _is_covered(policy: ManagedPolicy, allows: Sequence[Statement]) -> Tri:
    """Whether statements allow all that the policy does; a policy that is not known might allow everything."""
    known = read_managed_policy(policy)
    if not known:
        return is_covered(ALL_RIGHTS._replace(assumptions=policy.assumptions), allows)
    return all(is_covered(one, allows) for statement in known for one in split_statement(statement))


def _rate_policy(name: str) -> str:
    """The severity of a managed policy of which no more is known than its name."""
    if name in _ADMINISTRATOR_POLICIES:
        return "critical"
    if name == "ReadOnlyAccess":
        return "medium"  # It reads the data of every service.
    if any(word in name for word in _HARMLESS_POLICIES):
        return "low"
    return "high" if "FullAccess" in name or "Administrator" in name else "medium"
