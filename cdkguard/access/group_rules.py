"""The rules of security groups, as the template writes them: protocol, ports, and the peers that are let in.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.branches import ALWAYS, Assumptions, each_element, expand_branches
from cdkguard.access.patterns import Pattern, UnknownPart, make_pattern, render_pattern
from cdkguard.access.resource_types import SECURITY_GROUP
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.statements import TemplateElement
from cdkguard.aws import addresses
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
_DEFAULT_EGRESS = "Properties.SecurityGroupEgress"  # The path of what stands nowhere in the template.


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
        for index, assumptions, rule in each_element(own.get(name)):
            element = TemplateElement(logical_id, f"Properties.{name}[{index}]", rule)
            rules += _read_rule(rule, element, stack, assumptions)

    if not inbound:
        for logical_id, _, _ in stack.resources_of(SECURITY_GROUP):
            found[stack.shared_id(logical_id)] = found[stack.shared_id(logical_id)] or _default_egress(logical_id)
    return found


def make_group_key(stack: StackIndex, group: Json) -> object:
    """The shared logical ID of a security group that a property names, else the pattern of its ID."""
    found = stack.make_pattern(group)
    part = found[0] if len(found) == 1 else None
    if isinstance(part, UnknownPart) and isinstance(part.key, tuple) and part.key[0] == "group":
        return part.key[1]
    return found


def is_default_egress(rule: GroupRule) -> bool:
    """Whether EC2 makes the rule, not the template."""
    return rule.element.path == _DEFAULT_EGRESS


def is_empty_rule(rule: GroupRule) -> bool:
    """Whether nobody is let in or reached: CDK writes such an egress rule, "Disallow all traffic", in the place of none.

    The broadcast address is no host, and a VPC knows no broadcast.
    https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html
    """
    return rule.peer[0] == "cidr" and render_pattern(rule.peer[1]) == "255.255.255.255/32"


def _default_egress(logical_id: str) -> list[GroupRule]:
    """The rules that EC2 makes for a new group without egress rules: everything may leave. The first rule takes them away.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
    """
    element = TemplateElement(logical_id, _DEFAULT_EGRESS, None)
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
    """The peer that a property names; a group of another account is another peer, whatever its ID."""
    kind, value = _PEERS[name], make_pattern(rule[name], stack.spell, wildcards=False)
    owner = rule.get(_OWNER)
    if kind == "group" and isinstance(owner, str) and owner != stack.account:
        value = (*value, f" of {owner}")
    return kind, value


def _read_ports(rule: dict[str, Json], protocol: str) -> tuple[int, int] | None:
    """The ports of a rule; for ICMP, FromPort is the type and ToPort the code, and -1 stands for all."""
    if _PROTOCOLS.get(protocol, protocol) in ("icmp", "icmpv6"):
        kind, code = addresses.parse_port(rule.get("FromPort", -1)), addresses.parse_port(rule.get("ToPort", -1))
        if kind is None or code is None:
            return None
        if kind < 0:
            return addresses.ALL_PORTS
        return (kind * 256, kind * 256 + 255) if code < 0 else (kind * 256 + code, kind * 256 + code)

    found = addresses.ports_of(rule)
    has_ports = protocol in ("tcp", "udp", "6", "17")
    return addresses.ALL_PORTS if found == addresses.OTHER_PROTOCOL and not has_ports else found
