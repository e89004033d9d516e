"""What identifies a finding in the next run: its rule and subject, the place of each offending value by key, and its meaning.

Whoever accepts a finding accepts this value. So an added statement, another variable or a worse value is another finding,
while reordering a list or renaming what stands beside the value leaves it the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.engine.rules import BoundRule
from cdkguard.language.subject import Subject
from cdkguard.model import Outcome
from cdkguard.template.rendering import is_hidden, render_value
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred, canonical_text, scalar_text
from cdkguard.text.regexes import lazy_pattern

MAX_ENTRIES = 200  # of a list or mapping that are tried one by one
_STEP = re.compile(r"[.\[]")
_STEPS = lazy_pattern(r"([^.\[\]]+)|\[(\d+|\*)\]")
_ASSET_HASH = lazy_pattern(r"[0-9a-f]{64}")  # another one with each version of an asset
_COMMENTS = ("Sid", "Description")  # members that decide nothing
_NAMES = ("Name", "Key", "Id", "OptionName", "Namespace", "ParameterName", "ParameterKey", "VariableName")
# Types of resources that are one entry of a list: all that they say is what was accepted.
_ENTRIES = ("Ingress", "Egress", "Permission", "NetworkAclEntry", "EventBusPolicy")

Steps = tuple[str | int, ...]


class Subjects(NamedTuple):
    """The rule, the subject in one branch and the outcome whose offending values are looked for."""

    bound: BoundRule
    subject: Subject
    wanted: bool | None  # what the rule answers where a value is at fault

    def is_at_fault(self, steps: Steps, value: Json) -> bool:
        """Whether the rule answers the same with this value in that place."""
        return (
            self.bound.decide(self.subject._replace(root=_put(self.subject.scope, self.subject.root, steps, value)))
            is self.wanted
        )


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
    steps = tuple(int(i) if i.isdigit() else i or name for name, i in _STEPS.findall(path))
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
        value = _inside(scope.resolve(value), step)
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


def _inside(value: Json, step: str | int) -> Json:
    """The member or element; ABSENT where it is not written. One object where a list belongs is a list of one."""
    if isinstance(step, int):
        return value[step] if isinstance(value, list) else value
    return value.get(step, ABSENT) if isinstance(value, dict) else ABSENT


# -- which entries of a list, a mapping or a policy are at fault


def _find_offending(asked: Subjects, steps: Steps, value: Json) -> list[tuple[str, Json]] | None:
    """(place inside, value) of the entries that are at fault; None where they are only together, or cannot be told."""
    written = _written_at(asked.subject, steps)
    if isinstance(value, dict) and "Statement" in value and isinstance(written, dict):
        steps, inside = (*steps, "Statement"), ".Statement"
        written, value = asked.subject.scope.resolve(written["Statement"]), value["Statement"]
    else:
        inside = ""
    if isinstance(value, dict) and inside:
        written, value = [written], [value]
    keys: Sequence[Any] = list(value) if isinstance(value, dict) else range(len(value))
    if type(written) is not type(value) or len(written) != len(value) or len(keys) > MAX_ENTRIES:
        return None

    with_none = _chosen(written, ())
    if asked.is_at_fault(steps, with_none):
        return [(inside, None)]  # something is missing, whatever else is there
    found = [key for key in keys if asked.is_at_fault(steps, _chosen(written, (key,)))]
    rest = [key for key in keys if key not in found]
    if not found or rest and asked.is_at_fault(steps, _chosen(written, rest)):
        return None
    return [(inside + _place_in(key, value), value[key]) for key in found]


def _place_in(key: str | int, value: Json) -> str:
    if isinstance(key, str):
        return f".{key}"
    name = value[key].get("Name") if isinstance(value[key], dict) else None
    return f"[{name}]" if isinstance(name, str) else "[]"


def _chosen(value: Json, keys: Sequence[Any]) -> Json:
    return {key: value[key] for key in keys} if isinstance(value, dict) else [value[key] for key in keys]


def _written_at(subject: Subject, steps: Steps) -> Json:
    value, scope = subject.root, subject.scope
    for step in steps:
        value = _inside(scope.resolve(value), step)
    return scope.resolve(value)


def _put(scope: Scope, body: Json, steps: Steps, value: Json) -> Json:
    """The body with another value in that place; what is on the way is copied.

    No function in a function: one that calls itself would hold the scope until the garbage collector runs.
    """
    if not steps:
        return value
    body, step = scope.resolve(body), steps[0]
    if isinstance(body, dict) and isinstance(step, int):
        return _put(scope, body, steps[1:], value)
    inner = _put(scope, body[step], steps[1:], value)
    if isinstance(body, dict):
        return {**body, step: inner}
    return [inner if at == step else item for at, item in enumerate(body)]


# -- the meaning of a value


def _mark(place: str, value: Json, secret: bool) -> str:
    return f"{place.lstrip('.')}={_meaning(value, secret)}"


def _meaning(value: Json, secret: bool) -> str:
    """A text that is equal for values that mean the same; of a secret it holds the length alone."""
    if secret and not isinstance(value, dict | list):
        return render_value(value, secret)
    return json.dumps(_plain(value, secret), sort_keys=True)


def _plain(value: Json, secret: bool, name: str = "") -> Json:
    if isinstance(value, dict):
        return {str(k): _plain(v, secret, str(k)) for k, v in value.items() if k not in _COMMENTS}
    if isinstance(value, list):
        items = {json.dumps(plain, sort_keys=True): plain for plain in (_plain(v, secret, name) for v in value)}
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
