"""What one set of policy statements grants and another does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from cdkguard._typing import NamedTuple
from cdkguard.access import action_names
from cdkguard.access.conditions import ConditionTest, all_imply
from cdkguard.access.patterns import EVERYTHING, Pattern, make_pattern, overlaps, render_pattern
from cdkguard.access.sets import ALL, NameSet, is_subset
from cdkguard.access.statements import Statement
from cdkguard.logic import Tri, all_of, any_of


class NewGrant(NamedTuple):
    """Something that the new statements allow and the old ones did not."""

    statement: Statement  # with one principal, action and resource
    kind: str  # principal | action | resource | condition | not-action | deny-removed | opaque
    certain: bool
    nearest: Statement | None  # the old statement that came closest


def split_statement(statement: Statement) -> Iterator[Statement]:
    """The statement as a set: one principal, action and resource each."""
    for who in _split_names(statement.principal):
        for action in _split_names(statement.action):
            for resource in _split_names(statement.resource):
                yield statement._replace(principal=who, action=action, resource=resource)


def _split_names(item: NameSet) -> list[NameSet]:
    return [item] if item.negated else [NameSet((p,)) for p in item.patterns]


def find_new_grants(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[NewGrant]:
    """What `after` allows and `before` did not, and what `before` denied and `after` does not."""
    known_before, known_after = {s.meaning() for s in before}, {s.meaning() for s in after}
    allows = [s for s in before if s.allow]
    denies = [s for s in after if not s.allow and s.unknown is None]
    new = [s for s in after if s.allow and s.meaning() not in known_before]
    gone = [s for s in before if not s.allow and s.meaning() not in known_after]
    if _count_pairs(new, before) + _count_pairs(gone, after) > _MOST_PAIRS:
        yield from _give_up(new, gone)
        return
    for statement in after:
        if not statement.allow or statement.meaning() in known_before:
            continue
        if statement.unknown is not None:
            yield NewGrant(statement, "opaque", False, next(iter(allows), None))
            continue
        for one in split_statement(statement):
            if is_covered(one, denies) is not True and (verdict := is_covered(one, allows)) is not True:
                nearest = _find_nearest(one, allows)
                yield NewGrant(one, _find_kind(one, nearest), verdict is False, nearest)
    for statement in before:
        if statement.allow or statement.meaning() in known_after:
            continue
        for one in split_statement(statement):
            if (verdict := is_covered(one, denies)) is not True:
                unknown = any(s.unknown is not None for s in after)
                yield NewGrant(one, "deny-removed", verdict is False and not unknown, _find_nearest(one, denies))


_MOST_PAIRS = 250_000  # of a principal, action and resource with a pattern of the other side


def _count_pairs(statements: Sequence[Statement], others: Sequence[Statement]) -> int:
    ones = sum(len(s.principal.patterns) * len(s.action.patterns) * len(s.resource.patterns) for s in statements)
    return ones * sum(len(o.principal.patterns) + len(o.action.patterns) + len(o.resource.patterns) for o in others)


def _give_up(new: Sequence[Statement], gone: Sequence[Statement]) -> Iterator[NewGrant]:
    """Documents far beyond the size of a policy: what differs at all may allow more."""
    for statements, kind in ((new, "action"), (gone, "deny-removed")):
        for statement in statements[:_SHOWN]:
            for one in islice(split_statement(statement), 1):
                yield NewGrant(one, kind, False, None)


_SHOWN = 20  # statements that are named where none is compared


def is_covered(one: Statement, wides: Sequence[Statement], depth: int = 6) -> Tri:
    """Whether the statements together grant (or deny) all of it."""
    verdict = any_of(_is_covered_by(wide, one) for wide in wides)
    if verdict is True or depth == 0:
        return verdict
    for parts in (_split_by_condition_value(one), _split_by_assumption(one, wides), _split_by_action(one)):
        if parts and all_of(is_covered(part, wides, depth - 1) for part in parts) is True:
            return True
    return verdict


def _is_covered_by(wide: Statement, one: Statement) -> Tri:
    if not wide.assumptions <= one.assumptions:
        return False
    if wide.unknown is not None:
        return None
    verdict: Tri = True
    for test in _element_checks(wide, one):
        if (found := test()) is False:
            return False
        verdict = verdict and found
    return verdict


def _element_checks(wide: Statement, one: Statement) -> tuple[Callable[[], Tri], ...]:
    return (
        lambda: is_subset(one.action, wide.action),
        lambda: is_subset(one.resource, wide.resource),
        lambda: is_subset(one.principal, wide.principal),
        lambda: all_imply(one.conditions, wide.conditions),
    )


def _split_by_condition_value(one: Statement) -> list[Statement]:
    """One statement per value of the first clause that lists several."""
    for index, clause in enumerate(one.conditions):
        if len(clause.patterns) > 1 and not clause.negative and not clause.qualifier:
            rest = one.conditions[:index], one.conditions[index + 1 :]
            return [
                one._replace(conditions=(*rest[0], clause._replace(patterns=(p,)), *rest[1]))
                for p in clause.patterns[:32]
            ] * (len(clause.patterns) <= 32)
    return []


def _split_by_assumption(one: Statement, wides: Sequence[Statement]) -> list[Statement]:
    """Both branches of a condition that the statement itself does not depend on."""
    asked = {name for name, _ in one.assumptions}
    names = sorted({name for wide in wides for name, _ in wide.assumptions} - asked)
    return [one._replace(assumptions=one.assumptions | {(names[0], truth)}) for truth in (True, False)] if names else []


def _split_by_action(one: Statement) -> list[Statement]:
    """One statement per action that a wildcard stands for, as far as that is known."""
    if one.action.negated or len(one.action.patterns) != 1 or all(isinstance(s, str) for s in one.action.patterns[0]):
        return []
    names = action_names.expand_wildcard(render_pattern(one.action.patterns[0]))
    return [one._replace(action=NameSet((make_pattern(name, fold=True),))) for name in names]


_ORDER = ("action", "resource", "principal", "condition")


def _find_uncovered_elements(one: Statement, wide: Statement) -> list[str]:
    return [name for name, test in zip(_ORDER, _element_checks(wide, one), strict=True) if test() is not True]


def _find_nearest(one: Statement, wides: Sequence[Statement]) -> Statement | None:
    known = [w for w in wides if w.unknown is None]
    return min(
        known, key=lambda w: (len(_find_uncovered_elements(one, w)), w.element[:2] != one.element[:2]), default=None
    )


def _find_kind(one: Statement, nearest: Statement | None) -> str:
    if one.action.negated or one.resource.negated or one.principal.negated:
        return "not-action"
    if nearest is None:
        return "action" if one.principal == ALL else "principal"
    failing = _find_uncovered_elements(one, nearest) or ["condition"]  # the guard alone differs
    return next(k for k in ("principal", "action", "resource", "condition") if k in failing)


# Who may do one of these can give rights away, or take them: anybody's rights to anything, or those to one resource.
_IDENTITY_ACTIONS = """
    iam:Add* iam:Attach* iam:Create* iam:Delete* iam:Detach* iam:PassRole iam:Put* iam:Remove* iam:Set* iam:Update*
    organizations:* sso:* account:*
"""
_PERMISSION_ACTIONS = """
    ram:CreateResourceShare ram:AssociateResourceShare kms:PutKeyPolicy kms:CreateGrant
    s3:PutBucketPolicy s3:DeleteBucketPolicy s3:PutBucketAcl s3:PutObjectAcl s3:PutAccountPublicAccessBlock
    s3:PutBucketPublicAccessBlock s3:PutAccessPointPolicy lambda:AddPermission lambda:AddLayerVersionPermission
    sns:AddPermission sqs:AddPermission secretsmanager:PutResourcePolicy ecr:SetRepositoryPolicy
    dynamodb:PutResourcePolicy events:PutPermission lakeformation:GrantPermissions lakeformation:PutDataLakeSettings
    ec2:ModifySnapshotAttribute backup:PutBackupVaultAccessPolicy
"""
_IDENTITY_PATTERNS = [make_pattern(action, fold=True) for action in _IDENTITY_ACTIONS.split()]
_PERMISSION_PATTERNS = [make_pattern(action, fold=True) for action in _PERMISSION_ACTIONS.split()]
_READING_ACTION = re.compile(
    r"[a-z0-9-]+:(?:get|list|describe|batchget|head|view|search|lookup|query|scan|select|check)[a-z*]*"
)
_UNKNOWN = re.compile(r"\$\{[^}]*\}")
# What AWS's service authorization reference lists without a resource type, and CDK grants for tracing, metrics and pulls.
_ACTION_WITHOUT_RESOURCE = re.compile(
    r"xray:put[a-z]+|cloudwatch:putmetricdata|ecr:getauthorizationtoken|sts:getcalleridentity"
    r"|(?:ssmmessages|ec2messages):[a-z]+|ec2:(?:describe[a-z*]+|(?:create|delete)networkinterface)"
)
_CALLER_KEYS = ("mfa", "principalorg", "principalaccount", "source", "calleraccount", ":sub", ":aud", "externalid")


def rate_risk(one: Statement) -> str:
    """low ... critical: what one principal, action and resource are worth to somebody who should not have them."""
    actions = [render_pattern(p) for p in one.action.patterns]
    if not one.action.negated and all(map(_ACTION_WITHOUT_RESOURCE.fullmatch, actions)):
        return "low"  # these know no narrower resource
    broad = one.resource.negated or any(_is_broad(p) for p in one.resource.patterns)
    if one.action.negated or EVERYTHING in one.action.patterns:
        return "critical" if broad else "high"
    if any(overlaps(p, q) for p in one.action.patterns for q in _IDENTITY_PATTERNS):
        return "critical" if broad else "high"
    if any(overlaps(p, q) for p in one.action.patterns for q in _PERMISSION_PATTERNS):
        return "high"
    reads = all(map(_READING_ACTION.fullmatch, actions))
    return ("medium" if reads else "high") if broad else ("low" if reads else "medium")


def _is_broad(resource: Pattern) -> bool:
    """Everything, or everything of a service: `arn:aws:lambda:eu-west-1:1:function:x:*` is the versions of one function."""
    parts = _UNKNOWN.sub("§", render_pattern(resource)).split(":", 5)
    return parts == ["*"] or (parts[0] == "arn" and parts[-1] == "*" and len(parts) == 6)


def restricts_caller(clause: ConditionTest) -> bool:
    """Whether a condition is about who asks, and from where, or how well they identified themselves."""
    return any(word in clause.key for word in _CALLER_KEYS)
