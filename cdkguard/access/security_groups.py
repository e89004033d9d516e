"""What the rules of security groups and prefix lists let in and out, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.admin_ports import ADMIN_PORTS
from cdkguard.access.branches import each_element
from cdkguard.access.group_coverage import is_covered_by_rules
from cdkguard.access.group_rules import GroupRule, is_default_egress, is_empty_rule, read_rules
from cdkguard.access.patterns import make_pattern, render_pattern
from cdkguard.access.resource_types import PREFIX_LIST, read_properties
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.web_openings import WEB_PORTS, opens_web, serves_inside_alone
from cdkguard.access.widening import Widening
from cdkguard.aws import addresses
from cdkguard.model import severity_rank

_WIDE = {4: 12, 6: 28}  # length of a prefix: a million addresses of IPv4, which no office has
# A security group has at most a thousand rules. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
_MOST_PAIRS = 40_000  # of rules that are compared with each other
# A change of one of these replaces the group.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
_MADE_ANEW_BY = ("GroupDescription", "GroupName", "VpcId")
_MOST_NAMED = 20  # earlier rules that a widening names


class GroupSubject(NamedTuple):
    """A resource whose security-group rules are compared, with the words for it in messages."""

    # `Group`, or `Instance, by Group,`.
    label: str
    inbound: bool
    # The rules that let in before, and those that let in now.
    before: Sequence[GroupRule]
    after: Sequence[GroupRule]


def find_group_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """What the rules of security groups that are on both sides let in and out beyond before."""
    for inbound in (True, False):
        before, after = read_rules(old, inbound), read_rules(new, inbound)
        for key, rules in after.items():
            if isinstance(key, str) and key not in old.shared_ids:
                continue  # A new group is a matter of the rules.
            if not inbound and not _gets_default_egress(key, before.get(key, ()), old, new):
                rules = [rule for rule in rules if not is_default_egress(rule)]

            subject = GroupSubject(render_group(key), inbound, before.get(key, []), rules)
            known = {rule.meaning() for rule in subject.before if rule.ports is not None}
            fresh = [rule for rule in rules if rule.meaning() not in known]
            if len(fresh) * len(subject.before) > _MOST_PAIRS:
                yield _make_uncompared(fresh, subject)
                continue
            for rule in fresh:
                for widening in find_rule_widenings(rule, subject):
                    is_inner = widening.raised and serves_inside_alone(new, key)
                    yield widening._replace(raised=False) if is_inner else widening


def _gets_default_egress(key: object, before: Sequence[GroupRule], old: StackIndex, new: StackIndex) -> bool:
    """Whether EC2 opens the way out of a group without egress rules: of a new one, not of one that loses its last rule.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
    """
    if any(is_default_egress(rule) for rule in before):
        return True
    one, other = (read_properties(side.resources.get(str(key))) for side in (old, new))
    return any(one.get(name) != other.get(name) for name in _MADE_ANEW_BY)


def find_rule_widenings(rule: GroupRule, subject: GroupSubject) -> Iterator[Widening]:
    """What a rule lets in or out beyond the rules before: one widening, or none."""
    if is_empty_rule(rule):
        return
    verdict = is_covered_by_rules(rule, subject.before)
    if verdict is not True:
        yield _make_widening(rule, subject, verdict is False)


def find_prefix_list_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """The addresses that a prefix list holds and did not hold, which are let in wherever the list is named.

    https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html
    """
    cidrs = {
        old.shared_id(logical_id): [_read_cidr(entry, old) for _, _, entry in each_element(own.get("Entries"))]
        for logical_id, _, own in old.resources_of(PREFIX_LIST)
    }
    for logical_id, _, own in new.resources_of(PREFIX_LIST):
        if logical_id not in cidrs:
            continue
        for index, _, entry in each_element(own.get("Entries")):
            cidr = _read_cidr(entry, new)
            if cidr in cidrs[logical_id] or addresses.is_covered_by(cidr, cidrs[logical_id]):
                continue
            is_open = addresses.is_open(cidr) is True
            yield Widening(
                logical_id=logical_id,
                kind="ingress",
                severity="high" if is_open else "medium",
                message=f"{'everybody' if is_open else cidr} is now in {logical_id}, and let in wherever that is named",
                path=f"Properties.Entries[{index}]",
                before=None,
                after=entry,
                certain=addresses.prefix_of(cidr) is not None,
            )


def _read_cidr(entry: Json, stack: StackIndex) -> str:
    found = entry.get("Cidr") if isinstance(entry, dict) else entry
    return render_pattern(make_pattern(found, stack.spell, wildcards=False))


# -- the widening


def _make_widening(rule: GroupRule, subject: GroupSubject, certain: bool) -> Widening:
    peer = render_pattern(rule.peer[1])
    is_open = rule.peer[0] == "cidr" and addresses.is_open(peer) is True
    may = "reach" if subject.inbound else "be reached from"
    message = f"{'everybody' if is_open else peer} may now {may} {subject.label} on {_render_ports(rule)}"
    if not subject.inbound:
        severity = "low"
    else:
        severity = _rate_open_peer(rule) if is_open else _rate_limited_peer(rule, peer)

    # The rules that stood at the same place, else the first of those that there were.
    earlier = [other.element.body for other in subject.before if other.element[:2] == rule.element[:2]]
    earlier = earlier or [other.element.body for other in subject.before[:_MOST_NAMED]]
    return Widening(
        logical_id=rule.element.logical_id,
        kind="ingress" if subject.inbound else "egress",
        severity=severity,
        message=message if certain else message + " (not certain before deployment)",
        path=rule.element.path,
        before=earlier[0] if len(earlier) == 1 else earlier or None,
        after=rule.element.body,
        certain=certain,
        raised=subject.inbound and opens_web(rule, subject.before, subject.after),
    )


def _make_uncompared(fresh: Sequence[GroupRule], subject: GroupSubject) -> Widening:
    """One widening for more rules than a security group can have, which are not compared with each other."""
    one_before = subject._replace(before=subject.before[:1])
    found = [_make_widening(rule, one_before, False) for rule in fresh]
    message = f"{len(fresh)} rules of {subject.label} are not what they were, too many to say what they open"
    return max(found, key=lambda one: severity_rank(one.severity))._replace(message=message)


def _rate_open_peer(rule: GroupRule) -> str:
    """The severity of a rule that lets in everybody."""
    if rule.protocol.startswith("icmp"):
        return "low"
    if rule.ports is None:
        return "high"
    if _has_admin_port(rule.ports):
        return "critical"
    first, last = rule.ports
    return "medium" if first == last and first in WEB_PORTS else "high"


def _rate_limited_peer(rule: GroupRule, peer: str) -> str:
    """The severity of a rule that lets in some; a wide part of the Internet is next to everybody."""
    prefix = addresses.prefix_of(peer) if rule.peer[0] == "cidr" else None
    is_wide = prefix is not None and prefix[1] <= _WIDE[prefix[0]] and addresses.is_public(peer) is True
    return "high" if is_wide and _has_admin_port(rule.ports or addresses.ALL_PORTS) else "medium"


def _has_admin_port(ports: tuple[int, int]) -> bool:
    first, last = ports
    return any(first <= port <= last for port in ADMIN_PORTS)


def render_group(key: object) -> str:
    """A security group for people, by the key of `read_rules`."""
    return key if isinstance(key, str) else render_pattern(key) if isinstance(key, tuple) else str(key)


def _render_ports(rule: GroupRule) -> str:
    """`tcp 22`, `tcp 8000-9000`, `every port of tcp`, `every protocol`."""
    protocol = {"*": "every protocol", "?": "a protocol that is not known"}.get(rule.protocol, rule.protocol)
    if rule.ports is None or rule.protocol in ("*", "?") or rule.protocol.startswith("icmp"):
        return protocol
    if rule.ports == addresses.ALL_PORTS:
        return f"every port of {protocol}"
    first, last = rule.ports
    return f"{protocol} {first}" + (f"-{last}" if last != first else "")
