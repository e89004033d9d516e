"""JSONPath -> the template values that it names, intrinsic functions resolved.

`bind_steps` makes a function of a path's steps, which template.jsonpath parses. On plain JSON without intrinsic functions the
function agrees with jsonpath-ng's own `find`, except that a path whose end is missing yields one ABSENT (after a wildcard:
nothing), so that a rule can ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cdkguard._typing import Any, Json
from cdkguard.template.functions import is_intrinsic
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred, scalar_text

# ["f", name] a member, ["i", index] an element, ["*"] each element, [".*"] each member, [".."] each value below, or
# ["?", steps, operator, value] each element of which the value at `steps` is equal (`==`), not equal, or there (None).
Step = list[Any]
Found = tuple[tuple[str | int, ...], Json]  # the path that leads to a value, and the value
Walk = Callable[[Scope, Json], Iterator[Found]]

MAX_NODES = 200_000  # values that one `..` visits


def bind_steps(steps: list[Step]) -> Walk:
    """The steps as one function: (scope, value) -> (path, value) of each value that they name."""
    names = member_names(steps)
    if names is not None:
        return _bind_fields(names)
    walk: Walk = _walk_no_further
    at = len(steps)
    while at:
        at -= 1
        names = member_names(steps[: at + 1])
        if names:
            return _bind_prefix(names, walk)
        walk = _BINDERS[steps[at][0]](steps[at], walk)
    return walk


def _missing(value: dict[str, Json]) -> Json:
    """The value of a member that is not written: ABSENT, or Deferred beside a macro, which may add any member."""
    return Deferred("unknown", value["Fn::Transform"]) if "Fn::Transform" in value else ABSENT


def _walk_no_further(scope: Scope, value: Json) -> Iterator[Found]:
    yield (), scope.resolve(value)


def member_names(steps: list[Step]) -> tuple[str, ...] | None:
    """The member names of a path that has no other steps, and so names exactly one value; None for any other path."""
    return tuple(step[1] for step in steps) if all(step[0] == "f" for step in steps) else None


def is_missing(value: Json, names: tuple[str, ...]) -> bool:
    """Whether the member names certainly lead to nothing, which is seen without resolving anything."""
    for name in names:
        if type(value) is not dict:
            return False
        if name not in value:
            return "Fn::Transform" not in value and not is_intrinsic(value)
        value = value[name]
    return False


def find_value(scope: Scope, value: Json, names: tuple[str, ...]) -> Json:
    """The one value to which the member names lead, resolved; ABSENT where it is not written."""
    kind = type(value)
    if kind is str or kind is dict and len(value) == 1:  # nothing else can be an intrinsic or a dynamic reference
        value = scope.resolve(value)
    for name in names:
        if type(value) is dict:
            if name in value:
                value = value[name]
                kind = type(value)
                if kind is str or kind is dict and len(value) == 1:
                    value = scope.resolve(value)
            elif "Fn::Transform" in value:
                value = _missing(value)
            else:
                return ABSENT
        else:
            value = _member_of_text(value, name)
            if value is ABSENT:
                return ABSENT
    return value


def _member_of_text(value: Json, name: str) -> Json:
    """The member of a JSON text; ABSENT of any other value that is no mapping, and Deferred of one that is not known."""
    if isinstance(value, str | Deferred):
        from cdkguard.template.json_text import read_json_object  # most templates have none

        members = read_json_object(value)
        if members is not None:
            return members.get(name, ABSENT)
    return value if isinstance(value, Deferred) else ABSENT


def _bind_fields(names: tuple[str, ...]) -> Walk:
    def walk(scope: Scope, value: Json) -> Iterator[Found]:
        yield names, find_value(scope, value, names)

    return walk


def _bind_prefix(names: tuple[str, ...], rest: Walk) -> Walk:
    """The member names that a path begins with, in one step."""
    head, last = names[:-1], names[-1]

    def walk(scope: Scope, value: Json) -> Iterator[Found]:
        value = find_value(scope, value, head)
        if type(value) is dict:
            inner = value[last] if last in value else _missing(value)
        else:
            inner = _member_of_text(value, last)
        for path, found in rest(scope, inner):
            yield (*names, *path), found

    return walk


def _bind_field(step: Step, rest: Walk) -> Walk:
    name = step[1]

    def walk(scope: Scope, value: Json) -> Iterator[Found]:
        value = scope.resolve(value)
        if type(value) is dict:
            inner = value[name] if name in value else _missing(value)
        else:
            inner = _member_of_text(value, name)
        for path, found in rest(scope, inner):
            yield (name, *path), found

    return walk


def _bind_index(step: Step, rest: Walk) -> Walk:
    index = step[1]

    def walk(scope: Scope, value: Json) -> Iterator[Found]:
        value = scope.resolve(value)
        if type(value) is list:
            inner = value[index] if -len(value) <= index < len(value) else ABSENT
        else:
            inner = value if isinstance(value, Deferred) else ABSENT
        for path, found in rest(scope, inner):
            yield (index, *path), found

    return walk


def _elements(scope: Scope, value: Json) -> Iterator[tuple[int, Json]]:
    """(index, element) of a list; one object where a list belongs is a list of one, as for CloudFormation."""
    items = value if type(value) is list else [value]
    for index, item in enumerate(items):
        found = scope.resolve(item)
        if type(found) is list and found is not item:  # Fn::If or Ref that gives a list inside a list
            for inner in found:
                yield index, inner
        elif found is not ABSENT:
            yield index, found


def _bind_each(_step: Step, rest: Walk) -> Walk:
    def walk(scope: Scope, value: Json) -> Iterator[Found]:
        value = scope.resolve(value)
        if isinstance(value, Deferred):
            yield from rest(scope, value)
        elif value is not ABSENT and value is not None:
            for index, item in _elements(scope, value):
                for path, found in rest(scope, item):
                    yield (index, *path), found

    return walk


def _bind_values(_step: Step, rest: Walk) -> Walk:
    def walk(scope: Scope, value: Json) -> Iterator[Found]:
        value = scope.resolve(value)
        if isinstance(value, Deferred):
            yield from rest(scope, value)
        elif type(value) in (dict, list):
            for name, item in value.items() if type(value) is dict else enumerate(value):
                if (item := scope.resolve(item)) is not ABSENT:
                    for path, found in rest(scope, item):
                        yield (name, *path), found

    return walk


def _bind_descendants(_step: Step, rest: Walk) -> Walk:
    def walk(scope: Scope, value: Json) -> Iterator[Found]:
        left = MAX_NODES
        pending: list[Found] = [((), value)]
        while pending:
            prefix, item = pending.pop()
            item = scope.resolve(item)
            left -= 1
            if left < 0:
                yield prefix, Deferred("unknown", "more values than are looked at")
                return
            if isinstance(item, Deferred):
                yield prefix, item
                continue
            if type(item) not in (dict, list):
                continue
            for path, found in rest(scope, item):
                if found is not ABSENT:
                    yield (*prefix, *path), found
            members = item.items() if type(item) is dict else enumerate(item)
            pending.extend(reversed([((*prefix, name), inner) for name, inner in members]))

    return walk


def _bind_filter(step: Step, rest: Walk) -> Walk:
    target, operator, wanted = bind_steps(step[1]), step[2], scalar_text(step[3])

    def matches(scope: Scope, item: Json) -> bool | None:
        for _path, found in target(scope, item):
            if isinstance(found, Deferred):
                return None
            if found is ABSENT:
                return False
            return operator is None or (scalar_text(found) == wanted) is (operator == "==")
        return False

    def walk(scope: Scope, value: Json) -> Iterator[Found]:
        value = scope.resolve(value)
        found_any = False
        if isinstance(value, Deferred):
            yield from rest(scope, value)
            return
        for index, item in _elements(scope, value) if type(value) in (list, dict) else ():
            match = matches(scope, item)
            if match is None:
                found_any = True
                yield (index,), Deferred("unknown", item)
            elif match:
                found_any = True
                for path, found in rest(scope, item):
                    yield (index, *path), found
        if not found_any:
            for path, _found in rest(scope, ABSENT):
                yield ("*", *path), ABSENT

    return walk


_BINDERS: dict[str, Callable[[Step, Walk], Walk]] = {
    "f": _bind_field,
    "i": _bind_index,
    "*": _bind_each,
    ".*": _bind_values,
    "..": _bind_descendants,
    "?": _bind_filter,
}


def render_path(path: tuple[str | int, ...]) -> str:
    """`Properties.SecurityGroupIngress[0].CidrIp`, as CDK writes property paths."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) or part == "*" else f".{part}" if text else str(part)
    return text
