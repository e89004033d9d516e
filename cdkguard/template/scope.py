"""A template's values and conditions under what is known and what is assumed of its deployment."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cdkguard._typing import Any, Json
from cdkguard.logic import Tri
from cdkguard.template.caches import IdentityCache, SharedCaches
from cdkguard.template.conditions import MAX_NESTED, find_parameters, malformed_holds
from cdkguard.template.functions import FUNCTIONS
from cdkguard.template.text_functions import DYNAMIC, LARGE
from cdkguard.template.values import ABSENT, Atom, Branch, Deferred, as_mapping, is_flat, scalar_text

MAX_PARAMETER = 4_096  # characters of a parameter's value: CloudFormation's own limit
_MANY = 128  # elements from which on a list counts towards what functions may make of a template
_SSM_TYPE = "AWS::SSM::Parameter::Value<"


# The slots that a copy of a scope takes over; and those of values worked out, which it does not (`_forget` describes each).
_FACTS = (
    "template", "given", "unassumed_given", "account", "region", "stack_name", "dummies", "stack", "defaults", "open", "truths",
    "excluded", "assumed", "shared", "app_facts",
)  # fmt: skip
_CACHES = ("conditions", "forks", "worlds", "large_values", "resolved", "statements", "links", "answers")


class Scope:
    """A template's values under what is given (parameters, account, region) and assumed (conditions).

    A parameter's value is the given one, else its Default. What a scope says never changes: `assume` makes another scope.
    """

    __slots__ = (*_FACTS, *_CACHES)

    def __init__(
        self,
        template: Mapping[str, Json],
        given: Mapping[str, Json] | None = None,
        account: str | None = None,
        region: str | None = None,
        stack_name: str | None = None,
        dummies: tuple[str, ...] = (),
        stack: Any = None,
        defaults: Mapping[str, Json] | None = None,
    ) -> None:
        self.template = template
        # The values of parameters, with those that are assumed, and without.
        self.given: dict[str, Json] = dict(given or {})
        self.unassumed_given = self.given
        self.account, self.region, self.stack_name = account, region, stack_name
        # Texts that CDK writes where a look-up has not run: a value that holds one is not known.
        self.dummies = dummies
        self.stack = stack
        # What stands for the Default of some parameters: the value of the stack's environment; of a nested stack, what a
        # Default of its parent makes of them.
        self.defaults: Mapping[str, Json] = defaults or {}
        # The parameters whose Default is not their value.
        self.open: frozenset[str] = frozenset()
        # The key of an atom -> whether it is assumed to be true.
        self.truths: dict[str, bool] = {}
        # Parameter -> values that it is assumed not to have.
        self.excluded: dict[str, frozenset[str]] = {}
        # The conditions over which this scope forked, in order.
        self.assumed: tuple[str, ...] = ()
        self.shared = SharedCaches()
        # What other stacks of the app give: (kind, place) -> value.
        self.app_facts: Mapping[tuple[str, str], Json] = {}
        self._forget()

    def _forget(self) -> None:
        """Start with empty caches: what they hold is true under these assumptions only."""
        # Condition -> its value and its first undecided atom.
        self.conditions: dict[str, tuple[Tri, Atom | None]] = {}
        # (atom, condition, truth) -> the scope that assumes it.
        self.forks: dict[tuple[Atom, str, bool], Scope | None] = {}
        # Condition that a Default makes false -> the scope in which it may hold; None where it never does.
        self.worlds: dict[str, Scope | None] = {}
        # A call -> its value, where that is large.
        self.large_values = IdentityCache()
        # A value -> what `resolve_deep_once` makes of it.
        self.resolved = IdentityCache()
        # A policy document -> its statements (language.statement_tests).
        self.statements = IdentityCache()
        # A requirement and what several resources share of its question -> its answer (language.group_rules).
        self.answers: dict[Any, Any] = {}
        # A `referrer` requirement -> a resource -> what that refers to (language.references).
        self.links: dict[Any, IdentityCache] = {}

    def _copy(self, kind: type[Scope] | None = None) -> Scope:
        other = Scope.__new__(kind or Scope)
        for slot in _FACTS:
            setattr(other, slot, getattr(self, slot))
        other._forget()
        return other

    # -- assumptions

    def assume(self, branch: Branch, truth: bool) -> Scope | None:
        """The scope in which the atom has that truth value; None where it cannot have it. The same one for every rule."""
        key = (branch.atom, branch.condition, truth)
        if key not in self.forks:
            self.forks[key] = self._fork(branch, truth)
        return self.forks[key]

    def _fork(self, branch: Branch, truth: bool) -> Scope | None:
        atom, other = branch.atom, self._copy()
        self.shared.forks += 1
        other.truths = {**self.truths, atom.key: truth}
        if branch.condition not in self.assumed:
            other.assumed = (*self.assumed, branch.condition)
        if atom.parameter is None or atom.literal is None:
            return other

        allowed = self.allowed_values(atom.parameter)
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

    def allowed_values(self, parameter: str) -> list[str] | None:
        """The texts of a parameter's AllowedValues; None where it may have any value."""
        declared = as_mapping(as_mapping(self.template.get("Parameters")).get(parameter)).get("AllowedValues")
        if not isinstance(declared, list):
            return None
        texts = [scalar_text(v) for v in declared]
        return None if None in texts else [t for t in texts if t is not None]

    def world_where(self, name: str) -> Scope | None:
        """The scope in which the named condition may hold, other than because of a Default; None where it cannot.

        A Default that makes the condition false counts for nothing where the condition holds: the deployment gives the
        parameters behind it other values. The same scope for every resource with that condition.
        """
        if self.condition_if_known(name) is not False:
            return self
        if name not in self.worlds:
            self.worlds[name] = self._open_world(name)
        return self.worlds[name]

    def _open_world(self, name: str) -> Scope | None:
        behind = frozenset(find_parameters(self.template, name)) - self.given.keys()
        if not behind or self.truths:
            return None
        other = self._copy()
        other.open = self.open | behind
        return None if other.condition_if_known(name) is False else other

    def without_defaults(self) -> Scope:
        """The scope in which no parameter has its Default, so that what is known there is known for certain."""
        other = self._copy()
        other.open = self.open | as_mapping(self.template.get("Parameters")).keys()
        return other

    def with_declared_defaults(self, names: Collection[str]) -> Scope:
        """The scope in which these parameters have the Defaults that the template declares."""
        other = self._copy()
        other.defaults = {name: value for name, value in self.defaults.items() if name not in names}
        return other

    def without_assumptions(self) -> Scope:
        """The scope in which nothing is assumed.

        A fork holds no reference to the scope that it comes from, which holds its forks: such a circle would stay in
        memory until the garbage collector looks for it, which a short run does not do.
        """
        if not self.truths:
            return self
        other = self._copy()
        other.given, other.truths, other.excluded, other.assumed = self.unassumed_given, {}, {}, ()
        return other

    def branch_text(self) -> str | None:
        """The branch in words: `IsProd is false`."""
        words = [
            f"{name} is {'true' if holds else 'false'}"
            for name in self.assumed
            if (holds := self.condition_if_known(name)) is not None
        ]
        return " and ".join(words) or None

    # -- conditions

    def condition_holds(self, name: str) -> bool:
        """Whether the named condition holds; raises Branch where that must be assumed."""
        holds, unknown = self._find_condition(name, 0)
        if holds is None:
            assert unknown is not None
            raise Branch(unknown, name)
        return holds

    def creates(self, body: Json) -> bool:
        """Whether a resource with this body is created, by its Condition; raises Branch where that must be assumed."""
        name = body.get("Condition") if isinstance(body, dict) else None
        return not isinstance(name, str) or self.condition_holds(name)

    def condition_if_known(self, name: str) -> Tri:
        """Like `condition_holds`, but None where it is not known."""
        return self._find_condition(name, 0)[0]

    def referred_condition(self, name: str, unknown: list[Atom], level: int) -> Tri:
        """A condition to which another one refers, `level` deep; its first undecided atom is added to `unknown`."""
        holds, atom = self._find_condition(name, level)
        if holds is None and atom is not None:
            unknown.append(atom)
        return holds

    def _find_condition(self, name: str, level: int) -> tuple[Tri, Atom | None]:
        """The condition's value and its first undecided atom, worked out once: CDK's own is an Or over every region."""
        known = self.conditions.get(name)
        if known is not None:
            return known
        conditions = as_mapping(self.template.get("Conditions"))
        itself = Atom(f"condition:{name}")
        found: tuple[Tri, Atom | None] = self.truths.get(itself.key), itself
        if name not in conditions or level > MAX_NESTED:
            return found

        self.conditions[name] = found  # for a condition that refers to itself
        unknown: list[Atom] = []
        holds = self.evaluate_expression(conditions[name], unknown, level + 1)
        found = self.conditions[name] = (holds, unknown[0] if unknown else None)
        return found

    def evaluate_expression(self, expression: Json, unknown: list[Atom], level: int) -> Tri:
        """Whether an expression of the section Conditions is true; adds the atoms that are not known to `unknown`."""
        if type(expression) is dict and len(expression) == 1:
            ((name, operand),) = expression.items()
            function = FUNCTIONS.get(name)
            if function is not None and function.holds is not None:
                return function.holds(self, operand, expression, unknown, level)
        return malformed_holds(self, expression, unknown)

    def truth_of(self, atom: Atom, unknown: list[Atom]) -> Tri:
        """The truth that is assumed for the atom; where none is, the atom is added to `unknown`."""
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
                name = next(iter(value))
                function = FUNCTIONS.get(name)
                if function is not None:
                    known = self.large_values.get(id(value))
                    if known is not None:
                        return known[1]
                    found = function.evaluate(self, value[name], value)
                    kind = type(found)
                    if (kind is str and len(found) > LARGE) or (kind is list and len(found) > _MANY):
                        return self._count_large(value, found)
                    return found
            return value
        if kind is str:
            if DYNAMIC in value:
                return Deferred("dynamic", value)
            if self.dummies and any(dummy in value for dummy in self.dummies):
                return Deferred("dummy", value)
        return value

    def _count_large(self, call: Json, found: Json) -> Json:
        """A large value, stored so that it counts once; unknown where all of them have become too much."""
        shared = self.shared
        if not shared.is_spent():
            shared.large_characters += len(found) if isinstance(found, str) else sum(100 + len(str(v)) for v in found)
        if shared.is_spent():
            is_one = "Fn::FindInMap" in call or "Ref" in call  # these give the same object each time
            digest = shared.digests.ask_once(_digest, found) if is_one else _digest(found)
            found = Deferred("unknown", {**call, "is": digest})  # equal in a comparison only where the values are
        self.large_values.store(call, found)
        return found

    def resolve_deep(self, value: Json) -> Json:
        """The value with every intrinsic in it resolved, NoValue members dropped."""
        value = self.resolve(value)
        if type(value) is dict:
            return {k: v for k, inner in value.items() if (v := self.resolve_deep(inner)) is not ABSENT}
        if type(value) is list:
            return [v for inner in value if (v := self.resolve_deep(inner)) is not ABSENT]
        return value

    def resolve_deep_once(self, value: Json) -> Json:
        """`resolve_deep`, stored for this very object: several rules read the same policy document."""
        return self.resolved.ask_once(self.resolve_deep, value)

    def _unknown_parameter(self, name: str, declared: Mapping[str, Json]) -> Deferred:
        allowed: list[str] | None = None
        if "AllowedValues" in declared and not _is_list(declared) and not has_ssm_type(declared):
            allowed = self.allowed_values(name)
        out = self.excluded.get(name, frozenset())
        return Deferred("parameter", {"Ref": name}, name, parts=tuple(v for v in allowed or () if v not in out))

    def parameter_value(self, name: str) -> Json:
        """A parameter's value before deployment, else a Deferred of kind parameter."""
        declared = as_mapping(as_mapping(self.template.get("Parameters")).get(name))
        if name in self.given:
            value = self.given[name]
        elif name in self.open:
            return self._unknown_parameter(name, declared)
        elif name in self.defaults:
            value = self.defaults[name]
        elif "Default" in declared and not has_ssm_type(declared):
            value = declared["Default"]
        else:
            return self._unknown_parameter(name, declared)

        if isinstance(value, Deferred):
            return value
        if not is_flat(value) or isinstance(value, str) and len(value) > MAX_PARAMETER:
            return Deferred("parameter", {"Ref": name}, name)  # no value that a parameter can have
        if isinstance(value, str) and _is_list(declared):
            return self.shared.lists.ask_once(_split_list, value)
        return self.resolve(value) if isinstance(value, str) else value


def _is_list(declared: Mapping[str, Json]) -> bool:
    return str(declared.get("Type", "String")).startswith(("CommaDelimitedList", "List<"))


def has_ssm_type(declared: Mapping[str, Json]) -> bool:
    """Whether a parameter is given a name in SSM, whose value only the deployment knows."""
    return str(declared.get("Type", "String")).startswith(_SSM_TYPE)


def _split_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _digest(value: Json) -> str:
    from cdkguard.text.sha256 import digest

    return digest(repr(value).encode("utf-8", "backslashreplace"))


class Verbatim(Scope):
    """A scope for text that was flattened already: nothing in it is resolved again.

    A subclass, so that `Scope.resolve`, the busiest function of a check, need not ask which of the two it is.
    """

    __slots__ = ()

    @classmethod
    def of(cls, scope: Scope) -> Verbatim:
        """The same template and stack."""
        other = scope._copy(cls)
        assert isinstance(other, Verbatim)
        return other

    def resolve(self, value: Json) -> Json:
        """The value as the template writes it: nothing is resolved."""
        return value
