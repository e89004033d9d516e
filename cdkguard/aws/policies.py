"""Policy documents: their statements, and whom and what a statement covers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from cdkguard._typing import Any, Json
from cdkguard.aws.arn_patterns import names_nobody
from cdkguard.aws.globs import matches_glob
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import lazy_pattern

_AWS_SERVICES = lazy_pattern(r"[*?.]*\*[*?.]*(?:amazonaws\.com(?:\.cn)?)?")
_ACCOUNT = lazy_pattern(r"(?:arn:[^:]*:(?:iam|sts)::)?(\d{6,12})(?::.*)?")
_MAX_DEPTH = 64  # Levels of values in a policy that is written as text.
_HOLE = lazy_pattern("\ue000(\\d+)\ue001")  # Stands for a value that is not known, inside JSON text.
_BARE_HOLE = lazy_pattern("([:\\[,]\\s*)(\ue000\\d+\ue001)(?=\\s*[,\\]}])")


def list_statements(document: Json) -> Iterator[tuple[tuple[str | int, ...], dict[str, Json] | Deferred]]:
    """(path, statement) of a resolved document, also of one that is written as JSON text.

    A statement, or all that is known of the document, may be Deferred.
    """
    if isinstance(document, Deferred | str):
        document = read_json_text(document)
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

    if "Principal" in document and "Statement" not in document:
        from cdkguard.aws.permissions import read_permission  # Few templates need it.

        yield (), read_permission(document)
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


def read_json_text(document: str | Deferred) -> Json:
    """Parse the document of a JSON text; values that only the deployment fills in are Deferred in it, and so is all of it
    where it cannot be parsed."""
    if isinstance(document, Deferred) and document.kind != "text":
        return document
    parts = document.parts if isinstance(document, Deferred) else (document,)
    text = "".join(p if isinstance(p, str) else f"\ue000{i}\ue001" for i, p in enumerate(parts))
    try:
        if any(isinstance(p, str) and "\ue000" in p for p in parts):
            raise ValueError("a text with a mark of ours in it")
        try:
            return _with_holes(parse_policy_text(text), parts)
        except ValueError:
            # A number or a boolean that is filled in stands without quotes.
            return _with_holes(parse_policy_text(_BARE_HOLE.sub(r'\1"\2"', text)), parts)
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
        elif _is_everybody(kind, text_of(principal)):
            return True
    return None if unknown else False


def _is_everybody(kind: str, text: str) -> bool:
    """Whether a principal stands for everybody: `*`, `arn:aws:iam::*:root`, and as a service, every service of AWS."""
    if "*" not in text:
        return False
    if kind == "Service":
        return _AWS_SERVICES.fullmatch(text) is not None
    return not text.strip("*?:") or text.startswith("arn") and names_nobody(text)


def text_of(value: Json) -> str:
    """A value as text, with § for each part that only the deployment knows."""
    return value.text() if isinstance(value, Deferred) else str(value)


def list_principal_accounts(statement: dict[str, Json]) -> Iterator[str]:
    """The accounts that the statement's principals name by their number."""
    for kind, principal in list_principals(statement):
        found = _ACCOUNT.fullmatch(text_of(principal)) if kind in ("AWS", "*") else None
        if found:
            yield found.group(1)


def any_covers(patterns: Json, wanted: str) -> Tri:
    """Whether one of the patterns covers the name; None where a parameter may be given such a pattern."""
    unknown = False
    for pattern in as_list(patterns):
        if isinstance(pattern, Deferred):
            unknown = unknown or pattern.kind in ("parameter", "unknown")
        elif isinstance(pattern, str) and matches_glob(pattern, wanted):
            return True
    return None if unknown else False
