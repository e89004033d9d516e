"""Policy documents -> statements as sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.branches import each_branch, expand_branches
from cdkguard.access.conditions import ConditionTest, read_condition
from cdkguard.access.patterns import (
    ALWAYS,
    EVERYTHING,
    Assumptions,
    Pattern,
    Speller,
    UnknownPart,
    Wildcard,
    make_pattern,
    render_pattern,
    spell_plainly,
)
from cdkguard.access.sets import ALL, NameSet
from cdkguard.aws import policies
from cdkguard.template.values import Deferred


class TemplateElement(NamedTuple):
    """Where a statement stands, and what it says there."""

    logical_id: str
    path: str
    body: Json


class Statement(NamedTuple):
    """One statement: who may (or may not) do what to what, when."""

    allow: bool
    principal: NameSet
    action: NameSet
    resource: NameSet
    conditions: tuple[ConditionTest, ...]
    assumptions: Assumptions
    element: TemplateElement
    unknown: Deferred | None = None  # the whole statement is unknown

    def meaning(self) -> tuple[object, ...]:
        """What equal statements have in common: all but their place."""
        return self[:6] if self.unknown is None else (self.unknown,)


def read_statements(
    document: Json, logical_id: str, path: str, spell: Speller = spell_plainly, guard: Assumptions = ALWAYS
) -> Iterator[Statement]:
    """The statements of a resolved policy document, also of one in a JSON string; both branches of an Fn::If."""
    for inner, found in each_branch(document, guard):
        if isinstance(found, str):
            try:
                found = policies.parsed(found)
            except ValueError:
                found = Deferred("unknown", found)
        if isinstance(found, Deferred):
            yield _unknown_statement(found, inner, TemplateElement(logical_id, path, found))
        elif isinstance(found, list):
            for index, one in enumerate(found):
                yield from read_statements(one, logical_id, f"{path}[{index}]", spell, inner)
        elif isinstance(found, dict):
            yield from _read_statements(found, logical_id, f"{path}.Statement", spell, inner)


def _read_statements(
    document: Json, logical_id: str, path: str, spell: Speller, guard: Assumptions
) -> Iterator[Statement]:
    for inner, many in each_branch(document.get("Statement"), guard):
        if isinstance(many, Deferred):
            yield _unknown_statement(many, inner, TemplateElement(logical_id, path, many))
            continue
        for index, one in enumerate(many if isinstance(many, list) else [many]):
            for innermost, statement in expand_branches(one, inner):
                place = TemplateElement(logical_id, f"{path}[{index}]", statement)
                if isinstance(statement, Deferred):
                    yield _unknown_statement(statement, innermost, place)
                elif isinstance(statement, dict):
                    yield _read_statement(statement, innermost, place, spell)


def _unknown_statement(value: Deferred, guard: Assumptions, place: TemplateElement) -> Statement:
    return Statement(True, ALL, ALL, ALL, (), guard, place, value)


def _read_statement(body: dict[str, Json], guard: Assumptions, place: TemplateElement, spell: Speller) -> Statement:
    effect = body.get("Effect")
    if isinstance(effect, Deferred):
        return _unknown_statement(Deferred("unknown", repr(body)), guard, place)
    return Statement(
        str(effect).lower() != "deny",
        _read_principals(body, spell),
        _read_names(body, "Action", spell, fold=True),
        _read_names(body, "Resource", spell),
        read_condition(body.get("Condition"), spell),
        guard,
        place,
    )


def _read_names(body: dict[str, Json], name: str, spell: Speller, fold: bool = False) -> NameSet:
    negated = "Not" + name in body
    if name == "Resource" and name not in body and not negated:
        return ALL  # resource policies of some types name no resource: their own
    found = policies.texts(body.get("Not" + name if negated else name))
    return NameSet(_sort_patterns(make_pattern(v, spell, fold=fold) for v in found), negated)


def _sort_patterns(found: Iterable[Pattern]) -> tuple[Pattern, ...]:
    return tuple(sorted(dict.fromkeys(found), key=render_pattern))


def _read_principals(body: dict[str, Json], spell: Speller) -> NameSet:
    negated = "NotPrincipal" in body
    named = policies.principals({"Principal": body["NotPrincipal"]} if negated else body)
    if "Principal" not in body and not negated:
        return ALL  # an identity policy: its owner
    return NameSet(_sort_patterns(_principal_pattern(str(kind), value, spell) for kind, value in named), negated)


def _principal_pattern(kind: str, value: Json, spell: Speller) -> Pattern:
    """`AWS:<account>:<rest of the ARN>`, so that an account's root covers what is in the account."""
    if value == "*" and kind in ("AWS", "*"):
        return EVERYTHING
    found = make_pattern(value, spell)
    if kind != "AWS":
        if kind == "Service" and found and _pseudo_parameter_of(found[-1]) == "AWS::URLSuffix":
            found = (*found[:-1], *"amazonaws.com")
        return (*kind, ":", *found)
    if found[:8] == tuple("arn:aws:") and found.count(":") >= 5:
        colons = [i for i, s in enumerate(found) if s == ":"]
        account, rest = found[colons[3] + 1 : colons[4]], found[colons[4] + 1 :]
        rest = EVERYTHING if rest == tuple("root") else rest
        return EVERYTHING if account == rest == EVERYTHING else (*"AWS:", *account, ":", *rest)
    if len(found) == 12 and all(isinstance(s, str) and s.isdigit() for s in found):
        return (*"AWS:", *found, ":", Wildcard.ANY)
    if len(found) == 1 and _pseudo_parameter_of(found[0]) == "AWS::AccountId":
        return (*"AWS:", found[0], ":", Wildcard.ANY)
    return (*"AWS:", *found)


def _pseudo_parameter_of(symbol: str | UnknownPart | Wildcard) -> str | None:
    """The name of the pseudo parameter that a hole stands for."""
    key = symbol.key if isinstance(symbol, UnknownPart) else None
    return key.target if isinstance(key, Deferred) and key.kind == "pseudo" else None
