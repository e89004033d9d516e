"""The effect of a deployment on one resource: it creates, updates, replaces, orphans or destroys it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.attributes import Attributes
from cdkguard.diff.data_parts import find_lost_parts
from cdkguard.diff.deletion_protections import is_protected
from cdkguard.diff.fates import (
    RETAINING,
    find_deletion_policy,
    find_fate,
    find_replace_policy,
    is_copy,
    is_emptied,
)
from cdkguard.diff.physical_names import Names, keeps_name
from cdkguard.diff.places import LoadPlaces
from cdkguard.diff.policy_spelling import are_policies_respelled
from cdkguard.diff.property_changes import CDK_METADATA, classify_changes, find_property_changes
from cdkguard.diff.replacement import IMPACT_OF, Replacements
from cdkguard.diff.sides import Resource
from cdkguard.model import IMPACTS, REPLACE_IMPACTS, Change, PropertyChange, Stack
from cdkguard.template.values import ABSENT, Deferred

if TYPE_CHECKING:
    from cdkguard.model import Detail, Fate

# Resources that hold other stacks. The template of the first may lie elsewhere; nobody reads that of the second.
NESTED_TYPES = ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet")
MODULE = "::MODULE"  # The end of a module's type: it stands for resources that the registry of the account holds.

# Resources whose template is judged where it is among the assets, and never compared.
_NEVER_COMPARED = ("AWS::ServiceCatalog::CloudFormationProduct", "AWS::Serverless::Application")


class TypeFacts(NamedTuple):
    """The facts about resource types; the sets are those of the rules."""

    replacements: Replacements
    attributes: Attributes
    stateful: frozenset[str] = frozenset()  # Types that hold data.
    snapshot_on_delete: frozenset[str] = frozenset()  # Types of which a DeletionPolicy Snapshot takes a snapshot.
    snapshot_on_replace: frozenset[str] = frozenset()  # The same for UpdateReplacePolicy.
    deleted_when_empty: frozenset[str] = frozenset()  # Types that the service deletes only while they hold nothing.
    load_names: Callable[[], Names] = dict  # The properties that name each type in AWS, loaded when they are asked for.
    load_places: LoadPlaces = dict  # The places of types, read where a resource goes and one of its type comes.


class ResourceChanges:
    """Makes the changes of single resources.

    `read_nested` are the resources (parent, logical ID) of the baseline whose nested template was read.
    """

    def __init__(self, facts: TypeFacts, read_nested: Collection[tuple[Stack, str | None]]) -> None:
        self.facts, self.read_nested = facts, read_nested

    def compare(self, old: Stack, new: Stack, logical_id: str, body: Json, other: Resource) -> Change | None:
        """The change of a resource in a stack that stays; `body` is that of the baseline, `other` the new one.

        None where nothing changes, or neither side creates the resource.
        """
        if body is None and other.body is None:
            return None
        if other.body is None:
            return self.remove(old, new, logical_id, body, other)
        if body is None:
            return self.create(new, logical_id, other.body, old_stack=old)
        return self._update(old, new, logical_id, body, other.body)

    def create(self, stack: Stack, logical_id: str, body: Json, old_stack: Stack | None = None) -> Change:
        """The creation of a resource; `old_stack` is the other side of its stack, None where that is new as well."""
        return self._complete(Change("WILL_CREATE", stack, logical_id, after=body, old_stack=old_stack))

    def remove(self, old: Stack, new: Stack, logical_id: str, body: Json, other: Resource) -> Change:
        """The removal of a resource from a stack that stays.

        The DeletionPolicy of the deployed template decides. The new template may still have the resource, where its
        condition turns false; the policy that `other` then names comes too late.
        """
        fate = self._find_removed_fate(old, logical_id, body)
        details: list[Detail] = []
        if other.raw is not None:
            details.append("condition")
            if fate == "destroyed" and other.raw.get("DeletionPolicy") in (*RETAINING, "Snapshot"):
                details.append("retained-too-late")
        return self._make_removal(old, new, logical_id, body, fate, details)

    def remove_with_nested_stack(
        self, stack: Stack, logical_id: str, body: Json, is_retained: bool, is_template_lost: bool
    ) -> Change:
        """The removal of a resource with the nested stack that holds it.

        `is_retained` says that the nested stack lives on as a whole, `is_template_lost` that its new template was not
        read, so that nobody knows whether the resource is still in it.
        """
        fate = self._find_removed_fate(stack, logical_id, body)
        if fate == "destroyed" and is_template_lost:
            fate = "unknown"
        if is_retained:
            fate = "retained"
        return self._make_removal(stack, stack, logical_id, body, fate, ["template-unread"] if is_template_lost else [])

    def leave_behind(self, stack: Stack, logical_id: str, body: Json) -> Change:
        """A resource whose stack left the app: `cdk deploy` deletes no stack, so it runs on without anybody's care."""
        return self._make_removal(stack, stack, logical_id, body, "retained", ["stack-removed"])

    def _update(self, old: Stack, new: Stack, logical_id: str, before: Json, after: Json) -> Change | None:
        """The change of a resource that both sides have; None where nothing differs."""
        kind, new_kind = str(before.get("Type")), after.get("Type")
        change = Change("WILL_UPDATE", new, logical_id, before=before, after=after, old_stack=old)
        if kind != str(new_kind):
            type_change = PropertyChange("Type", kind, new_kind, "yes")
            fate = self.find_replaced_fate(before, after)
            return self._complete(
                change._replace(impact="WILL_REPLACE", properties=(type_change,), detail=("type-changed",), fate=fate)
            )

        properties = tuple(find_property_changes(kind, before, after, self.facts.replacements))
        if not properties:
            return None
        impact = max((IMPACT_OF[p.replacement] for p in properties), key=IMPACTS.index)
        fate = "" if impact == "WILL_UPDATE" else self.find_replaced_fate(before, after)

        details, is_noise = classify_changes(kind, properties)
        if not is_noise and impact == "WILL_UPDATE" and are_policies_respelled(properties, before, after):
            details, is_noise = ["respelled"], True
        is_unread = kind in _NEVER_COMPARED or self._is_unread(old, logical_id, before)
        if is_noise and is_unread and details != ["metadata"]:
            is_noise = False  # Another template of a nested stack, though its name differs by a hash alone.
        if any(p.path == "Condition" and p.after is not ABSENT for p in properties):
            details.append("condition-changed")
        if any(True for _part in find_lost_parts(kind, before, after)):
            details.append("part-lost")
        return self._complete(
            change._replace(impact=impact, properties=properties, detail=tuple(details), fate=fate, noise=is_noise)
        )

    # -- fates

    def find_replaced_fate(self, before: Json, after: Json) -> Fate:
        """The fate of the old resource when it is replaced."""
        return find_fate(find_replace_policy(before, after), before, self.facts.snapshot_on_replace)

    def settle_fate(self, change: Change) -> Change:
        """The change with the fate that CloudFormation and the service allow: they refuse some replacements and deletions."""
        if change.impact in REPLACE_IMPACTS:
            if change.has_detail("type-changed"):
                return change._replace(fate="refused")
            if keeps_name(change, self.facts.load_names()):
                return _refuse(change, "refused", "same-name")

        if change.fate not in ("destroyed", "snapshot"):
            return change
        protected = is_protected(change.before)
        if protected is not False:
            return _refuse(change, "protected") if protected else _refuse(change, "unknown", "protection-unknown")
        if change.fate == "destroyed" and change.before.get("Type") in self.facts.deleted_when_empty:
            home = change.old_stack or change.stack
            if not is_emptied(change.before, home.template.get("Resources"), change.logical_id):
                return _refuse(change, "if-empty")
        return change

    def _find_removed_fate(self, stack: Stack, logical_id: str, body: Json) -> Fate:
        fate = find_fate(find_deletion_policy(body), body, self.facts.snapshot_on_delete)
        return "unknown" if fate == "destroyed" and self._is_unread(stack, logical_id, body) else fate

    def _is_unread(self, stack: Stack, logical_id: str, body: Json) -> bool:
        """Whether it is a nested stack, a set of stacks or a module, of which nobody knows what it holds."""
        return holds_resources(body.get("Type")) and (stack, logical_id) not in self.read_nested

    def holds_data(self, resource_type: str | None, body: Json) -> bool:
        """Whether the loss of the resource is a loss of data."""
        return resource_type in self.facts.stateful and not is_copy(str(resource_type), body)

    # -- records

    def _make_removal(
        self, old: Stack, shown_in: Stack, logical_id: str, body: Json, fate: Fate, details: Sequence[Detail]
    ) -> Change:
        change = Change(
            "WILL_DESTROY", shown_in, logical_id, before=body, old_stack=old, detail=tuple(details), fate=fate
        )
        return self._complete(change._replace(impact="WILL_ORPHAN") if fate == "retained" else change)

    def _complete(self, change: Change) -> Change:
        """The change with all that follows from its bodies: its type, what is at stake, the details of every change."""
        body = change.before if change.after is None else change.after
        old_body = change.after if change.before is None else change.before
        home = change.stack if change.after is not None or change.old_stack is None else change.old_stack
        kind, old_kind, logical_id = str(body.get("Type")), old_body.get("Type"), str(change.logical_id)

        details = list(change.detail)
        if change.fate == "snapshot":
            details.append("snapshot")
        if isinstance(body.get("Condition"), Deferred):
            details.append("condition-unknown")

        is_unread = change.before is not None and self._is_unread(
            change.old_stack or change.stack, logical_id, change.before
        )
        return change._replace(
            resource_type=kind,
            construct_path=home.construct_paths.get(logical_id),
            detail=tuple(details),
            noise=change.noise or kind == old_kind == CDK_METADATA,
            stateful=self.holds_data(str(old_kind), old_body) or is_unread,
        )


def holds_resources(resource_type: Json) -> bool:
    """Whether the resource stands for others, which are not in its template."""
    return resource_type in NESTED_TYPES or str(resource_type).endswith(MODULE)


def choose_worse(change: Change | None, kept: Change | None) -> Change | None:
    """The worse of what happens if a parameter takes its new Default (`change`), and if it keeps the old one (`kept`)."""
    if change is None and kept is None:
        return None
    if change is None or kept is not None and IMPACTS.index(kept.impact) > IMPACTS.index(change.impact):
        return kept and _make_uncertain(kept, "parameter-kept")
    if kept is None or kept.impact != change.impact:
        return _make_uncertain(change, "parameter-default")
    return change


def _refuse(change: Change, fate: Fate, *details: Detail) -> Change:
    """The change with another fate; that of a final snapshot is none any more."""
    kept = [word for word in change.detail if word != "snapshot"]
    return change._replace(fate=fate, detail=(*kept, *details))


def _make_uncertain(change: Change, detail: Detail) -> Change:
    impact = "MAY_REPLACE" if change.impact == "WILL_REPLACE" else change.impact
    return change._replace(impact=impact, detail=(*change.detail, detail))
