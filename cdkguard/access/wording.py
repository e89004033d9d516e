"""Gaps between what was granted and what is, in words and with a severity."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.access import conditions as clauses
from cdkguard.access import grants as iam
from cdkguard.access import patterns as globs
from cdkguard.access.grants import Gap
from cdkguard.access.patterns import EVERYTHING, Hole
from cdkguard.access.sets import Item
from cdkguard.access.side import Widening, worst
from cdkguard.access.statements import Statement
from cdkguard.aws import policies
from cdkguard.template.values import ABSENT


class Context(NamedTuple):
    """What a policy guards, for severities and words."""

    label: str
    account: str | None
    kind: str = ""  # overrides the gap's kind: trust, permission
    targets: str = ""
    closed: bool = True  # whether "everybody" is more than the usual


_FIELDS = {"action": "Action", "resource": "Resource", "principal": "Principal", "condition": "Condition"}


def as_widenings(
    gaps: Iterable[Gap], label: str, context: Context | None = None, fresh: Collection[str] = ()
) -> Iterator[Widening]:
    """One widening for each statement and kind, with all that it adds; rights to what is new itself weigh little."""
    groups: dict[tuple[object, ...], list[Gap]] = {}
    for gap in gaps:
        who = _who(gap, context)
        groups.setdefault((gap.what.place[:2], gap.what.guard, gap.kind, who, gap.certain), []).append(gap)
    for group, many in groups.items():
        found = _widening(many, label, context, str(group[3]))
        is_new = context is None and all(_only_to(fresh, g.what.resource) for g in many)
        yield found._replace(severity="low") if is_new and found.severity == "medium" else found


def _only_to(fresh: Collection[str], resource: Item) -> bool:
    """Whether a grant is to resources alone that this very change creates."""
    links = [[s.key[1] for s in p if isinstance(s, Hole) and isinstance(s.key, tuple)] for p in resource.patterns]
    return not resource.negated and all(ids and ids[0] in fresh for ids in links)


def _who(gap: Gap, context: Context | None) -> str:
    """public | cross-account | other, for the statement's principals."""
    if context is None or gap.kind == "deny-removed" or gap.what.opaque is not None:
        return "other"
    one = gap.what
    if one.principal.negated or EVERYTHING in one.principal.patterns:
        return "other" if _restricted(one) else "public"
    if _is_anybodys(one):
        return "public"
    account = "".join(s for s in one.principal.patterns[0][4:17] if isinstance(s, str))
    is_one = account[:12].isdigit() and account[12:] == ":"
    return "cross-account" if is_one and account[:12] != context.account else "other"


def _is_anybodys(one: Statement) -> bool:
    """Whether it lets in everybody of an identity provider, such as Google; a SAML provider is an organization's own."""
    who = globs.shown(one.principal.patterns[0]).lower()
    return who.startswith("federated:") and ":saml-provider/" not in who and not _restricted(one)


def _restricted(one: Statement) -> bool:
    body = one.place.body
    return isinstance(body, dict) and policies.is_restricted(body) is True


def _widening(many: list[Gap], label: str, context: Context | None, who: str) -> Widening:
    first = many[0]
    kind, severity = first.kind, _severity(many, context, who)
    field = _FIELDS.get(kind, "")
    place, body = first.what.place, first.what.place.body
    if isinstance(body, dict) and kind == "not-action":
        field = next((n for n in ("NotAction", "NotResource", "NotPrincipal") if n in body), "")
    now = body.get(field) if isinstance(body, dict) and field else body
    near = first.nearest.place.body if first.nearest is not None else None
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


_OF_WHOM = ("principalorg", "principalaccount", "calleraccount", "sourceaccount", "sourceorg")


def _severity(many: list[Gap], context: Context | None, who: str) -> str:
    gap = many[0]
    if context is None:
        found = worst(*(iam.risk(g.what) for g in many))
        if gap.kind in ("not-action", "deny-removed", "opaque"):
            return worst(found, "high") if gap.kind == "not-action" else worst(found, "medium")
        return worst(found, _lost(gap)) if gap.kind == "condition" else found
    if gap.kind == "deny-removed":
        return "high" if context.closed else "medium"
    if who == "public":
        return "critical" if context.closed else "high"
    if who == "cross-account":
        return "high"
    if gap.kind == "not-action":
        return "high"
    if gap.kind == "condition":
        doors = [c for c in _lost_clauses(gap) if iam.guards_door(c)]
        everybody = EVERYTHING in gap.what.principal.patterns
        known = everybody and any(word in c.key for c in doors for word in _OF_WHOM)
        return "high" if known or context.kind == "trust" and doors else _lost(gap)
    if all(_is_ours(g.what) for g in many):
        return "low" if _restricted(gap.what) else "medium"
    narrow = [iam.risk(g.what._replace(resource=Item((tuple("one"),)))) for g in many]
    return "low" if _restricted(gap.what) else worst("medium", *narrow)


# The own account's root, which leaves the decision to IAM, and the roles of CDK's own custom resources.
_OURS = re.compile(r"\$\{AWS::AccountId\}:\*|.*CustomResourceProviderRole[0-9A-F]{8}\b.*")


def _is_ours(one: Statement) -> bool:
    return not one.principal.negated and all(
        _OURS.fullmatch(globs.shown(pattern)) is not None for pattern in one.principal.patterns
    )


def _lost(gap: Gap) -> str:
    """How much a dropped or loosened condition weighs."""
    kept = {c.key for c in gap.what.when if globs.EVERYTHING not in c.patterns}
    lost = [c for c in _lost_clauses(gap) if c.key not in kept or c.family in ("bool", "ip")]
    return "high" if any(iam.guards_door(c) for c in lost) else "medium"


def _lost_clauses(gap: Gap) -> list[clauses.Clause]:
    before = gap.nearest.when if gap.nearest is not None else ()
    return [c for c in before if not any(clauses.implies(mine, c) for mine in gap.what.when)]


def _message(many: list[Gap], label: str, context: Context | None) -> str:
    gap, one = many[0], many[0].what
    if gap.kind == "opaque":
        return f"a policy of {label} is not known before deployment and is not the one from before"
    actions = _list(g.what.action.text() for g in many)
    resources = _list(g.what.resource.text() for g in many)
    principals = _list(_principal_text(g.what.principal) for g in many)
    if gap.kind == "deny-removed":
        text = f"{label}: a Deny of {actions} on {resources} is gone or narrower"
    elif context is not None and context.targets:
        text = f"{principals} may now {context.targets}"
    elif context is not None:
        text = f"{principals} may now do {actions} on {label}"
    else:
        text = f"{label} may now do {actions} on {resources}"
    if gap.kind == "condition":
        lost = _lost_clauses(gap)
        kept = {c.key for c in one.when}
        now = [c.text() for c in one.when if c.key in {k.key for k in lost}]
        was = [c.text() for c in lost if c.key in kept]
        gone = [c.text() for c in lost if c.key not in kept]
        text += f" where {' and '.join(now)} (before: {' and '.join(was)})" if now else ""
        text += f" without the condition {' and '.join(gone)}" if gone else "" if now else " in more cases"
    elif one.when and gap.kind != "deny-removed":
        text += " where " + " and ".join(c.text() for c in one.when)
    if one.guard:
        text += " if " + " and ".join(f"{n} is {'true' if holds else 'false'}" for n, holds in sorted(one.guard))
    return text if gap.certain else text + " (not certain before deployment)"


def _list(words: Iterable[str]) -> str:
    found = list(dict.fromkeys(words))
    return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")


def _principal_text(item: Item) -> str:
    if EVERYTHING in item.patterns and not item.negated:
        return "everybody"
    words = ", ".join(_who_text(globs.shown(p).partition(":")[2]) for p in item.patterns[:3])
    return f"everybody but {words}" if item.negated else words


def _who_text(text: str) -> str:
    unknown, account, rest = re.fullmatch(r"(\$\{[^}]*\})?([^:]*):?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    account = (unknown or "") + account
    if rest == "*":
        return "this account" if account.startswith("$") else f"account {account}"
    return rest if rest and account.startswith("$") else text


def as_json(value: Json) -> Json:
    return None if value is ABSENT else value
