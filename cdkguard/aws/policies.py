"""Policy documents: their statements, and whom and what a statement covers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from cdkguard._typing import Any, Json
from cdkguard.aws.addresses import prefix_of
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import late

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
        "aws:SourceOwner",  # the topic policy that SNS makes by itself
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
_IDENTITY_TOKEN = (":sub", ":aud")  # claims of an identity provider's token, whatever the provider is called
# Values that bind nobody: everything, nothing, "no multi-factor", a function URL without authorization, any organization,
# what anybody's account may hold. (S3's buckets have names of their own, whoever owns them.)
_OPEN_VALUE = late(
    r"[\s*?:/]*|false|none|repo:\*.*|o-[*?]*(?:/[*?/]*)?|arn:[*?]+|arn:[^:]*:(?!s3:)[^:]*:[^:]*:[*?]+:.*"
    r"|arn:[^:]*:(?:s3|\*):[^:]*:[*?]*:[*?]+|[^/]*§[^/]*/[0-7]",
    re.IGNORECASE,
)
_EVERYBODY = late(r"\*|arn:[^:]*:(?:iam|sts)::\*(?::.*)?")
_ACCOUNT = late(r"(?:arn:[^:]*:(?:iam|sts)::)?(\d{6,12})(?::.*)?")
_MAX_DEPTH = 64  # of values in a policy that is written as text
_HOLE = late("\ue000(\\d+)\ue001")  # stands for a value that is not known, inside JSON text


def statements(document: Json) -> Iterator[tuple[tuple[str | int, ...], dict[str, Json] | Deferred]]:
    """(path, statement) of a resolved document, also of one written as a JSON string."""
    if isinstance(document, Deferred | str):
        document = _from_json(document)
    if isinstance(document, Deferred):
        yield (), document
        return
    if isinstance(document, list):  # OpenSearch Serverless: a list of documents
        for index, one in enumerate(document):
            for path, statement in statements(one):
                yield (index, *path), statement
        return
    if not isinstance(document, dict):
        return
    if "Effect" in document:  # a statement alone, as in AWS::Events::EventBusPolicy
        yield (), document
        return
    found = document.get("Statement", [])
    if isinstance(found, Deferred):
        yield ("Statement",), found
        return
    for index, statement in enumerate(found if isinstance(found, list) else [found]):
        if isinstance(statement, dict | Deferred):
            yield ("Statement", index), statement


def parsed(text: str) -> Json:
    """The JSON that a text writes, nested no deeper than a policy can be; raises ValueError."""
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
    """The document that JSON text writes; values that are filled in only at deployment are Deferred in it."""
    if isinstance(document, Deferred) and document.kind != "text":
        return document
    parts = document.parts if isinstance(document, Deferred) else (document,)
    text = "".join(p if isinstance(p, str) else f"\ue000{i}\ue001" for i, p in enumerate(parts))
    try:
        if any(isinstance(p, str) and "\ue000" in p for p in parts):
            raise ValueError("a text with a mark of ours in it")
        return _with_holes(parsed(text), parts)
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
        if isinstance(principal, Deferred) and principal.kind != "text":
            # An unknown link is somebody in particular, a principal from a parameter might be "*".
            unknown = unknown or principal.kind in ("parameter", "unknown")
        elif kind in ("AWS", "*", "CanonicalUser", "Federated") and _EVERYBODY.fullmatch(text_of(principal)):
            return True
    return None if unknown else False


def text_of(value: Json) -> str:
    """A string, with § for what is not known of it."""
    return value.text() if isinstance(value, Deferred) else str(value)


def principal_accounts(statement: dict[str, Json]) -> Iterator[str]:
    """Accounts that the statement's principals name by their number."""
    for kind, principal in principals(statement):
        found = _ACCOUNT.fullmatch(text_of(principal)) if kind in ("AWS", "*") else None
        if found:
            yield found.group(1)


def is_restricted(statement: dict[str, Json]) -> Tri:
    """Whether a Condition binds the statement to somebody."""
    return condition_on(statement, lambda key: key in RESTRICTING or key.endswith(_IDENTITY_TOKEN))


def condition_on(statement: dict[str, Json], wanted: Callable[[str], bool]) -> Tri:
    """Whether a Condition binds a key (in lower case) that is wanted to values of which none is open."""
    condition, unknown = statement.get("Condition"), False
    if isinstance(condition, Deferred):
        return _of_link(condition)
    for operator, block in (condition or {}).items() if isinstance(condition, dict) else ():
        lowered = str(operator).lower()
        # ForAllValues holds, too, of a request that lacks the key.
        if "not" in lowered or lowered.endswith("ifexists") or lowered == "null" or lowered.startswith("forallvalues"):
            continue
        if isinstance(block, Deferred):  # CDK's CfnJson: keys that hold the issuer of an EKS cluster
            return _of_link(block)
        for key, value in block.items() if isinstance(block, dict) else ():
            itself = "${" + str(key).lower() + "}"  # a policy variable: true of everybody
            if wanted(str(key).lower()):
                opens = [str(v).lower() == itself or _opens(v) for v in texts(value)]
                if not any(opens):
                    if None not in opens:
                        return True
                    unknown = True
    return None if unknown else False


def _of_link(value: Deferred) -> Tri:
    return None if value.kind in ("parameter", "unknown") else True


def _opens(value: Json) -> Tri:
    """Whether a value is everybody's; None of one that a parameter may make so, if it is given `*`."""
    if not isinstance(value, Deferred):
        return _is_open(value)
    if value.kind != "text":
        return None if _of_link(value) is None else False
    if _is_open(value.text()):
        return True
    given = (p if isinstance(p, str) else "§" if _of_link(p) else "*" for p in value.parts)
    return None if _is_open("".join(given)) else False


def _is_open(value: Json) -> bool:
    """The value is everybody's; a range of addresses is so where S3 calls it public: /8 in IPv4, /32 in IPv6."""
    if value is False:
        return True
    if not isinstance(value, str):
        return False
    if _OPEN_VALUE.fullmatch(value):
        return True
    network = prefix_of(value)
    return network is not None and network[1] < (8 if network[0] == 4 else 32)


@lru_cache(8192)
def matches(pattern: str, action: str) -> bool:
    """IAM wildcard match, case-insensitive: `s3:Get*` covers `s3:getobject`."""
    pattern, action = pattern.lower(), action.lower()
    at = here = held = 0
    star = -1
    while at < len(action):  # no regular expression: `?*?*?*x` would make one try every way to split the text
        letter = pattern[here] if here < len(pattern) else ""
        if letter == "*":
            star, held = here, at
            here += 1
        elif letter == "?" or letter == action[at]:
            at, here = at + 1, here + 1
        elif star >= 0:
            held += 1
            at, here = held, star + 1
        else:
            return False
    return not pattern[here:].strip("*")


def any_covers(patterns: Json, wanted: str) -> Tri:
    """Whether one of the statement's patterns covers the wanted name."""
    unknown = False
    for pattern in texts(patterns):
        if isinstance(pattern, Deferred):
            unknown = unknown or pattern.kind in ("parameter", "unknown")
        elif isinstance(pattern, str) and matches(pattern, wanted):
            return True
    return None if unknown else False
