"""Which entries of a list, a mapping or a policy are at fault: the rule is asked about each of them alone."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.engine.rules import BoundRule
from cdkguard.language.subject import Subject
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT
from cdkguard.text.regexes import lazy_pattern

MAX_ENTRIES = 200  # of a list or mapping that are tried one by one
_STEPS = lazy_pattern(r"([^.\[\]]+)|\[(\d+|\*)\]")

Steps = tuple[str | int, ...]


class Subjects(NamedTuple):
    """The rule, the subject in one branch and the outcome whose offending values are looked for."""

    bound: BoundRule
    subject: Subject
    wanted: bool | None  # what the rule answers where a value is at fault

    def is_at_fault(self, steps: Steps, value: Json) -> bool:
        """Whether the rule answers the same with this value in that place."""
        root = _put(self.subject.scope, self.subject.root, steps, value)
        return self.bound.decide(self.subject._replace(root=root)) is self.wanted


def split_path(path: str) -> Steps:
    """`Properties.Replicas[1]` as ("Properties", "Replicas", 1)."""
    return tuple(int(index) if index.isdigit() else index or name for name, index in _STEPS.findall(path))


def find_offending(asked: Subjects, steps: Steps, value: Json) -> list[tuple[Steps, Json]] | None:
    """(steps inside, value) of the entries that are at fault; None where they are only together, or cannot be told.

    `value` is the resolved list, mapping or policy document at `steps`. One value of None says that something is missing,
    whatever else is there.
    """
    written = _written_at(asked.subject, steps)
    inside: Steps = ()
    if isinstance(value, dict) and "Statement" in value and isinstance(written, dict):
        steps, inside = (*steps, "Statement"), ("Statement",)
        written, value = asked.subject.scope.resolve(written["Statement"]), value["Statement"]
    if isinstance(value, dict) and inside:
        written, value = [written], [value]
    keys: Sequence[Any] = list(value) if isinstance(value, dict) else range(len(value))
    if type(written) is not type(value) or len(written) != len(value) or len(keys) > MAX_ENTRIES:
        return None

    with_none = _chosen(written, ())
    if asked.is_at_fault(steps, with_none):
        return [(inside, None)]
    found = [key for key in keys if asked.is_at_fault(steps, _chosen(written, (key,)))]
    rest = [key for key in keys if key not in found]
    if not found or rest and asked.is_at_fault(steps, _chosen(written, rest)):
        return None
    return [((*inside, key), value[key]) for key in found]


def step_inside(value: Json, step: str | int) -> Json:
    """The member or element; ABSENT where it is not written. One object where a list belongs is a list of one."""
    if isinstance(step, int):
        return value[step] if isinstance(value, list) else value
    return value.get(step, ABSENT) if isinstance(value, dict) else ABSENT


def _chosen(value: Json, keys: Sequence[Any]) -> Json:
    return {key: value[key] for key in keys} if isinstance(value, dict) else [value[key] for key in keys]


def _written_at(subject: Subject, steps: Steps) -> Json:
    value, scope = subject.root, subject.scope
    for step in steps:
        value = step_inside(scope.resolve(value), step)
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
