"""IAM policies as sets: whether what one statement grants is contained in what others grant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple

from cdkguard import network, policies
from cdkguard.intrinsics import ABSENT, Deferred, Tri, scalar_text

Json = Any


class Wild(Enum):
    """The wildcards of IAM."""

    ANY = "*"
    ONE = "?"


class Hole:
    """A part of a text that only the deployment knows.

    Equal by `key` alone. A `soft` one might be any text (a parameter, an import); the others are a certain resource's.
    `name` is the physical name that the template gives to that resource.
    """

    __slots__ = ("key", "soft", "name", "shown")

    def __init__(self, key: object, soft: bool, name: str | None = None, shown: str = "§") -> None:
        self.key, self.soft, self.name, self.shown = key, soft, name, shown

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hole) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


Pattern = tuple[str | Hole | Wild, ...]
Spell = Callable[[Deferred], Sequence[str | Hole]]
Guard = frozenset[tuple[str, bool]]  # CloudFormation conditions under which a part of a template counts
EVERYTHING: Pattern = (Wild.ANY,)
ALWAYS: Guard = frozenset()
_SOFT = ("parameter", "import", "dynamic", "dummy", "unknown", "pseudo")
_WILD = {"*": Wild.ANY, "?": Wild.ONE}


def plainly(value: Deferred) -> Sequence[str | Hole]:
    """The pieces of an unknown value, without knowledge of the template's resources."""
    if value.kind == "text":
        return [
            piece for part in value.parts for piece in ([part] if isinstance(part, str) else plainly(part)) if piece
        ]
    return [Hole(value, value.kind in _SOFT)]


# -- patterns


def pattern(value: Json, spell: Spell = plainly, wild: bool = True, fold: bool = False) -> Pattern:
    """A text with its wildcards and unknown parts, in the one form that equal patterns share."""
    text = scalar_text(value)
    if text is not None:
        pieces: Sequence[str | Hole] = [text]
    elif isinstance(value, Deferred):
        pieces = spell(value)
    else:
        pieces = [Hole(json.dumps(value, sort_keys=True, default=repr), True)]
    found: list[str | Hole | Wild] = []
    for piece in pieces:
        if isinstance(piece, Hole):
            found.append(piece)
        else:
            piece = piece.lower() if fold else piece
            found.extend([_WILD.get(c, c) for c in piece] if wild else piece)
    return _one_partition(_ordered(found) if wild else found)


def _ordered(symbols: list[str | Hole | Wild]) -> list[str | Hole | Wild]:
    """`**` is `*`, and `*?` is written `?*`."""
    found: list[str | Hole | Wild] = []
    for symbol in symbols:
        if found and found[-1] is Wild.ANY and isinstance(symbol, Wild):
            if symbol is Wild.ONE:
                found.insert(-1, symbol)
        else:
            found.append(symbol)
    return found


def _one_partition(symbols: list[str | Hole | Wild]) -> Pattern:
    """An account lives in one partition, so that `arn:aws:`, `arn:*:` and `arn:${AWS::Partition}:` say the same."""
    if symbols[:4] == ["a", "r", "n", ":"] and ":" in symbols[4:]:
        end = symbols.index(":", 4)
        if end == 5 or all(isinstance(s, str) for s in symbols[4:end]):
            symbols = [*"arn:aws", *symbols[end:]]
    return tuple(symbols)


def shown(symbols: Pattern) -> str:
    """A pattern as text for people."""
    return "".join(s if isinstance(s, str) else s.value if isinstance(s, Wild) else s.shown for s in symbols)


def contains(wide: Pattern, narrow: Pattern) -> Tri:
    """Whether every text of `narrow` is one of `wide`; None where that hangs on an unknown part."""
    if wide in (narrow, EVERYTHING) or _absorbs(wide, narrow):
        return True
    holes = [s for s in (*wide, *narrow) if isinstance(s, Hole)]
    if any(hole.name is not None for hole in holes) and _absorbs(_named(wide), _named(narrow)):
        return True
    return None if any(hole.soft for hole in holes) and _meets(_named(wide), _named(narrow), strict=True) else False


def _named(symbols: Pattern) -> Pattern:
    found: list[str | Hole | Wild] = []
    for symbol in symbols:
        found.extend(symbol.name if isinstance(symbol, Hole) and symbol.name is not None else (symbol,))
    return tuple(found)


def _absorbs(wide: Pattern, narrow: Pattern) -> bool:
    """Glob matching over symbols: a wildcard of `narrow` is absorbed only by one of `wide` (that is exact, since
    the texts of a wildcard hold letters that `wide` does not)."""
    at = back = 0
    star = -1
    for_star = 0
    while at < len(narrow):
        symbol = wide[back] if back < len(wide) else None
        if symbol is Wild.ANY:
            star, for_star = back, at
            back += 1
        elif symbol is not None and (
            symbol == narrow[at] or (symbol is Wild.ONE and isinstance(narrow[at], str | Hole) and _single(narrow[at]))
        ):
            at, back = at + 1, back + 1
        elif star >= 0:
            for_star += 1
            at, back = for_star, star + 1
        else:
            return False
    return all(symbol is Wild.ANY for symbol in wide[back:])


def _single(symbol: str | Hole | Wild) -> bool:
    return isinstance(symbol, str)


def overlaps(one: Pattern, other: Pattern) -> bool:
    """Whether some text may be in both."""
    return _meets(_named(one), _named(other), strict=False)


def _meets(wide: Pattern, narrow: Pattern, strict: bool) -> bool:
    """Whether the patterns share a text for some values of their soft holes; `strict`: whether `wide` could then
    contain `narrow`, whose wildcards count as letters of their own."""

    if _differ_in_letters(wide, narrow) or _differ_in_letters(wide[::-1], narrow[::-1]):
        return False

    def any_text(symbol: str | Hole | Wild, of_narrow: bool) -> bool:
        if isinstance(symbol, Hole):
            return symbol.soft
        return symbol is Wild.ANY and not (strict and of_narrow)

    def same(a: str | Hole | Wild, b: str | Hole | Wild) -> bool:
        return a == b or (a is Wild.ONE and isinstance(b, str)) or (not strict and b is Wild.ONE and isinstance(a, str))

    width = len(narrow) + 1
    row = [True] + [False] * len(narrow)
    for j, symbol in enumerate(narrow):
        row[j + 1] = row[j] and any_text(symbol, True)
    for symbol in wide:
        free = any_text(symbol, False)
        new = [row[0] and free] + [False] * len(narrow)
        for j in range(1, width):
            other = narrow[j - 1]
            new[j] = (
                (row[j - 1] and same(symbol, other))
                or (free and (row[j] or new[j - 1]))
                or (any_text(other, True) and (row[j] or new[j - 1]))
            )
        row = new
    return row[-1]


def _differ_in_letters(one: Pattern, other: Pattern) -> bool:
    """Whether a letter differs before the first wildcard or unknown part: the quick answer for most pairs."""
    for a, b in zip(one, other, strict=False):
        if type(a) is not str or type(b) is not str:
            return False
        if a != b:
            return True
    return False


# -- the parts of a statement


class Item(NamedTuple):
    """What a statement says of its principals, actions or resources: these, or (`negated`) all others."""

    patterns: tuple[Pattern, ...]
    negated: bool = False

    def text(self) -> str:
        words = ", ".join(shown(p) for p in self.patterns[:3]) + (", ..." if len(self.patterns) > 3 else "")
        return f"everything but {words}" if self.negated else words


ALL = Item((EVERYTHING,))


def within(narrow: Item, wide: Item) -> Tri:
    """Whether all that `narrow` names is named by `wide`."""
    if narrow.negated:
        if wide.negated:
            return _all(_any(contains(p, q) for p in narrow.patterns) for q in wide.patterns)
        return EVERYTHING in wide.patterns
    if wide.negated:
        return _all(_apart(p, q) for p in narrow.patterns for q in wide.patterns)
    return _all(_any(contains(w, p) for w in wide.patterns) for p in narrow.patterns)


def _apart(one: Pattern, other: Pattern) -> Tri:
    if not overlaps(one, other):
        return True
    soft = any(isinstance(s, Hole) and s.soft for s in (*one, *other))
    return None if soft and one != other else False


def meet(one: Item, other: Item) -> bool:
    """Whether both may name the same thing."""
    if one.negated and other.negated:
        return True
    if one.negated or other.negated:
        return within(other, Item(one.patterns)) is not True if one.negated else meet(other, one)
    return any(overlaps(p, q) for p in one.patterns for q in other.patterns)


def _all(found: Iterable[Tri]) -> Tri:
    result: Tri = True
    for one in found:
        if one is False:
            return False
        result = None if one is None else result
    return result


def _any(found: Iterable[Tri]) -> Tri:
    result: Tri = False
    for one in found:
        if one is True:
            return True
        result = None if one is None else result
    return result


# -- conditions


class Clause(NamedTuple):
    """One operator and key of a Condition with the values, any of which satisfies it."""

    family: str  # string | ip | bool | null | an operator of its own
    key: str
    patterns: tuple[Pattern, ...]
    negative: bool = False
    if_exists: bool = False
    qualifier: str = ""  # forallvalues | foranyvalue
    ignore_case: bool = False

    def text(self) -> str:
        words = ", ".join(shown(p) for p in self.patterns[:3])
        return f"{self.key} {'is not' if self.negative else 'is'} {words}"


_STRING = ("stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike")


def clauses(condition: Json, spell: Spell = plainly) -> tuple[Clause, ...]:
    """A Condition, all of whose clauses must hold."""
    if condition is None or condition is ABSENT:
        return ()
    if not isinstance(condition, dict):
        return (Clause("opaque", "?", (pattern(condition, spell, wild=False),)),)
    found = []
    for operator, block in condition.items():
        if not isinstance(block, dict):
            found.append(Clause("opaque", str(operator).lower(), (pattern(block, spell, wild=False),)))
            continue
        found += [_clause(str(operator).lower(), str(key), value, spell) for key, value in block.items()]
    return tuple(sorted(found, key=repr_of))


def repr_of(clause: Clause) -> tuple[str, ...]:
    """An order that does not hang on the template's."""
    return (clause.key, clause.family, clause.qualifier, *sorted(shown(p) for p in clause.patterns))


def _clause(operator: str, key: str, value: Json, spell: Spell) -> Clause:
    qualifier, _, operator = operator.rpartition(":")
    if_exists = operator.endswith("ifexists")
    operator = operator.removesuffix("ifexists")
    negative = "not" in operator
    operator = operator.replace("not", "")
    family = "string" if operator in _STRING else "ip" if operator == "ipaddress" else operator
    like = operator in ("stringlike", "arnequals", "arnlike")
    fold = operator in ("stringequalsignorecase", "bool", "null")
    found = {pattern(v, spell, wild=like, fold=fold) for v in policies.texts(value)}
    return Clause(
        family,
        key.lower(),
        tuple(sorted(found, key=shown)),
        negative,
        if_exists,
        qualifier,
        operator == "stringequalsignorecase",
    )


def implies(narrow: Clause, wide: Clause) -> Tri:
    """Whether a request that satisfies `narrow` satisfies `wide`."""
    if narrow == wide:
        return True
    if narrow.key != wide.key:
        return None if "opaque" in (narrow.family, wide.family) else False
    positive = not narrow.negative and not narrow.if_exists and narrow.qualifier != "forallvalues"
    if wide.family == "null" and narrow.family not in ("null", "opaque"):
        return positive and [shown(p) for p in wide.patterns] == ["false"]
    if narrow.qualifier != wide.qualifier:
        return False
    if narrow.if_exists and not wide.if_exists and not wide.negative:
        return False
    if narrow.family != wide.family:
        return _number_implies(narrow, wide)
    if narrow.negative and not wide.negative:
        return False
    if not narrow.negative and wide.negative:
        return _all(_differ(p, q, wide.family) for p in narrow.patterns for q in wide.patterns)
    if narrow.ignore_case and not wide.ignore_case and not wide.negative:
        return False
    inner, outer = (wide, narrow) if narrow.negative else (narrow, wide)
    if narrow.family.startswith(("numeric", "date")) and narrow.family != "numericequals":
        return _number_implies(narrow, wide)
    fold = outer.ignore_case
    return _all(_any(_value_in(p, q, inner.family, fold) for q in outer.patterns) for p in inner.patterns)


def _value_in(value: Pattern, allowed: Pattern, family: str, fold: bool) -> Tri:
    if family == "ip":
        inside = network.covers(shown(allowed), shown(value))
        return (None if value != allowed else True) if inside is None else inside
    if fold:
        value = tuple(s.lower() if isinstance(s, str) else s for s in value)
    return contains(allowed, value)


def _differ(one: Pattern, other: Pattern, family: str) -> Tri:
    if family == "ip":
        found = [network.covers(shown(a), shown(b)) for a, b in ((one, other), (other, one))]
        return None if None in found else not any(found)
    return _apart(one, other)


def _number_implies(narrow: Clause, wide: Clause) -> Tri:
    """`NumericLessThan 5` implies `NumericLessThan 10`; dates compare as text of one form."""
    kinds = {f.removeprefix("numeric").removeprefix("date") for f in (narrow.family, wide.family)}
    if narrow.family[:4] != wide.family[:4] or narrow.negative or wide.negative:
        return False
    side = {"less": "less", "greater": "greater"}
    way = {next((s for s in side if k.startswith(s)), "equals") for k in kinds}
    if way not in ({"less"}, {"greater"}, {"less", "equals"}, {"greater", "equals"}) or wide.family.endswith(
        ("numericequals", "dateequals")
    ):
        return False
    found = []
    for clause in (narrow, wide):
        numbers = [_number(shown(p)) for p in clause.patterns]
        if len(numbers) != 1 and clause is wide or not numbers:
            return False
        found.append(numbers)
    if any(n is None for numbers in found for n in numbers):
        return None
    limit = found[1][0]
    strict = wide.family.endswith("than") and not narrow.family.endswith("than")
    less = "less" in way
    return all(
        n is not None and limit is not None and (n < limit if less else n > limit) or (n == limit and not strict)
        for n in found[0]
    )


def _number(text: str) -> tuple[str, float] | None:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return "", float(text)
    return (text, 0.0) if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text) else None


def all_imply(narrow: Sequence[Clause], wide: Sequence[Clause]) -> Tri:
    """Whether a request that satisfies all of `narrow` satisfies all of `wide`."""
    return _all(_any(implies(n, w) for n in narrow) for w in wide)


# -- statements


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
                found = json.loads(found)
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


_ROOT = re.compile(r"arn:aws:(?:iam|sts)::(.*?):root")


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


# -- CloudFormation's branches


def branches(value: Json, guard: Guard = ALWAYS) -> Iterator[tuple[Guard, Json]]:
    """The value itself, or for an undecided Fn::If what either branch says; NoValue is ABSENT."""
    if isinstance(value, dict) and len(value) == 1:
        if value.get("Ref") == "AWS::NoValue":
            yield guard, ABSENT
            return
        parts = value.get("Fn::If")
        if isinstance(parts, list) and len(parts) == 3:
            for truth in (True, False):
                if (str(parts[0]), not truth) not in guard:
                    yield from branches(parts[1 if truth else 2], guard | {(str(parts[0]), truth)})
            return
    yield guard, value


_MOST_BRANCHES = 64


def expanded(value: Json, guard: Guard = ALWAYS) -> list[tuple[Guard, Json]]:
    """The value in every branch of the Fn::Ifs anywhere in it; unknown where there are too many."""
    if not has_branches(value):
        return [(guard, value)]
    found: list[tuple[Guard, Json]] = []
    for inner, one in branches(value, guard):
        if isinstance(one, dict | list):
            is_list = isinstance(one, list)
            partial: list[tuple[Guard, Json]] = [(inner, [] if is_list else {})]
            for key, part in enumerate(one) if isinstance(one, list) else one.items():
                partial = [(g, _with(done, key, v)) for p, done in partial for g, v in expanded(part, p)]
                if len(partial) > _MOST_BRANCHES:
                    return [(guard, Deferred("unknown", repr(value)))]
            found += partial
        else:
            found.append((inner, one))
    return found


def _with(done: Json, key: Json, value: Json) -> Json:
    if value is ABSENT:
        return done
    if isinstance(done, list):
        return [*done, *value] if isinstance(value, list) else [*done, value]
    return {**done, key: value}


def has_branches(value: Json) -> bool:
    """Whether an Fn::If is undecided in it."""
    if isinstance(value, dict):
        return "Fn::If" in value or any(map(has_branches, value.values()))
    return isinstance(value, list) and any(map(has_branches, value))


# -- comparison


class Gap(NamedTuple):
    """Something that the new statements allow and the old ones did not."""

    what: Statement  # with one principal, action and resource
    kind: str  # principal | action | resource | condition | not-action | deny-removed | opaque
    certain: bool
    nearest: Statement | None  # the old statement that came closest


def singles(statement: Statement) -> Iterator[Statement]:
    """The statement as a set: one principal, action and resource each."""
    for who in _apiece(statement.principal):
        for action in _apiece(statement.action):
            for resource in _apiece(statement.resource):
                yield statement._replace(principal=who, action=action, resource=resource)


def _apiece(item: Item) -> list[Item]:
    return [item] if item.negated else [Item((p,)) for p in item.patterns]


def gaps(before: Sequence[Statement], after: Sequence[Statement]) -> Iterator[Gap]:
    """What `after` allows and `before` did not, and what `before` denied and `after` does not."""
    known_before, known_after = {s.same() for s in before}, {s.same() for s in after}
    allows = [s for s in before if s.allow]
    denies = [s for s in after if not s.allow and s.opaque is None]
    for statement in after:
        if not statement.allow or statement.same() in known_before:
            continue
        if statement.opaque is not None:
            yield Gap(statement, "opaque", False, next(iter(allows), None))
            continue
        for one in singles(statement):
            if covered(one, denies) is not True and (verdict := covered(one, allows)) is not True:
                nearest = _nearest(one, allows)
                yield Gap(one, _kind(one, nearest), verdict is False, nearest)
    for statement in before:
        if statement.allow or statement.same() in known_after:
            continue
        for one in singles(statement):
            if (verdict := covered(one, denies)) is not True:
                unknown = any(s.opaque is not None for s in after)
                yield Gap(one, "deny-removed", verdict is False and not unknown, _nearest(one, denies))


def covered(one: Statement, wides: Sequence[Statement], depth: int = 6) -> Tri:
    """Whether the statements together grant (or deny) all of it."""
    verdict = _any(_covers(wide, one) for wide in wides)
    if verdict is True or depth == 0:
        return verdict
    for parts in (_by_value(one), _by_branch(one, wides)):
        if parts and _all(covered(part, wides, depth - 1) for part in parts) is True:
            return True
    return verdict


def _covers(wide: Statement, one: Statement) -> Tri:
    if not wide.guard <= one.guard:
        return False
    if wide.opaque is not None:
        return None
    verdict: Tri = True
    for test in _tests(wide, one):
        if (found := test()) is False:
            return False
        verdict = verdict and found
    return verdict


def _tests(wide: Statement, one: Statement) -> tuple[Callable[[], Tri], ...]:
    return (
        lambda: within(one.action, wide.action),
        lambda: within(one.resource, wide.resource),
        lambda: within(one.principal, wide.principal),
        lambda: all_imply(one.when, wide.when),
    )


def _by_value(one: Statement) -> list[Statement]:
    """One statement per value of the first clause that lists several."""
    for index, clause in enumerate(one.when):
        if len(clause.patterns) > 1 and not clause.negative and not clause.qualifier:
            rest = one.when[:index], one.when[index + 1 :]
            return [
                one._replace(when=(*rest[0], clause._replace(patterns=(p,)), *rest[1])) for p in clause.patterns[:32]
            ] * (len(clause.patterns) <= 32)
    return []


def _by_branch(one: Statement, wides: Sequence[Statement]) -> list[Statement]:
    """Both branches of a condition that the statement itself does not depend on."""
    asked = {name for name, _ in one.guard}
    names = sorted({name for wide in wides for name, _ in wide.guard} - asked)
    return [one._replace(guard=one.guard | {(names[0], truth)}) for truth in (True, False)] if names else []


_ORDER = ("action", "resource", "principal", "condition")


def _failing(one: Statement, wide: Statement) -> list[str]:
    return [name for name, test in zip(_ORDER, _tests(wide, one), strict=True) if test() is not True]


def _nearest(one: Statement, wides: Sequence[Statement]) -> Statement | None:
    known = [w for w in wides if w.opaque is None]
    return min(known, key=lambda w: (len(_failing(one, w)), w.place[:2] != one.place[:2]), default=None)


def _kind(one: Statement, nearest: Statement | None) -> str:
    if one.action.negated or one.resource.negated or one.principal.negated:
        return "not-action"
    if nearest is None:
        return "action" if one.principal == ALL else "principal"
    failing = _failing(one, nearest) or ["condition"]  # the guard alone differs
    return next(k for k in ("principal", "action", "resource", "condition") if k in failing)


# -- how much a grant weighs

# Who may do one of these can give rights away, or take them: anybody's rights to anything, or those to one resource.
_IDENTITIES_TEXT = """
    iam:Add* iam:Attach* iam:Create* iam:Delete* iam:Detach* iam:PassRole iam:Put* iam:Remove* iam:Set* iam:Update*
    organizations:* sso:* account:*
"""
_PERMISSIONS_TEXT = """
    ram:CreateResourceShare ram:AssociateResourceShare kms:PutKeyPolicy kms:CreateGrant
    s3:PutBucketPolicy s3:DeleteBucketPolicy s3:PutBucketAcl s3:PutObjectAcl s3:PutAccountPublicAccessBlock
    s3:PutBucketPublicAccessBlock s3:PutAccessPointPolicy lambda:AddPermission lambda:AddLayerVersionPermission
    sns:AddPermission sqs:AddPermission secretsmanager:PutResourcePolicy ecr:SetRepositoryPolicy
    dynamodb:PutResourcePolicy events:PutPermission lakeformation:GrantPermissions lakeformation:PutDataLakeSettings
    ec2:ModifySnapshotAttribute backup:PutBackupVaultAccessPolicy
"""
_IDENTITIES = [pattern(action, fold=True) for action in _IDENTITIES_TEXT.split()]
_PERMISSIONS = [pattern(action, fold=True) for action in _PERMISSIONS_TEXT.split()]
_READS = re.compile(r"[a-z0-9-]+:(?:get|list|describe|batchget|head|view|search|lookup|query|scan|select|check)[a-z*]*")
_GUARDS = ("mfa", "principalorg", "principalaccount", "source", "calleraccount", ":sub", ":aud", "externalid")


def risk(one: Statement) -> str:
    """low ... critical: what one principal, action and resource are worth to somebody who should not have them."""
    broad = one.resource.negated or any(_is_broad(p) for p in one.resource.patterns)
    if one.action.negated or EVERYTHING in one.action.patterns:
        return "critical" if broad else "high"
    if any(overlaps(p, q) for p in one.action.patterns for q in _IDENTITIES):
        return "critical" if broad else "high"
    if any(overlaps(p, q) for p in one.action.patterns for q in _PERMISSIONS):
        return "high"
    reads = all(_READS.fullmatch(shown(p)) for p in one.action.patterns)
    return ("medium" if reads else "high") if broad else ("low" if reads else "medium")


def _is_broad(resource: Pattern) -> bool:
    text = shown(resource)
    return text == "*" or (text.endswith(":*") and text.startswith("arn:"))


def guards_door(clause: Clause) -> bool:
    """Whether a condition is about who asks, and from where, or how well they identified themselves."""
    return any(word in clause.key for word in _GUARDS)
