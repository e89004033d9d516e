"""Policy documents: their statements, and whom and what a statement covers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from cdkguard._typing import Any, Json
from cdkguard.aws.addresses import prefix_of
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import lazy_pattern

# Condition keys that bind a public principal to somebody: an account, organization, VPC, source or address.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
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
        "aws:SourceOwner",  # SNS itself writes it into a topic's default policy.
        "aws:SourceVpc",
        "aws:SourceVpcArn",
        "aws:SourceVpce",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:VpceOrgPaths",
        "aws:SourceIp",
        "aws:VpcSourceIp",
        "aws:userid",
        "aws:username",
        "s3:DataAccessPointAccount",
        "s3:DataAccessPointArn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "kms:CallerAccount",
        "kms:ViaService",
        "elasticfilesystem:AccessedViaMountTarget",
        "elasticfilesystem:AccessPointArn",
        "lambda:FunctionUrlAuthType",
    ]
)
_IDENTITY_TOKEN = (":sub", ":aud")  # Claims of a web identity token; the issuer's name stands before them.
# Values that bind nobody: everything, nothing, "no multi-factor", a function URL without authorization, any organization,
# or a resource in anybody's account (a bucket's name is unique, so that an ARN of S3 binds without an account).
_OPEN_VALUE = lazy_pattern(
    r"[\s*?:/]*|false|none|repo:\*.*|o-[*?]*(?:/[*?/]*)?|arn:[*?]+|arn:[^:]*:(?!s3:)[^:]*:[^:]*:[*?]+:.*"
    r"|arn:[^:]*:(?:s3|\*):[^:]*:[*?]*:[*?]+|[^/]*§[^/]*/[0-7]",
    re.IGNORECASE,
)
_EVERYBODY = lazy_pattern(r"\*|arn:[^:]*:(?:iam|sts)::\*(?::.*)?")
_ACCOUNT = lazy_pattern(r"(?:arn:[^:]*:(?:iam|sts)::)?(\d{6,12})(?::.*)?")
_MAX_DEPTH = 64  # Levels of values in a policy that is written as text.
_HOLE = lazy_pattern("\ue000(\\d+)\ue001")  # Stands for a value that is not known, inside JSON text.


def list_statements(document: Json) -> Iterator[tuple[tuple[str | int, ...], dict[str, Json] | Deferred]]:
    """(path, statement) of a resolved document, also of one that is written as JSON text.

    A statement, or all that is known of the document, may be Deferred.
    """
    if isinstance(document, Deferred | str):
        document = _from_json(document)
    if isinstance(document, Deferred):
        yield (), document
        return

    if isinstance(document, list):  # OpenSearch Serverless takes a list of documents.
        for index, one in enumerate(document):
            for path, statement in list_statements(one):
                yield (index, *path), statement
        return

    if not isinstance(document, dict):
        return
    if "Effect" in document:  # A statement alone, as in AWS::Events::EventBusPolicy.
        yield (), document
        return

    found = document.get("Statement", [])
    if isinstance(found, Deferred):
        yield ("Statement",), found
        return
    for index, statement in enumerate(found if isinstance(found, list) else [found]):
        if isinstance(statement, dict | Deferred):
            yield ("Statement", index), statement


def parse_policy_text(text: str) -> Json:
    """Parse a policy's text as JSON; raises ValueError where it is none, or nested deeper than a policy can be."""
    try:
        value = json.loads(text)
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem
    level = [value]
    for _depth in range(_MAX_DEPTH):
        level = [
            v for one in level if isinstance(one, dict | list) for v in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return value
    raise ValueError("nested too deeply")


def _from_json(document: str | Deferred) -> Json:
    """Parse the document of a JSON text; values that only the deployment fills in are Deferred in it."""
    if isinstance(document, Deferred) and document.kind != "text":
        return document
    parts = document.parts if isinstance(document, Deferred) else (document,)
    text = "".join(p if isinstance(p, str) else f"\ue000{i}\ue001" for i, p in enumerate(parts))
    try:
        if any(isinstance(p, str) and "\ue000" in p for p in parts):
            raise ValueError("a text with a mark of ours in it")
        return _with_holes(parse_policy_text(text), parts)
    except ValueError:
        return Deferred("unknown", document.raw if isinstance(document, Deferred) else document)


def _with_holes(value: Json, parts: tuple[Any, ...]) -> Json:
    if isinstance(value, dict):
        return {_HOLE.sub("§", key): _with_holes(inner, parts) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_holes(inner, parts) for inner in value]
    if not isinstance(value, str) or not _HOLE.search(value):
        return value
    pieces = [parts[int(piece)] if at % 2 else piece for at, piece in enumerate(_HOLE.split(value))]
    known = tuple(piece for piece in pieces if piece != "")
    return known[0] if len(known) == 1 else Deferred("text", value, parts=known)


def as_list(value: Json) -> list[Json]:
    """An element of a policy that may be one value or a list, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def list_principals(statement: dict[str, Json]) -> list[tuple[str, Json]]:
    """(kind, principal) pairs: ("AWS", "*"), ("Service", "lambda.amazonaws.com") ...; "*" alone is ("AWS", "*").

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    found = statement.get("Principal")
    if found is None:
        return []
    if not isinstance(found, dict):
        return [("AWS", p) for p in as_list(found)]
    return [(kind, p) for kind, many in found.items() for p in as_list(many)]


def is_public(statement: dict[str, Json]) -> Tri:
    """Whether everybody is a principal of the statement, its conditions left aside."""
    unknown = False
    for kind, principal in list_principals(statement):
        if isinstance(principal, Deferred) and principal.kind != "text":
            # A link to a resource is somebody in particular; a parameter may be given "*".
            unknown = unknown or principal.kind in ("parameter", "unknown")
        elif kind in ("AWS", "*", "CanonicalUser", "Federated") and _EVERYBODY.fullmatch(text_of(principal)):
            return True
    return None if unknown else False


def text_of(value: Json) -> str:
    """A value as text, with § for each part that only the deployment knows."""
    return value.text() if isinstance(value, Deferred) else str(value)


def list_principal_accounts(statement: dict[str, Json]) -> Iterator[str]:
    """The accounts that the statement's principals name by their number."""
    for kind, principal in list_principals(statement):
        found = _ACCOUNT.fullmatch(text_of(principal)) if kind in ("AWS", "*") else None
        if found:
            yield found.group(1)


def is_restricted(statement: dict[str, Json]) -> Tri:
    """Whether a Condition binds the statement to somebody."""
    return has_condition_on(statement, lambda key: key in RESTRICTING or key.endswith(_IDENTITY_TOKEN))


def has_condition_on(statement: dict[str, Json], wanted: Callable[[str], bool]) -> Tri:
    """Whether a Condition binds a key, which `wanted` is asked in lower case, to values of which none is open.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    condition, unknown = statement.get("Condition"), False
    if isinstance(condition, Deferred):
        return _binds_by_link(condition)
    for operator, block in (condition or {}).items() if isinstance(condition, dict) else ():
        lowered = str(operator).lower()
        # Such an operator also holds of a request that lacks the key.
        if "not" in lowered or lowered.endswith("ifexists") or lowered == "null" or lowered.startswith("forallvalues"):
            continue
        if isinstance(block, Deferred):  # CDK's CfnJson: its keys hold the issuer of an EKS cluster.
            return _binds_by_link(block)
        for key, value in block.items() if isinstance(block, dict) else ():
            itself = "${" + str(key).lower() + "}"  # A policy variable, which equals its own key for everybody.
            if wanted(str(key).lower()):
                opens = [str(v).lower() == itself or _is_open_value(v) for v in as_list(value)]
                if not any(opens):
                    if None not in opens:
                        return True
                    unknown = True
    return None if unknown else False


def _binds_by_link(value: Deferred) -> Tri:
    """True for a link, which is somebody in particular; None for a parameter, which may be given any value."""
    return None if value.kind in ("parameter", "unknown") else True


def _is_open_value(value: Json) -> Tri:
    """Whether a condition's value is true of everybody; None where a parameter that is given `*` makes it so."""
    if not isinstance(value, Deferred):
        return _is_open_text(value)
    if value.kind != "text":
        return None if _binds_by_link(value) is None else False
    if _is_open_text(value.text()):
        return True
    given = (p if isinstance(p, str) else "§" if _binds_by_link(p) else "*" for p in value.parts)
    return None if _is_open_text("".join(given)) else False


def _is_open_text(value: Json) -> bool:
    """Whether a value is true of everybody. Address ranges count as S3 counts them: wider than /8, or /32 in IPv6.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    if value is False:
        return True
    if not isinstance(value, str):
        return False
    if _OPEN_VALUE.fullmatch(value):
        return True
    network = prefix_of(value)
    return network is not None and network[1] < (8 if network[0] == 4 else 32)


@lru_cache(8192)
def matches_glob(pattern: str, action: str) -> bool:
    """Whether a pattern of IAM covers an action, in any case: `s3:Get*` covers `s3:getobject`."""
    return matches_symbols(pattern.lower(), action.lower(), "*", "?")


def matches_symbols(pattern: Sequence[Any], text: Sequence[Any], many: object, one: object) -> bool:
    """Whether a glob matches a text: `many` stands for any symbols, `one` for any one that is a str.

    This is the two-pointer match, which goes back to the last `many` only. A regular expression could try every way to
    split the text, as for `?*?*?*x`. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    at = here = 0
    star, star_reach = -1, 0  # The position of the last `many` in the pattern, and how far in the text it reaches.
    while at < len(text):
        symbol = pattern[here] if here < len(pattern) else None
        if symbol == many:
            star, star_reach = here, at
            here += 1
        elif symbol is not None and (symbol == text[at] or symbol == one and isinstance(text[at], str)):
            at, here = at + 1, here + 1
        elif star >= 0:
            star_reach += 1
            at, here = star_reach, star + 1
        else:
            return False
    return all(symbol == many for symbol in pattern[here:])


def any_covers(patterns: Json, wanted: str) -> Tri:
    """Whether one of the patterns covers the name; None where a parameter may be given such a pattern."""
    unknown = False
    for pattern in as_list(patterns):
        if isinstance(pattern, Deferred):
            unknown = unknown or pattern.kind in ("parameter", "unknown")
        elif isinstance(pattern, str) and matches_glob(pattern, wanted):
            return True
    return None if unknown else False
