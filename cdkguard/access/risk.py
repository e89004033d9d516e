"""What one action on one resource is worth to somebody who should not have it: the facts about AWS's actions.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
lists all actions with their access level; those of the level "Permissions management" are the models of both tables.
"""

from __future__ import annotations

from cdkguard.access.containment import overlaps
from cdkguard.access.patterns import EVERYTHING, Pattern, make_pattern, render_pattern
from cdkguard.access.statements import Statement
from cdkguard.text.regexes import lazy_pattern

# Who may do one of these to anything can make himself an administrator, or take the rights of others away.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html says it of iam:PassRole.
_IDENTITY_ACTIONS = (
    "iam:Add*",
    "iam:Attach*",
    "iam:Create*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:PassRole",
    "iam:Put*",
    "iam:Remove*",
    "iam:Set*",
    "iam:Update*",
    "organizations:*",
    "sso:*",
    "account:*",
)

# Who may do one of these can let others into a resource.
_PERMISSION_ACTIONS = (
    "ram:CreateResourceShare",
    "ram:AssociateResourceShare",
    "kms:PutKeyPolicy",
    "kms:CreateGrant",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutObjectAcl",
    "s3:PutAccountPublicAccessBlock",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutAccessPointPolicy",
    "lambda:AddPermission",
    "lambda:AddLayerVersionPermission",
    "sns:AddPermission",
    "sqs:AddPermission",
    "secretsmanager:PutResourcePolicy",
    "ecr:SetRepositoryPolicy",
    "dynamodb:PutResourcePolicy",
    "events:PutPermission",
    "lakeformation:GrantPermissions",
    "lakeformation:PutDataLakeSettings",
    "ec2:ModifySnapshotAttribute",
    "backup:PutBackupVaultAccessPolicy",
)
_IDENTITY_PATTERNS = [make_pattern(action, ignore_case=True) for action in _IDENTITY_ACTIONS]
_PERMISSION_PATTERNS = [make_pattern(action, ignore_case=True) for action in _PERMISSION_ACTIONS]

# Actions that AWS names by a verb of reading.
_READING_ACTION = lazy_pattern(
    r"[a-z0-9-]+:(?:get|list|describe|batchget|head|view|search|lookup|query|scan|select|check)[a-z*]*"
)
# Actions that AWS's service authorization reference lists without a resource type, so that `Resource: "*"` is their
# narrowest form; those that CDK grants for tracing, metrics, pulling of images and network interfaces.
_ACTION_WITHOUT_RESOURCE = lazy_pattern(
    r"xray:put[a-z]+|cloudwatch:putmetricdata|ecr:getauthorizationtoken|sts:getcalleridentity"
    r"|(?:ssmmessages|ec2messages):[a-z]+|ec2:(?:describe[a-z*]+|(?:create|delete)networkinterface)"
)
_UNKNOWN = lazy_pattern(r"\$\{[^}]*\}")


def rate_risk(one: Statement) -> str:
    """low ... critical: what a statement of one action and one resource is worth to somebody who should not have it."""
    actions = [render_pattern(p) for p in one.action.patterns]
    if not one.action.negated and all(map(_ACTION_WITHOUT_RESOURCE.fullmatch, actions)):
        return "low"

    is_broad = one.resource.negated or any(_is_broad(p) for p in one.resource.patterns)
    if one.action.negated or EVERYTHING in one.action.patterns:
        return "critical" if is_broad else "high"
    if any(overlaps(p, q) for p in one.action.patterns for q in _IDENTITY_PATTERNS):
        return "critical" if is_broad else "high"
    if any(overlaps(p, q) for p in one.action.patterns for q in _PERMISSION_PATTERNS):
        return "high"

    only_reads = all(map(_READING_ACTION.fullmatch, actions))
    if is_broad:
        return "medium" if only_reads else "high"
    return "low" if only_reads else "medium"


def _is_broad(resource: Pattern) -> bool:
    """Whether it names everything, or everything of a service.

    `arn:aws:lambda:eu-west-1:1:function:x:*` does not: that is the versions of one function.
    """
    parts = _UNKNOWN.sub("§", render_pattern(resource)).split(":", 5)
    return parts == ["*"] or (parts[0] == "arn" and parts[-1] == "*" and len(parts) == 6)
