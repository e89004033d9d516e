"""The rules of security groups as sets: protocol, ports and peers, and whether other rules let in all that one does.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.branches import ALWAYS, Assumptions, each_element, expand_branches
from cdkguard.access.patterns import Pattern, UnknownPart, contains, make_pattern, render_pattern
from cdkguard.access.stack_index import SECURITY_GROUP, StackIndex
from cdkguard.access.statements import TemplateElement
from cdkguard.aws import addresses
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred


class GroupRule(NamedTuple):
    """One rule of a security group, for one peer."""

    # tcp, udp, icmp, icmpv6, a number, `*` for all, `?` where it is not known.
    protocol: str
    # First and last port; for ICMP, 256 * type + code. None where they are not known.
    ports: tuple[int, int] | None
    # Who is let in (or may be reached): ("cidr" | "group" | "list" | "?", its address or ID).
    peer: tuple[str, Pattern]
    # The CloudFormation conditions under which the rule is in the template.
    assumptions: Assumptions
    element: TemplateElement

    def meaning(self) -> tuple[object, ...]:
        """Equal for rules that let in the same, wherever they stand."""
        return self[:4]


# IpProtocol -> the name of a protocol; other numbers stay.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
_PROTOCOLS = {
    "6": "tcp",
    "17": "udp",
    "1": "icmp",
    "58": "icmpv6",
    "-1": "*",
    "all": "*",
}

# Property of a rule -> the kind of its peer.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html
_PEERS = {
    "CidrIp": "cidr",
    "CidrIpv6": "cidr",
    "SourceSecurityGroupId": "group",
    "DestinationSecurityGroupId": "group",
    "SourceSecurityGroupName": "group",
    "SourcePrefixListId": "list",
    "DestinationPrefixListId": "list",
}
_OWNER = "SourceSecurityGroupOwnerId"


# -- reading the template

# Shared logical ID of a group of the template, else the pattern of its ID -> its rules.
RulesByGroup = dict[object, list[GroupRule]]


def read_rules(stack: StackIndex, inbound: bool) -> RulesByGroup:
    """The rules of all security groups for one direction, whether in the group or resources of their own."""
    name = "SecurityGroupIngress" if inbound else "SecurityGroupEgress"
    found: RulesByGroup = {}
    for logical_id, kind, own in stack.resources_of(SECURITY_GROUP, f"AWS::EC2::{name}"):
        if kind != SECURITY_GROUP:
            key = make_group_key(stack, own.get("GroupId", own.get("GroupName")))
            element = TemplateElement(logical_id, "Properties", own)
            found.setdefault(key, []).extend(_read_rule(dict(own), element, stack))
            continue

        rules = found.setdefault(stack.shared_id(logical_id), [])
        if not inbound and not own.get(name):
            rules += _default_egress(logical_id)
        for index, assumptions, rule in each_element(own.get(name)):
            element = TemplateElement(logical_id, f"Properties.{name}[{index}]", rule)
            rules += _read_rule(rule, element, stack, assumptions)
    return found


def make_group_key(stack: StackIndex, group: Json) -> object:
    """The shared logical ID of a security group that a property names, else the pattern of its ID."""
    found = stack.make_pattern(group)
    part = found[0] if len(found) == 1 else None
    if isinstance(part, UnknownPart) and isinstance(part.key, tuple) and part.key[0] == "group":
        return part.key[1]
    return found


def _default_egress(logical_id: str) -> list[GroupRule]:
    """The rule that EC2 makes for a group without egress rules: everything may leave.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
    """
    element = TemplateElement(logical_id, "Properties.SecurityGroupEgress", None)
    return [
        GroupRule("*", addresses.ALL_PORTS, ("cidr", tuple(cidr)), ALWAYS, element) for cidr in ("0.0.0.0/0", "::/0")
    ]


def _read_rule(
    rule: Json, element: TemplateElement, stack: StackIndex, assumptions: Assumptions = ALWAYS
) -> Iterator[GroupRule]:
    """One rule of the template, for each of its peers and in each branch of its Fn::Ifs."""
    if not isinstance(rule, dict):
        yield GroupRule("?", None, ("?", stack.make_pattern(rule)), assumptions, element)
        return

    names = {*_PEERS, _OWNER, "IpProtocol", "FromPort", "ToPort"}
    for inner, own in expand_branches({k: v for k, v in rule.items() if k in names}, assumptions):
        if isinstance(own, Deferred):
            yield GroupRule("?", None, ("?", stack.make_pattern(own)), inner, element)
            continue
        given = own.get("IpProtocol", "-1")
        protocol = "?" if isinstance(given, Deferred) else str(given).strip().lower()
        ports = _read_ports(own, protocol)
        for name in _PEERS:
            if name in own:
                peer = _read_peer(own, name, stack)
                yield GroupRule(_PROTOCOLS.get(protocol, protocol), ports, peer, inner, element)


def _read_peer(rule: dict[str, Json], name: str, stack: StackIndex) -> tuple[str, Pattern]:
    kind, value = _PEERS[name], make_pattern(rule[name], stack.spell, wildcards=False)
    owner = rule.get(_OWNER)
    if kind == "group" and isinstance(owner, str) and owner != stack.account:
        value = (*value, f" of {owner}")
    return kind, value


def _read_ports(rule: dict[str, Json], protocol: str) -> tuple[int, int] | None:
    """The ports of a rule; for ICMP, FromPort is the type and ToPort the code, and -1 stands for all."""
    if _PROTOCOLS.get(protocol, protocol) in ("icmp", "icmpv6"):
        kind, code = addresses.port(rule.get("FromPort", -1)), addresses.port(rule.get("ToPort", -1))
        if kind is None or code is None:
            return None
        if kind < 0:
            return addresses.ALL_PORTS
        return (kind * 256, kind * 256 + 255) if code < 0 else (kind * 256 + code, kind * 256 + code)

    found = addresses.ports_of(rule)
    has_ports = protocol in ("tcp", "udp", "6", "17")
    return addresses.ALL_PORTS if found == addresses.OTHER_PROTOCOL and not has_ports else found


# -- covering


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
        inside = addresses.covers(render_pattern(wide_value), render_pattern(value))
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
    return addresses.covered_by(render_pattern(rule.peer[1]), cidrs)
