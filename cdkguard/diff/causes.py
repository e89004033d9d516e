"""Which changes follow from which: a resource that goes, is renamed or replaced has another name for all that refer to it.

An edge leads from the cause to the change that follows. The two halves of a rename or move are one node, known by the half
that goes. Edges go across stacks, through exports, outputs and the parameters of nested stacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.named_alike import Alike, Side, find_links
from cdkguard.diff.propagation import Followed
from cdkguard.diff.stack_pairs import ResourceKey
from cdkguard.diff.targets import FindOrigin
from cdkguard.model import REMOVE_IMPACTS, UPDATE_IMPACTS, Change, PropertyChange, Stack
from cdkguard.template.values import Deferred

_STACK_GOES = ("STACK_REMOVED", "STACK_RENAMED", "STACK_MOVED")


class Evidence(NamedTuple):
    """What the comparison knows about the references between resources."""

    find_before: FindOrigin  # Both call the stack of a pair by the new one.
    find_after: FindOrigin
    new_of: Mapping[Stack, Stack]
    followed: Followed
    refused: Mapping[Stack, Sequence[Json]]  # Stack -> the exports that it may not change, as they are in the baseline.


def add_causes(changes: Sequence[Change], evidence: Evidence) -> list[Change]:
    """The finished changes, each with the tokens of those from which it follows.

    Without a cause are a creation that takes no other's place, and whatever refers to nothing that changes.
    """
    graph = _Graph(changes, evidence)
    if not graph.goes and not evidence.followed and not graph.gone_stacks:
        return list(changes)
    graph.find_edges(changes)
    graph.cut_circles()
    return [graph.add_causes(change) for change in changes]


def keep_known_causes(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes without causes that are not among them: a run may be about some of the stacks."""
    found = tuple(changes)
    tokens = {change.token for change in found}
    return tuple(change if tokens.issuperset(change.causes) else _with_known_causes(change, tokens) for change in found)


def _with_known_causes(change: Change, tokens: set[str]) -> Change:
    causes = tuple(token for token in change.causes if token in tokens)
    return change._replace(causes=causes, only_follows=change.only_follows and bool(causes))


class _Graph:
    def __init__(self, changes: Sequence[Change], evidence: Evidence) -> None:
        self.evidence = evidence
        self.changes: dict[ResourceKey, Change] = {}
        # What goes -> itself, and what takes the place of another one -> that one.
        self.goes: dict[ResourceKey, ResourceKey] = {}
        self.creations: dict[ResourceKey, Change] = {}  # What goes -> the creation that takes its place.
        self.gone_stacks: dict[Stack | None, str] = {}  # A root stack of the baseline -> the token of its change.
        self.edges: dict[ResourceKey, list[ResourceKey]] = {}  # What follows -> its causes.
        self.followers: dict[ResourceKey, tuple[PropertyChange, ...]] = {}  # The properties of updates that follow.
        for change in changes:
            self._add_node(change)
        self.alike = Alike(self.goes)

    def _add_node(self, change: Change) -> None:
        if change.logical_id is None:
            if change.impact in _STACK_GOES:
                self.gone_stacks[change.old_stack] = change.token
            return
        key = change.stack, change.logical_id
        self.changes[key] = change
        if change.impact in REMOVE_IMPACTS:
            self.goes[key] = key
        elif change.predecessor is not None:
            self.goes[key] = change.predecessor.stack, str(change.predecessor.logical_id)
            self.creations[self.goes[key]] = change

    # -- edges

    def find_edges(self, changes: Sequence[Change]) -> None:
        """The causes of each change, in the order of the changes, whatever the templates' order is."""
        order = {key: place for place, key in enumerate(self.changes)}
        for key, change in self.changes.items():
            if change.impact in REMOVE_IMPACTS:
                found = set(self._find_causes_of_removal(change))
            elif change.impact in UPDATE_IMPACTS:
                found = self._find_causes_of_update(key, change)
            else:
                continue
            found.discard(key)
            if found:
                self.edges[key] = sorted((cause for cause in found if cause in order), key=order.__getitem__)

    def _find_causes_of_removal(self, change: Change) -> Iterator[ResourceKey]:
        """What it refers to goes as well; what is in a nested stack goes with that."""
        home = change.old_stack or change.stack
        if home.root in self.gone_stacks:
            return
        if home.parent is not None:
            holder = self.evidence.new_of.get(home.parent, home.parent), str(home.parent_logical_id)
            if holder in self.goes:
                yield holder
                return
        body = change.before if isinstance(change.before, dict) else {}
        yield from self._find_gone(change.stack, body.get("Properties"))

    def _find_gone(self, stack: Stack, value: Json) -> Iterator[ResourceKey]:
        """The resources that go, of those that a value of the baseline refers to."""
        for link in find_links(value, stack):
            origin = self.evidence.find_before(stack, link)
            if origin is not None and (key := (origin[0], str(origin[1].target))) in self.goes:
                yield self.goes[key]

    def _find_causes_of_update(self, key: ResourceKey, change: Change) -> set[ResourceKey]:
        found, following = set[ResourceKey](), []
        for changed in change.properties:
            gone = set(self._find_gone_of_property(change.stack, changed)) if self.goes else ()
            found.update(gone or self.evidence.followed.get((key, changed.path), ()))
            following.append(bool(gone))
        if any(following):
            before, after = (Side(change.stack, find) for find in (self.evidence.find_before, self.evidence.find_after))
            self.followers[key] = self.alike.mark_followers(change, following, before, after)
        return found

    def _find_gone_of_property(self, stack: Stack, changed: PropertyChange) -> Iterator[ResourceKey]:
        if changed.path.startswith("DependsOn"):
            name = stack, str(changed.before)
            if name in self.goes:
                yield self.goes[name]
        elif isinstance(changed.before, Deferred | dict | list) and not changed.path.startswith("Metadata"):
            yield from self._find_gone(stack, changed.before)

    def cut_circles(self) -> None:
        """Leave out each edge that closes a circle, such as one through resources that were renamed at once."""
        done: set[ResourceKey] = set()
        for start in self.edges:
            path: dict[ResourceKey, Iterator[ResourceKey]] = {}
            if start not in done:
                path[start] = iter(list(self.edges[start]))
            while path:
                key, rest = next(reversed(path.items()))
                cause = next(rest, None)
                if cause is None:
                    done.add(key)
                    del path[key]
                elif cause in path:
                    self.edges[key].remove(cause)
                elif cause not in done and cause in self.edges:
                    path[cause] = iter(list(self.edges[cause]))

    # -- the result

    def add_causes(self, change: Change) -> Change:
        """The change with its causes, and whether it has no other reason."""
        if change.logical_id is None:
            keys = self._find_causes_of_refusal(change) if change.impact == "STACK_REFUSED" else []
            return change._replace(causes=self._find_tokens(keys), only_follows=bool(keys)) if keys else change

        key = change.stack, change.logical_id
        head = self.goes.get(key, key)
        token = self._find_token_of_stack(head)
        causes = (token,) if token else self._find_tokens(self.edges.get(head, ()))
        if not causes:
            return change
        if head in self.goes:
            return change._replace(causes=causes, only_follows=self._goes_alike(head))
        properties = self.followers.get(key, change.properties)
        follows = all(p.because or p.only_follows for p in properties if not p.path.startswith("Metadata"))
        return change._replace(causes=causes, properties=properties, only_follows=follows)

    def _find_causes_of_refusal(self, change: Change) -> list[ResourceKey]:
        """The resources whose export the stack cannot delete or change."""
        found = []
        for link in find_links(list(self.evidence.refused.get(change.stack, ())), change.stack):
            origin = self.evidence.find_before(change.stack, link)
            key = (origin[0], str(origin[1].target)) if origin is not None else None
            if key is not None and (key in self.goes or key in self.changes):
                found.append(self.goes.get(key, key))
        return list(dict.fromkeys(found))

    def _find_token_of_stack(self, key: ResourceKey) -> str:
        change = self.changes[key]
        home = change.old_stack or change.stack
        return self.gone_stacks.get(home.root, "") if change.impact in REMOVE_IMPACTS else ""

    def _find_tokens(self, keys: Iterable[ResourceKey]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.changes[key].token for key in keys))

    def _goes_alike(self, head: ResourceKey) -> bool:
        """Whether the one that takes the place of what goes is the same, but for the names of what else is renamed."""
        removal, creation = self.changes[head], self.creations.get(head)
        if creation is None:
            return True
        before = Side(removal.stack, self.evidence.find_before)
        return self.alike.are_alike(removal, creation, before, Side(creation.stack, self.evidence.find_after))
