"""What a Deny leaves of an Allow beside it.

An Allow for everybody beside a Deny for who is not of an organization lets in the organization, as if it were a condition
of the Allow. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard.access.coverage import element_checks
from cdkguard.access.sets import ALL, NameSet
from cdkguard.access.statements import Statement

_MOST_PARTS = 16  # of one statement, each left by another test of a Deny


def list_parts_left(allowed: Statement, denies: Sequence[Statement]) -> list[Statement]:
    """Statements that together match what an Allow matches and no Deny does, as far as one Deny after another says it.

    A Deny is met by requests that pass all of its tests, so that it leaves those that fail any of them.
    """
    parts = [allowed]
    for deny in denies:
        left = [part for one in parts for part in _list_parts_left_by(one, deny)]
        parts = left if len(left) <= _MOST_PARTS else parts
    return parts


def _list_parts_left_by(allowed: Statement, deny: Statement) -> list[Statement]:
    is_action, is_resource, is_principal, _ = element_checks(allowed, deny)
    if not deny.assumptions <= allowed.assumptions or is_action() is not True or is_resource() is not True:
        return [allowed]
    if is_principal() is not True:
        # NotPrincipal: all are denied but these.
        is_left = deny.principal.negated and not deny.conditions and allowed.principal == ALL
        return [allowed._replace(principal=NameSet(deny.principal.patterns))] if is_left else [allowed]

    failed = [test.negate() for test in deny.conditions]
    if None in failed:
        return [allowed]
    return [allowed._replace(conditions=(*allowed.conditions, test)) for test in failed if test is not None]
