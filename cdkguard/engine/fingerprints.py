"""What identifies a finding in the next run: its rule and subject, the place of each offending value by key, and its meaning.

Whoever accepts a finding accepts this value. So an added statement, another variable or a worse value is another finding,
while reordering a list or renaming what stands beside the value leaves it the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import Json
from cdkguard.engine.offending import Steps, Subjects, find_offending, split_path, step_inside
from cdkguard.engine.rules import BoundRule
from cdkguard.language.subject import Subject
from cdkguard.model import Outcome
from cdkguard.template.rendering import is_hidden, render_value
from cdkguard.template.values import ABSENT, Deferred, canonical_text, scalar_text
from cdkguard.text.regexes import lazy_pattern

_STEP = re.compile(r"[.\[]")
_ASSET_HASH = lazy_pattern(r"[0-9a-f]{64}")  # another one with each version of an asset
_COMMENTS = ("Sid", "Description")  # members that decide nothing
_NAMES = ("Name", "Key", "Id", "OptionName", "Namespace", "ParameterName", "ParameterKey", "VariableName")
_encode = json.JSONEncoder(sort_keys=True).encode  # `json.dumps` with options makes an encoder for each call
# Types of resources that are one entry of a list: all that they say is what was accepted.
_ENTRIES = ("Ingress", "Egress", "Permission", "NetworkAclEntry", "EventBusPolicy")


def fingerprint(
    rule_id: str, outcome: Outcome, stack_path: str, construct_path: str, logical_id: str, marks: Iterable[str]
) -> str:
    """24 hex digits that survive a change of lines, of list indexes and, with a construct path, of the logical id."""
    from cdkguard.text.sha256 import digest

    facts = (rule_id, outcome.value, stack_path, construct_path or logical_id, *sorted(set(marks)))
    return digest("\0".join(facts).encode("utf-8", "replace"))[:24]


def narrow_evidence(evidence: Sequence[tuple[str, Json]]) -> list[tuple[str, Json]]:
    """Each path once, and none around another one: an element's property, not the element."""
    seen: dict[str, Json] = {}
    for path, value in evidence:
        seen.setdefault(path, value)

    if len(seen) > 1:
        seen.pop("Type", None)  # a test of the type says which resource is meant, not what is wrong with it
    around = {p[: mark.start()] for p in seen for mark in _STEP.finditer(p)}
    return [(p, seen[p]) for p in seen if p not in around]


def mark_evidence(evidence: Iterable[tuple[str, Json]], secret: bool) -> tuple[str, ...]:
    """A mark for each value as it stands, without a look at the list or mapping that holds it."""
    return tuple(_mark(re.sub(r"\[[0-9]+\]", "[]", path), value, secret) for path, value in evidence)


def mark_offending(
    bound: BoundRule, subject: Subject, outcome: Outcome, evidence: Sequence[tuple[str, Json]]
) -> tuple[str, ...]:
    """A mark for each value that is at fault: its place by key, and what it means."""
    narrow = narrow_evidence(evidence)
    asked = Subjects(bound, subject, False if outcome is Outcome.FAIL else None)
    if not narrow and _is_entry(subject):
        return (_mark("Properties", subject.scope.resolve_deep(subject.root.get("Properties")), bound.rule.secret),)
    return tuple(mark for path, value in narrow for mark in _marks_of(asked, path, value))


def _marks_of(asked: Subjects, path: str, value: Json) -> Iterator[str]:
    secret = asked.bound.rule.secret
    try:
        yield from list(_marks_in_place(asked, path, value, secret))
    except MemoryError:
        raise
    except Exception:  # conditions or functions make the place, or the rule cannot judge a part of the value
        yield from mark_evidence([(path, value)], secret)


def _marks_in_place(asked: Subjects, path: str, value: Json, secret: bool) -> Iterator[str]:
    steps = split_path(path)
    place, around = _place_of(asked.subject, steps, secret)
    if isinstance(value, dict | list):
        offending = _find_offending(asked, steps, value)
        if offending is not None:
            yield from (_mark(place + inner, entry, secret) + around for inner, entry in offending)
            return
    yield _mark(place, value, secret) + around


def _place_of(subject: Subject, steps: Steps, secret: bool) -> tuple[str, str]:
    """The place by keys, and what the innermost element without a name of its own says beside the value."""
    place, around = "", ""
    value, scope = subject.root, subject.scope
    if _is_entry(subject) and steps[:1] == ("Properties",):
        around = _meaning(scope.resolve_deep(value.get("Properties")), secret)
    for step in steps:
        value = step_inside(scope.resolve(value), step)
        if not isinstance(step, int):
            place += f".{step}"
            continue
        element = scope.resolve(value)
        name = scope.resolve(element.get("Name")) if isinstance(element, dict) and "Name" in element else None
        place += f"[{name}]" if isinstance(name, str) else "[]"
        if isinstance(element, dict):
            around = "" if isinstance(name, str) else _meaning(scope.resolve_deep(element), secret)
    return place, around


def _is_entry(subject: Subject) -> bool:
    return isinstance(subject.root, dict) and str(subject.root.get("Type")).endswith(_ENTRIES)


# -- which entries of a list, a mapping or a policy are at fault


def _find_offending(asked: Subjects, steps: Steps, value: Json) -> list[tuple[str, Json]] | None:
    """(place inside by keys, value) of the entries that are at fault; None where they cannot be told."""
    offending = find_offending(asked, steps, value)
    return None if offending is None else [(_place_inside(inner, entry), entry) for inner, entry in offending]


def _place_inside(inner: Steps, entry: Json) -> str:
    return "".join(f".{step}" if isinstance(step, str) else _place_of_element(entry) for step in inner)


def _place_of_element(element: Json) -> str:
    name = element.get("Name") if isinstance(element, dict) else None
    return f"[{name}]" if isinstance(name, str) else "[]"


# -- the meaning of a value


def _mark(place: str, value: Json, secret: bool) -> str:
    return f"{place.lstrip('.')}={_meaning(value, secret)}"


def _meaning(value: Json, secret: bool) -> str:
    """A text that is equal for values that mean the same; of a secret it holds the length alone."""
    if secret and not isinstance(value, dict | list):
        return render_value(value, secret)
    return _encode(_plain(value, secret))


def _plain(value: Json, secret: bool, name: str = "") -> Json:
    if isinstance(value, dict):
        return {str(k): _plain(v, secret, str(k)) for k, v in value.items() if k not in _COMMENTS}
    if isinstance(value, list):
        items = {_encode(plain): plain for plain in (_plain(v, secret, name) for v in value)}
        return next(iter(items.values())) if len(items) == 1 else sorted(items)
    if isinstance(value, Deferred):
        return _plain_deferred(value)
    if value is ABSENT or value is None:
        return None
    if is_hidden(value, secret and name not in _NAMES):
        return render_value(value, secret)
    return _ASSET_HASH.sub("#", scalar_text(value) or canonical_text(value))


def _plain_deferred(value: Deferred) -> Json:
    if value.kind in ("resource", "parameter", "pseudo"):
        return ["?", value.kind, value.target, value.attribute]
    if value.kind == "text":
        return ["?", *(_plain(part, False) for part in value.parts)]
    return ["?", value.kind, _ASSET_HASH.sub("#", canonical_text(value.raw))]
