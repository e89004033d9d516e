"""What a pattern of ARNs stands for: the resources of everybody, or every resource of a kind.

A pattern is a text with the wildcards of IAM; § stands for each part that only the deployment knows.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from functools import lru_cache

from cdkguard.aws.globs import matches_glob
from cdkguard.text.regexes import lazy_pattern

_ACCOUNT_NUMBER = lazy_pattern(r"(?<!\d)\d{12}(?!\d)")
_WILDCARD = lazy_pattern(r"[*?]")
_SHORTEST_NAME = 3  # characters of a bucket's name: fewer in front of a wildcard name nobody

# One resource of each kind, of a name that nobody writes into a policy: a pattern that covers it covers every one.
# The formats are those of https://docs.aws.amazon.com/service-authorization/latest/reference/
EVERY = {
    "bucket": "arn:aws:s3:::zq7-x",
    "function": "arn:aws:lambda:zq-1:000000000007:function:zq7-x",
    "group": "arn:aws:iam::000000000007:group/zq7-x",
    "instance": "arn:aws:ec2:zq-1:000000000007:instance/i-zq7x",
    "key": "arn:aws:kms:zq-1:000000000007:key/zq7-x",
    "object": "arn:aws:s3:::zq7-x/zq7/x",
    "policy": "arn:aws:iam::000000000007:policy/zq7-x",
    "queue": "arn:aws:sqs:zq-1:000000000007:zq7-x",
    "role": "arn:aws:iam::000000000007:role/zq7-x",
    "secret": "arn:aws:secretsmanager:zq-1:000000000007:secret:zq7/x-AbCd7x",
    "stack": "arn:aws:cloudformation:zq-1:000000000007:stack/zq7-x/zq7",
    "table": "arn:aws:dynamodb:zq-1:000000000007:table/zq7-x",
    "topic": "arn:aws:sns:zq-1:000000000007:zq7-x",
    "user": "arn:aws:iam::000000000007:user/zq7-x",
}
# Services whose ARNs have a name of ours where those of others have a type: `bucket/*` is a part of one bucket, and
# `table/*` every table.
_WITHOUT_TYPE = frozenset({"s3", "sns", "sqs", "execute-api", "codecommit", "lex", "cassandra"})
_EVERY_NAME = lazy_pattern(r"[*?]*\*[*?]*(?:[/:][*?]+)*")
_EVERY_OF_TYPE = lazy_pattern(r"/?(?:[A-Za-z][A-Za-z-]*[/:])?[*?]*\*[*?]*(?:[/:][*?]+)*")


@lru_cache(8192)
def covers_every(pattern: str, kind: str) -> bool:
    """Whether a pattern covers every resource of a kind of EVERY, of one account or region at least."""
    if "*" not in pattern:
        return False
    parts, wanted = pattern.split(":", 5), EVERY[kind].split(":", 5)
    for at in (1, 3, 4):  # Partition, region, account.
        if at < len(parts) and wanted[at] and parts[at] not in ("", "aws") and not _WILDCARD.search(parts[at]):
            wanted[at] = parts[at]
    return matches_glob(pattern, ":".join(wanted))


@lru_cache(8192)
def is_every(pattern: str) -> bool:
    """Whether a pattern covers everything, everything of a service, or every resource of a type of it."""
    if "*" not in pattern:
        return False
    parts = pattern.split(":", 5)
    if parts[0] != "arn" or len(parts) < 6:
        return _EVERY_NAME.fullmatch(parts[-1]) is not None and parts[0] in ("arn", parts[-1], "*")
    form = _EVERY_NAME if parts[2] in _WITHOUT_TYPE else _EVERY_OF_TYPE
    return form.fullmatch(parts[5]) is not None


@lru_cache(8192)
def names_nobody(pattern: str) -> bool:
    """Whether a pattern of ARNs matches some of everybody: neither an account nor a resource of a global name is in it.

    The name of a bucket is unique, so that its ARN names somebody without an account.
    """
    if not _WILDCARD.search(pattern) or _ACCOUNT_NUMBER.search(pattern):
        return False
    parts = pattern.split(":", 5)
    if parts[0] != "arn":
        return "§" not in pattern and pattern.startswith(("*", "?", "arn*", "arn?"))
    account = parts[4] if len(parts) > 4 else "*"
    if account:
        return "§" not in account and _WILDCARD.search(account) is not None

    head = _WILDCARD.split(parts[5] if len(parts) > 5 else "", maxsplit=1)[0]
    return "§" not in head and len(head.rpartition("/")[2] if parts[2] != "s3" else head) < _SHORTEST_NAME
