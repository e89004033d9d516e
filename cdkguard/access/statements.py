"""Policy documents -> statements as sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.branches import branches, expanded
from cdkguard.access.conditions import Clause, clauses
from cdkguard.access.patterns import ALWAYS, EVERYTHING, Guard, Hole, Pattern, Spell, Wild, pattern, plainly, shown
from cdkguard.access.sets import ALL, Item
from cdkguard.aws import policies
from cdkguard.template.values import Deferred


class Place(NamedTuple):
    """Where a statement stands, and what it says there."""

    logical_id: str
    path: str
    body: Json


class Statement(NamedTuple):
    """One statement: who may (or may not) do what to what, when."""

    allow: bool
    principal: Item
    action: Item
    resource: Item
    when: tuple[Clause, ...]
    guard: Guard
    place: Place
    opaque: Deferred | None = None  # the whole statement is unknown

    def same(self) -> tuple[object, ...]:
        """What equal statements have in common: all but their place."""
        return self[:6] if self.opaque is None else (self.opaque,)


def read(
    document: Json, logical_id: str, path: str, spell: Spell = plainly, guard: Guard = ALWAYS
) -> Iterator[Statement]:
    """The statements of a resolved policy document, also of one in a JSON string; both branches of an Fn::If."""
    for inner, found in branches(document, guard):
        if isinstance(found, str):
            try:
                found = policies.parsed(found)
            except ValueError:
                found = Deferred("unknown", found)
        if isinstance(found, Deferred):
            yield _opaque(found, inner, Place(logical_id, path, found))
        elif isinstance(found, list):
            for index, one in enumerate(found):
                yield from read(one, logical_id, f"{path}[{index}]", spell, inner)
        elif isinstance(found, dict):
            yield from _read_statements(found, logical_id, f"{path}.Statement", spell, inner)


def _read_statements(document: Json, logical_id: str, path: str, spell: Spell, guard: Guard) -> Iterator[Statement]:
    for inner, many in branches(document.get("Statement"), guard):
        if isinstance(many, Deferred):
            yield _opaque(many, inner, Place(logical_id, path, many))
            continue
        for index, one in enumerate(many if isinstance(many, list) else [many]):
            for innermost, statement in expanded(one, inner):
                place = Place(logical_id, f"{path}[{index}]", statement)
                if isinstance(statement, Deferred):
                    yield _opaque(statement, innermost, place)
                elif isinstance(statement, dict):
                    yield _statement(statement, innermost, place, spell)


def _opaque(value: Deferred, guard: Guard, place: Place) -> Statement:
    return Statement(True, ALL, ALL, ALL, (), guard, place, value)


def _statement(body: dict[str, Json], guard: Guard, place: Place, spell: Spell) -> Statement:
    effect = body.get("Effect")
    if isinstance(effect, Deferred):
        return _opaque(Deferred("unknown", repr(body)), guard, place)
    return Statement(
        str(effect).lower() != "deny",
        _principals(body, spell),
        _item(body, "Action", spell, fold=True),
        _item(body, "Resource", spell),
        clauses(body.get("Condition"), spell),
        guard,
        place,
    )


def _item(body: dict[str, Json], name: str, spell: Spell, fold: bool = False) -> Item:
    negated = "Not" + name in body
    if name == "Resource" and name not in body and not negated:
        return ALL  # resource policies of some types name no resource: their own
    found = policies.texts(body.get("Not" + name if negated else name))
    return Item(_unique(pattern(v, spell, fold=fold) for v in found), negated)


def _unique(found: Iterable[Pattern]) -> tuple[Pattern, ...]:
    return tuple(sorted(dict.fromkeys(found), key=shown))


def _principals(body: dict[str, Json], spell: Spell) -> Item:
    negated = "NotPrincipal" in body
    named = policies.principals({"Principal": body["NotPrincipal"]} if negated else body)
    if "Principal" not in body and not negated:
        return ALL  # an identity policy: its owner
    return Item(_unique(_principal(str(kind), value, spell) for kind, value in named), negated)


def _principal(kind: str, value: Json, spell: Spell) -> Pattern:
    """`AWS:<account>:<rest of the ARN>`, so that an account's root covers what is in the account."""
    if value == "*" and kind in ("AWS", "*"):
        return EVERYTHING
    found = pattern(value, spell)
    if kind != "AWS":
        if kind == "Service" and found and _pseudo(found[-1]) == "AWS::URLSuffix":
            found = (*found[:-1], *"amazonaws.com")
        return (*kind, ":", *found)
    if found[:8] == tuple("arn:aws:") and found.count(":") >= 5:
        colons = [i for i, s in enumerate(found) if s == ":"]
        account, rest = found[colons[3] + 1 : colons[4]], found[colons[4] + 1 :]
        rest = EVERYTHING if rest == tuple("root") else rest
        return EVERYTHING if account == rest == EVERYTHING else (*"AWS:", *account, ":", *rest)
    if len(found) == 12 and all(isinstance(s, str) and s.isdigit() for s in found):
        return (*"AWS:", *found, ":", Wild.ANY)
    if len(found) == 1 and _pseudo(found[0]) == "AWS::AccountId":
        return (*"AWS:", found[0], ":", Wild.ANY)
    return (*"AWS:", *found)


def _pseudo(symbol: str | Hole | Wild) -> str | None:
    """The name of the pseudo parameter that a hole stands for."""
    key = symbol.key if isinstance(symbol, Hole) else None
    return key.target if isinstance(key, Deferred) and key.kind == "pseudo" else None
