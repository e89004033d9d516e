"""Whether rules of security groups together let in all that another rule does: its ports, and its peer on all of them.

The rules of a group add up: a connection is let in if one of them lets it in.
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdkguard.access.containment import contains
from cdkguard.access.group_rules import GroupRule
from cdkguard.access.patterns import render_pattern
from cdkguard.aws import addresses
from cdkguard.logic import Tri


def is_covered_by_rules(rule: GroupRule, rules: Sequence[GroupRule]) -> Tri:
    """Whether other rules together let in all that one does; None where that depends on an unknown value."""
    under_same = [other for other in rules if other.assumptions <= rule.assumptions]
    same_protocol = [other for other in under_same if other.protocol in ("*", rule.protocol)]
    if any(_is_equal(rule, other) for other in same_protocol):
        return True
    for_same_peer = [other for other in same_protocol if _is_within_peer(rule, other) is True]
    if _are_within_ports(rule, for_same_peer) or _are_within_addresses(rule, same_protocol):
        return True

    # The other rules may depend on CloudFormation conditions that this one does not: try both ways.
    names = {n for other in rules for n, _ in other.assumptions} - {n for n, _ in rule.assumptions}
    if names:
        name = min(names)
        ways = (rule._replace(assumptions=rule.assumptions | {(name, truth)}) for truth in (True, False))
        if all(is_covered_by_rules(way, rules) is True for way in ways):
            return True

    if rule.ports is None or rule.protocol == "?":
        return None
    return None if any(_may_cover(other, rule) for other in under_same) else False


def _is_equal(rule: GroupRule, other: GroupRule) -> bool:
    """Whether two rules of equal assumptions say the same, be it with the same unknown values."""
    if rule.ports is not None and other.protocol == rule.protocol and other[1:3] == rule[1:3]:
        return True
    return bool(other.element.body == rule.element.body) and other.peer == rule.peer


def _may_cover(other: GroupRule, rule: GroupRule) -> bool:
    """Whether a rule might let in all that `rule` does, if its unknown values come out so."""
    if other.protocol not in ("*", "?", rule.protocol):
        return False
    may_be_port = other.protocol == "?" or other.ports is None or _are_within_ports(rule, [other])
    return may_be_port and (other.peer[0] == "?" or _is_within_peer(rule, other) is not False)


def _is_within_peer(rule: GroupRule, wide: GroupRule) -> Tri:
    """Whether the peer of one rule is, or is a part of, the peer of the other."""
    (kind, value), (wide_kind, wide_value) = rule.peer, wide.peer
    if rule.peer == wide.peer:
        return True
    if kind != wide_kind:
        return False
    if kind == "cidr":
        inside = addresses.covers_range(render_pattern(wide_value), render_pattern(value))
        if inside is not None:
            return inside
    return contains(wide_value, value)


def _are_within_ports(rule: GroupRule, rules: Iterable[GroupRule]) -> bool:
    """Whether the ports of other rules together hold those of one."""
    if rule.ports is None:
        return False
    first, last = rule.ports
    for low, high in sorted(other.ports for other in rules if other.ports is not None):
        if low <= first <= high:
            first = high + 1
    return first > last


def _are_within_addresses(rule: GroupRule, rules: Iterable[GroupRule]) -> bool:
    """Whether the addresses of other rules together hold those of one, each for all of its ports."""
    if rule.peer[0] != "cidr":
        return False
    cidrs = [
        render_pattern(other.peer[1]) for other in rules if other.peer[0] == "cidr" and _are_within_ports(rule, [other])
    ]
    return addresses.is_covered_by(render_pattern(rule.peer[1]), cidrs)
