"""Checks an operator's operand when a rule file is loaded: is it of the kind that the operator's record names?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cdkguard._typing import Json
from cdkguard.language.comparisons import number_of
from cdkguard.language.operators import OPERATORS
from cdkguard.language.statement_tests import STATEMENT_TESTS
from cdkguard.language.vocabulary import ANYTHING, BOOLEAN, LIST, NUMBER, PATTERN, TESTS
from cdkguard.text.regexes import check_pattern

# Kind of operand -> its check; patterns and tests of statements have functions of their own.
_IS_RIGHT: Mapping[str, Callable[[Json], bool]] = {
    ANYTHING: lambda operand: True,
    BOOLEAN: lambda operand: isinstance(operand, bool),
    LIST: lambda operand: isinstance(operand, list),
    NUMBER: lambda operand: number_of(operand) is not None,
}


def find_operand_problem(name: str, operand: Json) -> str | None:
    """The mistake in an operator's operand in a rule file, as a message; None if there is none."""
    kind = OPERATORS[name].operand
    return _find_statement_problem(name, operand) if kind == TESTS else _find_problem(name, kind, operand)


def _find_problem(name: str, kind: str, operand: Json) -> str | None:
    if kind == PATTERN:
        return _find_pattern_problem(operand)
    return None if _IS_RIGHT[kind](operand) else f"'{name}' takes {kind}"


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
            continue
        if test_name not in STATEMENT_TESTS:
            return f"no statement test '{test_name}'; there are: {', '.join(STATEMENT_TESTS)}"
        if problem := _find_problem(test_name, STATEMENT_TESTS[test_name].operand, wanted):
            return problem
    return None
