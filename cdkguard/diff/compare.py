"""Two assemblies -> what a deployment of the second over the first would do to each resource.

The comparison in the order of `_Comparison.run`: which stack is which (`stack_pairs`), the resources of each pair, the
stacks without a partner, what follows a replaced resource (`propagation`), renames and moves (`renames`), tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.compared_scope import ComparedScope, pair_scopes
from cdkguard.diff.data_parts import find_lost_parts
from cdkguard.diff.fates import (
    RETAINING,
    find_deletion_policy,
    find_fate,
    find_replace_policy,
    is_cluster_member,
    is_retained,
)
from cdkguard.diff.propagation import Knowledge, follow_replacements
from cdkguard.diff.property_changes import CDK_METADATA, classify, find_property_changes
from cdkguard.diff.renames import mark_renames
from cdkguard.diff.replacement import IMPACT_OF, Replacements
from cdkguard.diff.sides import Resource, Sides, is_created, is_equal_text_equal, keep_old_defaults, resolve_resource
from cdkguard.diff.stack_pairs import Pair, ResourceKey, find_nested, match_stacks
from cdkguard.diff.tokens import make_token
from cdkguard.model import IMPACTS, Change, PropertyChange, Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import ABSENT, Deferred

if TYPE_CHECKING:
    from cdkguard.model import Detail, Fate

# Resources that hold other stacks. The template of the first may lie elsewhere; nobody reads that of the second.
_NESTED_TYPES = ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet")


class TypeFacts(NamedTuple):
    """What is known of resource types; the sets are those of the rules."""

    replacements: Replacements
    stateful: frozenset[str] = frozenset()  # Types that hold data.
    snapshot_on_delete: frozenset[str] = frozenset()  # Types of which a DeletionPolicy Snapshot takes a snapshot.
    snapshot_on_replace: frozenset[str] = frozenset()  # The same for UpdateReplacePolicy.


def compare_stacks(
    before: Sequence[Stack], after: Sequence[Stack], facts: TypeFacts, sides: Sides
) -> tuple[Change, ...]:
    """Every change, stack by stack in the new assembly's order; stacks that are gone stand at the end."""
    return _Comparison(before, after, facts, sides).run()


def find_destroy_changes(stacks: Sequence[Stack], facts: TypeFacts, scopes: StackScopes) -> tuple[Change, ...]:
    """What `cdk destroy` of these stacks would do: CloudFormation deletes each resource by its own DeletionPolicy."""
    comparison = _Comparison(stacks, (), facts, Sides(scopes, scopes))
    found = []
    for stack in stacks:
        compared, is_kept = ComparedScope(scopes.of(stack)), comparison.is_retained_by_parent(stack)
        for logical_id, raw in scopes.resources(stack).items():
            body = resolve_resource(raw, compared).body
            if body is None:
                continue
            change = comparison.remove(stack, stack, logical_id, body, Resource(None, None))
            if change.fate != "retained" and is_kept:
                change = change._replace(impact="WILL_ORPHAN", fate="retained")
            found.append(_finish(change))
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
    """One comparison of two assemblies; `changes` grows with each step of `run`. It reads the stacks and changes none."""

    def __init__(self, before: Sequence[Stack], after: Sequence[Stack], facts: TypeFacts, sides: Sides) -> None:
        self.before, self.after, self.facts, self.sides = before, after, facts, sides
        self.changes: dict[ResourceKey, Change] = {}
        # Stacks that the app does not have any more; what runs in them stays.
        self.removed_roots: frozenset[Stack] = frozenset()
        # Nested stacks of the baseline whose resource names a template now that was not read.
        self.lost_templates: set[Stack] = set()
        # The resources of the baseline whose nested template was read.
        self.read_nested = {(s.parent, s.parent_logical_id) for s in before if s.parent is not None}

    def run(self) -> tuple[Change, ...]:
        matched = match_stacks(self.before, self.after, self._is_created)
        self.removed_roots = frozenset(matched.removed_roots)

        for old, new in matched.pairs:
            self._compare_pair(old, new)
        for old in [*matched.removed, *self._find_lost_templates(matched.unread)]:
            self._remove_stack(old)
        for new in matched.added:
            self._create_stack(new)

        knowledge = Knowledge(self.facts.replacements, self.sides.after, self._find_new_body, self._find_replaced_fate)
        for key, change in follow_replacements(matched.pairs, self.changes, knowledge).items():
            stateful = self._holds_data(change.resource_type, change.before)
            self.changes[key] = change._replace(stateful=stateful)
        mark_renames(self.changes)

        order = {stack: place for place, stack in enumerate([*self.after, *self.before])}
        changes = [*matched.changes, *self.changes.values()]
        changes.sort(key=lambda c: (order[c.stack], c.logical_id is not None, c.construct_path or c.logical_id or ""))
        return tuple(map(_finish, changes))

    # -- one pair of stacks

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
            change = self._compare_resource(old, new, logical_id, body, resolve_resource(other_raw, pair.after))
            if with_old_defaults is not None:
                other = resolve_resource(other_raw, with_old_defaults)
                change = _choose_worse(change, self._compare_resource(old, new, logical_id, body, other))
            if change is not None:
                self.changes[new, logical_id] = change

    def _compare_resource(self, old: Stack, new: Stack, logical_id: str, body: Json, other: Resource) -> Change | None:
        if body is None and other.body is None:
            return None
        if other.body is None:
            return self.remove(old, new, logical_id, body, other)
        if body is None:
            return self._complete(Change("WILL_CREATE", new, logical_id, after=other.body, was=old))
        return self._update(old, new, logical_id, body, other.body)

    def remove(self, old: Stack, new: Stack, logical_id: str, body: Json, other: Resource) -> Change:
        """The removal of a resource from a stack that stays.

        The DeletionPolicy of the deployed template decides. The new template's may still be there, in `other`, where
        the resource's condition turns false: it comes too late.
        """
        fate = find_fate(find_deletion_policy(body), body, self.facts.snapshot_on_delete)
        if fate == "destroyed" and self._is_unread(old, logical_id, body):
            fate = "unknown"

        details: list[Detail] = []
        if other.raw is not None:
            details.append("condition")
            if fate == "destroyed" and other.raw.get("DeletionPolicy") in (*RETAINING, "Snapshot"):
                details.append("retained-too-late")
        return self._make_removal(old, new, logical_id, body, fate, details)

    def _update(self, old: Stack, new: Stack, logical_id: str, before: Json, after: Json) -> Change | None:
        """The change of a resource that both sides have; None where nothing differs."""
        kind, new_kind = str(before.get("Type")), after.get("Type")
        change = Change("WILL_UPDATE", new, logical_id, before=before, after=after, was=old)
        if kind != str(new_kind):
            type_change = PropertyChange("Type", kind, new_kind, "yes")
            fate = self._find_replaced_fate(before, after)
            return self._complete(
                change._replace(impact="WILL_REPLACE", properties=(type_change,), detail=("type-changed",), fate=fate)
            )

        properties = tuple(find_property_changes(kind, before, after, self.facts.replacements))
        if not properties:
            return None
        impact = max((IMPACT_OF[p.replacement] for p in properties), key=IMPACTS.index)
        fate = "" if impact == "WILL_UPDATE" else self._find_replaced_fate(before, after)

        details, is_noise = classify(kind, properties)
        if is_noise and self._is_unread(old, logical_id, before) and details != ["metadata"]:
            is_noise = False  # Another template of a nested stack, though its name differs by a hash alone.
        if any(p.path == "Condition" and p.after is not ABSENT for p in properties):
            details.append("condition-changed")
        if any(True for _part in find_lost_parts(kind, before, after)):
            details.append("part-lost")
        return self._complete(
            change._replace(impact=impact, properties=properties, detail=tuple(details), fate=fate, noise=is_noise)
        )

    def _find_replaced_fate(self, before: Json, after: Json) -> Fate:
        return find_fate(find_replace_policy(before, after), before, self.facts.snapshot_on_replace)

    def _find_new_body(self, old: Stack, new: Stack, logical_id: str) -> Json:
        """The resolved resource of a pair's new side; None where it is not created."""
        raw = self.sides.after.resources(new).get(logical_id)
        return resolve_resource(raw, self.sides.pair(old, new).after).body

    # -- whole stacks

    def _create_stack(self, stack: Stack) -> None:
        compared = ComparedScope(self.sides.after.of(stack))
        for logical_id, raw in self.sides.after.resources(stack).items():
            body = resolve_resource(raw, compared).body
            if body is not None:
                change = Change("WILL_CREATE", stack, logical_id, after=body)
                self.changes[stack, logical_id] = self._complete(change)

    def _remove_stack(self, stack: Stack) -> None:
        compared = ComparedScope(self.sides.before.of(stack))
        # `cdk deploy` deletes no stack that the app does not have any more, nor what is nested in it.
        is_left_behind = stack.parent is None or stack.root in self.removed_roots
        is_retained_whole = self.is_retained_by_parent(stack)

        for logical_id, raw in self.sides.before.resources(stack).items():
            body = resolve_resource(raw, compared).body
            if body is None:
                continue
            if is_left_behind:
                change = self._make_removal(stack, stack, logical_id, body, "retained", ["stack-removed"])
            else:
                change = self._remove_with_stack(stack, logical_id, body, is_retained_whole)
            self.changes[stack, logical_id] = change

    def _remove_with_stack(self, stack: Stack, logical_id: str, body: Json, is_retained_whole: bool) -> Change:
        """The removal of a resource with the nested stack that holds it."""
        details: list[Detail] = ["template-unread"] if stack in self.lost_templates else []
        fate = find_fate(find_deletion_policy(body), body, self.facts.snapshot_on_delete)
        if fate == "destroyed" and (details or self._is_unread(stack, logical_id, body)):
            fate = "unknown"
        if is_retained_whole:
            fate = "retained"
        return self._make_removal(stack, stack, logical_id, body, fate, details)

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

    # -- records

    def _make_removal(
        self, old: Stack, shown_in: Stack, logical_id: str, body: Json, fate: Fate, details: Sequence[Detail]
    ) -> Change:
        change = Change("WILL_DESTROY", shown_in, logical_id, before=body, was=old, detail=tuple(details), fate=fate)
        return self._complete(change._replace(impact="WILL_ORPHAN") if fate == "retained" else change)

    def _complete(self, change: Change) -> Change:
        """The change with all that follows from its bodies: its type, what is at stake, the details of every change."""
        body = change.before if change.after is None else change.after
        old_body = change.after if change.before is None else change.before
        home = change.stack if change.after is not None or change.was is None else change.was
        kind, old_kind, logical_id = str(body.get("Type")), old_body.get("Type"), str(change.logical_id)

        details = list(change.detail)
        if change.fate == "snapshot":
            details.append("snapshot")
        if isinstance(body.get("Condition"), Deferred):
            details.append("condition-unknown")

        is_unread = change.before is not None and self._is_unread(change.was or change.stack, logical_id, change.before)
        return change._replace(
            resource_type=kind,
            construct_path=home.construct_paths.get(logical_id),
            detail=tuple(details),
            noise=change.noise or kind == old_kind == CDK_METADATA,
            stateful=self._holds_data(str(old_kind), old_body) or is_unread,
        )

    def _is_unread(self, stack: Stack, logical_id: str, body: Json) -> bool:
        """Whether it is a nested stack, or a set of stacks, of which nobody knows what it holds."""
        return body.get("Type") in _NESTED_TYPES and (stack, logical_id) not in self.read_nested

    def _holds_data(self, resource_type: str | None, body: Json) -> bool:
        return resource_type in self.facts.stateful and not is_cluster_member(str(resource_type), body)


def _finish(change: Change) -> Change:
    """The change with its source line and, last, the token of all the rest."""
    home = change.was if change.after is None and change.was is not None else change.stack
    source = home.source_of(change.logical_id) if change.logical_id else home.source
    return change._replace(source=source, token=make_token(change))


def _choose_worse(change: Change | None, kept: Change | None) -> Change | None:
    """The worse of what happens if a parameter takes its new Default (`change`), and if it keeps the old one (`kept`)."""
    if change is None and kept is None:
        return None
    if change is None or kept is not None and IMPACTS.index(kept.impact) > IMPACTS.index(change.impact):
        return kept and _make_uncertain(kept, "parameter-kept")
    if kept is None or kept.impact != change.impact:
        return _make_uncertain(change, "parameter-default")
    return change


def _make_uncertain(change: Change, detail: Detail) -> Change:
    impact = "MAY_REPLACE" if change.impact == "WILL_REPLACE" else change.impact
    return change._replace(impact=impact, detail=(*change.detail, detail))


def _find_template_url(body: Json) -> Json:
    properties = body.get("Properties") if isinstance(body, dict) else None
    return properties.get("TemplateURL") if isinstance(properties, dict) else None


def _without_missing(bodies: dict[str, Json]) -> dict[str, Json]:
    return {logical_id: body for logical_id, body in bodies.items() if body is not None}
