"""Whether a change replaces a resource, where an update policy, neighbours or the values of a property decide it."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.diff.differences import IF, NO_VALUE
from cdkguard.diff.replacement import Replacements
from cdkguard.diff.replacement_conditions import (
    KEEPING_VALUES,
    NEIGHBOUR_EFFECTS,
    POLICY_EFFECTS,
    PRESENCE_EFFECTS,
    NeighbourEffect,
    PolicyEffect,
    PresenceEffect,
)
from cdkguard.diff.table_keys import ATTRIBUTES, TABLES, decide_by_attributes
from cdkguard.template.values import ABSENT, scalar_text

if TYPE_CHECKING:
    from cdkguard.model import Replacement

_BY_POLICY = {(effect.resource_type, effect.property): effect for effect in POLICY_EFFECTS}
_BY_PRESENCE = {(effect.resource_type, effect.property): effect for effect in PRESENCE_EFFECTS}
_BY_NEIGHBOURS = {(effect.resource_type, effect.property): effect for effect in NEIGHBOUR_EFFECTS}
_BY_VALUE = {(kept.resource_type, kept.property): kept.pairs for kept in KEEPING_VALUES}
_TYPES = frozenset(
    resource_type for resource_type, _property in (*_BY_POLICY, *_BY_PRESENCE, *_BY_NEIGHBOURS, *_BY_VALUE)
)


def decide_replacement(
    replacements: Replacements, resource_type: str, path: Sequence[str | int], before: Json, after: Json
) -> Replacement:
    """Whether a change at a path below `Properties` replaces the resource, by its comparable bodies before and after."""
    if resource_type in TABLES and path and path[0] == ATTRIBUTES:
        effect_of_type = decide_by_attributes(path, before, after)
        if effect_of_type is not None:
            return effect_of_type
    if resource_type in _TYPES and path:
        place = resource_type, str(path[0])
        if place in _BY_POLICY:
            return _decide_by_policy(_BY_POLICY[place], after)
        if place in _BY_NEIGHBOURS:
            return _decide_by_neighbours(_BY_NEIGHBOURS[place], before, after)
        if place in _BY_PRESENCE:
            effect = _decide_by_presence(_BY_PRESENCE[place], before, after)
            if effect is not None:
                return effect
        if place in _BY_VALUE and _read_change(place[1], before, after) in _BY_VALUE[place]:
            return "no"
    return replacements.decide(resource_type, path)


def _decide_by_policy(effect: PolicyEffect, after: Json) -> Replacement:
    """The effect by the UpdatePolicy of the new template: that of the template before counts in a rollback only.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
    """
    value = after.get("UpdatePolicy", ABSENT)
    for name in effect.switch:
        value = value.get(name, ABSENT) if isinstance(value, dict) and IF not in value else value
    decided = _choose(value, effect.on, effect.off)
    return "maybe" if decided == effect.on and not _has_names(effect, after) else decided


def _has_names(effect: PolicyEffect, after: Json) -> bool:
    """Whether each element of the property has the name by which the update finds it; true where it needs none."""
    value = _read_property(after, effect.property)
    if not effect.name or not isinstance(value, list):
        return True
    return all(isinstance(element, dict) and effect.name in element for element in value)


def _decide_by_neighbours(effect: NeighbourEffect, before: Json, after: Json) -> Replacement:
    """The effect by what is said of the neighbours, "maybe" where an unknown condition decides that."""
    found = [_find_presence(body, name) for body in (before, after) for name in effect.neighbours]
    if True in found:
        return effect.said
    return effect.unsaid if not any(found) else "maybe"


def _decide_by_presence(effect: PresenceEffect, before: Json, after: Json) -> Replacement | None:
    """The effect of a property that comes or goes, "maybe" where that is not known; None where neither happens."""
    was, is_now = (_find_presence(body, effect.property) for body in (before, after))
    if was == is_now:
        return None
    if not isinstance(was, bool) or not isinstance(is_now, bool):
        return "maybe"
    if is_now or not effect.keeps:
        return effect.added if is_now else effect.removed
    return _choose(_read_property(after, effect.keeps), "no", effect.removed)


def _choose(switch: Json, on: Replacement, off: Replacement) -> Replacement:
    """One of two effects by a switch, which is off where it is left out; "maybe" where only the deployment knows it."""
    text = "false" if switch is ABSENT else (scalar_text(switch) or "").lower()
    if text == "true":
        return on
    return off if text == "false" else "maybe"


def _read_change(name: str, before: Json, after: Json) -> tuple[str | None, ...]:
    """The values of a property before and after, in lower case: "" where it is left out, None where it is not known."""
    values = (_read_property(body, name) for body in (before, after))
    texts = ("" if value is ABSENT else scalar_text(value) for value in values)
    return tuple(text if text is None else text.lower() for text in texts)


def _read_property(body: Json, name: str) -> Json:
    properties = body.get("Properties")
    return properties.get(name, ABSENT) if isinstance(properties, dict) else ABSENT


def _find_presence(body: Json, name: str) -> bool | tuple[str, bool]:
    """Whether the body has the property, or the unknown condition that decides it, and whether it has it if that holds."""
    value = _read_property(body, name)
    operands = value.get(IF) if isinstance(value, dict) else None
    if not isinstance(operands, list) or NO_VALUE not in operands[1:]:
        return value is not ABSENT
    return str(operands[0]), operands[1] != NO_VALUE
