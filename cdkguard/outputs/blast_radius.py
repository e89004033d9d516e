"""The blast radius of a change: what is destroyed, replaced or left behind, and what follows from it, to be drawn.

A picture holds causes and followers alone, at most MOST nodes for an environment. Followers that are alike are one node;
what is not drawn is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.model import REMOVE_IMPACTS, REPLACE_IMPACTS, Change
from cdkguard.outputs.diff.common import name_of_change
from cdkguard.outputs.resource_types import describe_type, pluralize
from cdkguard.outputs.short_names import generalize_name, rank_environment, shorten_name

if TYPE_CHECKING:
    from typing import Literal

    from cdkguard.model import Fate

    Effect = Literal[
        "destroyed",
        "left behind",
        "replaced",
        "perhaps replaced",
        "parts lost",
        "refused",
        "stack",
        "updated",
        "created",
    ]

MOST = 25  # Nodes of one picture.
EFFECTS: tuple[Effect, ...] = (  # Worst first.
    "destroyed", "left behind", "replaced", "perhaps replaced", "parts lost", "refused", "stack", "updated", "created",
)  # fmt: skip
_EFFECT_OF: dict[str, Effect] = {
    "WILL_DESTROY": "destroyed",
    "WILL_ORPHAN": "left behind",
    "WILL_REPLACE": "replaced",
    "MAY_REPLACE": "perhaps replaced",
    "WILL_UPDATE": "updated",
    "WILL_CREATE": "created",
    "STACK_REFUSED": "refused",
    "STACK_REMOVED": "stack",
    "STACK_RENAMED": "stack",
    "STACK_MOVED": "stack",
}
_MILD = ("updated", "created")
_OF_STACKS = {
    "STACK_REFUSED": "CloudFormation refuses its update",
    "STACK_REMOVED": "removed from the app",
    "STACK_RENAMED": "renamed",
    "STACK_MOVED": "moved to another account or region",
}
# What becomes of a resource with data that goes, and of the old one where another takes its place.
_GONE: dict[Fate, str] = {
    "destroyed": "destroyed with its data",
    "snapshot": "destroyed after a final snapshot",
    "retained": "left behind with its data",
    "protected": "kept: its deletion fails, as it is protected",
    "if-empty": "destroyed if it is empty, else left behind",
    "unknown": "destroyed or kept: not known yet",
}
_OLD_ONE: dict[Fate, str] = {
    "destroyed": "the old one is deleted with its data",
    "snapshot": "the old one is deleted after a snapshot",
    "retained": "the old one is kept, with its data",
    "protected": "the old one is kept, as it is protected",
    "if-empty": "the old one is deleted if it is empty",
    "unknown": "the old one is deleted or kept: not known yet",
}


class Node(NamedTuple):
    """One box of a picture: a resource or stack, or several resources that are alike."""

    name: str  # "Data/Invoices"; "5 Lambda functions" of several.
    kind: str  # The type in words, "S3 bucket"; "stack" of a stack, "" of several.
    effect: Effect
    words: str  # The effect in words: "left behind with its data, an empty one is made".
    has_data: bool  # Whether data is lost or left where nobody looks for it.
    number: int = 1  # The resources that it stands for.
    members: tuple[str, ...] = ()  # Their names, where they are several.


class BlastRadius(NamedTuple):
    """One picture; environments in which everything is the same share it."""

    environments: tuple[str, ...]  # Names, strictest first; "" where a stack is of none.
    nodes: tuple[Node, ...]  # Worst first.
    edges: tuple[tuple[int, int], ...]  # (place of the cause in `nodes`, place of what follows from it)
    left_out: int = 0  # The resources that had no room.


def find_blast_radius(changes: Sequence[Change], most: int = MOST) -> tuple[BlastRadius, ...]:
    """A picture for each environment in which anything is lost or replaced; none where nothing is."""
    by_environment: dict[str, list[Change]] = {}
    for change in changes:
        if not change.noise and change.impact in _EFFECT_OF:
            by_environment.setdefault(change.stack.environment or "", []).append(change)
    pictures = [
        (environment, graph)
        for environment in sorted(by_environment, key=rank_environment)
        if (graph := _Graph(by_environment[environment]).draw(environment, most)).nodes
    ]
    return _merge_equal(pictures)


def _merge_equal(pictures: Iterable[tuple[str, BlastRadius]]) -> tuple[BlastRadius, ...]:
    merged: dict[BlastRadius, list[BlastRadius]] = {}
    for environment, picture in pictures:
        general = picture._replace(
            environments=(), nodes=tuple(_generalize(node, environment) for node in picture.nodes)
        )
        merged.setdefault(general, []).append(picture)
    return tuple(
        same[0] if len(same) == 1 else general._replace(environments=tuple(p.environments[0] for p in same))
        for general, same in merged.items()
    )


def _generalize(node: Node, environment: str) -> Node:
    names = [generalize_name(name, environment) for name in (node.name, *node.members)]
    return node._replace(name=names[0], members=tuple(names[1:]))


def name_in_stage(change: Change) -> str:
    """The name of a change's resource, without its stage and without CDK's own last part `Resource`."""
    return shorten_name(name_of_change(change), change.stack.root.construct_path or "")


class _Graph:
    """The changes of one environment with what follows from what; nodes are places in `changes`."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes = changes
        self.place_of = {change.token: at for at, change in reversed(list(enumerate(changes)))}
        self.successor_of = self._find_successors()
        self.effects = [_effect_of(change) for change in changes]
        stands_for = {new: old for old, new in self.successor_of.items()}
        self.edges = {
            (stands_for.get(cause, cause), stands_for.get(at, at))
            for at, change in enumerate(changes)
            for token in change.causes
            if (cause := self.place_of.get(token)) is not None
        }
        self.edges = {(cause, follower) for cause, follower in self.edges if cause != follower}

    def _find_successors(self) -> dict[int, int]:
        """Removal -> the creation that takes its place: one box shows both."""
        removals = {
            (change.stack.root.name, change.logical_id): at
            for at, change in enumerate(self.changes)
            if change.impact in REMOVE_IMPACTS
        }
        found: dict[int, int] = {}
        for at, change in enumerate(self.changes):
            if change.impact == "WILL_CREATE" and change.partner_id:
                key = (change.partner_stack or change.stack.root.name, change.partner_id)
                if key in removals:
                    found.setdefault(removals[key], at)
        return found

    def draw(self, environment: str, most: int) -> BlastRadius:
        """The picture: what is lost or replaced, its causes, and all that follows."""
        shown = self._select()
        groups = self._fold(shown, 3)
        if len(groups) > most:
            groups = self._fold(shown, 2)
        nodes = sorted(
            ((self._make_node(group), group) for group in groups),
            key=lambda pair: (not pair[0].has_data, EFFECTS.index(pair[0].effect), pair[1][0]),
        )
        kept, rest = nodes[:most], nodes[most:]
        place = {at: number for number, (_, group) in enumerate(kept) for at in group}
        edges = {(place[a], place[b]) for a, b in self.edges if a in place and b in place}
        return BlastRadius(
            (environment,),
            tuple(node for node, _ in kept),
            tuple(sorted(edges)),
            sum(node.number for node, _ in rest),
        )

    def _select(self) -> list[int]:
        bad = {at for at, effect in enumerate(self.effects) if effect not in _MILD}
        following = self._reach(bad, {(a, b) for a, b in self.edges})
        causing = self._reach(bad, {(b, a) for a, b in self.edges})
        return sorted(following | causing)

    @staticmethod
    def _reach(start: set[int], edges: set[tuple[int, int]]) -> set[int]:
        """The places that one comes to from the start, which are among them."""
        onward: dict[int, list[int]] = {}
        for a, b in edges:
            onward.setdefault(a, []).append(b)
        found, waiting = set(start), list(start)
        while waiting:
            new = [at for at in onward.get(waiting.pop(), ()) if at not in found]
            found.update(new)
            waiting += new
        return found

    def _fold(self, shown: Sequence[int], least: int) -> list[list[int]]:
        """The places in groups: those of the same type, effect, causes and followers are one, where they are so many."""
        into: dict[int, set[int]] = {}
        out: dict[int, set[int]] = {}
        for a, b in self.edges:
            into.setdefault(b, set()).add(a)
            out.setdefault(a, set()).add(b)
        groups: dict[object, list[int]] = {}
        for at in shown:
            change = self.changes[at]
            key: object = at
            if not change.stateful and at not in self.successor_of and change.logical_id:
                alike = change.resource_type, self.effects[at], change.fate
                key = (*alike, frozenset(into.get(at, ())), frozenset(out.get(at, ())))
            groups.setdefault(key, []).append(at)
        return [
            part for group in groups.values() for part in ([group] if len(group) >= least else [[at] for at in group])
        ]

    def _make_node(self, group: Sequence[int]) -> Node:
        change, effect = self.changes[group[0]], self.effects[group[0]]
        if change.logical_id is None:
            return Node(name_in_stage(change), "stack", effect, _OF_STACKS[change.impact], has_data=False)
        kind = describe_type(change.resource_type)
        if len(group) > 1:
            names = tuple(name_in_stage(self.changes[at]) for at in group)
            title = f"{len(group)} {pluralize(kind)}" if kind else f"{len(group)} resources"
            return Node(title, "", effect, effect, False, len(group), names)
        has_data = effect not in _MILD and (change.stateful or effect == "parts lost")
        return Node(name_in_stage(change), kind, effect, self._describe(group[0]), has_data)

    def _describe(self, at: int) -> str:
        change, effect = self.changes[at], self.effects[at]
        words: str = effect
        if effect == "refused":
            words = "CloudFormation refuses the change"
        elif effect == "parts lost":
            words = "loses " + ", ".join(part.text for part in find_lost_data_parts(change))
        elif effect in ("replaced", "perhaps replaced") and change.stateful and change.fate in _OLD_ONE:
            words = f"{effect}, {_OLD_ONE[change.fate]}"
        elif effect == "left behind" and change.stateful:
            words = _GONE["retained"]
        elif effect == "destroyed" and change.stateful and change.fate in _GONE:
            words = _GONE[change.fate]
        if at in self.successor_of and change.has_detail("same-name"):
            words += ", and no new one can take its name"
        elif at in self.successor_of:
            words += ", an empty one is made" if change.stateful else ", a new one is made"
        return words


def _effect_of(change: Change) -> Effect:
    if change.impact == "WILL_UPDATE" and find_lost_data_parts(change):
        return "parts lost"
    if change.impact in (*REPLACE_IMPACTS, *REMOVE_IMPACTS) and change.fate == "refused":
        return "refused"
    return _EFFECT_OF[change.impact]
