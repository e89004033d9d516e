"""A replaced resource changes what refers to it: Ref, GetAtt, Join and Sub are followed to a fixpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.diff.references import find_references
from cdkguard.diff.replacement import Replacements
from cdkguard.model import Change, PropertyChange, Stack
from cdkguard.template.paths import render_path
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import ABSENT

Key = tuple[int, str]  # (id of the stack, logical id)
Node = tuple[int, str, str]  # (id of the stack, "resource" | "parameter" | "output", name)
_RANK = {"WILL_UPDATE": 0, "MAY_REPLACE": 1, "WILL_REPLACE": 2}


def follow_replacements(
    pairs: Sequence[tuple[Stack, Stack]],
    changes: Mapping[Key, Change],
    table: Replacements,
    scopes: StackScopes,
    body_of: Callable[[Stack, str], Json],
    fate_of: Callable[[Json, Json], str],
) -> Iterator[tuple[Key, Change]]:
    """Changes of the resources that follow a replaced one, with their keys; they stand in for those of the same key.

    `body_of` gives a resource resolved, None where it is not created; `fate_of` says of (before, after) what becomes
    of a replaced one.
    """
    order = {id(after): place for place, (_before, after) in enumerate(pairs)}
    pending = [key for key, change in changes.items() if change.impact in ("WILL_REPLACE", "MAY_REPLACE")]
    if not pending:
        return
    pending.sort(key=lambda key: (order.get(key[0], -1), key[1]), reverse=True)  # whatever the template's order
    passed: set[tuple[Node, bool]] = set()
    new: dict[Key, Change] = dict(changes)
    touched: set[Key] = set()
    users = _users([stack for _old, stack in pairs], scopes)
    before_of = {id(after): before for before, after in pairs}
    stack_of = {id(after): after for _before, after in pairs}
    queue: list[tuple[Node, bool, str]] = [
        ((stack, "resource", name), new[stack, name].impact == "WILL_REPLACE", name) for stack, name in pending
    ]
    while queue:
        node, surely, origin = queue.pop()
        for user, path in users.get(node, ()):
            if user[1] != "resource":
                if (user, surely) not in passed:
                    passed.add((user, surely))
                    queue.append((user, surely, origin))
                continue
            key = user[0], user[2]
            change = new.get(key) or _untouched(key, stack_of, before_of, body_of)
            followed = change and _follow(change, path, surely, origin, table, fate_of)
            if followed is None:
                continue
            changed_rank = _rank(followed) > _rank(new.get(key))
            new[key] = followed
            touched.add(key)
            if changed_rank and followed.impact != "WILL_UPDATE":
                queue.append((user, followed.impact == "WILL_REPLACE", key[1]))
    for key in touched:
        yield key, new[key]


def _rank(change: Change | None) -> int:
    return -1 if change is None else _RANK.get(change.impact, 3)


def _untouched(
    key: Key, stack_of: Mapping[int, Stack], before_of: Mapping[int, Stack], body_of: Callable[[Stack, str], Json]
) -> Change | None:
    """The change of a resource that nothing but a replaced one changes."""
    stack = stack_of[key[0]]
    body = body_of(stack, key[1])
    if body is None:
        return None
    path = stack.construct_paths.get(key[1])
    return Change("WILL_UPDATE", stack, key[1], str(body.get("Type")), path, body, body, was=before_of[key[0]])


def _follow(
    change: Change, path: tuple[str | int, ...], surely: bool, origin: str, table: Replacements,
    fate_of: Callable[[Json, Json], str],
) -> Change | None:  # fmt: skip
    """The change of a resource one of whose properties refers to a replaced one; None where nothing is new."""
    if change.impact not in _RANK:
        return None
    fresh = not change.properties
    shown = render_path(("Properties", *path))
    replacement = table.of(str(change.resource_type), path)
    if not surely:
        if replacement != "yes":  # a perhaps of a perhaps would be said of half the stack
            return None
        replacement = "maybe"
    if any(p.path == shown and (p.because or not fresh) for p in change.properties):
        known = next(p for p in change.properties if p.path == shown)
        if (known.replacement, replacement) in (("yes", replacement), ("maybe", "no"), (replacement, replacement)):
            return None
    value: Json = change.after.get("Properties", {})
    for part in path:
        value = _part(value, part)
    word = "is replaced" if surely else "may be replaced"
    entry = PropertyChange(shown, value, value, replacement, f"follows {origin}, which {word}")
    impact = {"no": "WILL_UPDATE", "maybe": "MAY_REPLACE", "yes": "WILL_REPLACE"}[replacement]
    if _RANK[impact] < _RANK[change.impact]:
        impact = change.impact
    fate = change.fate
    if impact != "WILL_UPDATE" and not fate:
        fate = fate_of(change.before, change.after)
    return change._replace(
        impact=impact,
        properties=(*change.properties, entry),
        detail=tuple(dict.fromkeys((*change.detail, "follows"))),
        fate=fate,
        noise=False,
    )


def _part(value: Json, part: str | int) -> Json:
    if isinstance(value, dict):
        return value.get(part, ABSENT)
    return value[part] if isinstance(value, list) and isinstance(part, int) and part < len(value) else ABSENT


def _users(stacks: Sequence[Stack], scopes: StackScopes) -> dict[Node, list[tuple[Node, tuple[str | int, ...]]]]:
    """Node -> who refers to it, and where. Nested stacks are linked by their parameters and outputs."""
    users: dict[Node, list[tuple[Node, tuple[str | int, ...]]]] = {}
    nested = {(id(s.parent), s.parent_logical_id): s for s in stacks if s.parent is not None}
    for stack in stacks:
        resources, parameters = scopes.resources(stack), stack.template.get("Parameters") or {}
        for logical_id, body in resources.items():
            child = nested.get((id(stack), logical_id))
            for path, name, attribute in _places(body.get("Properties"), ()):
                if child is not None and len(path) > 1 and path[0] == "Parameters":
                    user: Node = (id(child), "parameter", str(path[1]))
                else:
                    user = (id(stack), "resource", logical_id)
                for node in _nodes(stack, name, attribute, resources, parameters, nested):
                    users.setdefault(node, []).append((user, path))
        outputs = stack.template.get("Outputs")
        for name, output in (outputs if isinstance(outputs, dict) else {}).items():
            for target, attribute in find_references(output.get("Value") if isinstance(output, dict) else None):
                for node in _nodes(stack, target, attribute, resources, parameters, nested):
                    users.setdefault(node, []).append(((id(stack), "output", name), ()))
    for found in users.values():
        found.sort(key=lambda use: (use[0][1:], render_path(use[1])))
    return users


def _nodes(
    stack: Stack, name: str, attribute: str | None, resources: Mapping[str, Json], parameters: Mapping[str, Json],
    nested: Mapping[tuple[int, str | None], Stack],
) -> Iterator[Node]:  # fmt: skip
    if name in parameters:
        yield id(stack), "parameter", name
    elif name in resources:
        child = nested.get((id(stack), name))
        if child is not None and attribute and attribute.startswith("Outputs."):
            yield id(child), "output", attribute[len("Outputs.") :]
        else:
            yield id(stack), "resource", name


_LEAVES = ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::If", "Fn::Base64")


def _places(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str, str | None]]:
    """(property path, name, attribute) of each reference in a resource's properties."""
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value)) in _LEAVES:
            for name, attribute in find_references(value):
                yield path, name, attribute
            return
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))
