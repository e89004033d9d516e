"""Resources that change because a value of another resource does: they follow it.

A replaced resource has another physical ID, so that each Ref and Fn::GetAtt of it has another value, and some values
change with an update in place (`attributes`). Where such a value stands in a create-only property, the resource that
refers to it is replaced as well, and so on to the end.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.attributes import Attributes
from cdkguard.diff.conditional_replacement import decide_replacement
from cdkguard.diff.differences import Path
from cdkguard.diff.replacement import IMPACT_OF, Replacements
from cdkguard.diff.stack_pairs import Pair, ResourceKey
from cdkguard.diff.uses import Node, Use, find_reads, find_uses
from cdkguard.model import REPLACE_IMPACTS, UPDATE_IMPACTS, Change, PropertyChange, Stack
from cdkguard.template.paths import render_path
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import ABSENT

if TYPE_CHECKING:
    from cdkguard.model import Fate, Impact


class Knowledge(NamedTuple):
    """The facts about resources that the comparison hands over."""

    replacements: Replacements
    attributes: Attributes
    scopes: StackScopes  # The values of the new side.
    find_body: Callable[[Stack, Stack, str], Json]  # (old stack, new stack, logical ID) -> resolved new body, or None.
    find_changed_outputs: Callable[[Stack, Stack], Sequence[str]]  # (old stack, new stack) -> names of outputs.
    find_fate: Callable[[Json, Json], Fate]  # (before, after) -> what becomes of the resource that is replaced.
    holds_data: Callable[[str | None, Json], bool]  # (type, body) -> whether its loss is a loss of data.


# (Follower, path of its value) -> the resources that it follows.
Followed = Mapping[tuple[ResourceKey, str], Sequence[ResourceKey]]


class Followers(NamedTuple):
    """The resources that follow others."""

    changes: dict[ResourceKey, Change]  # Each stands in for the change of its key, if any.
    followed: Followed


def follow_changes(pairs: Sequence[Pair], changes: Mapping[ResourceKey, Change], knowledge: Knowledge) -> Followers:
    """The changes of all resources that follow another one."""
    outputs = [
        _Step(
            Node(new, "output", name),
            because=f"follows {new.parent_logical_id}, whose Outputs.{name} changes",
            followed=(new.parent, str(new.parent_logical_id)),
        )
        for old, new in pairs
        if new.parent is not None
        for name in knowledge.find_changed_outputs(old, new)
    ]
    is_replaced = any(change.impact in REPLACE_IMPACTS for change in changes.values())
    if not outputs and not is_replaced and not _is_anything_read_anew(changes, knowledge):
        return Followers({}, {})
    return _Propagation(pairs, changes, knowledge).run(outputs)


def _is_anything_read_anew(changes: Mapping[ResourceKey, Change], knowledge: Knowledge) -> bool:
    """Whether a template reads a value that an update in place renews: the quick answer for most deployments."""
    updated: dict[Stack, dict[str, Change]] = {}
    for (stack, logical_id), change in changes.items():
        if change.impact == "WILL_UPDATE" and any(p.path.startswith("Properties.") for p in change.properties):
            updated.setdefault(stack, {})[logical_id] = change

    for stack, here in updated.items():
        values = [body.get("Properties") for body in knowledge.scopes.resources(stack).values()]
        if stack.parent is not None:
            values.append(stack.template.get("Outputs"))
        for logical_id, attribute in find_reads(values, here):
            if knowledge.attributes.decide(here[logical_id], attribute) != "no":
                return True
    return False


class _Step(NamedTuple):
    """One node whose users have not been visited yet.

    The words about a parameter or output are those about the resource that it comes from.
    """

    node: Node
    certain: bool = True  # Whether the value changes for certain.
    because: str = ""
    noise: bool = False  # Whether every build brings the change of the value.
    guess: bool = False  # Whether nothing is replaced, and an update in place may give another value.
    followed: ResourceKey | None = None  # The resource that gives the value.


class _Propagation:
    def __init__(self, pairs: Sequence[Pair], changes: Mapping[ResourceKey, Change], knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.changes = dict(changes)
        self.followers: dict[ResourceKey, Change] = {}
        self.followed: dict[tuple[ResourceKey, str], list[ResourceKey]] = {}
        self.old_of = {new: old for old, new in pairs}
        self.uses = find_uses([new for _old, new in pairs], knowledge.scopes)
        self.steps = self._find_origins(pairs)
        # Parameters and outputs that were passed, so that a circle of them ends.
        self.passed: set[tuple[Node, bool]] = set()
        # The paths at which a resource follows another one perhaps.
        self.uncertain: dict[ResourceKey, set[str]] = {}
        # Resources that nothing but such a guess may replace.
        self.guesses: set[ResourceKey] = set()

    def _find_origins(self, pairs: Sequence[Pair]) -> list[_Step]:
        """The changed resources, in an order that does not depend on that of the templates; the last comes first."""
        order = {new: place for place, (_old, new) in enumerate(pairs)}
        keys = [key for key, change in self.changes.items() if change.impact in UPDATE_IMPACTS]
        keys.sort(key=lambda key: (order.get(key[0], -1), key[1]), reverse=True)
        return [_Step(node) for node in map(_make_node, keys) if node in self.uses]

    def run(self, outputs: Sequence[_Step]) -> Followers:
        """The followers of the changed resources, and of outputs of nested stacks that have another value."""
        self.steps += outputs
        while self.steps:
            step = self.steps.pop()
            for use in self.uses.get(step.node, ()):
                read = self._read(step, use)
                if read is None:
                    continue
                if use.user.kind == "resource":
                    self._visit_resource(use.user, use.path, read)
                elif (use.user, read.certain) not in self.passed:
                    self.passed.add((use.user, read.certain))
                    self.steps.append(read._replace(node=use.user))
        found = {key: change for key, change in self.followers.items() if not self._is_idle_guess(key, change)}
        return Followers(found, self.followed)

    def _is_idle_guess(self, key: ResourceKey, change: Change) -> bool:
        """Whether a guess is not worth a word: no data is at stake."""
        return key in self.guesses and not self.knowledge.holds_data(change.resource_type, change.before)

    def _read(self, step: _Step, use: Use) -> _Step | None:
        """What the user reads, if it changes; None where it stays."""
        if step.node.kind != "resource":
            return step
        key = step.node.stack, step.node.name
        change = self.changes[key]
        renewed = self.knowledge.attributes.decide(change, use.attribute, self.uncertain.get(key, ()))
        if renewed == "no":
            return None
        certain = renewed == "yes"
        is_guess = key in self.guesses or not certain and change.impact == "WILL_UPDATE"
        return _Step(step.node, certain, _explain(change, use.attribute, certain), change.noise, is_guess, key)

    def _visit_resource(self, user: Node, path: Path, step: _Step) -> None:
        key = user.stack, user.name
        known = self.changes.get(key)
        change = known or self._make_unchanged(key)
        followed = self._follow(change, path, step) if change is not None else None
        if followed is None:
            return

        if not step.certain:
            self.uncertain.setdefault(key, set()).add(followed.properties[-1].path)
        if step.guess and known is None:
            self.guesses.add(key)
        elif not step.guess:
            self.guesses.discard(key)
        self.changes[key] = self.followers[key] = followed
        if user in self.uses:
            self.steps.append(_Step(user))

    def _make_unchanged(self, key: ResourceKey) -> Change | None:
        """A change without properties, of a resource that its template leaves as it is; None if it is not created."""
        stack, logical_id = key
        old = self.old_of[stack]
        body = self.knowledge.find_body(old, stack, logical_id)
        if body is None:
            return None
        path = stack.construct_paths.get(logical_id)
        return Change(
            "WILL_UPDATE", stack, logical_id, str(body.get("Type")), path, body, body, old_stack=old, noise=True
        )

    def _follow(self, change: Change, path: Path, step: _Step) -> Change | None:
        """The change of a resource whose property at the path has another value; None where nothing is new."""
        if change.impact not in UPDATE_IMPACTS:
            return None
        replacement = decide_replacement(
            self.knowledge.replacements, str(change.resource_type), path, change.before, change.after
        )
        if not step.certain:
            if replacement != "yes":  # Otherwise half of the stack would be said to change perhaps.
                return None
            replacement = "maybe"

        shown_path = render_path(("Properties", *path))
        known = next((p for p in change.properties if p.path == shown_path), None)
        if step.followed is not None:
            key = change.stack, str(change.logical_id)
            self.followed.setdefault((key, shown_path), []).append(step.followed)
        if known is not None and _rank(IMPACT_OF[known.replacement]) >= _rank(IMPACT_OF[replacement]):
            return None

        value = _find_value(change.after.get("Properties", {}), path)
        entry = PropertyChange(shown_path, value, value, replacement, step.because)
        impact, fate = max(IMPACT_OF[replacement], change.impact, key=_rank), change.fate
        if impact in REPLACE_IMPACTS and not fate:
            fate = self.knowledge.find_fate(change.before, change.after)
        return change._replace(
            impact=impact,
            properties=(*change.properties, entry),
            detail=tuple(dict.fromkeys((*change.detail, "follows"))),
            fate=fate,
            noise=change.noise and step.noise and impact == "WILL_UPDATE",
        )


def _explain(change: Change, attribute: str | None, certain: bool) -> str:
    """The cause of a change elsewhere: "follows Table, which is replaced"."""
    if change.impact == ("WILL_REPLACE" if certain else "MAY_REPLACE"):
        return f"follows {change.logical_id}, which {'is' if certain else 'may be'} replaced"
    return f"follows {change.logical_id}, whose {attribute or 'Ref'} {'changes' if certain else 'may change'}"


def _rank(impact: Impact) -> int:
    """How bad one of UPDATE_IMPACTS is, 0 for the mildest."""
    return UPDATE_IMPACTS.index(impact)


def _make_node(key: ResourceKey) -> Node:
    stack, logical_id = key
    return Node(stack, "resource", logical_id)


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
