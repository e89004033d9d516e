"""Two assemblies -> what a deployment of the second over the first would do to each resource.

The comparison in the order of `_Comparison.run`: which stack is which (`stack_pairs`), the resources of each pair
(`resource_changes`), the stacks without a partner, what follows another resource (`propagation`), renames and moves
(`renames`), tokens. It reads the stacks and changes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import Json
from cdkguard.diff.causes import Evidence, add_causes
from cdkguard.diff.compared_scope import ComparedScope, pair_scopes
from cdkguard.diff.exports import find_refused_stacks
from cdkguard.diff.fates import is_retained
from cdkguard.diff.nested_outputs import find_changed_outputs
from cdkguard.diff.propagation import Followed, Knowledge, follow_changes
from cdkguard.diff.renames import mark_renames
from cdkguard.diff.resource_changes import ResourceChanges, TypeFacts, choose_worse
from cdkguard.diff.sides import Resource, Sides, is_created, is_equal_text_equal, keep_old_defaults, resolve_resource
from cdkguard.diff.stack_pairs import Pair, ResourceKey, find_nested, match_stacks
from cdkguard.diff.targets import FindOrigin, Origin, Targets, as_find_target
from cdkguard.diff.tokens import make_token
from cdkguard.model import Change, Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Deferred


def compare_stacks(
    before: Sequence[Stack], after: Sequence[Stack], facts: TypeFacts, sides: Sides
) -> tuple[Change, ...]:
    """Every change, stack by stack in the new assembly's order; stacks that are gone stand at the end."""
    return _Comparison(before, after, facts, sides).run()


def find_destroy_changes(stacks: Sequence[Stack], facts: TypeFacts, scopes: StackScopes) -> tuple[Change, ...]:
    """The changes of `cdk destroy`: CloudFormation deletes each resource of these stacks by its own DeletionPolicy."""
    comparison = _Comparison(stacks, (), facts, Sides(scopes, scopes))
    found = []
    for stack in stacks:
        compared, is_kept = ComparedScope(scopes.of(stack)), comparison.is_retained_by_parent(stack)
        for logical_id, raw in scopes.resources(stack).items():
            body = resolve_resource(raw, compared).body
            if body is None:
                continue
            change = comparison.resources.remove(stack, stack, logical_id, body, Resource(None, None))
            if change.fate != "retained" and is_kept:
                change = change._replace(impact="WILL_ORPHAN", fate="retained")
            found.append(_finish(comparison.resources.settle_fate(change)))
    return tuple(found)


def resolve_pair(old: Stack, new: Stack, sides: Sides) -> tuple[dict[str, Json], dict[str, Json]]:
    """Logical ID -> resolved body of what each side of a pair creates.

    A resource that is equal on both sides is resolved once, so that both sides hold the same object.
    """
    pair = sides.pair(old, new)
    old_raw, new_raw = sides.before.resources(old), sides.after.resources(new)
    after = {k: resolve_resource(raw, pair.after).body for k, raw in new_raw.items()}

    may_share = is_equal_text_equal(old, new, pair)
    before = {
        k: after[k] if may_share and k in after and new_raw[k] == raw else resolve_resource(raw, pair.before).body
        for k, raw in old_raw.items()
    }
    return _without_missing(before), _without_missing(after)


class _Comparison:
    """One comparison of two assemblies; `changes` grows with each step of `run`."""

    def __init__(self, before: Sequence[Stack], after: Sequence[Stack], facts: TypeFacts, sides: Sides) -> None:
        self.before, self.after, self.facts, self.sides = before, after, facts, sides
        self.resources = ResourceChanges(
            facts, {(s.parent, s.parent_logical_id) for s in before if s.parent is not None}
        )
        self.changes: dict[ResourceKey, Change] = {}
        # Stacks that the app does not have any more; what is in them stays.
        self.removed_roots: frozenset[Stack] = frozenset()
        # Nested stacks of the baseline whose resource names another template now, one that was not read.
        self.lost_templates: set[Stack] = set()

    def run(self) -> tuple[Change, ...]:
        matched = match_stacks(self.before, self.after, self._is_created)
        self.removed_roots = frozenset(matched.removed_roots)

        for old, new in matched.pairs:
            self._compare_pair(old, new)
        for old in [*matched.removed, *self._find_lost_templates(matched.unread)]:
            self._remove_stack(old)
        for new in matched.added:
            self._create_stack(new)

        self.changes = {key: self.resources.settle_fate(change) for key, change in self.changes.items()}
        followed = self._follow_changes(matched.pairs)
        origins = self._make_origins(matched.pairs)
        mark_renames(self.changes, self.facts, (as_find_target(origins[0]), as_find_target(origins[1])))

        refused = find_refused_stacks(
            matched.pairs, self.changes, self.facts.attributes, self.sides, (self.before, self.after)
        )
        order = {stack: place for place, stack in enumerate([*self.after, *self.before])}
        changes = [*matched.changes, *(stack.change for stack in refused), *self.changes.values()]
        changes.sort(key=lambda c: (order[c.stack], c.logical_id is not None, c.construct_path or c.logical_id or ""))
        exports = {stack.change.stack: stack.values for stack in refused}
        return tuple(
            add_causes(list(map(_finish, changes)), Evidence(*origins, dict(matched.pairs), followed, exports))
        )

    def _compare_pair(self, old: Stack, new: Stack) -> None:
        old_raw, new_raw = self.sides.before.resources(old), self.sides.after.resources(new)
        pair = self.sides.pair(old, new)
        with_old_defaults = keep_old_defaults(old, new, pair)
        may_skip = is_equal_text_equal(old, new, pair)

        for logical_id in {**old_raw, **new_raw}:
            raw, other_raw = old_raw.get(logical_id), new_raw.get(logical_id)
            if may_skip and raw == other_raw:
                continue
            body = resolve_resource(raw, pair.before).body
            other = resolve_resource(other_raw, pair.after)
            change = self.resources.compare(old, new, logical_id, body, other)
            if with_old_defaults is not None:
                other = resolve_resource(other_raw, with_old_defaults)
                change = choose_worse(change, self.resources.compare(old, new, logical_id, body, other))
            if change is not None:
                self.changes[new, logical_id] = change

    def _follow_changes(self, pairs: Sequence[Pair]) -> Followed:
        """Add the followers of changed resources; what each of them follows."""
        knowledge = Knowledge(
            self.facts.replacements,
            self.facts.attributes,
            self.sides.after,
            self._find_new_body,
            lambda old, new: find_changed_outputs(old, new, self.sides),
            self.resources.find_replaced_fate,
            self.resources.holds_data,
        )
        followers = follow_changes(pairs, self.changes, knowledge)
        for key, change in followers.changes.items():
            stateful = self.resources.holds_data(change.resource_type, change.before)
            self.changes[key] = self.resources.settle_fate(change._replace(stateful=stateful))
        return followers.followed

    def _find_new_body(self, old: Stack, new: Stack, logical_id: str) -> Json:
        """The resolved resource of a pair's new side; None where it is not created."""
        raw = self.sides.after.resources(new).get(logical_id)
        return resolve_resource(raw, self.sides.pair(old, new).after).body

    def _make_origins(self, pairs: Sequence[Pair]) -> tuple[FindOrigin, FindOrigin]:
        """Who finds the resource that a value comes from, before and after; both call a pair's stack by the new one."""
        new_of, old_of = dict(pairs), {new: old for old, new in pairs}
        before, after = Targets(self.before, self.sides.before), Targets(self.after, self.sides.after)

        def find_before(stack: Stack, value: Deferred) -> Origin | None:
            origin = before.find_origin(old_of.get(stack, stack), value)
            return origin and (new_of.get(origin[0], origin[0]), origin[1])

        return find_before, after.find_origin

    # -- stacks without a partner

    def _create_stack(self, stack: Stack) -> None:
        compared = ComparedScope(self.sides.after.of(stack))
        for logical_id, raw in self.sides.after.resources(stack).items():
            body = resolve_resource(raw, compared).body
            if body is not None:
                self.changes[stack, logical_id] = self.resources.create(stack, logical_id, body)

    def _remove_stack(self, stack: Stack) -> None:
        compared = ComparedScope(self.sides.before.of(stack))
        is_left_behind = stack.parent is None or stack.root in self.removed_roots
        is_kept, is_lost = self.is_retained_by_parent(stack), stack in self.lost_templates

        for logical_id, raw in self.sides.before.resources(stack).items():
            body = resolve_resource(raw, compared).body
            if body is None:
                continue
            if is_left_behind:
                change = self.resources.leave_behind(stack, logical_id, body)
            else:
                change = self.resources.remove_with_nested_stack(stack, logical_id, body, is_kept, is_lost)
            self.changes[stack, logical_id] = change

    def is_retained_by_parent(self, stack: Stack) -> bool:
        """Whether the resource of the nested stack, or of one around it, is retained: then all that is in it lives on."""
        while stack.parent is not None:
            raw = self.sides.before.resources(stack.parent).get(stack.parent_logical_id or "")
            body = resolve_resource(raw, ComparedScope(self.sides.before.of(stack.parent))).body
            if body is not None and is_retained(body):
                return True
            stack = stack.parent
        return False

    def _is_created(self, nested: Stack) -> bool:
        """Whether the parent creates the nested stack: the condition of its resource may be false."""
        if nested.parent is None:
            return True
        scopes = self.sides.before if any(nested is s for s in self.before) else self.sides.after
        raw = scopes.resources(nested.parent).get(nested.parent_logical_id or "")
        return is_created(raw, scopes.of(nested.parent))

    def _find_lost_templates(self, unread: Iterable[Pair]) -> Iterator[Stack]:
        """Nested stacks whose templates were read in the baseline only, unless both sides name the same template.

        Nobody knows whether the new template still has the resources of the old one.
        """
        for nested, parent in unread:
            assert nested.parent is not None and nested.parent_logical_id is not None
            pair = pair_scopes(self.sides.before.of(nested.parent), self.sides.after.of(parent))
            old_raw = self.sides.before.resources(nested.parent).get(nested.parent_logical_id)
            new_raw = self.sides.after.resources(parent).get(nested.parent_logical_id)
            before, after = resolve_resource(old_raw, pair.before).body, resolve_resource(new_raw, pair.after).body
            if after is not None and _find_template_url(before) == _find_template_url(after):
                continue

            lost = find_nested(self.before, nested)
            if after is not None:
                self.lost_templates.update(lost)
            yield from lost


def _finish(change: Change) -> Change:
    """The change with its source line and, last, the token of all the rest."""
    home = change.old_stack if change.after is None and change.old_stack is not None else change.stack
    source = home.source_of(change.logical_id) if change.logical_id else home.source
    return change._replace(source=source, token=make_token(change))


def _find_template_url(body: Json) -> Json:
    properties = body.get("Properties") if isinstance(body, dict) else None
    return properties.get("TemplateURL") if isinstance(properties, dict) else None


def _without_missing(bodies: dict[str, Json]) -> dict[str, Json]:
    return {logical_id: body for logical_id, body in bodies.items() if body is not None}
