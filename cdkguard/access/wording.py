"""New grants -> widenings: one for each statement and kind, in words and with a severity."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from cdkguard._typing import Json
from cdkguard.access.conditions import ConditionTest
from cdkguard.access.grants import NewGrant
from cdkguard.access.lost_conditions import find_lost_conditions
from cdkguard.access.patterns import EVERYTHING, UnknownPart, render_pattern
from cdkguard.access.sets import NameSet
from cdkguard.access.severity import PolicySubject, classify_principals, rate_severity
from cdkguard.access.widening import Widening

_MOST_LISTED = 4  # actions, resources or principals that a message names


def make_widenings(grants: Iterable[NewGrant], subject: PolicySubject) -> Iterator[Widening]:
    """One widening for each statement and kind, with all that it adds.

    A medium right of an identity to nothing but resources that this very change creates is low: it comes with them.
    """
    groups: dict[tuple[object, ...], list[NewGrant]] = {}
    for grant in grants:
        one = grant.statement
        # The conditions differ where a Deny leaves several parts of one statement.
        is_alike = (one.element[:2], one.assumptions, one.conditions, grant.kind, grant.certain, grant.was_delegated)
        groups.setdefault((classify_principals(grant, subject), *is_alike), []).append(grant)

    for (principals, *_), many in groups.items():
        found = _make_widening(many, subject, str(principals))
        is_new = not subject.names_principals and all(_is_only_to(subject.new_ids, g.statement.resource) for g in many)
        yield found._replace(severity="low") if is_new and found.severity == "medium" else found


def _is_only_to(new_ids: Collection[str], resource: NameSet) -> bool:
    """Whether each resource begins with a reference to one of the given resources of the template."""
    links = [
        [s.key[1] for s in pattern if isinstance(s, UnknownPart) and isinstance(s.key, tuple)]
        for pattern in resource.patterns
    ]
    return not resource.negated and all(ids and ids[0] in new_ids for ids in links)


# -- the widening


# The element of a statement that a kind of widening is about.
_ELEMENT_OF_KIND = {
    "action": "Action",
    "resource": "Resource",
    "principal": "Principal",
    "condition": "Condition",
}
_NEGATED_ELEMENTS = ("NotAction", "NotResource", "NotPrincipal")


def _make_widening(grants: Sequence[NewGrant], subject: PolicySubject, principals: str) -> Widening:
    first = grants[0]
    element = first.statement.element
    path, before, after = _find_difference(first)
    # Where the own account is not known, the other account may be the own one.
    may_be_own = principals == "cross-account" and subject.names_principals and subject.account is None
    return Widening(
        logical_id=element.logical_id,
        kind=_name_kind(first, subject, principals),
        severity=rate_severity(grants, subject, principals),
        message=_render_message(grants, subject),
        path=path,
        before=before,
        after=after,
        certain=first.certain and not may_be_own,
    )


def _find_difference(grant: NewGrant) -> tuple[str, Json, Json]:
    """(path, value before, value after) of the element that differs, or of the whole statement."""
    path, body = grant.statement.element[1:]
    nearest = grant.nearest.element.body if grant.nearest is not None else None
    if grant.kind == "deny-removed":
        return path, body, nearest

    name = _ELEMENT_OF_KIND.get(grant.kind, "")
    if isinstance(body, dict) and grant.kind == "not-action":
        name = next((n for n in _NEGATED_ELEMENTS if n in body), "")
    before = nearest.get(name.removeprefix("Not")) if isinstance(nearest, dict) and name else nearest
    if not name or not isinstance(body, dict):
        return path, before, body
    return f"{path}.{name}" if name in body else path, before, body.get(name)


def _name_kind(grant: NewGrant, subject: PolicySubject, principals: str) -> str:
    """The kind of the widening: one of `model.WIDENING_KINDS`."""
    kind = grant.kind
    if kind == "unknown":
        kind = "principal" if subject.names_principals else "action"
    if not subject.names_principals or kind == "deny-removed":
        return kind
    if subject.kind == "trust" or principals == "other":
        return subject.kind or kind
    principals = "cross-account" if principals == "organization" else principals
    if kind == "principal" or subject.kind or grant.nearest is None:
        return principals
    if principals == "public" and kind in ("condition", "not-action"):
        return "public"
    return kind


# -- the message


def _render_message(grants: Sequence[NewGrant], subject: PolicySubject) -> str:
    """`role Worker may now do s3:putobject on arn:aws:s3:::b/*`, with the conditions under which it may."""
    first, one = grants[0], grants[0].statement
    if first.kind == "unknown":
        return f"a policy of {subject.label} is not known before deployment and is not the one from before"

    text = _render_right(grants, subject)
    if first.kind == "condition":
        text += _render_lost_conditions(first)
    elif first.kind == "resource" and first.nearest is not None and not subject.right:
        text += _render_nearest(first, subject)
    elif one.conditions and first.kind != "deny-removed":
        text += " where " + " and ".join(test.render() for test in one.conditions)
    if first.was_delegated:
        text += ", also where no policy of IAM allows it"

    if one.assumptions:
        text += " if " + " and ".join(f"{n} is {'true' if holds else 'false'}" for n, holds in sorted(one.assumptions))
    return text if first.certain else text + " (not certain before deployment)"


def _render_nearest(grant: NewGrant, subject: PolicySubject) -> str:
    """The conditions under which it may now, and on which resources, and when, it might before."""
    now, before = grant.statement, grant.nearest
    if before is None:
        return ""
    lost = [test for test in before.conditions if test not in now.conditions]
    there = f" where {' and '.join(test.render() for test in lost)}" if lost else ""
    here = f" where {' and '.join(test.render() for test in now.conditions)}" if now.conditions else ""
    is_named = f"now on {now.resource.render()}, " if subject.names_principals else ""
    return f"{here} ({is_named}before: on {before.resource.render()}{there})"


def _render_right(grants: Sequence[NewGrant], subject: PolicySubject) -> str:
    actions = _render_list(g.statement.action.render() for g in grants)
    resources = _render_list(g.statement.resource.render() for g in grants)
    principals = _render_list(_render_principals(g.statement.principal) for g in grants)
    if grants[0].kind == "deny-removed":
        return f"{subject.label}: a Deny of {actions} on {resources} is gone or narrower"
    if subject.right:
        return f"{principals} may now {subject.right}"
    if subject.names_principals and subject.open_by_default and grants[0].statement.element.body is None:
        return f"{subject.label} has no policy any more that keeps anybody out: {principals} may now do {actions} on it"
    if subject.names_principals:
        return f"{principals} may now do {actions} on {subject.label}"
    return f"{subject.label} may now do {actions} on {resources}"


def _render_lost_conditions(grant: NewGrant) -> str:
    """Which conditions are looser, with their values before, or else which ones are gone."""
    now_tests = grant.statement.conditions
    lost = find_lost_conditions(grant)
    kept_keys, lost_keys = {test.key for test in now_tests}, {test.key for test in lost}

    now = [test.render() for test in now_tests if test.key in lost_keys]
    before = [test.render() for test in lost if test.key in kept_keys]
    gone = [test.render() for test in lost if test.key not in kept_keys]

    added = _render_added(now_tests, lost)
    text = added or (f" where {' and '.join(now)} (before: {' and '.join(before)})" if now else "")
    if gone:
        return text + f" without the condition {' and '.join(gone)}"
    return text or " in more cases"


def _render_added(now_tests: Sequence[ConditionTest], lost: Sequence[ConditionTest]) -> str:
    """The values that a test allows beside those that it allowed before; "" where that is not all that differs."""
    pairs = [(now, was) for was in lost for now in now_tests if now[:2] == was[:2] and not now.negative]
    if len(pairs) != len(lost) or len(pairs) != 1:
        return ""
    now, was = pairs[0]
    added = tuple(pattern for pattern in now.patterns if pattern not in was.patterns)
    if was.negative or not added or len(added) + len(was.patterns) != len(now.patterns):
        return ""
    before = ", ".join(render_pattern(pattern) for pattern in was.patterns[:_MOST_LISTED])
    return f" also where {now._replace(patterns=added).render()} (before: only {before})"


def _render_list(words: Iterable[str]) -> str:
    found = list(dict.fromkeys(words))
    more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    return ", ".join(found[:_MOST_LISTED]) + more


def _render_principals(names: NameSet) -> str:
    if EVERYTHING in names.patterns and not names.negated:
        return "everybody"
    words = ", ".join(_render_principal(render_pattern(p).partition(":")[2]) for p in names.patterns[:3])
    return f"everybody but {words}" if names.negated else words


def _render_principal(text: str) -> str:
    """`123456789012:*` as `account 123456789012`, `${AWS::AccountId}:role/x` as `role/x`; others as they are."""
    unknown, account, rest = re.fullmatch(r"(\$\{[^}]*\})?([^:]*):?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    account = (unknown or "") + account
    if rest == "*":
        return "this account" if account.startswith("$") else f"account {account}"
    return rest if rest and account.startswith("$") else text
