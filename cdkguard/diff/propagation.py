"""Resources that change because a resource that they refer to is replaced.

A replaced resource has another physical ID, so that each Ref and Fn::GetAtt of it has another value; where that value
stands in a create-only property, the resource that refers to it is replaced as well, and so on to the end.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.differences import Path
from cdkguard.diff.replacement import IMPACT_OF, Replacements
from cdkguard.diff.stack_pairs import Pair, ResourceKey
from cdkguard.diff.uses import Node, find_uses
from cdkguard.model import REPLACE_IMPACTS, UPDATE_IMPACTS, Change, PropertyChange, Stack
from cdkguard.template.paths import render_path
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import ABSENT

if TYPE_CHECKING:
    from cdkguard.model import Fate, Impact


class Knowledge(NamedTuple):
    """The facts about resources that the comparison hands over."""

    replacements: Replacements
    scopes: StackScopes  # The values of the new side.
    find_body: Callable[[Stack, Stack, str], Json]  # (old stack, new stack, logical ID) -> resolved new body, or None.
    find_fate: Callable[[Json, Json], Fate]  # (before, after) -> what becomes of the resource that is replaced.


def follow_replacements(
    pairs: Sequence[Pair], changes: Mapping[ResourceKey, Change], knowledge: Knowledge
) -> dict[ResourceKey, Change]:
    """The changes of all resources that follow a replaced one; each stands in for the change of its key, if any."""
    if not any(change.impact in REPLACE_IMPACTS for change in changes.values()):
        return {}
    return _Propagation(pairs, changes, knowledge).run()


class _Step(NamedTuple):
    """One node whose users have not been visited yet."""

    node: Node
    certain: bool  # Whether the resource at the origin is replaced for certain.
    origin: str  # The logical ID of the replaced resource.


class _Propagation:
    def __init__(self, pairs: Sequence[Pair], changes: Mapping[ResourceKey, Change], knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.changes = dict(changes)
        self.followers: dict[ResourceKey, Change] = {}
        self.old_of = {new: old for old, new in pairs}
        self.uses = find_uses([new for _old, new in pairs], knowledge.scopes)
        self.steps = self._find_origins(pairs)
        # Parameters and outputs that were passed, so that a circle of them ends.
        self.passed: set[tuple[Node, bool]] = set()

    def _find_origins(self, pairs: Sequence[Pair]) -> list[_Step]:
        """The replaced resources, in an order that does not depend on that of the templates; the last comes first."""
        order = {new: place for place, (_old, new) in enumerate(pairs)}
        keys = [key for key, change in self.changes.items() if change.impact in REPLACE_IMPACTS]
        keys.sort(key=lambda key: (order.get(key[0], -1), key[1]), reverse=True)
        return [_make_step(key, self.changes[key]) for key in keys]

    def run(self) -> dict[ResourceKey, Change]:
        while self.steps:
            step = self.steps.pop()
            for user, path in self.uses.get(step.node, ()):
                if user.kind == "resource":
                    self._visit_resource(user, path, step)
                elif (user, step.certain) not in self.passed:
                    self.passed.add((user, step.certain))
                    self.steps.append(step._replace(node=user))
        return self.followers

    def _visit_resource(self, user: Node, path: Path, step: _Step) -> None:
        key = user.stack, user.name
        known = self.changes.get(key)
        change = known or self._make_unchanged(key)
        followed = self._follow(change, path, step) if change is not None else None
        if followed is None:
            return

        self.changes[key] = self.followers[key] = followed
        is_worse = known is None or _rank(followed.impact) > _rank(known.impact)
        if is_worse and followed.impact in REPLACE_IMPACTS:
            self.steps.append(_make_step(key, followed))

    def _make_unchanged(self, key: ResourceKey) -> Change | None:
        """A change without properties, of a resource that its template leaves as it is; None if it is not created."""
        stack, logical_id = key
        old = self.old_of[stack]
        body = self.knowledge.find_body(old, stack, logical_id)
        if body is None:
            return None
        path = stack.construct_paths.get(logical_id)
        return Change("WILL_UPDATE", stack, logical_id, str(body.get("Type")), path, body, body, old_stack=old)

    def _follow(self, change: Change, path: Path, step: _Step) -> Change | None:
        """The change of a resource whose property at the path refers to a replaced one; None where nothing is new."""
        if change.impact not in UPDATE_IMPACTS:
            return None
        replacement = self.knowledge.replacements.decide(str(change.resource_type), path)
        if not step.certain:
            if replacement != "yes":  # Otherwise half of the stack would be said to change perhaps.
                return None
            replacement = "maybe"

        shown_path = render_path(("Properties", *path))
        known = next((p for p in change.properties if p.path == shown_path), None)
        if known is not None and _rank(IMPACT_OF[known.replacement]) >= _rank(IMPACT_OF[replacement]):
            return None

        value = _find_value(change.after.get("Properties", {}), path)
        words = "is replaced" if step.certain else "may be replaced"
        entry = PropertyChange(shown_path, value, value, replacement, f"follows {step.origin}, which {words}")
        impact, fate = max(IMPACT_OF[replacement], change.impact, key=_rank), change.fate
        if impact in REPLACE_IMPACTS and not fate:
            fate = self.knowledge.find_fate(change.before, change.after)
        return change._replace(
            impact=impact,
            properties=(*change.properties, entry),
            detail=tuple(dict.fromkeys((*change.detail, "follows"))),
            fate=fate,
            noise=False,
        )


def _rank(impact: Impact) -> int:
    """How bad one of UPDATE_IMPACTS is, 0 for the mildest."""
    return UPDATE_IMPACTS.index(impact)


def _make_step(key: ResourceKey, change: Change) -> _Step:
    stack, logical_id = key
    return _Step(Node(stack, "resource", logical_id), change.impact == "WILL_REPLACE", logical_id)


def _find_value(value: Json, path: Path) -> Json:
    """The value at the path, ABSENT where there is none."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part, ABSENT)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            value = ABSENT
    return value
