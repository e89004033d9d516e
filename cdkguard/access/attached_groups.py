"""Resources behind another security group than before: who reaches them, though no group has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.access.group_rules import GroupRule, RulesByGroup, make_group_key, read_rules
from cdkguard.access.resource_types import SECURITY_GROUP_TYPES, find_groups, read_properties
from cdkguard.access.security_groups import GroupSubject, find_rule_widenings, render_group
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.web_openings import has_private_addresses
from cdkguard.access.widening import Widening


def find_attached_resource_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """Who reaches a resource by a security group that it did not have before."""
    rules: tuple[RulesByGroup, RulesByGroup] | None = None
    for logical_id, body in old.resources.items():
        shared_id = old.shared_id(logical_id)
        now = new.resources.get(shared_id)
        if now is None or now is body or body.get("Type") in SECURITY_GROUP_TYPES or now == body:
            continue

        before = {make_group_key(old, group) for _, group in find_groups(read_properties(body), "Properties")}
        after = find_groups(read_properties(now), "Properties")
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

    now = rules.get(key, [])
    subject = GroupSubject(f"{resource_id}, by {group},", inbound=True, before=before, after=now)
    for rule in now:
        for widening in find_rule_widenings(rule, subject):
            is_inner = widening.raised and has_private_addresses(new.resources[resource_id])
            yield widening._replace(raised=False) if is_inner else widening
