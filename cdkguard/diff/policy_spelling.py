"""Policy documents that say the same in other words: a list of one instead of its element, another order.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import Json
from cdkguard.diff.comparable import as_json, as_text
from cdkguard.diff.differences import IF, are_equal
from cdkguard.model import PropertyChange
from cdkguard.template.values import scalar_text

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def are_policies_respelled(changes: Sequence[PropertyChange], before: Json, after: Json) -> bool:
    """Whether nothing changes but the spelling of policy documents, and metadata; the bodies are comparable ones."""
    properties = [change for change in changes if not change.path.startswith("Metadata")]
    if not any("Statement" in change.path for change in properties):
        return False
    if not all(change.path.startswith("Properties.") for change in properties):
        return False
    return are_equal(*(_respell(body.get("Properties")) for body in (before, after)))


def _respell(value: Json) -> Json:
    """The value with each policy document in it as a sorted list of texts."""
    if isinstance(value, list):
        return [_respell(inner) for inner in value]
    if not isinstance(value, dict) or IF in value:
        return value
    statements = _as_list(value.get("Statement"))
    if statements and all(map(_is_statement, statements)):
        rest = {key: inner for key, inner in value.items() if key != "Statement"}
        return {**rest, "Statement": sorted(_respell_statement(statement) for statement in statements)}
    return {key: _respell(inner) for key, inner in value.items()}


def _is_statement(value: Json) -> bool:
    return isinstance(value, dict) and "Effect" in value and any(name in value for name in _LISTS[:2])


def _respell_statement(statement: dict[str, Json]) -> str:
    found = dict(statement)
    for name, value in statement.items():
        if name in _LISTS:
            found[name] = _sort(value)
        elif name in _PRINCIPALS and isinstance(value, dict) and IF not in value:
            found[name] = {kind: _sort(principals) for kind, principals in value.items()}
        elif name == "Condition" and isinstance(value, dict):
            found[name] = {operator: _respell_test(test) for operator, test in value.items()}
    return as_text(found)


def _respell_test(test: Json) -> Json:
    if not isinstance(test, dict) or IF in test:
        return test
    return {key: _sort(values) for key, values in test.items()}


def _sort(value: Json) -> list[str]:
    """The elements as texts, sorted: true is "true", and a list of one is its element."""
    return sorted(
        {text if (text := scalar_text(one)) is not None else as_text(as_json(one)) for one in _as_list(value)}
    )


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]
