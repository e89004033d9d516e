"""The tests of `has_statement` and `names_principal`: what a rule may ask of one statement of a policy document.

A statement is resolved: its values are known, or `Deferred` where only the deployment knows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.aws import policies
from cdkguard.language.comparisons import Decide
from cdkguard.language.subject import OperatorContext
from cdkguard.language.vocabulary import (
    ANYTHING,
    BOOLEAN,
    EFFECT,
    ELEMENTS_OF_STATEMENT,
    PATTERN,
    PRINCIPAL_KINDS,
    PROVIDER_GROUPS,
    RESOURCE_KINDS,
)
from cdkguard.logic import Tri, all_of, any_of, negate
from cdkguard.template.scope import Scope
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import MAX_TEXT, compile_pattern

Statement = dict[str, Json]

_MADE_UP = "zq7x"  # No service and no action is called so: a pattern that covers it covers every name.


class StatementTest(NamedTuple):
    """One test of a statement."""

    name: str
    # Decides from (statement, operand).
    decide: Callable[[Statement, Json], Tri]
    # The kind of operand that a rule file gives; see vocabulary.py.
    operand: str = ANYTHING


# -- deciding one test


def _has_effect(statement: Statement, operand: Json) -> Tri:
    return None if isinstance(statement.get("Effect"), Deferred) else statement.get("Effect", "Allow") == operand


def _is_public(statement: Statement, operand: Json) -> Tri:
    return _is_as_wanted(policies.is_public(statement), operand)


def _is_restricted(statement: Statement, operand: Json) -> Tri:
    from cdkguard.aws import condition_tests

    return _is_as_wanted(condition_tests.is_restricted(statement), operand)


def _is_limited(statement: Statement, operand: Json) -> Tri:
    from cdkguard.aws import condition_tests

    return _is_as_wanted(condition_tests.is_limited(statement), operand)


def _is_as_wanted(answer: Tri, operand: Json) -> Tri:
    return None if answer is None else answer is operand


def _spares_somebody(statement: Statement, operand: Json) -> Tri:
    from cdkguard.aws import condition_tests

    return _is_as_wanted(condition_tests.spares_somebody(statement), operand)


def _meets_without_tls(statement: Statement, operand: Json) -> Tri:
    from cdkguard.aws import condition_tests

    return _is_as_wanted(condition_tests.meets_without_tls(statement), operand)


def _has_keys(statement: Statement, operand: Json) -> Tri:
    return all(key in statement for key in policies.as_list(operand))


def _lacks_keys(statement: Statement, operand: Json) -> Tri:
    return not any(key in statement for key in policies.as_list(operand))


def _covers_action(statement: Statement, operand: Json) -> Tri:
    return policies.any_covers(statement.get("Action"), tuple(policies.as_list(operand)))


def _matches_principal(statement: Statement, operand: Json) -> Tri:
    return _any_matches([principal for _kind, principal in policies.list_principals(statement)], operand)


def _has_principal_kind(statement: Statement, operand: Json) -> Tri:
    if isinstance(statement.get("Principal"), Deferred):
        return None  # Only the deployment knows what a macro makes of it.
    return any(kind in policies.as_list(operand) for kind, _ in policies.list_principals(statement))


def _has_condition_on(statement: Statement, operand: str) -> Tri:
    from cdkguard.aws import condition_tests

    pattern = compile_pattern(operand)
    return condition_tests.has_condition_on(statement, lambda key: bool(pattern.search(key[:MAX_TEXT])))


def _covers_every_action(statement: Statement, operand: Json) -> Tri:
    """Whether the Action covers every action, or (the operand is a service) every one of a service."""
    made_up = f"{_MADE_UP if operand is True else operand}:{_MADE_UP}"
    return _if_wanted(policies.any_covers(statement.get("Action"), (made_up,)), operand)


def _covers_every_resource(statement: Statement, operand: Json) -> Tri:
    """Whether the Resource covers every resource of a type of its service, or (kinds of resources) of one of these."""
    found = policies.as_list(statement.get("Resource"))
    kinds = [] if isinstance(operand, bool) else policies.as_list(operand)
    return _if_wanted(any_of(_is_every(value, kinds) for value in found), operand)


def _is_every(value: Json, kinds: list[str]) -> Tri:
    from cdkguard.aws import arn_patterns

    text = policies.text_of(value)
    answer = any(arn_patterns.covers_every(text, kind) for kind in kinds) if kinds else arn_patterns.is_every(text)
    return _if_filled_in(value, answer) if isinstance(value, Deferred) else answer


def _if_wanted(answer: Tri, operand: Json) -> Tri:
    return negate(answer) if operand is False else answer


def _names_owner(statement: Statement, operand: Json) -> Tri:
    """Whether the tokens of shared identity providers of these groups are those of one owner."""
    from cdkguard.aws import identity_providers

    return identity_providers.names_owner(statement, policies.as_list(operand))


def _any_is(values: Json, operand: Json) -> Tri:
    """Whether a value of the statement equals one of the operand's, in any case; a link never equals a text."""
    wanted = [str(one).lower() for one in policies.as_list(operand)]
    return any_of(
        _if_filled_in(value, False) if isinstance(value, Deferred) else str(value).lower() in wanted
        for value in policies.as_list(values)
    )


def _any_matches(values: Json, operand: str, flags: int = 0) -> Tri:
    """Whether the pattern is found in a value of the statement; § stands for the unknown parts of a text."""
    pattern = compile_pattern(operand, flags)
    answer: Tri = False
    for value in policies.as_list(values):
        text = value.text() if isinstance(value, Deferred) else str(value)
        found: Tri = pattern.search(text[:MAX_TEXT]) is not None
        if isinstance(value, Deferred):
            found = _if_filled_in(value, found)
        if found is True:
            return True
        if found is None:
            answer = None
    return answer


def _if_filled_in(value: Deferred, answer: bool | None) -> Tri:
    """Unknown where a parameter may be given any text."""
    return None if value.kind in ("parameter", "unknown") else answer


STATEMENT_TESTS = {
    test.name: test
    for test in (
        StatementTest("effect", _has_effect, EFFECT),
        StatementTest("public", _is_public, BOOLEAN),
        StatementTest("restricted", _is_restricted, BOOLEAN),
        StatementTest("limited", _is_limited, BOOLEAN),
        StatementTest("spares_somebody", _spares_somebody, BOOLEAN),
        StatementTest("without_tls", _meets_without_tls, BOOLEAN),
        StatementTest("has", _has_keys, ELEMENTS_OF_STATEMENT),
        StatementTest("lacks", _lacks_keys, ELEMENTS_OF_STATEMENT),
        StatementTest("action_is", lambda statement, operand: _any_is(statement.get("Action"), operand)),
        StatementTest("resource_is", lambda statement, operand: _any_is(statement.get("Resource"), operand)),
        StatementTest("action_covers", _covers_action),
        StatementTest("action_every", _covers_every_action),
        StatementTest("resource_every", _covers_every_resource, RESOURCE_KINDS),
        StatementTest("action_matches", lambda s, operand: _any_matches(s.get("Action"), operand, re.IGNORECASE), PATTERN),
        StatementTest("resource_matches", lambda s, operand: _any_matches(s.get("Resource"), operand), PATTERN),
        StatementTest("principal_matches", _matches_principal, PATTERN),
        StatementTest("principal_kind", _has_principal_kind, PRINCIPAL_KINDS),
        StatementTest("any_token", lambda s, operand: negate(_names_owner(s, operand)), PROVIDER_GROUPS),
        StatementTest("condition_on", _has_condition_on, PATTERN),
        StatementTest("no_condition_on", lambda s, operand: negate(_has_condition_on(s, operand)), PATTERN),
    )
}  # fmt: skip


# -- the two operators


def bind_has_statement(operand: dict[str, Json]) -> Decide:
    """An operator that holds where one statement of the document passes all of the tests (effect Allow unless said)."""
    effect = operand.get("effect", "Allow")
    tests = [(STATEMENT_TESTS[name].decide, wanted) for name, wanted in operand.items() if name != "effect"]

    # Loops instead of any_of and all_of over generators: they run for every statement of every policy document.
    def decide(value: Json, _operand: Json, context: OperatorContext) -> Tri:
        answer: Tri = False
        for statement in _statements_of(value, context.scope):
            one = None if isinstance(statement, Deferred) else passes(statement)
            if one is True:
                return True
            if one is None:
                answer = None
        return answer

    def passes(statement: Statement) -> Tri:
        answer: Tri = True
        found = statement.get("Effect", "Allow")
        if isinstance(found, Deferred):
            answer = None
        elif found != effect:
            return False
        for decide_test, wanted in tests:
            one = decide_test(statement, wanted)
            if one is False:
                return False
            if one is None:
                answer = None
        return answer

    return decide


def _statements_of(document: Json, scope: Scope) -> Sequence[Statement | Deferred]:
    """The statements of a policy document, listed once for all the rules that read it."""
    known = scope.statements.get(id(document))
    if known is None:
        statements = [s for _path, s in policies.list_statements(scope.resolve_deep_once(document))]
        known = scope.statements.store(document, statements)
    listed: Sequence[Statement | Deferred] = known[1]
    return listed


def names_principal(value: Json, operand: dict[str, Json], context: OperatorContext) -> Tri:
    """Whether a statement passes the tests and names a principal of such an account by its number."""
    from cdkguard.aws import arns

    tests = {"effect": "Allow", **operand}
    classes = policies.as_list(tests.pop("account"))
    facts = context.facts
    if facts is None:
        return None

    return any_of(
        None
        if isinstance(statement, Deferred)
        else any(
            arns.classify_account(account, facts) in classes for account in policies.list_principal_accounts(statement)
        )
        and all_of(STATEMENT_TESTS[name].decide(statement, wanted) for name, wanted in tests.items())
        for _path, statement in policies.list_statements(context.scope.resolve_deep_once(value))
    )
