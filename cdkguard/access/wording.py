"""Gaps between what was granted and what is, in words and with a severity."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.access import conditions as clauses
from cdkguard.access import grants as iam
from cdkguard.access import patterns as globs
from cdkguard.access.grants import NewGrant
from cdkguard.access.patterns import EVERYTHING, UnknownPart
from cdkguard.access.sets import NameSet
from cdkguard.access.statements import Statement
from cdkguard.access.widening import Widening, worst_severity
from cdkguard.aws import policies
from cdkguard.template.values import ABSENT


class PolicySubject(NamedTuple):
    """What a policy guards, for severities and words."""

    label: str
    account: str | None
    kind: str = ""  # overrides the gap's kind: trust, permission
    targets: str = ""
    closed: bool = True  # whether "everybody" is more than the usual


_FIELDS = {"action": "Action", "resource": "Resource", "principal": "Principal", "condition": "Condition"}


def make_widenings(
    gaps: Iterable[NewGrant], label: str, context: PolicySubject | None = None, fresh: Collection[str] = ()
) -> Iterator[Widening]:
    """One widening for each statement and kind, with all that it adds; rights to what is new itself weigh little."""
    groups: dict[tuple[object, ...], list[NewGrant]] = {}
    for gap in gaps:
        who = _who_is_let_in(gap, context)
        groups.setdefault(
            (gap.statement.element[:2], gap.statement.assumptions, gap.kind, who, gap.certain), []
        ).append(gap)
    for group, many in groups.items():
        found = _widening(many, label, context, str(group[3]))
        is_new = context is None and all(_is_only_to(fresh, g.statement.resource) for g in many)
        yield found._replace(severity="low") if is_new and found.severity == "medium" else found


def _is_only_to(fresh: Collection[str], resource: NameSet) -> bool:
    """Whether a grant is to resources alone that this very change creates."""
    links = [
        [s.key[1] for s in p if isinstance(s, UnknownPart) and isinstance(s.key, tuple)] for p in resource.patterns
    ]
    return not resource.negated and all(ids and ids[0] in fresh for ids in links)


def _who_is_let_in(gap: NewGrant, context: PolicySubject | None) -> str:
    """public | cross-account | other, for the statement's principals."""
    if context is None or gap.kind == "deny-removed" or gap.statement.unknown is not None:
        return "other"
    one = gap.statement
    if one.principal.negated or EVERYTHING in one.principal.patterns:
        return "other" if _restricted(one) else "public"
    if _is_open_provider(one):
        return "public"
    account = "".join(s for s in one.principal.patterns[0][4:17] if isinstance(s, str))
    is_one = account[:12].isdigit() and account[12:] == ":"
    return "cross-account" if is_one and account[:12] != context.account else "other"


def _is_open_provider(one: Statement) -> bool:
    """Whether it lets in everybody of an identity provider, such as Google; a SAML provider is an organization's own."""
    who = globs.render_pattern(one.principal.patterns[0]).lower()
    return who.startswith("federated:") and ":saml-provider/" not in who and not _restricted(one)


def _restricted(one: Statement) -> bool:
    body = one.element.body
    return isinstance(body, dict) and policies.is_restricted(body) is True


def _widening(many: list[NewGrant], label: str, context: PolicySubject | None, who: str) -> Widening:
    first = many[0]
    kind, severity = first.kind, _rate_severity(many, context, who)
    field = _FIELDS.get(kind, "")
    place, body = first.statement.element, first.statement.element.body
    if isinstance(body, dict) and kind == "not-action":
        field = next((n for n in ("NotAction", "NotResource", "NotPrincipal") if n in body), "")
    now = body.get(field) if isinstance(body, dict) and field else body
    near = first.nearest.element.body if first.nearest is not None else None
    was = near.get(field.removeprefix("Not")) if isinstance(near, dict) and field else near
    message = _message(many, label, context)
    if kind == "deny-removed":
        was, now, field = body, near, ""
    elif field in ("Condition", "Principal") and isinstance(body, dict) and field not in body:
        now = None
    path = f"{place.path}.{field}" if field and isinstance(body, dict) and field in body else place.path
    if kind == "opaque":
        kind = "action" if context is None else "principal"
    if context is not None and kind != "deny-removed":
        if context.kind == "trust" or who == "other":
            kind = context.kind or kind
        elif kind == "principal" or context.kind or first.nearest is None:
            kind = who
        elif who == "public":
            kind = "public" if kind in ("principal", "condition", "not-action") else kind
    # Without the own account, another one may be the own.
    certain = first.certain and (who != "cross-account" or context is None or context.account is not None)
    return Widening(place.logical_id, kind, severity, message, path, was, now, certain)


_CALLER_ORIGIN_KEYS = ("principalorg", "principalaccount", "calleraccount", "sourceaccount", "sourceorg")


def _rate_severity(many: list[NewGrant], context: PolicySubject | None, who: str) -> str:
    gap = many[0]
    if context is None:
        found = worst_severity(*(iam.rate_risk(g.statement) for g in many))
        if gap.kind in ("not-action", "deny-removed", "opaque"):
            return worst_severity(found, "high") if gap.kind == "not-action" else worst_severity(found, "medium")
        return worst_severity(found, _rate_lost_conditions(gap)) if gap.kind == "condition" else found
    if gap.kind == "deny-removed":
        return "high" if context.closed else "medium"
    if who == "public":
        return "critical" if context.closed else "high"
    if who == "cross-account":
        return "high"
    if gap.kind == "not-action":
        return "high"
    if gap.kind == "condition":
        doors = [c for c in find_lost_conditions(gap) if iam.restricts_caller(c)]
        everybody = EVERYTHING in gap.statement.principal.patterns
        known = everybody and any(word in c.key for c in doors for word in _CALLER_ORIGIN_KEYS)
        return "high" if known or context.kind == "trust" and doors else _rate_lost_conditions(gap)
    if all(_is_own_principal(g.statement) for g in many):
        return "low" if _restricted(gap.statement) else "medium"
    narrow = [iam.rate_risk(g.statement._replace(resource=NameSet((tuple("one"),)))) for g in many]
    return "low" if _restricted(gap.statement) else worst_severity("medium", *narrow)


# The own account's root, which leaves the decision to IAM, and the roles of CDK's own custom resources.
_OWN_PRINCIPAL = re.compile(r"\$\{AWS::AccountId\}:\*|.*CustomResourceProviderRole[0-9A-F]{8}\b.*")


def _is_own_principal(one: Statement) -> bool:
    return not one.principal.negated and all(
        _OWN_PRINCIPAL.fullmatch(globs.render_pattern(pattern)) is not None for pattern in one.principal.patterns
    )


def _rate_lost_conditions(gap: NewGrant) -> str:
    """How much a dropped or loosened condition weighs."""
    kept = {c.key for c in gap.statement.conditions if globs.EVERYTHING not in c.patterns}
    lost = [c for c in find_lost_conditions(gap) if c.key not in kept or c.family in ("bool", "ip")]
    return "high" if any(iam.restricts_caller(c) for c in lost) else "medium"


def find_lost_conditions(gap: NewGrant) -> list[clauses.ConditionTest]:
    before = gap.nearest.conditions if gap.nearest is not None else ()
    return [c for c in before if not any(clauses.implies(mine, c) for mine in gap.statement.conditions)]


def _message(many: list[NewGrant], label: str, context: PolicySubject | None) -> str:
    gap, one = many[0], many[0].statement
    if gap.kind == "opaque":
        return f"a policy of {label} is not known before deployment and is not the one from before"
    actions = _list(g.statement.action.text() for g in many)
    resources = _list(g.statement.resource.text() for g in many)
    principals = _list(_principal_text(g.statement.principal) for g in many)
    if gap.kind == "deny-removed":
        text = f"{label}: a Deny of {actions} on {resources} is gone or narrower"
    elif context is not None and context.targets:
        text = f"{principals} may now {context.targets}"
    elif context is not None:
        text = f"{principals} may now do {actions} on {label}"
    else:
        text = f"{label} may now do {actions} on {resources}"
    if gap.kind == "condition":
        lost = find_lost_conditions(gap)
        kept = {c.key for c in one.conditions}
        now = [c.text() for c in one.conditions if c.key in {k.key for k in lost}]
        was = [c.text() for c in lost if c.key in kept]
        gone = [c.text() for c in lost if c.key not in kept]
        text += f" where {' and '.join(now)} (before: {' and '.join(was)})" if now else ""
        text += f" without the condition {' and '.join(gone)}" if gone else "" if now else " in more cases"
    elif one.conditions and gap.kind != "deny-removed":
        text += " where " + " and ".join(c.text() for c in one.conditions)
    if one.assumptions:
        text += " if " + " and ".join(f"{n} is {'true' if holds else 'false'}" for n, holds in sorted(one.assumptions))
    return text if gap.certain else text + " (not certain before deployment)"


def _list(words: Iterable[str]) -> str:
    found = list(dict.fromkeys(words))
    return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")


def _principal_text(item: NameSet) -> str:
    if EVERYTHING in item.patterns and not item.negated:
        return "everybody"
    words = ", ".join(_who_text(globs.render_pattern(p).partition(":")[2]) for p in item.patterns[:3])
    return f"everybody but {words}" if item.negated else words


def _who_text(text: str) -> str:
    unknown, account, rest = re.fullmatch(r"(\$\{[^}]*\})?([^:]*):?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    account = (unknown or "") + account
    if rest == "*":
        return "this account" if account.startswith("$") else f"account {account}"
    return rest if rest and account.startswith("$") else text


def as_json(value: Json) -> Json:
    return None if value is ABSENT else value
