"""Policy documents: their statements, and whom and what a statement covers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cdkguard.intrinsics import Deferred, Tri

Json = Any

# Condition keys that bind a public principal to somebody: an account, organization, VPC, source or address.
RESTRICTING = frozenset(
    k.lower()
    for k in [
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalServiceName",
        "aws:PrincipalIsAWSService",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:SourceIp",
        "aws:VpcSourceIp",
        "aws:userid",
        "aws:username",
        "s3:DataAccessPointAccount",
        "s3:DataAccessPointArn",
        "kms:CallerAccount",
        "kms:ViaService",
        "elasticfilesystem:AccessedViaMountTarget",
        "elasticfilesystem:AccessPointArn",
        "lambda:FunctionUrlAuthType",
        "cognito-identity.amazonaws.com:aud",
    ]
)


def statements(document: Json) -> Iterator[tuple[tuple[str | int, ...], dict[str, Json] | Deferred]]:
    """(path, statement) of a resolved document, also of one written as a JSON string."""
    if isinstance(document, Deferred):
        yield (), document
        return
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            yield (), Deferred("unknown", document)
            return
    if isinstance(document, list):  # OpenSearch Serverless: a list of documents
        for index, one in enumerate(document):
            for path, statement in statements(one):
                yield (index, *path), statement
        return
    if not isinstance(document, dict):
        return
    found = document.get("Statement", [])
    if isinstance(found, Deferred):
        yield ("Statement",), found
        return
    for index, statement in enumerate(found if isinstance(found, list) else [found]):
        if isinstance(statement, dict | Deferred):
            yield ("Statement", index), statement


def texts(value: Json) -> list[Json]:
    """One or many: always a list of strings and Deferreds."""
    return value if isinstance(value, list) else [] if value is None else [value]


def principals(statement: dict[str, Json]) -> list[tuple[str, Json]]:
    """(kind, principal) pairs: ("AWS", "*"), ("Service", "lambda.amazonaws.com") ...; "*" alone is ("AWS", "*")."""
    found = statement.get("Principal")
    if found is None:
        return []
    if not isinstance(found, dict):
        return [("AWS", p) for p in texts(found)]
    return [(kind, p) for kind, many in found.items() for p in texts(many)]


def is_public(statement: dict[str, Json]) -> Tri:
    """Whether everybody is a principal of the statement (whatever its conditions say)."""
    unknown = False
    for kind, principal in principals(statement):
        if isinstance(principal, Deferred):
            # An unknown link is somebody in particular, a principal from a parameter might be "*".
            unknown = unknown or principal.kind in ("parameter", "unknown")
        elif kind in ("AWS", "*", "CanonicalUser", "Federated") and principal in (
            "*",
            "arn:aws:iam::*:root",
            "arn:aws:iam::*:*",
        ):
            return True
    return None if unknown else False


def is_restricted(statement: dict[str, Json]) -> Tri:
    """Whether a Condition binds the statement to somebody."""
    condition = statement.get("Condition")
    if isinstance(condition, Deferred):
        return None
    for operator, block in (condition or {}).items() if isinstance(condition, dict) else ():
        lowered = str(operator).lower()
        if isinstance(block, Deferred):
            return None
        if "not" in lowered or lowered.endswith("ifexists") or lowered == "null" or not isinstance(block, dict):
            continue
        for key, value in block.items():
            if (
                str(key).lower() in RESTRICTING or ":sub" in str(key).lower() or ":aud" in str(key).lower()
            ) and not any(v in ("*", "0.0.0.0/0", "::/0") for v in texts(value) if isinstance(v, str)):
                return True
    return False


def matches(pattern: str, action: str) -> bool:
    """IAM wildcard match, case-insensitive: `s3:Get*` covers `s3:getobject`."""
    parts = (re.escape(p).replace(r"\?", ".") for p in re.split(r"\*+", pattern.lower()))
    return re.fullmatch(".*".join(parts), action.lower(), re.DOTALL) is not None


def any_covers(patterns: Json, wanted: str) -> Tri:
    """Whether one of the statement's patterns covers the wanted name."""
    unknown = False
    for pattern in texts(patterns):
        if isinstance(pattern, Deferred):
            unknown = unknown or pattern.kind in ("parameter", "unknown")
        elif isinstance(pattern, str) and matches(pattern, wanted):
            return True
    return None if unknown else False
