"""Policy documents: their statements, and whom and what a statement covers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cdkguard._typing import Json
from cdkguard.aws.globs import matches_glob
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import lazy_pattern

_AWS_SERVICES = lazy_pattern(r"[*?.]*\*[*?.]*(?:amazonaws\.com(?:\.cn)?)?")
_ACCOUNT = lazy_pattern(r"(?:arn:[^:]*:(?:iam|sts)::)?(\d{6,12})(?::.*)?")


def list_statements(document: Json) -> Iterator[tuple[tuple[str | int, ...], dict[str, Json] | Deferred]]:
    """(path, statement) of a resolved document, also of one that is written as JSON text.

    A statement, or all that is known of the document, may be Deferred.
    """
    if isinstance(document, Deferred | str):
        from cdkguard.template.json_text import read_json_text

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
    if not text.strip("*?:"):
        return True
    from cdkguard.aws.arn_patterns import names_nobody  # few principals come here

    return text.startswith("arn") and names_nobody(text)


def text_of(value: Json) -> str:
    """A value as text, with § for each part that only the deployment knows."""
    return value.text() if isinstance(value, Deferred) else str(value)


def fill_in(value: Deferred) -> str:
    """The text that a value is where each parameter is given `*`; § stands for what is somebody in particular."""
    if value.kind == "text":
        return "".join(part if isinstance(part, str) else fill_in(part) for part in value.parts)
    return "*" if value.kind in ("parameter", "unknown") else "§"


def list_principal_accounts(statement: dict[str, Json]) -> Iterator[str]:
    """The accounts that the statement's principals name by their number."""
    for kind, principal in list_principals(statement):
        found = _ACCOUNT.fullmatch(text_of(principal)) if kind in ("AWS", "*") else None
        if found:
            yield found.group(1)


def any_covers(patterns: Json, wanted: tuple[str, ...]) -> Tri:
    """Whether one of the patterns covers one of the names; None where a parameter may be given such a pattern."""
    unknown = False
    for pattern in as_list(patterns):
        if isinstance(pattern, Deferred):
            unknown = unknown or covers_one_of(fill_in(pattern), wanted)
        elif isinstance(pattern, str) and covers_one_of(pattern, wanted):
            return True
    return None if unknown else False


@lru_cache(8192)
def covers_one_of(pattern: str, wanted: tuple[str, ...]) -> bool:
    """Whether a pattern of IAM covers one of the names."""
    return any(matches_glob(pattern, name) for name in wanted)
