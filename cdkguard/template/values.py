"""What template values are worth before deployment: a value, ABSENT, or Deferred."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.logic import Tri


class _Absent:
    """The property is not there (or is `AWS::NoValue`)."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT = _Absent()


class Deferred:
    """A value that only the deployment knows.

    `kind`: resource (a link: `target` is a logical id, `attribute` its attribute or None for Ref), parameter
    (`target` is its name), pseudo, import, dynamic (`{{resolve:...}}`), dummy (missing context),
    text (a string with known and unknown `parts`), unknown. `raw` is what the template says.
    """

    __slots__ = ("kind", "raw", "target", "attribute", "parts")

    def __init__(
        self, kind: str, raw: Json, target: str | None = None, attribute: str | None = None, parts: tuple[Any, ...] = ()
    ) -> None:
        self.kind, self.raw, self.target, self.attribute, self.parts = kind, raw, target, attribute, parts

    def __repr__(self) -> str:
        return f"Deferred({self.kind}, {self.text()!r})"

    def __eq__(self, other: object) -> bool:
        """Whether the deployment will give both the same value, whatever it is."""
        return isinstance(other, Deferred) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        if self.kind in ("resource", "parameter", "pseudo"):
            return self.kind, self.target, self.attribute
        return (self.kind, self.parts) if self.kind == "text" else (self.kind, _canonical(self.raw))

    def text(self, hole: str = "§") -> str:
        """The string with a mark for each part that is not known."""
        if self.kind == "text":
            return "".join(p if isinstance(p, str) else p.text(hole) for p in self.parts)
        return self.raw if isinstance(self.raw, str) else hole

    def links(self) -> Iterator[Deferred]:
        """The Refs and GetAtts in it."""
        if self.kind == "resource":
            yield self
        for part in self.parts:
            if isinstance(part, Deferred):
                yield from part.links()


def import_name(value: Deferred) -> str | None:
    """What a Fn::ImportValue of another stack's export is called in a message."""
    name = value.raw.get("Fn::ImportValue") if value.kind == "import" and isinstance(value.raw, dict) else None
    return f"import {name}" if isinstance(name, str) else None


class Branch(Exception):
    """A condition's atom is neither known nor assumed: the caller must look at both of its values."""

    def __init__(self, atom: Atom, condition: str) -> None:
        super().__init__(condition)
        self.atom, self.condition = atom, condition


class Atom(NamedTuple):
    """The smallest undecided part of a condition: an Fn::Equals, or a condition that nobody defines."""

    key: str
    parameter: str | None = None  # for Fn::Equals of a Ref to a parameter and a literal
    literal: str | None = None


FUNCTIONS = frozenset(
    [
        "Ref",
        "Condition",
        "Fn::If",
        "Fn::Sub",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Fn::GetAtt",
        "Fn::Base64",
        "Fn::ImportValue",
        "Fn::GetAZs",
        "Fn::Cidr",
        "Fn::Transform",
        "Fn::ToJsonString",
        "Fn::Length",
        "Fn::GetStackOutput",
        "Fn::And",
        "Fn::Or",
        "Fn::Not",
        "Fn::Equals",
    ]
)
_HOLE = re.compile(r"\$\{([^${}]*)\}")
_SSM_TYPE = "AWS::SSM::Parameter::Value<"
_DYNAMIC = "{{resolve:"
# What functions make of a template may be far larger than it: a text in a mapping that thousands of Fn::Joins repeat.
MAX_PARAMETER = 4_096  # characters of a parameter's value: CloudFormation's own limit
_MAX_PIECES = 10_000  # of one joined text
_MAX_TEXT = 1_000_000  # characters of one
_LARGE, _MANY = 1_024, 128  # characters and elements from which on a value is counted
_MAX_LARGE = 16_000_000  # characters of all large values of a template; what comes after them is unknown
_MAX_NESTED = 64  # conditions that refer to conditions
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}


def is_intrinsic(value: Json) -> bool:
    """Whether a template value is a call of an intrinsic function."""
    return type(value) is dict and len(value) == 1 and next(iter(value)) in FUNCTIONS


def partition_of(region: str) -> str:
    """The ARN partition of a region name."""
    return next((name for prefix, name in PARTITIONS.items() if region.startswith(prefix)), "aws")


def scalar_text(value: Json) -> str | None:
    """A scalar as CloudFormation writes it into a string; None for other values."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return None


class Scope:
    """A template's values under what is given (parameters, account, region) and assumed (conditions).

    A parameter's value is the given one, else its Default. Immutable: `assume` makes another scope.
    """

    __slots__ = (
        "template",
        "given",
        "account",
        "region",
        "stack_name",
        "dummies",
        "truths",
        "excluded",
        "assumed",
        "stack",
        "defaults",
        "memo",
        "notes",
        "keys",
        "spent",
        "about",
        "plain",
    )

    def __init__(
        self,
        template: Mapping[str, Json],
        given: Mapping[str, Json] | None = None,
        account: str | None = None,
        region: str | None = None,
        stack_name: str | None = None,
        dummies: tuple[str, ...] = (),
        stack: Any = None,
        defaults: bool = True,
    ) -> None:
        self.memo: dict[int, tuple[Json, Json]] = {}  # of deep_once; the value is kept, so that its id stays its own
        self.notes: dict[Any, Any] = {}  # what was found out under these assumptions: conditions, forks, links
        self.about: dict[Any, Any] = {}  # what was found out under no assumption, of all forks together
        self.spent = [0, 0]  # characters of large values, and forks, of all forks together
        self.keys: dict[int, tuple[Json, str]] = {}  # keys of undecided Fn::Equals, the same in every fork
        self.stack, self.defaults = stack, defaults  # the stack; whether a Default is a parameter's value
        self.template = template
        self.given: dict[str, Json] = dict(given or {})
        self.plain = self.given  # without what is assumed
        self.account, self.region, self.stack_name, self.dummies = account, region, stack_name, dummies
        self.truths: dict[str, bool] = {}
        self.excluded: dict[str, frozenset[str]] = {}
        self.assumed: tuple[str, ...] = ()  # the conditions over which this scope forked, in order

    # -- conditions

    def condition_holds(self, name: str) -> bool:
        """Whether the named condition holds; raises Branch where that must be assumed."""
        holds, unknown = self._judged(name)
        if holds is None:
            assert unknown is not None
            raise Branch(unknown, name)
        return holds

    def condition_if_known(self, name: str) -> Tri:
        """Like `condition`, but None where it is not known."""
        return self._judged(name)[0]

    def _judged(self, name: str) -> tuple[Tri, Atom | None]:
        """The condition's value and its first undecided atom, worked out once: CDK's own is an Or over every region."""
        found: tuple[Tri, Atom | None] | None = self.notes.get(name)
        return self._work_out(name, 0) if found is None else found

    def _work_out(self, name: str, level: int) -> tuple[Tri, Atom | None]:
        conditions = _mapping(self.template.get("Conditions"))
        itself = Atom(f"condition:{name}")
        found: tuple[Tri, Atom | None] = self.truths.get(itself.key), itself
        if name not in conditions or level > _MAX_NESTED:
            return found
        self.notes[name] = found  # asked for on the way to its own value: a cycle
        unknown: list[Atom] = []
        holds = self._holds(conditions[name], unknown, level + 1)
        found = self.notes[name] = (holds, unknown[0] if unknown else None)
        return found

    def assume(self, branch: Branch, truth: bool) -> Scope | None:
        """The scope in which the atom has that truth value; None where it cannot have it. The same one for every rule."""
        key = (branch.atom, branch.condition, truth)
        if key not in self.notes:
            self.notes[key] = self._assumed(branch, truth)
        fork: Scope | None = self.notes[key]
        return fork

    def without_assumptions(self) -> Scope:
        """The scope in which nothing is assumed.

        Its forks hold no reference to it: it holds them, and what leads back to itself would keep a template in memory
        for as long as nobody looks for such garbage, which a short run does not.
        """
        if not self.truths:
            return self
        other = self._copy()
        other.given, other.truths, other.excluded, other.assumed = self.plain, {}, {}, ()
        return other

    def _copy(self, kind: type[Scope] | None = None) -> Scope:
        other = Scope.__new__(kind or Scope)
        for slot in Scope.__slots__:
            setattr(other, slot, getattr(self, slot))
        other.memo, other.notes = {}, {}
        return other

    def _assumed(self, branch: Branch, truth: bool) -> Scope | None:
        atom, other = branch.atom, self._copy()
        self.spent[1] += 1
        other.truths = {**self.truths, atom.key: truth}
        if branch.condition not in self.assumed:
            other.assumed = (*self.assumed, branch.condition)
        if atom.parameter is None or atom.literal is None:
            return other
        allowed = self._allowed(atom.parameter)
        if truth:
            if allowed is not None and atom.literal not in allowed:
                return None
            other.given = {**self.given, atom.parameter: atom.literal}
            return other
        out = self.excluded.get(atom.parameter, frozenset()) | {atom.literal}
        other.excluded = {**self.excluded, atom.parameter: out}
        if allowed is not None:
            left = [v for v in allowed if v not in out]
            if not left:
                return None
            if len(left) == 1:
                other.given = {**self.given, atom.parameter: left[0]}
        return other

    def branch_text(self) -> str | None:
        """The branch in words: `IsProd is false`."""
        words = [
            f"{name} is {'true' if holds else 'false'}"
            for name in self.assumed
            if (holds := self.condition_if_known(name)) is not None
        ]
        return " and ".join(words) or None

    def _allowed(self, parameter: str) -> list[str] | None:
        declared = _mapping(_mapping(self.template.get("Parameters")).get(parameter)).get("AllowedValues")
        if not isinstance(declared, list):
            return None
        texts = [scalar_text(v) for v in declared]
        return None if None in texts else [t for t in texts if t is not None]

    def _named(self, name: str, unknown: list[Atom], level: int) -> Tri:
        """A condition's value, worked out once however many others refer to it."""
        found: tuple[Tri, Atom | None] | None = self.notes.get(name)
        holds, atom = self._work_out(name, level) if found is None else found
        if holds is None and atom is not None:
            unknown.append(atom)
        return holds

    def _holds(self, expression: Json, unknown: list[Atom], level: int) -> Tri:
        if type(expression) is not dict or len(expression) != 1:
            return self._atom(Atom("malformed:" + _canonical(expression)), unknown)
        ((function, operand),) = expression.items()
        if function == "Condition" and isinstance(operand, str):
            return self._named(operand, unknown, level)
        parts = operand if isinstance(operand, list) else [operand]
        if function == "Fn::Not" and len(parts) == 1:
            holds = self._holds(parts[0], unknown, level)
            return None if holds is None else not holds
        if function in ("Fn::And", "Fn::Or") and parts:
            decisive = function == "Fn::Or"
            found = [self._holds(part, unknown, level) for part in parts]
            return decisive if decisive in found else None if None in found else not decisive
        if function == "Fn::Equals" and len(parts) == 2:
            return self._equal(parts[0], parts[1], unknown)
        return self._atom(Atom("malformed:" + _canonical(expression)), unknown)

    def _equal(self, left: Json, right: Json, unknown: list[Atom]) -> Tri:
        try:
            values = [self.resolve(left), self.resolve(right)]
        except Branch:  # CloudFormation refuses Fn::If in a condition
            return self._atom(Atom(self._equality(left, right) or "malformed:" + _canonical(left)), unknown)
        texts = [scalar_text(v) for v in values]
        if None not in texts:
            return texts[0] == texts[1]
        for value, text in zip(values, reversed(texts), strict=True):
            if isinstance(value, Deferred) and value.kind == "parameter" and text is not None:
                if text in self.excluded.get(value.target or "", ()):
                    return False
                return self._atom(Atom(f"{value.target}={text}", value.target, text), unknown)
        key = self._equality(left, right)
        return True if key == "" else self._atom(Atom(key), unknown)

    def _equality(self, left: Json, right: Json) -> str:
        """What an undecided comparison is known by; nothing where both sides are written alike."""
        found = self.keys.get(id(left))
        if found is None or found[0][0] is not left or found[0][1] is not right:
            texts = sorted((_canonical(left), _canonical(right)))
            found = (left, right), "" if texts[0] == texts[1] else "equals:" + "|".join(texts)
            self.keys[id(left)] = found
        return found[1]

    def _atom(self, atom: Atom, unknown: list[Atom]) -> Tri:
        truth = self.truths.get(atom.key)
        if truth is None:
            unknown.append(atom)
        return truth

    # -- values

    def resolve(self, value: Json) -> Json:
        """One level: an intrinsic's value (its inside unresolved), ABSENT, Deferred, or the value itself."""
        kind = type(value)
        if kind is dict:
            if len(value) == 1:
                function = next(iter(value))
                if function in FUNCTIONS:
                    known = self.notes.get(id(value))
                    if known is not None:
                        return known[1]
                    found = self._call(function, value[function], value)
                    kind = type(found)
                    if (kind is str and len(found) > _LARGE) or (kind is list and len(found) > _MANY):
                        return self._kept(value, found)
                    return found
            return value
        if kind is str:
            if _DYNAMIC in value:
                return Deferred("dynamic", value)
            if self.dummies and any(dummy in value for dummy in self.dummies):
                return Deferred("dummy", value)
        return value

    def _kept(self, raw: Json, found: Json) -> Json:
        """A large value, remembered so that it counts once; unknown where all of them have become too much."""
        if not self._is_spent():
            self.spent[0] += len(found) if isinstance(found, str) else sum(100 + len(str(v)) for v in found)
        if self._is_spent():
            is_one = "Fn::FindInMap" in raw or "Ref" in raw  # the same object each time
            digest = self._once(_digest, found) if is_one else _digest(found)
            found = Deferred("unknown", {**raw, "is": digest})  # unequal to a comparison where the values are
        self.notes[id(raw)] = raw, found  # the raw value is kept, so that its id stays its own
        return found

    def _once(self, ask: Callable[[Json], Json], value: Json) -> Json:
        """The answer for this very object, which thousands of functions may name: asked once."""
        key = (ask, id(value))
        if key not in self.about:
            self.about[key] = value, ask(value)  # the value is kept, so that its id stays its own
        return self.about[key][1]

    def _is_spent(self) -> bool:
        return self.spent[0] > _MAX_LARGE

    def resolve_deep(self, value: Json) -> Json:
        """The value with every intrinsic in it resolved, NoValue members dropped."""
        value = self.resolve(value)
        if type(value) is dict:
            return {k: v for k, v in ((k, self.resolve_deep(v)) for k, v in value.items()) if v is not ABSENT}
        if type(value) is list:
            return [v for v in map(self.resolve_deep, value) if v is not ABSENT]
        return value

    def resolve_deep_once(self, value: Json) -> Json:
        """`deep`, remembered for this very object: several rules read the same policy document."""
        known = self.memo.get(id(value))
        if known is None:
            known = self.memo[id(value)] = (value, self.resolve_deep(value))
        return known[1]

    def _call(self, function: str, operand: Json, raw: Json) -> Json:
        if function == "Ref":
            return self._ref(operand, raw)
        if function == "Fn::If":
            if not (isinstance(operand, list) and len(operand) == 3 and isinstance(operand[0], str)):
                return Deferred("unknown", raw)
            return self.resolve(operand[1] if self.condition_holds(operand[0]) else operand[2])
        if function == "Fn::GetAtt":
            return _get_att(operand, raw)
        if function == "Fn::Join":
            return self._join(operand, raw)
        if function == "Fn::Sub":
            return self._sub(operand, raw)
        if function == "Fn::FindInMap":
            return self._find_in_map(operand, raw)
        if function == "Fn::Select":
            return self._select(operand, raw)
        if function == "Fn::Split":
            return self._split(operand, raw)
        if function == "Fn::Base64":
            return self.resolve(operand)  # rules read the text, not its encoding
        if function == "Fn::ImportValue":
            return Deferred("import", raw)
        if function == "Fn::ToJsonString":
            plain = self.resolve_deep(operand)
            if plain is ABSENT or _has_deferred(plain):
                return Deferred("unknown", raw)
            text = json.dumps(plain)  # in one another, each doubles the backslashes of the one inside
            return text if len(text) <= _MAX_TEXT else Deferred("unknown", raw)
        if function == "Fn::Length":
            found = self.resolve_deep(operand)
            return len(found) if isinstance(found, list) else Deferred("unknown", raw)
        if function in ("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"):
            unknown: list[Atom] = []
            holds = self._holds(raw, unknown, 0)
            return Deferred("unknown", raw) if holds is None else holds
        return Deferred("unknown", raw)

    def parameter_value(self, name: str) -> Json:
        """A parameter's value before deployment, else a Deferred of kind parameter."""
        raw = {"Ref": name}
        declared = _mapping(_mapping(self.template.get("Parameters")).get(name))
        kind = str(declared.get("Type", "String"))
        if name in self.given:
            value = self.given[name]
        elif self.defaults and "Default" in declared and not kind.startswith(_SSM_TYPE):
            value = declared["Default"]
        else:
            return Deferred("parameter", raw, name)
        if isinstance(value, Deferred):
            return value
        if not _is_flat(value) or isinstance(value, str) and len(value) > MAX_PARAMETER:
            return Deferred("parameter", raw, name)  # no value that a parameter can have
        if isinstance(value, str) and (kind == "CommaDelimitedList" or kind.startswith("List<")):
            return self._once(_listed, value)
        return self.resolve(value) if isinstance(value, str) else value

    def _ref(self, name: Json, raw: Json) -> Json:
        if not isinstance(name, str):
            return Deferred("unknown", raw)
        if name in _mapping(self.template.get("Parameters")) or name in self.given:
            return self.parameter_value(name)
        if name.startswith("AWS::"):
            return self._pseudo(name, raw)
        return Deferred("resource", raw, name)

    def _pseudo(self, name: str, raw: Json) -> Json:
        if name == "AWS::NoValue":
            return ABSENT
        known = {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::StackName": self.stack_name,
            "AWS::Partition": partition_of(self.region) if self.region else None,
            "AWS::URLSuffix": self.region
            and ("amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"),
        }.get(name)
        return Deferred("pseudo", raw, name) if known is None else known

    def _pieces(self, pieces: list[Json], raw: Json) -> Json:
        """Strings and Deferreds, joined; a plain string where all are known."""
        parts: list[Json] = []
        for piece in pieces:  # flat, as a text that is repeated in itself grows with every level
            parts.extend(piece.parts if isinstance(piece, Deferred) and piece.kind == "text" else (piece,))
            if len(parts) > _MAX_PIECES:
                return Deferred("unknown", raw)
        size = sum(len(p) for p in parts if isinstance(p, str))
        if size > _MAX_TEXT or size > _LARGE and self._is_spent():
            return Deferred("unknown", raw)
        if all(isinstance(p, str) for p in parts):
            return self.resolve("".join(parts))
        joined = Deferred("text", raw, parts=tuple(parts))
        if _DYNAMIC in (text := joined.text()):
            return Deferred("dynamic", text, parts=joined.parts)
        return joined

    def _piece(self, value: Json) -> Json:
        if type(value) is str and not self.dummies:
            return value  # a part of a dynamic reference is not one itself
        return self._as_piece(self.resolve(value), value)

    def _as_piece(self, found: Json, value: Json) -> Json:
        """What a part of a text is once it is resolved."""
        if isinstance(found, Deferred):
            return found
        text = scalar_text(found)
        return Deferred("unknown", value) if text is None else text

    def _join(self, operand: Json, raw: Json) -> Json:
        if not (isinstance(operand, list) and len(operand) == 2 and isinstance(operand[0], str)):
            return Deferred("unknown", raw)
        delimiter, items = operand[0], self.resolve(operand[1])
        if not isinstance(items, list):
            return Deferred("unknown", raw)
        pieces: list[Json] = []
        for item in items:
            # A part of a dynamic reference is not one itself. Once: a Join in a Join in a Join would take for ever.
            found = item if type(item) is str and not self.dummies else self.resolve(item)
            if found is ABSENT:
                continue
            if pieces and delimiter:
                pieces.append(delimiter)
            pieces.append(self._as_piece(found, item))
        return self._pieces(pieces, raw)

    def _sub(self, operand: Json, raw: Json) -> Json:
        text, names = (operand, {}) if isinstance(operand, str) else (None, {})
        if isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], dict):
            text, names = operand
        if not isinstance(text, str):
            return Deferred("unknown", raw)
        pieces: list[Json] = []
        at, filled = 0, dict[str, Json]()
        for hole in _HOLE.finditer(text):
            pieces.append(text[at : hole.start()])
            at, name = hole.end(), hole.group(1).strip()
            if name not in filled:  # once each: a Sub in a Sub in a Sub would take for ever
                filled[name] = self._filled(name, names)
            pieces.append(filled[name])
        pieces.append(text[at:])
        return self._pieces([p for p in pieces if p != ""] or [""], raw)

    def _filled(self, name: str, names: dict[str, Json]) -> Json:
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in names:
            return self._piece(names[name])
        if "." in name:
            return _get_att(name, {"Fn::GetAtt": name.split(".", 1)})
        return self._piece({"Ref": name})

    def _find_in_map(self, operand: Json, raw: Json) -> Json:
        if not (isinstance(operand, list) and 3 <= len(operand) <= 4):
            return Deferred("unknown", raw)
        keys = [self.resolve(part) for part in operand[:3]]
        if not all(isinstance(key, str | int) for key in keys):
            return Deferred("unknown", raw)
        found: Json = self.template.get("Mappings")
        for key in keys:
            found = _mapping(found).get(str(key), ABSENT)
        if found is ABSENT:
            default = _mapping(operand[3]).get("DefaultValue", ABSENT) if len(operand) == 4 else ABSENT
            return Deferred("unknown", raw) if default is ABSENT else self.resolve(default)
        if isinstance(found, dict | list) and not self._once(_is_flat, found):
            return Deferred("unknown", raw)  # a mapping holds texts and lists of them
        return self.resolve(found) if type(found) is str else found  # it may be a dynamic reference

    def _select(self, operand: Json, raw: Json) -> Json:
        if not (isinstance(operand, list) and len(operand) == 2):
            return Deferred("unknown", raw)
        index, items = scalar_text(self.resolve(operand[0])), self.resolve(operand[1])
        if index is None or not index.isdigit() or not isinstance(items, list) or int(index) >= len(items):
            return Deferred("unknown", raw)
        return self.resolve(items[int(index)])

    def _split(self, operand: Json, raw: Json) -> Json:
        if not (isinstance(operand, list) and len(operand) == 2 and isinstance(operand[0], str) and operand[0]):
            return Deferred("unknown", raw)
        text = self.resolve(operand[1])
        if not isinstance(text, str) or len(text) > _LARGE and self._is_spent():
            return Deferred("unknown", raw)
        return text.split(operand[0])


class Verbatim(Scope):
    """A scope for text that was flattened already: nothing in it is resolved again."""

    __slots__ = ()

    @classmethod
    def of(cls, scope: Scope) -> Verbatim:
        """The same template and owner."""
        other = scope._copy(cls)
        assert isinstance(other, Verbatim)
        return other

    def resolve(self, value: Json) -> Json:
        return value


def _get_att(operand: Json, raw: Json) -> Deferred:
    if isinstance(operand, str):
        operand = operand.split(".", 1)
    if isinstance(operand, list) and len(operand) == 2 and isinstance(operand[0], str):
        attribute = operand[1] if isinstance(operand[1], str) else None
        return Deferred("resource", raw, operand[0], attribute or "?")
    return Deferred("unknown", raw)


def _is_flat(value: Json) -> bool:
    """Whether it is a scalar or a list of scalars: in anything else a parameter or mapping could name itself."""
    values = value if isinstance(value, list) else [value]
    return all(not isinstance(v, dict | list) for v in values)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _digest(value: Json) -> str:
    from cdkguard.text.sha256 import digest

    return digest(repr(value).encode("utf-8", "backslashreplace"))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _has_deferred(value: Json) -> bool:
    if isinstance(value, Deferred):
        return True
    if isinstance(value, dict):
        return any(map(_has_deferred, value.values()))
    return isinstance(value, list) and any(map(_has_deferred, value))


def _canonical(value: Json) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def flatten(value: Json) -> str | None:
    """A string value with § for each part that a Ref, GetAtt or the like fills in; None for other values.

    It shows what the author wrote as text, so pseudo parameters and parameters are holes even when known.
    """
    if isinstance(value, str):
        return value
    if not is_intrinsic(value):
        return None
    ((function, operand),) = value.items()
    if function == "Fn::Join" and isinstance(operand, list) and len(operand) == 2 and isinstance(operand[1], list):
        pieces = [flatten(item) for item in operand[1]]
        return str(operand[0]).join("§" if p is None else p for p in pieces)
    if function == "Fn::Sub":
        text, names = operand if isinstance(operand, list) and len(operand) == 2 else (operand, {})
        return _flat_sub(text, names if isinstance(names, dict) else {}) if isinstance(text, str) else "§"
    if function == "Fn::Base64":
        return flatten(operand)
    return "§"


def _flat_sub(text: str, names: Mapping[str, Json]) -> str:
    known: dict[str, str] = {}
    left = _MAX_TEXT

    def fill(hole: re.Match[str]) -> str:
        nonlocal left
        name = hole.group(1).strip()
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name not in names:
            return "§"
        if name in known and left < 0:  # each has been shown once; more of the same would grow without end
            return "§"
        if name not in known:
            known[name] = flatten(names[name]) or "§"
        left -= len(known[name])
        return known[name]

    return _HOLE.sub(fill, text)
