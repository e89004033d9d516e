"""Checks an operator's operand when a rule file is loaded: is it of the kind that the operator's record names?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cdkguard._typing import Json
from cdkguard.aws.arn_patterns import EVERY
from cdkguard.language.comparisons import number_of
from cdkguard.language.operators import OPERATORS
from cdkguard.language.statement_tests import STATEMENT_TESTS
from cdkguard.language.vocabulary import (
    ACCOUNT_CLASSES,
    ANYTHING,
    BOOLEAN,
    DEFERRED_KINDS,
    EFFECT,
    ELEMENTS_OF_STATEMENT,
    LIST,
    NUMBER,
    PATTERN,
    PRINCIPAL_KINDS,
    PROVIDER_GROUPS,
    RESOURCE_KINDS,
    TESTS,
)
from cdkguard.text.regexes import check_pattern
from cdkguard.text.spelling import did_you_mean

# Kind of operand -> its check; patterns and tests of statements have functions of their own.
_IS_RIGHT: Mapping[str, Callable[[Json], bool]] = {
    ANYTHING: lambda operand: True,
    BOOLEAN: lambda operand: isinstance(operand, bool),
    LIST: lambda operand: isinstance(operand, list),
    NUMBER: lambda operand: number_of(operand) is not None,
}
# Kind of operand -> the words that may stand there, alone or in a list; any other one would never hold.
_WORDS: Mapping[str, tuple[str, ...]] = {
    EFFECT: ("Allow", "Deny"),
    ELEMENTS_OF_STATEMENT: (
        "Sid", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ),
    PRINCIPAL_KINDS: ("AWS", "Service", "Federated", "CanonicalUser", "*"),
    PROVIDER_GROUPS: ("github", "shared", "cluster"),
    RESOURCE_KINDS: tuple(EVERY),
    ACCOUNT_CLASSES: ("foreign", "example", "own-in-agnostic", "cross-environment"),
    DEFERRED_KINDS: ("resource", "parameter", "pseudo", "import", "dynamic", "dummy", "text", "unknown"),
}  # fmt: skip
_TAKES_BOOLEAN = (RESOURCE_KINDS, DEFERRED_KINDS)
_TAKES_ONE = (EFFECT,)


def find_operand_problem(name: str, operand: Json) -> str | None:
    """The mistake in an operator's operand in a rule file, as a message; None if there is none."""
    kind = OPERATORS[name].operand
    return _find_statement_problem(name, operand) if kind == TESTS else _find_problem(name, kind, operand)


def _find_problem(name: str, kind: str, operand: Json) -> str | None:
    if kind == PATTERN:
        return _find_pattern_problem(operand)
    if kind in _WORDS:
        return _find_word_problem(name, kind, operand)
    return None if _IS_RIGHT[kind](operand) else f"'{name}' takes {kind}"


def _find_word_problem(name: str, kind: str, operand: Json) -> str | None:
    """The mistake in an operand that is one of a few words, or a list of them."""
    if isinstance(operand, bool) and kind in _TAKES_BOOLEAN:
        return None
    words = operand if isinstance(operand, list) and kind not in _TAKES_ONE else [operand]
    if not words:
        return f"'{name}' takes {kind}, not an empty list"
    for word in words:
        if not isinstance(word, str) or word not in _WORDS[kind]:
            hint = did_you_mean(str(word), _WORDS[kind])
            return f"'{name}' takes {kind}, not '{word}'{hint}; there are: {', '.join(_WORDS[kind])}"
    return None


def _find_pattern_problem(pattern: Json) -> str | None:
    if not isinstance(pattern, str):
        return "a pattern is a string"
    try:
        check_pattern(pattern)
    except ValueError as problem:
        return str(problem)
    return None


def _find_statement_problem(name: str, operand: Json) -> str | None:
    """The mistake in the tests of `has_statement` or `names_principal`."""
    if not isinstance(operand, dict):
        return f"'{name}' takes {TESTS}"
    takes_account = name == "names_principal"
    if takes_account and "account" not in operand:
        return "'names_principal' needs 'account': foreign, example, own-in-agnostic, cross-environment"

    for test_name, wanted in operand.items():
        if test_name == "account" and takes_account:
            kind = ACCOUNT_CLASSES
        elif test_name in STATEMENT_TESTS:
            kind = STATEMENT_TESTS[test_name].operand
        else:
            hint = did_you_mean(str(test_name), STATEMENT_TESTS)
            return f"no statement test '{test_name}'{hint}; there are: {', '.join(STATEMENT_TESTS)}"
        if problem := _find_problem(test_name, kind, wanted):
            return problem
    return None
