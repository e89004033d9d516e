"""What one set of policy statements grants and another does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from cdkguard._typing import NamedTuple
from cdkguard.access import action_names
from cdkguard.access.conditions import Clause, all_imply
from cdkguard.access.patterns import EVERYTHING, Pattern, overlaps, pattern, shown
from cdkguard.access.sets import ALL, Item, within
from cdkguard.access.statements import Statement
from cdkguard.logic import Tri, all_of, any_of


class Gap(NamedTuple):
    """Something that the new statements allow and the old ones did not."""

    what: Statement  # with one principal, action and resource
    kind: str  # principal | action | resource | condition | not-action | deny-removed | opaque
    certain: bool
    nearest: Statement | None  # the old statement that came closest


def singles(statement: Statement) -> Iterator[Statement]:
    """The statement as a set: one principal, action and resource each."""
    for who in _apiece(statement.principal):
        for action in _apiece(statement.action):
            for resource in _apiece(statement.resource):
                yield statement._replace(principal=who, action=action, resource=resource)


def _apiece(item: Item) -> list[Item]:
    return [item] if item.negated else [Item((p,)) for p in item.patterns]


def gaps(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[Gap]:
    """What `after` allows and `before` did not, and what `before` denied and `after` does not."""
    known_before, known_after = {s.same() for s in before}, {s.same() for s in after}
    allows = [s for s in before if s.allow]
    denies = [s for s in after if not s.allow and s.opaque is None]
    new = [s for s in after if s.allow and s.same() not in known_before]
    gone = [s for s in before if not s.allow and s.same() not in known_after]
    if _pairs(new, before) + _pairs(gone, after) > _MOST_PAIRS:
        yield from _uncompared(new, gone)
        return
    for statement in after:
        if not statement.allow or statement.same() in known_before:
            continue
        if statement.opaque is not None:
            yield Gap(statement, "opaque", False, next(iter(allows), None))
            continue
        for one in singles(statement):
            if covered(one, denies) is not True and (verdict := covered(one, allows)) is not True:
                nearest = _nearest(one, allows)
                yield Gap(one, _kind(one, nearest), verdict is False, nearest)
    for statement in before:
        if statement.allow or statement.same() in known_after:
            continue
        for one in singles(statement):
            if (verdict := covered(one, denies)) is not True:
                unknown = any(s.opaque is not None for s in after)
                yield Gap(one, "deny-removed", verdict is False and not unknown, _nearest(one, denies))


_MOST_PAIRS = 250_000  # of a principal, action and resource with a pattern of the other side


def _pairs(statements: Sequence[Statement], others: Sequence[Statement]) -> int:
    ones = sum(len(s.principal.patterns) * len(s.action.patterns) * len(s.resource.patterns) for s in statements)
    return ones * sum(len(o.principal.patterns) + len(o.action.patterns) + len(o.resource.patterns) for o in others)


def _uncompared(new: Sequence[Statement], gone: Sequence[Statement]) -> Iterator[Gap]:
    """Documents far beyond the size of a policy: what differs at all may allow more."""
    for statements, kind in ((new, "action"), (gone, "deny-removed")):
        for statement in statements[:_SHOWN]:
            for one in islice(singles(statement), 1):
                yield Gap(one, kind, False, None)


_SHOWN = 20  # statements that are named where none is compared


def covered(one: Statement, wides: Sequence[Statement], depth: int = 6) -> Tri:
    """Whether the statements together grant (or deny) all of it."""
    verdict = any_of(_covers(wide, one) for wide in wides)
    if verdict is True or depth == 0:
        return verdict
    for parts in (_by_value(one), _by_branch(one, wides), _by_action(one)):
        if parts and all_of(covered(part, wides, depth - 1) for part in parts) is True:
            return True
    return verdict


def _covers(wide: Statement, one: Statement) -> Tri:
    if not wide.guard <= one.guard:
        return False
    if wide.opaque is not None:
        return None
    verdict: Tri = True
    for test in _tests(wide, one):
        if (found := test()) is False:
            return False
        verdict = verdict and found
    return verdict


def _tests(wide: Statement, one: Statement) -> tuple[Callable[[], Tri], ...]:
    return (
        lambda: within(one.action, wide.action),
        lambda: within(one.resource, wide.resource),
        lambda: within(one.principal, wide.principal),
        lambda: all_imply(one.when, wide.when),
    )


def _by_value(one: Statement) -> list[Statement]:
    """One statement per value of the first clause that lists several."""
    for index, clause in enumerate(one.when):
        if len(clause.patterns) > 1 and not clause.negative and not clause.qualifier:
            rest = one.when[:index], one.when[index + 1 :]
            return [
                one._replace(when=(*rest[0], clause._replace(patterns=(p,)), *rest[1])) for p in clause.patterns[:32]
            ] * (len(clause.patterns) <= 32)
    return []


def _by_branch(one: Statement, wides: Sequence[Statement]) -> list[Statement]:
    """Both branches of a condition that the statement itself does not depend on."""
    asked = {name for name, _ in one.guard}
    names = sorted({name for wide in wides for name, _ in wide.guard} - asked)
    return [one._replace(guard=one.guard | {(names[0], truth)}) for truth in (True, False)] if names else []


def _by_action(one: Statement) -> list[Statement]:
    """One statement per action that a wildcard stands for, as far as that is known."""
    if one.action.negated or len(one.action.patterns) != 1 or all(isinstance(s, str) for s in one.action.patterns[0]):
        return []
    names = action_names.expanded(shown(one.action.patterns[0]))
    return [one._replace(action=Item((pattern(name, fold=True),))) for name in names]


_ORDER = ("action", "resource", "principal", "condition")


def _failing(one: Statement, wide: Statement) -> list[str]:
    return [name for name, test in zip(_ORDER, _tests(wide, one), strict=True) if test() is not True]


def _nearest(one: Statement, wides: Sequence[Statement]) -> Statement | None:
    known = [w for w in wides if w.opaque is None]
    return min(known, key=lambda w: (len(_failing(one, w)), w.place[:2] != one.place[:2]), default=None)


def _kind(one: Statement, nearest: Statement | None) -> str:
    if one.action.negated or one.resource.negated or one.principal.negated:
        return "not-action"
    if nearest is None:
        return "action" if one.principal == ALL else "principal"
    failing = _failing(one, nearest) or ["condition"]  # the guard alone differs
    return next(k for k in ("principal", "action", "resource", "condition") if k in failing)


# Who may do one of these can give rights away, or take them: anybody's rights to anything, or those to one resource.
_IDENTITIES_TEXT = """
    iam:Add* iam:Attach* iam:Create* iam:Delete* iam:Detach* iam:PassRole iam:Put* iam:Remove* iam:Set* iam:Update*
    organizations:* sso:* account:*
"""
_PERMISSIONS_TEXT = """
    ram:CreateResourceShare ram:AssociateResourceShare kms:PutKeyPolicy kms:CreateGrant
    s3:PutBucketPolicy s3:DeleteBucketPolicy s3:PutBucketAcl s3:PutObjectAcl s3:PutAccountPublicAccessBlock
    s3:PutBucketPublicAccessBlock s3:PutAccessPointPolicy lambda:AddPermission lambda:AddLayerVersionPermission
    sns:AddPermission sqs:AddPermission secretsmanager:PutResourcePolicy ecr:SetRepositoryPolicy
    dynamodb:PutResourcePolicy events:PutPermission lakeformation:GrantPermissions lakeformation:PutDataLakeSettings
    ec2:ModifySnapshotAttribute backup:PutBackupVaultAccessPolicy
"""
_IDENTITIES = [pattern(action, fold=True) for action in _IDENTITIES_TEXT.split()]
_PERMISSIONS = [pattern(action, fold=True) for action in _PERMISSIONS_TEXT.split()]
_READS = re.compile(r"[a-z0-9-]+:(?:get|list|describe|batchget|head|view|search|lookup|query|scan|select|check)[a-z*]*")
_UNKNOWN = re.compile(r"\$\{[^}]*\}")
# What AWS's service authorization reference lists without a resource type, and CDK grants for tracing, metrics and pulls.
_ON_EVERYTHING = re.compile(
    r"xray:put[a-z]+|cloudwatch:putmetricdata|ecr:getauthorizationtoken|sts:getcalleridentity"
    r"|(?:ssmmessages|ec2messages):[a-z]+|ec2:(?:describe[a-z*]+|(?:create|delete)networkinterface)"
)
_GUARDS = ("mfa", "principalorg", "principalaccount", "source", "calleraccount", ":sub", ":aud", "externalid")


def risk(one: Statement) -> str:
    """low ... critical: what one principal, action and resource are worth to somebody who should not have them."""
    actions = [shown(p) for p in one.action.patterns]
    if not one.action.negated and all(map(_ON_EVERYTHING.fullmatch, actions)):
        return "low"  # these know no narrower resource
    broad = one.resource.negated or any(_is_broad(p) for p in one.resource.patterns)
    if one.action.negated or EVERYTHING in one.action.patterns:
        return "critical" if broad else "high"
    if any(overlaps(p, q) for p in one.action.patterns for q in _IDENTITIES):
        return "critical" if broad else "high"
    if any(overlaps(p, q) for p in one.action.patterns for q in _PERMISSIONS):
        return "high"
    reads = all(map(_READS.fullmatch, actions))
    return ("medium" if reads else "high") if broad else ("low" if reads else "medium")


def _is_broad(resource: Pattern) -> bool:
    """Everything, or everything of a service: `arn:aws:lambda:eu-west-1:1:function:x:*` is the versions of one function."""
    parts = _UNKNOWN.sub("§", shown(resource)).split(":", 5)
    return parts == ["*"] or (parts[0] == "arn" and parts[-1] == "*" and len(parts) == 6)


def guards_door(clause: Clause) -> bool:
    """Whether a condition is about who asks, and from where, or how well they identified themselves."""
    return any(word in clause.key for word in _GUARDS)
