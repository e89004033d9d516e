"""Whether statements together match all that another one matches.

Statements are compared as sets, whatever they are called and however they are cut: `is_covered` takes a statement apart
where no single other one covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cdkguard.access import action_names
from cdkguard.access.implied_tests import conditions_imply, principals_left
from cdkguard.access.patterns import Pattern, make_pattern, render_pattern
from cdkguard.access.principals import covers_principal
from cdkguard.access.sets import NameSet, is_subset
from cdkguard.access.statements import Statement
from cdkguard.logic import Tri, all_of, any_of

_MOST_VALUES = 32  # values of a condition that are looked at one by one
_MOST_SPLITS = 6  # times that a statement is taken apart


def is_covered(one: Statement, wides: Sequence[Statement], splits: int = _MOST_SPLITS) -> Tri:
    """Whether `wides` together match every request that `one` matches; None where that depends on an unknown part."""
    verdict = any_of(_is_covered_by(one, wide) for wide in wides)
    if verdict is True or splits == 0:
        return verdict
    # Its parts are of the same resources, so that only what covers those can cover a part.
    wides = [wide for wide in wides if is_subset(one.resource, wide.resource) is True]
    if not wides:
        return verdict
    for parts in (_split_by_condition_value(one), _split_by_assumption(one, wides), _split_by_action(one)):
        if parts and all_of(is_covered(part, wides, splits - 1) for part in parts) is True:
            return True
    return verdict


def _is_covered_by(one: Statement, wide: Statement) -> Tri:
    """Whether a single statement matches every request that `one` matches."""
    if not wide.assumptions <= one.assumptions:
        return False
    if wide.unknown is not None:
        return None
    verdict: Tri = True
    for check in element_checks(one, wide):
        if (found := check()) is False:
            return False
        verdict = verdict and found
    return verdict


ELEMENTS = ("action", "resource", "principal", "condition")


def element_checks(one: Statement, wide: Statement) -> tuple[Callable[[], Tri], ...]:
    """For each of ELEMENTS, whether `wide` covers it; functions, since most statements fail at the first."""
    return (
        lambda: is_subset(one.action, wide.action),
        lambda: is_subset(one.resource, wide.resource),
        lambda: _covers_principals(one, wide),
        lambda: conditions_imply(one, wide),
    )


def _covers_principals(one: Statement, wide: Statement) -> Tri:
    if one.principal.negated or wide.principal.negated:
        return is_subset(one.principal, wide.principal)

    found = _covers_each(one.principal.patterns, wide, named=True)
    left = () if found is True else principals_left(one)
    return any_of((found, *(_covers_each(patterns, wide, named=False) for patterns in left)))


def _covers_each(principals: tuple[Pattern, ...], wide: Statement, named: bool) -> Tri:
    # A Deny for an account denies to all that are in it.
    own = wide.account if wide.allow else ()
    return all_of(any_of(covers_principal(w, p, own, named) for w in wide.principal.patterns) for p in principals)


# -- taking a statement apart


def split_statement(statement: Statement) -> Iterator[Statement]:
    """The statement as statements of one principal, one action and one resource each."""
    for principal in _split_names(statement.principal):
        for action in _split_names(statement.action):
            for resource in _split_names(statement.resource):
                yield statement._replace(principal=principal, action=action, resource=resource)


def _split_names(names: NameSet) -> list[NameSet]:
    return [names] if names.negated else [NameSet((p,)) for p in names.patterns]


def _split_by_condition_value(one: Statement) -> list[Statement]:
    """One statement per value of the first condition that lists several; none where there are too many."""
    for index, test in enumerate(one.conditions):
        if len(test.patterns) > 1 and not test.negative and not test.qualifier:
            if len(test.patterns) > _MOST_VALUES:
                return []
            first, last = one.conditions[:index], one.conditions[index + 1 :]
            return [
                one._replace(conditions=(*first, test._replace(patterns=(value,)), *last)) for value in test.patterns
            ]
    return []


def _split_by_assumption(one: Statement, wides: Sequence[Statement]) -> list[Statement]:
    """The statement with a CloudFormation condition true, and with it false, where only the others depend on it."""
    assumed = {name for name, _ in one.assumptions}
    names = sorted({name for wide in wides for name, _ in wide.assumptions} - assumed)
    return [one._replace(assumptions=one.assumptions | {(names[0], truth)}) for truth in (True, False)] if names else []


def _split_by_action(one: Statement) -> list[Statement]:
    """One statement per action that a wildcard stands for, as far as that is known."""
    if one.action.negated or len(one.action.patterns) != 1:
        return []
    (action,) = one.action.patterns
    if all(isinstance(symbol, str) for symbol in action):
        return []
    names = action_names.expand_wildcard(render_pattern(action))
    return [one._replace(action=NameSet((make_pattern(name, ignore_case=True),))) for name in names]
