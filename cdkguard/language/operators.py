"""The operators of the rule language: what they say of one value, and how answers combine.

An operator answers True, False or None (not known before deployment). It is called with a value as the template has it
after one step of resolution; ABSENT and Deferred are handled once, in `test`, unless the operator asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.aws import addresses, policies
from cdkguard.logic import Tri, all_of, any_of, negate
from cdkguard.template.values import ABSENT, Deferred, Scope, flatten, scalar_text
from cdkguard.text.regexes import MAX_TEXT, check_pattern, compile_pattern

if TYPE_CHECKING:
    from cdkguard.aws import arns


class Place(NamedTuple):
    """Where a value stands: all that an operator may look at besides the value."""

    scope: Scope
    path: str  # "Properties.Policy.Statement[0]"
    raw: Json  # the value before resolution, None where it was built
    facts: arns.Facts | None = None  # accounts of the run
    subject: str = ""  # the logical id of the resource that the value stands in


Operator = Callable[[Json, Json, Place], Tri]


def same(found: Json, wanted: Json) -> bool:
    """Equality as CloudFormation has it: "true" is true and "30" is 30, but "5.10" is not "5.1"."""
    if type(found) is str and type(wanted) is str:
        return found == wanted
    if isinstance(found, (dict, list)) or isinstance(wanted, (dict, list)):
        return bool(found == wanted)
    if isinstance(found, bool) or isinstance(wanted, bool):
        return (scalar_text(found) or "").lower() == (scalar_text(wanted) or "").lower()
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return found == wanted
    return scalar_text(found) == scalar_text(wanted)


def _number(value: Json) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _ordered(compare: Callable[[float, float], bool]) -> Operator:
    def operator(found: Json, wanted: Json, place: Place) -> Tri:
        left, right = _number(found), _number(wanted)
        return None if left is None or right is None else compare(left, right)

    return operator


def _text(check: Callable[[str, str], bool]) -> Operator:
    def operator(found: Json, wanted: Json, place: Place) -> Tri:
        text = scalar_text(found)
        if text is None:
            return False
        return any(check(text, str(one)) for one in (wanted if isinstance(wanted, list) else [wanted]))

    return operator


def _matches(found: Json, wanted: Json, place: Place) -> Tri:
    text = scalar_text(found)
    if text is None:
        return False
    if compile_pattern(wanted).search(text[:MAX_TEXT]):
        return True
    return None if len(text) > MAX_TEXT else False


def _contains(found: Json, wanted: Json, place: Place) -> Tri:
    if isinstance(found, dict):
        return wanted in found
    if isinstance(found, list):
        members = [place.scope.resolve(member) for member in found]
        if any(not isinstance(m, Deferred) and m is not ABSENT and same(m, wanted) for m in members):
            return True
        return None if any(isinstance(m, Deferred) for m in members) else False
    text = scalar_text(found)
    return text is not None and str(wanted) in text


def _equals(found: Json, wanted: Json, place: Place) -> Tri:
    return same(place.scope.deep(found) if isinstance(found, dict | list) else found, wanted)


def _in(found: Json, wanted: Json, place: Place) -> Tri:
    if type(found) is str and (found in wanted or type(wanted) is frozenset):  # a named set holds texts alone
        return found in wanted
    return any(same(found, one) for one in wanted)


def _size(found: Json, place: Place) -> int | None:
    """How long a value is, members that are not there (NoValue) left out; None of a number or switch."""
    if isinstance(found, list | dict):
        members = found if isinstance(found, list) else found.values()
        return sum(place.scope.resolve(member) is not ABSENT for member in members)
    return len(found) if isinstance(found, str) else None


def _empty(found: Json, wanted: Json, place: Place) -> Tri:
    return (_size(found, place) == 0) is wanted


def _length_at_least(found: Json, wanted: Json, place: Place) -> Tri:
    size = _size(found, place)
    return size is not None and size >= wanted


def _literal(found: Json, wanted: Json, place: Place) -> Tri:
    """A value written out in the template (a parameter's Default counts), as against a reference."""
    if isinstance(found, Deferred):
        return None if found.kind == "unknown" else not wanted
    return (found is not ABSENT and scalar_text(found) is not None and found != "") is wanted


def _exists(found: Json, wanted: Json, place: Place) -> Tri:
    return (found is not ABSENT) is wanted


def _deferred(found: Json, wanted: Json, place: Place) -> Tri:
    kinds = wanted if isinstance(wanted, list) else [wanted]
    if wanted is True or wanted is False:
        return isinstance(found, Deferred) is wanted
    return isinstance(found, Deferred) and found.kind in kinds


def _template_unread(found: Json, wanted: Json, place: Place) -> Tri:
    """The subject is a nested stack whose template is not among what is judged."""
    return (place.subject in place.scope.owner.unread) is wanted


def _no_echo_parameter(found: Json, wanted: Json, place: Place) -> Tri:
    """The value is a Ref to a NoEcho parameter (whether or not that has a Default)."""
    raw = place.raw
    name = raw.get("Ref") if isinstance(raw, dict) else None
    declared = (place.scope.template.get("Parameters") or {}).get(name) if isinstance(name, str) else None
    return (isinstance(declared, dict) and same(declared.get("NoEcho", False), True)) is wanted


def _cidr(check: Callable[[str, Json], Tri]) -> Operator:
    def operator(found: Json, wanted: Json, place: Place) -> Tri:
        return check(found, wanted) if isinstance(found, str) else False

    return operator


def _cidr_open(found: str, wanted: Json) -> Tri:
    if isinstance(wanted, bool):
        open_ = addresses.is_open(found)
        return None if open_ is None else open_ is wanted
    return addresses.is_open(found, int(wanted))


def _cidr_public(found: str, wanted: Json) -> Tri:
    public = addresses.is_public(found)
    return None if public is None else public is wanted


def _cidr_prefix_below(found: str, wanted: Json) -> Tri:
    parsed = addresses.prefix_of(found)
    if parsed is None:
        return None
    return parsed[1] < (wanted if parsed[0] == 4 or wanted != 32 else 128)


def _ports(found: Json, place: Place) -> tuple[int, int] | None:
    return addresses.ports_of(place.scope.deep(found)) if isinstance(found, dict) else None


def _endpoint_port(found: Json, place: Place) -> bool:
    """The port is that of a data store's endpoint (`Fn::GetAtt: [Database, Endpoint.Port]`): unknown, but no web port."""
    port = place.scope.resolve(found.get("FromPort")) if isinstance(found, dict) else None
    return isinstance(port, Deferred) and port.kind == "resource" and str(port.attribute).endswith("Port")


def _ports_include(found: Json, wanted: Json, place: Place) -> Tri:
    span = _ports(found, place)
    if span is None:
        return True if _endpoint_port(found, place) else None
    return any(span[0] <= int(p) <= span[1] for p in wanted)


def _ports_within(found: Json, wanted: Json, place: Place) -> Tri:
    """Every port that the rule opens is one of those wanted."""
    span = _ports(found, place)
    if span is None:
        return False if _endpoint_port(found, place) else None
    allowed = {int(p) for p in wanted}
    return span[1] - span[0] < 65 and all(p in allowed for p in range(span[0], span[1] + 1))


def _ports_all(found: Json, wanted: Json, place: Place) -> Tri:
    span = _ports(found, place)
    return None if span is None else (span[0] <= 1 and span[1] >= 65535) is wanted


def _ports_range(found: Json, wanted: Json, place: Place) -> Tri:
    """The rule opens more than one port."""
    span = _ports(found, place)
    return None if span is None else (span[1] > span[0]) is wanted


def _protocol_all(found: Json, wanted: Json, place: Place) -> Tri:
    if not isinstance(found, dict) or "IpProtocol" not in found:
        return wanted is False  # CloudFormation refuses a rule without one
    protocol = addresses.protocol_of(place.scope.resolve(found["IpProtocol"]))
    return None if protocol is None else (protocol in ("-1", "all")) is wanted


# -- policy documents

_STATEMENT_TESTS: dict[str, Callable[[dict[str, Json], Json], Tri]] = {
    "effect": lambda s, wanted: None if isinstance(s.get("Effect"), Deferred) else s.get("Effect", "Allow") == wanted,
    "public": lambda s, wanted: _is(policies.is_public(s), wanted),
    "restricted": lambda s, wanted: _is(policies.is_restricted(s), wanted),
    "has": lambda s, wanted: all_of(key in s for key in policies.texts(wanted)),
    "lacks": lambda s, wanted: all_of(key not in s for key in policies.texts(wanted)),
    "action_is": lambda s, wanted: _one_is(s.get("Action"), wanted),
    "resource_is": lambda s, wanted: _one_is(s.get("Resource"), wanted),
    "action_covers": lambda s, wanted: any_of(policies.any_covers(s.get("Action"), w) for w in policies.texts(wanted)),
    "action_matches": lambda s, wanted: _one_matches(s.get("Action"), wanted, re.IGNORECASE),
    "resource_matches": lambda s, wanted: _one_matches(s.get("Resource"), wanted),
    "principal_matches": lambda s, wanted: _one_matches([p for _, p in policies.principals(s)], wanted),
    "principal_kind": lambda s, wanted: _principal_kind(s, wanted),
    "condition_on": lambda s, wanted: _conditioned(s, wanted),
    "no_condition_on": lambda s, wanted: negate(_conditioned(s, wanted)),
}


def _principal_kind(statement: dict[str, Json], wanted: Json) -> Tri:
    if isinstance(statement.get("Principal"), Deferred):
        return None  # what a macro makes of it, or another mapping
    return any(kind in policies.texts(wanted) for kind, _ in policies.principals(statement))


def _is(answer: Tri, wanted: Json) -> Tri:
    return None if answer is None else answer is wanted


def _conditioned(statement: dict[str, Json], wanted: str) -> Tri:
    pattern = compile_pattern(wanted)
    return policies.condition_on(statement, lambda key: bool(pattern.search(key[:MAX_TEXT])))


def _one_is(values: Json, wanted: Json) -> Tri:
    """One of the values equals one of those wanted; a link is never equal to a literal pattern."""
    wants = [str(w).lower() for w in policies.texts(wanted)]
    return any_of(
        (None if v.kind in ("parameter", "unknown") else False) if isinstance(v, Deferred) else str(v).lower() in wants
        for v in policies.texts(values)
    )


def _one_matches(values: Json, wanted: str, flags: int = 0) -> Tri:
    pattern = compile_pattern(wanted, flags)
    return any_of(
        (None if v.kind in ("parameter", "unknown") else bool(pattern.search(v.text()[:MAX_TEXT])))
        if isinstance(v, Deferred)
        else bool(pattern.search(str(v)[:MAX_TEXT]))
        for v in policies.texts(values)
    )


def _has_statement(found: Json, wanted: dict[str, Json], place: Place) -> Tri:
    """Some statement of the policy document passes all of the tests (effect Allow unless they say)."""
    return _bound_has_statement(wanted)(found, wanted, place)


def _bound_has_statement(wanted: dict[str, Json]) -> Operator:
    tests = [(_STATEMENT_TESTS[name], operand) for name, operand in {"effect": "Allow", **wanted}.items()]

    def operator(found: Json, _wanted: Json, place: Place) -> Tri:
        answer: Tri = False
        for statement in _statements(found, place.scope):
            one = None if isinstance(statement, Deferred) else passes(statement)
            if one is True:
                return True
            if one is None:
                answer = None
        return answer

    def passes(statement: dict[str, Json]) -> Tri:
        answer: Tri = True
        for check, operand in tests:
            one = check(statement, operand)
            if one is False:
                return False
            if one is None:
                answer = None
        return answer

    return operator


def _statements(found: Json, scope: Scope) -> Sequence[dict[str, Json] | Deferred]:
    """The statements of a policy document, listed once for all the rules that read it."""
    key = (_statements, id(found))
    known = scope.notes.get(key)
    if known is None:  # the document is kept, so that its id stays its own
        known = scope.notes[key] = found, [s for _path, s in policies.statements(scope.deep_once(found))]
    listed: Sequence[dict[str, Json] | Deferred] = known[1]
    return listed


def _passes(statement: dict[str, Json], tests: dict[str, Json]) -> Tri:
    return all_of(_STATEMENT_TESTS[name](statement, wanted) for name, wanted in tests.items())


def _names_principal(found: Json, wanted: dict[str, Json], place: Place) -> Tri:
    """Some statement of the policy document passes the tests, and names a principal of such an account by its number."""
    from cdkguard.aws import arns

    tests = {"effect": "Allow", **wanted}
    classes = policies.texts(tests.pop("account"))
    facts = place.facts
    if facts is None:
        return None
    return any_of(
        None
        if isinstance(statement, Deferred)
        else any(arns.classify(account, facts) in classes for account in policies.principal_accounts(statement))
        and _passes(statement, tests)
        for _path, statement in policies.statements(place.scope.deep_once(found))
    )


# -- text of any place (scope: value)


def _names_account(found: Json, wanted: Json, place: Place) -> Tri:
    from cdkguard.aws import arns

    if not isinstance(found, str) or place.facts is None or arns.skipped(place.path):
        return False
    classes = {arns.classify(literal.account, place.facts) for literal in arns.accounts(place.path, found)}
    return bool(classes & set(policies.texts(wanted)))


def _names_own_resource(found: Json, wanted: Json, place: Place) -> Tri:
    from cdkguard.aws import arns

    if not isinstance(found, str) or place.facts is None or arns.skipped(place.path):
        return not wanted
    return any(True for _ in arns.own_resources(found, place.facts, place.subject)) is wanted


def _names_partition(found: Json, wanted: Json, place: Place) -> Tri:
    from cdkguard.aws import arns

    if not isinstance(found, str) or arns.skipped(place.path):
        return not wanted
    return any(True for _ in arns.partition_literals(found)) is wanted


def _secret_shape(found: Json, wanted: Json, place: Place) -> Tri:
    from cdkguard.text import credentials

    return (isinstance(found, str) and credentials.shape_of(found) is not None) is wanted


def _secret_named(found: Json, wanted: Json, place: Place) -> Tri:
    """A map of names to values (environment variables) or a list of {Name, Value} with a secret in plain text."""
    return any(True for _ in secret_names(found, place.scope)) is wanted


_STORED_ELSEWHERE = ("PARAMETER_STORE", "SECRETS_MANAGER")  # CodeBuild: the value is the name of a secret


def secret_names(found: Json, scope: Scope) -> Iterable[str]:
    """The names whose values are secrets in plain text, in a map or in a list of {Name, Value}."""
    from cdkguard.text import credentials

    pairs: Iterable[tuple[Json, Json]] = ()
    if isinstance(found, dict):
        pairs = found.items()
        if isinstance(name := scope.resolve(found.get("Name")), str) and "Value" in found:  # a pair by itself
            pairs = [*pairs, (name, found["Value"])]
    elif isinstance(found, list):
        entries = [scope.resolve(e) for e in found]
        plain = [e for e in entries if isinstance(e, dict) and scope.resolve(e.get("Type")) not in _STORED_ELSEWHERE]
        pairs = [(scope.resolve(e.get("Name")), e.get("Value")) for e in plain]
    for name, raw in pairs:
        value = scope.resolve(raw)
        text = flatten(raw) if isinstance(value, Deferred) else scalar_text(value)
        if isinstance(name, str) and text and credentials.is_secret_text(name, text):
            yield name


OPERATORS: dict[str, Operator] = {
    "equals": _equals,
    "not_equals": lambda f, w, p: negate(_equals(f, w, p)),
    "in": _in,
    "not_in": lambda f, w, p: negate(_in(f, w, p)),
    "exists": _exists,
    "empty": _empty,
    "contains": _contains,
    "not_contains": lambda f, w, p: negate(_contains(f, w, p)),
    "starts_with": _text(str.startswith),
    "ends_with": _text(str.endswith),
    "matches": _matches,
    "not_matches": lambda f, w, p: negate(_matches(f, w, p)),
    "greater_than": _ordered(lambda a, b: a > b),
    "at_least": _ordered(lambda a, b: a >= b),
    "less_than": _ordered(lambda a, b: a < b),
    "at_most": _ordered(lambda a, b: a <= b),
    "length_at_least": _length_at_least,
    "literal": _literal,
    "deferred": _deferred,
    "no_echo_parameter": _no_echo_parameter,
    "template_unread": _template_unread,
    "cidr_open": _cidr(_cidr_open),
    "cidr_public": _cidr(_cidr_public),
    "cidr_prefix_below": _cidr(_cidr_prefix_below),
    "ports_include": _ports_include,
    "ports_within": _ports_within,
    "ports_all": _ports_all,
    "ports_range": _ports_range,
    "protocol_all": _protocol_all,
    "has_statement": _has_statement,
    "names_account": _names_account,
    "names_own_resource": _names_own_resource,
    "names_principal": _names_principal,
    "names_partition": _names_partition,
    "secret_shape": _secret_shape,
    "secret_named": _secret_named,
}
_BOUND: dict[str, Callable[[Json], Operator]] = {"has_statement": _bound_has_statement}
TAKES_ABSENT = frozenset(
    {"exists", "literal", "deferred", "template_unread"}
)  # they answer for a property that is not there
TAKES_DEFERRED = TAKES_ABSENT | {"no_echo_parameter", "has_statement", "names_principal"}
# What an operator says of a property that is not there, where that is not False.
ABSENT_IS = {"not_equals": True, "not_in": True, "not_contains": True, "not_matches": True}
_FIXED_PART = {"starts_with", "ends_with", "contains", "matches"}


def bound(name: str, wanted: Json) -> Operator:
    """The operator, with what it can prepare of its operand."""
    return _BOUND[name](wanted) if name in _BOUND else OPERATORS[name]


def test(name: str, found: Json, wanted: Json, place: Place) -> Tri:
    """One operator's answer for one value, ABSENT and Deferred included."""
    if found is ABSENT and name not in TAKES_ABSENT:
        return of_absent(name, wanted)
    if isinstance(found, Deferred) and name not in TAKES_DEFERRED:
        return _of_deferred(name, found, wanted, place)
    return OPERATORS[name](found, wanted, place)


def of_absent(name: str, wanted: Json) -> bool:
    """What an operator says of a property that is not there."""
    if name == "empty":
        return bool(wanted)
    if wanted is False and name not in ("equals", "in", "contains"):
        return True  # `cidr_open: false`: what is not there is not open
    return ABSENT_IS.get(name, False)


def _of_deferred(name: str, found: Deferred, wanted: Json, place: Place) -> Tri:
    """What the known parts of a value decide: a text that starts with "arn:" does so whatever its tokens are."""
    if found.kind == "resource" and str(found.attribute).endswith("Arn"):
        found = Deferred("text", found.raw, parts=("arn:", found))
    if name == "cidr_open" and found.kind == "resource" and "Cidr" in str(found.attribute):
        return wanted is False  # the range of a VPC or subnet, which AWS bounds to a /16
    if name == "empty" and found.kind in ("resource", "text", "dynamic", "import"):
        return not wanted
    if name == "secret_shape":  # what a reference fills in is no text of the template
        texts = [p for p in found.parts if isinstance(p, str)] or [found.raw if isinstance(found.raw, str) else ""]
        return any(OPERATORS[name](text, True, place) for text in texts) is wanted
    if found.kind == "dynamic" and name in _FIXED_PART:
        return OPERATORS[name](found.raw, wanted, place)
    if found.kind == "text" and name in ("equals", "not_equals", "in", "not_in"):
        wants = wanted if name in ("in", "not_in") else [wanted]
        if not any(_could_be(found, scalar_text(one)) for one in wants):  # its known parts are in none of them
            return name in ("not_equals", "not_in")
        return None
    if found.kind == "text" and name in _FIXED_PART:
        if name == "starts_with":
            head = found.parts[0] if isinstance(found.parts[0], str) else ""
            heads = [str(w) for w in (wanted if isinstance(wanted, list) else [wanted])]
            if any(head.startswith(w) for w in heads):
                return True
            return None if any(w.startswith(head) for w in heads) else False
        if name == "ends_with":
            return _of_tail(found, [str(w) for w in (wanted if isinstance(wanted, list) else [wanted])])
        answers = [OPERATORS[name](part, wanted, place) for part in found.parts if isinstance(part, str)]
        return True if True in answers and wanted is not False else None
    return None


def _of_tail(found: Deferred, tails: list[str]) -> Tri:
    tail = found.parts[-1] if isinstance(found.parts[-1], str) else ""
    if any(tail.endswith(one) for one in tails):
        return True
    return None if any(one.endswith(tail) for one in tails) else False


def _could_be(found: Deferred, wanted: str | None) -> bool:
    """Whether the text can become `wanted` once its holes are filled in."""
    if wanted is None:
        return False
    at = 0
    for part in found.parts:
        if isinstance(part, str):
            at = wanted.find(part, at)
            if at < 0:
                return False
            at += len(part)
    first, last = found.parts[0], found.parts[-1]
    starts = not isinstance(first, str) or wanted.startswith(first)
    return starts and (not isinstance(last, str) or wanted.endswith(last))


def problem_with(name: str, wanted: Json) -> str | None:
    """What is wrong with an operator's operand in a rule file; None if it is in order."""
    if name in ("matches", "not_matches"):
        return _pattern_problem(wanted)
    if name in ("in", "not_in", "ports_include", "ports_within") and not isinstance(wanted, list):
        return f"'{name}' takes a list"
    if name in (
        "exists",
        "empty",
        "literal",
        "cidr_public",
        "ports_all",
        "ports_range",
        "protocol_all",
        "names_own_resource",
        "names_partition",
        "secret_shape",
        "secret_named",
        "no_echo_parameter",
        "template_unread",
    ) and not isinstance(wanted, bool):
        return f"'{name}' takes true or false"
    if (
        name in ("greater_than", "at_least", "less_than", "at_most", "length_at_least", "cidr_prefix_below")
        and _number(wanted) is None
    ):
        return f"'{name}' takes a number"
    if name in ("has_statement", "names_principal"):
        return _statement_problem(name, wanted)
    return None


def _statement_problem(name: str, wanted: Json) -> str | None:
    if not isinstance(wanted, dict):
        return f"'{name}' takes a mapping of tests"
    if name == "names_principal" and "account" not in wanted:
        return "'names_principal' needs 'account': foreign, example, own-in-agnostic, cross-environment"
    for test_name, operand in wanted.items():
        if test_name == "account" and name == "names_principal":
            continue
        if test_name not in _STATEMENT_TESTS:
            return f"no statement test '{test_name}'; there are: {', '.join(_STATEMENT_TESTS)}"
        if test_name.endswith(("_matches", "condition_on")) and (bad := _pattern_problem(operand)):
            return bad
    return None


def _pattern_problem(text: Json) -> str | None:
    if not isinstance(text, str):
        return "a pattern is a string"
    try:
        check_pattern(text)
    except ValueError as problem:
        return str(problem)
    return None
