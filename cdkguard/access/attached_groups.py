"""Resources behind another security group than before: who reaches them, though no group has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.access.branches import each_element
from cdkguard.access.group_rules import GroupRule, RulesByGroup, make_group_key, read_rules
from cdkguard.access.security_groups import GroupSubject, find_rule_widenings, render_group
from cdkguard.access.stack_index import SECURITY_GROUP_TYPES, StackIndex, properties
from cdkguard.access.widening import Widening

# How the names of properties that hold security groups end: `VpcSecurityGroupIds`, `SecurityGroups`, `GroupSet`.
_GROUP_PROPERTIES = ("SecurityGroups", "SecurityGroupIds", "SecurityGroupId", "GroupSet")


def find_attached_resource_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """Who reaches a resource by a security group that it did not have before."""
    rules: tuple[RulesByGroup, RulesByGroup] | None = None
    for logical_id, body in old.resources.items():
        shared_id = old.shared_id(logical_id)
        now = new.resources.get(shared_id)
        if now is None or now is body or body.get("Type") in SECURITY_GROUP_TYPES or now == body:
            continue

        before = {make_group_key(old, group) for _, group in _find_groups(properties(body), "Properties")}
        after = _find_groups(properties(now), "Properties")
        fresh = [(path, group) for path, group in after if make_group_key(new, group) not in before]
        if not before or not fresh:
            continue  # It was behind no group at all, or is behind no other one.

        rules = rules or (read_rules(old, inbound=True), read_rules(new, inbound=True))
        old_rules = [rule for key in before for rule in rules[0].get(key, ())]
        for path, group in fresh:
            for widening in _compare_group(shared_id, make_group_key(new, group), old_rules, rules[1], new):
                yield widening._replace(logical_id=shared_id, path=path, before=None, after=group)


def _compare_group(
    resource_id: str, key: object, before: Sequence[GroupRule], rules: RulesByGroup, new: StackIndex
) -> Iterator[Widening]:
    """What a security group lets in to a resource beyond the rules before."""
    group = render_group(key)
    if key not in rules and key not in new.shared_ids:
        message = f"{resource_id} is now behind {group}, whose rules are not in the template"
        yield Widening(resource_id, "ingress", "medium", message, "", None, None, certain=False)

    subject = GroupSubject(f"{resource_id}, by {group},", inbound=True, before=before)
    for rule in rules.get(key, ()):
        yield from find_rule_widenings(rule, subject)


def has_security_group(body: Json) -> bool:
    """Whether a resource has a property that may hold a security group."""
    is_group = body.get("Type") in SECURITY_GROUP_TYPES
    return not is_group and any(True for _ in _find_groups(properties(body), "Properties"))


def _find_groups(value: Mapping[str, Json], path: str) -> Iterator[tuple[str, Json]]:
    """(path, security group) of each property that holds one, at any depth."""
    for name, inner in value.items():
        here = f"{path}.{name}"
        if name.endswith(_GROUP_PROPERTIES):
            yield from ((f"{here}[{i}]", one) for i, _, one in each_element(inner) if not isinstance(one, dict))
        elif isinstance(inner, dict):
            yield from _find_groups(inner, here)
        elif isinstance(inner, list):
            for index, one in enumerate(inner):
                if isinstance(one, dict):
                    yield from _find_groups(one, f"{here}[{index}]")
