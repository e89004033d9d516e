"""Security groups, prefix lists, and what stands behind them: who reaches which port, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.access import branches
from cdkguard.access import patterns as globs
from cdkguard.access.patterns import ALWAYS, Assumptions, Pattern, UnknownPart
from cdkguard.access.stack_index import PREFIX_LIST, SECURITY_GROUP_TYPES, StackIndex, each_of, properties
from cdkguard.access.statements import TemplateElement
from cdkguard.access.widening import Widening
from cdkguard.aws import addresses
from cdkguard.logic import Tri
from cdkguard.model import severity_rank
from cdkguard.template.values import Deferred


class GroupRule(NamedTuple):
    """One rule of a security group."""

    protocol: str  # "*" for all
    ports: tuple[int, int] | None  # for ICMP: 256 * type + code; None: not known
    peer: tuple[str, Pattern]  # ("cidr", ...), ("group", ...), ("list", ...)
    assumptions: Assumptions
    element: TemplateElement


_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "-1": "*", "all": "*"}
_OWNER = "SourceSecurityGroupOwnerId"
_PEERS = {
    "CidrIp": "cidr",
    "CidrIpv6": "cidr",
    "SourceSecurityGroupId": "group",
    "DestinationSecurityGroupId": "group",
    "SourceSecurityGroupName": "group",
    "SourcePrefixListId": "list",
    "DestinationPrefixListId": "list",
}
_GROUP_PROPERTIES = (
    "SecurityGroups",
    "SecurityGroupIds",
    "SecurityGroupId",
    "GroupSet",
)  # how properties that hold groups end
_WIDE = {4: 12, 6: 28}  # a million addresses: what no office has
_MOST_PAIRS = 40_000  # of rules that are compared with each other
_SHOWN = 20  # earlier rules that a widening names
_ADMIN_PORTS = {
    20,
    21,
    22,
    23,
    135,
    139,
    445,
    1433,
    1521,
    2375,
    2379,
    2483,
    2484,
    3306,
    3389,
    5432,
    5439,
    5601,
    5900,
    5985,
}
_ADMIN_PORTS |= {5986, 6379, 6443, 7000, 7001, 8182, 9042, 9092, 9200, 9300, 10250, 11211, 27017, 27018, 50000}


def find_group_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    for inbound in (True, False):
        before, after = _read_rules(old, inbound), _read_rules(new, inbound)
        for key, doors in after.items():
            shared = key if isinstance(key, str) else None
            if shared is not None and shared not in old.ids:
                continue
            was = before.get(key, [])
            same = {d[:4] for d in was if d.ports is not None}
            fresh = [door for door in doors if door[:4] not in same]
            if len(fresh) * len(was) > _MOST_PAIRS:
                yield _widening_of_many(fresh, was, inbound, _group_text(key))
                continue
            for door in fresh:
                verdict = _is_allowed(door, was)
                if verdict is not True:
                    yield _make_widening(door, was, inbound, verdict is False, _group_text(key))


def find_prefix_list_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """Addresses that a prefix list lets in wherever it is named."""
    was = {old.id(i): [_cidr(one, old) for _, _, one in each_of(p.get("Entries"))] for i, _, p in old.of(PREFIX_LIST)}
    for logical_id, _, own in new.of(PREFIX_LIST):
        if logical_id not in was:
            continue
        for index, _guard, one in each_of(own.get("Entries")):
            cidr = _cidr(one, new)
            if cidr in was[logical_id] or addresses.covered_by(cidr, was[logical_id]):
                continue
            opened, certain = addresses.is_open(cidr) is True, addresses.prefix_of(cidr) is not None
            text = f"{'everybody' if opened else cidr} is now in {logical_id}, and let in wherever that is named"
            path = f"Properties.Entries[{index}]"
            severity = "high" if opened else "medium"
            yield Widening(logical_id, "ingress", severity, text, path, None, one, certain)


def _cidr(entry: Json, side: StackIndex) -> str:
    found = entry.get("Cidr") if isinstance(entry, dict) else entry
    return globs.render_pattern(globs.make_pattern(found, side.spell, wild=False))


def find_attached_resource_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """Who reaches a resource by a security group that it did not have before, though no group has changed."""
    doors: tuple[dict[object, list[GroupRule]], dict[object, list[GroupRule]]] | None = None
    for logical_id, body in old.resources.items():
        shared = old.id(logical_id)
        now = new.resources.get(shared)
        if now is None or now is body or body.get("Type") in SECURITY_GROUP_TYPES or now == body:
            continue
        had = {_group_key(old, one) for _path, one in _find_groups(properties(body), "Properties")}
        fresh = [
            (path, one) for path, one in _find_groups(properties(now), "Properties") if _group_key(new, one) not in had
        ]
        if not had or not fresh:
            continue  # it was not behind groups at all, or is behind no other
        doors = doors or (_read_rules(old, True), _read_rules(new, True))
        before = [door for key in had for door in doors[0].get(key, ())]
        for path, one in fresh:
            yield from _compare_group(shared, path, one, _group_key(new, one), before, doors[1], new)


def _compare_group(
    wearer: str,
    path: str,
    group: Json,
    key: object,
    before: list[GroupRule],
    doors: dict[object, list[GroupRule]],
    new: StackIndex,
) -> Iterator[Widening]:
    if key not in doors and key not in new.ids:
        text = f"{wearer} is now behind {_group_text(key)}, whose rules are not in the template"
        yield Widening(wearer, "ingress", "medium", text, path, None, group, False)
    for door in doors.get(key, ()):
        if (verdict := _is_allowed(door, before)) is not True:
            found = _make_widening(door, before, True, verdict is False, f"{wearer}, by {_group_text(key)},")
            yield found._replace(logical_id=wearer, path=path, before=None, after=group)


def has_security_group(body: Json) -> bool:
    """Whether a resource has a property that may hold a security group."""
    return body.get("Type") not in SECURITY_GROUP_TYPES and any(
        True for _ in _find_groups(properties(body), "Properties")
    )


def _find_groups(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    """(path, security group) of each property that holds one."""
    for name, inner in value.items():
        here = f"{path}.{name}"
        if name.endswith(_GROUP_PROPERTIES):
            yield from ((f"{here}[{i}]", one) for i, _, one in each_of(inner) if not isinstance(one, dict))
        elif isinstance(inner, dict):
            yield from _find_groups(inner, here)
        elif isinstance(inner, list):
            for index, one in enumerate(inner):
                if isinstance(one, dict):
                    yield from _find_groups(one, f"{here}[{index}]")


def _group_text(key: object) -> str:
    return key if isinstance(key, str) else globs.render_pattern(key) if isinstance(key, tuple) else str(key)


def _read_rules(side: StackIndex, inbound: bool) -> dict[object, list[GroupRule]]:
    """Shared id or pattern of a group -> its rules, inline or separate."""
    name = "SecurityGroupIngress" if inbound else "SecurityGroupEgress"
    found: dict[object, list[GroupRule]] = {}
    for logical_id, kind, own in side.of("AWS::EC2::SecurityGroup", f"AWS::EC2::{name}"):
        if kind == "AWS::EC2::SecurityGroup":
            doors = found.setdefault(side.id(logical_id), [])
            if not inbound and not own.get(name):
                doors += _default_egress(logical_id)
            for index, guard, rule in each_of(own.get(name)):
                doors += _read_rule(rule, TemplateElement(logical_id, f"Properties.{name}[{index}]", rule), side, guard)
        else:
            key = _group_key(side, own.get("GroupId", own.get("GroupName")))
            found.setdefault(key, []).extend(
                _read_rule(dict(own), TemplateElement(logical_id, "Properties", own), side)
            )
    return found


def _group_key(side: StackIndex, value: Json) -> object:
    found = side.pattern(value)
    hole = found[0] if len(found) == 1 else None
    if isinstance(hole, UnknownPart) and isinstance(hole.key, tuple) and hole.key[0] == "group":
        return hole.key[1]
    return found


def _default_egress(logical_id: str) -> list[GroupRule]:
    """EC2's own rule for a group without egress rules."""
    place = TemplateElement(logical_id, "Properties.SecurityGroupEgress", None)
    return [GroupRule("*", addresses.ALL_PORTS, ("cidr", tuple(c)), ALWAYS, place) for c in ("0.0.0.0/0", "::/0")]


def _read_rule(
    rule: Json, place: TemplateElement, side: StackIndex, guard: Assumptions = ALWAYS
) -> Iterator[GroupRule]:
    if not isinstance(rule, dict):
        yield GroupRule("?", None, ("?", side.pattern(rule)), guard, place)
        return
    wanted = {k: v for k, v in rule.items() if k in _PEERS or k in ("IpProtocol", "FromPort", "ToPort", _OWNER)}
    for inner, plain in branches.expand_branches(wanted, guard):
        if isinstance(plain, Deferred):
            yield GroupRule("?", None, ("?", side.pattern(plain)), inner, place)
            continue
        protocol = plain.get("IpProtocol", "-1")
        name = "?" if isinstance(protocol, Deferred) else str(protocol).strip().lower()
        for key in plain.keys() & _PEERS.keys():
            peer = (_PEERS[key], globs.make_pattern(plain[key], side.spell, wild=False))
            owner = plain.get(_OWNER)
            if peer[0] == "group" and isinstance(owner, str) and owner != side.account:
                peer = ("group", (*peer[1], f" of {owner}"))
            yield GroupRule(_PROTOCOLS.get(name, name), _ports(plain, name), peer, inner, place)


def _ports(rule: dict[str, Json], name: str) -> tuple[int, int] | None:
    if _PROTOCOLS.get(name, name) in ("icmp", "icmpv6"):
        kind, code = addresses.port(rule.get("FromPort", -1)), addresses.port(rule.get("ToPort", -1))
        if kind is None or code is None:
            return None
        if kind < 0:
            return addresses.ALL_PORTS
        return (kind * 256, kind * 256 + 255) if code < 0 else (kind * 256 + code, kind * 256 + code)
    found = addresses.ports_of(rule)
    return addresses.ALL_PORTS if found == addresses.OTHER_PROTOCOL and name not in ("tcp", "udp", "6", "17") else found


def _is_allowed(door: GroupRule, doors: Sequence[GroupRule]) -> Tri:
    """Whether the earlier rules let in all that this one does."""
    able = [d for d in doors if d.assumptions <= door.assumptions and d.protocol in ("*", door.protocol)]
    if any(d[1:3] == door[1:3] and d.protocol == door.protocol for d in able) and door.ports is not None:
        return True
    if any(d.element.body == door.element.body and d.peer == door.peer for d in able):
        return True
    if _ports_within(door, [d for d in able if _peer_within(door, d) is True]) or _addresses_within(door, able):
        return True
    names = {n for d in doors for n, _ in d.assumptions} - {n for n, _ in door.assumptions}
    if names:
        name = min(names)
        if all(
            _is_allowed(door._replace(assumptions=door.assumptions | {(name, t)}), doors) is True for t in (True, False)
        ):
            return True
    if door.ports is None or door.protocol == "?":
        return None
    doubtful = [d for d in doors if d.assumptions <= door.assumptions and d.protocol in ("*", "?", door.protocol)]
    return (
        None
        if any(
            (d.protocol == "?" or d.ports is None or _ports_within(door, [d]))
            and (d.peer[0] == "?" or _peer_within(door, d) is not False)
            for d in doubtful
        )
        else False
    )


def _peer_within(door: GroupRule, wide: GroupRule) -> Tri:
    if door.peer == wide.peer:
        return True
    if door.peer[0] != wide.peer[0]:
        return False
    if door.peer[0] == "cidr":
        inside = addresses.covers(globs.render_pattern(wide.peer[1]), globs.render_pattern(door.peer[1]))
        if inside is not None:
            return inside
    return globs.contains(wide.peer[1], door.peer[1])


def _ports_within(door: GroupRule, doors: Iterable[GroupRule]) -> bool:
    if door.ports is None:
        return False
    first, last = door.ports
    for low, high in sorted(d.ports for d in doors if d.ports is not None):
        if low <= first <= high:
            first = high + 1
    return first > last


def _addresses_within(door: GroupRule, doors: Iterable[GroupRule]) -> bool:
    if door.peer[0] != "cidr":
        return False
    texts = [globs.render_pattern(d.peer[1]) for d in doors if d.peer[0] == "cidr" and _ports_within(door, [d])]
    return addresses.covered_by(globs.render_pattern(door.peer[1]), texts)


def _widening_of_many(fresh: Sequence[GroupRule], before: Sequence[GroupRule], inbound: bool, group: str) -> Widening:
    """More rules than a security group can have (a thousand) are not compared one by one."""
    found = [_make_widening(door, before[:1], inbound, False, group) for door in fresh]
    text = f"{len(fresh)} rules of {group} are not what they were, too many to say what they open"
    return max(found, key=lambda one: severity_rank(one.severity))._replace(message=text)


def _make_widening(door: GroupRule, before: Sequence[GroupRule], inbound: bool, certain: bool, group: str) -> Widening:
    peer = globs.render_pattern(door.peer[1])
    opened = door.peer[0] == "cidr" and addresses.is_open(peer) is True
    ports = _port_text(door)
    text = f"{'everybody' if opened else peer} may now {'reach' if inbound else 'be reached from'} {group} on {ports}"
    severity = "low" if not inbound else _rate_open_peer(door) if opened else _rate_limited_peer(door, peer)
    earlier = [d.element.body for d in before if d.element[:2] == door.element[:2]] or [
        d.element.body for d in before[:_SHOWN]
    ]
    return Widening(
        door.element.logical_id,
        "ingress" if inbound else "egress",
        severity,
        text if certain else text + " (not certain before deployment)",
        door.element.path,
        earlier[0] if len(earlier) == 1 else earlier or None,
        door.element.body,
        certain,
    )


def _rate_limited_peer(door: GroupRule, peer: str) -> str:
    """Of what is not open: a wide part of the Internet at a door of operators or data is next to it."""
    found = addresses.prefix_of(peer) if door.peer[0] == "cidr" else None
    wide = found is not None and found[1] <= (_WIDE[found[0]]) and addresses.is_public(peer) is True
    first, last = door.ports or addresses.ALL_PORTS
    return "high" if wide and any(first <= p <= last for p in _ADMIN_PORTS) else "medium"


def _rate_open_peer(door: GroupRule) -> str:
    if door.protocol.startswith("icmp"):
        return "low"
    if door.ports is None:
        return "high"
    first, last = door.ports
    if any(first <= p <= last for p in _ADMIN_PORTS):
        return "critical"
    return "medium" if first == last and first in (80, 443) else "high"


def _port_text(door: GroupRule) -> str:
    protocol = {"*": "every protocol", "?": "a protocol that is not known"}.get(door.protocol, door.protocol)
    if door.ports is None or door.protocol in ("*", "?") or door.protocol.startswith("icmp"):
        return protocol
    if door.ports == addresses.ALL_PORTS:
        return f"every port of {protocol}"
    return f"{protocol} {door.ports[0]}" + (f"-{door.ports[1]}" if door.ports[1] != door.ports[0] else "")
