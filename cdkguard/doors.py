"""Security groups: who reaches which port, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard import branches, globs, network
from cdkguard.globs import ALWAYS, Guard, Hole, Pattern
from cdkguard.intrinsics import Deferred, Tri
from cdkguard.model import severity_rank
from cdkguard.statements import Place
from cdkguard.typed import Any, NamedTuple
from cdkguard.views import Side, Widening, each_of

Json = Any


class Door(NamedTuple):
    """One rule of a security group."""

    protocol: str  # "*" for all
    ports: tuple[int, int] | None  # for ICMP: 256 * type + code; None: not known
    peer: tuple[str, Pattern]  # ("cidr", ...), ("group", ...), ("list", ...)
    guard: Guard
    place: Place


_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "-1": "*", "all": "*"}
_PEERS = {
    "CidrIp": "cidr",
    "CidrIpv6": "cidr",
    "SourceSecurityGroupId": "group",
    "DestinationSecurityGroupId": "group",
    "SourceSecurityGroupName": "group",
    "SourcePrefixListId": "list",
    "DestinationPrefixListId": "list",
}
_MOST_PAIRS = 40_000  # of rules that are compared with each other
_SHOWN = 20  # earlier rules that a widening names
_ADMIN = {20, 21, 22, 23, 135, 139, 445, 1433, 1521, 2375, 2379, 2483, 2484, 3306, 3389, 5432, 5439, 5601, 5900, 5985}
_ADMIN |= {5986, 6379, 6443, 7000, 7001, 8182, 9042, 9092, 9200, 9300, 10250, 11211, 27017, 27018, 50000}


def of_groups(old: Side, new: Side) -> Iterator[Widening]:
    for inbound in (True, False):
        before, after = _by_group(old, inbound), _by_group(new, inbound)
        for key, doors in after.items():
            shared = key if isinstance(key, str) else None
            if shared is not None and shared not in old.ids:
                continue
            was = before.get(key, [])
            same = {d[:4] for d in was if d.ports is not None}
            fresh = [door for door in doors if door[:4] not in same]
            if len(fresh) * len(was) > _MOST_PAIRS:
                yield _too_many(fresh, was, inbound, _group_text(key))
                continue
            for door in fresh:
                verdict = _through(door, was)
                if verdict is not True:
                    yield _opened(door, was, inbound, verdict is False, _group_text(key))


def _group_text(key: object) -> str:
    return key if isinstance(key, str) else globs.shown(key) if isinstance(key, tuple) else str(key)


def _by_group(side: Side, inbound: bool) -> dict[object, list[Door]]:
    """Shared id or pattern of a group -> its rules, inline or separate."""
    name = "SecurityGroupIngress" if inbound else "SecurityGroupEgress"
    found: dict[object, list[Door]] = {}
    for logical_id, kind, own in side.of("AWS::EC2::SecurityGroup", f"AWS::EC2::{name}"):
        if kind == "AWS::EC2::SecurityGroup":
            doors = found.setdefault(side.id(logical_id), [])
            if not inbound and not own.get(name):
                doors += _everywhere(logical_id)
            for index, guard, rule in each_of(own.get(name)):
                doors += _read_door(rule, Place(logical_id, f"Properties.{name}[{index}]", rule), side, guard)
        else:
            key = _group_key(side, own.get("GroupId", own.get("GroupName")))
            found.setdefault(key, []).extend(_read_door(dict(own), Place(logical_id, "Properties", own), side))
    return found


def _group_key(side: Side, value: Json) -> object:
    found = side.pattern(value)
    hole = found[0] if len(found) == 1 else None
    if isinstance(hole, Hole) and isinstance(hole.key, tuple) and hole.key[0] == "group":
        return hole.key[1]
    return found


def _everywhere(logical_id: str) -> list[Door]:
    """EC2's own rule for a group without egress rules."""
    place = Place(logical_id, "Properties.SecurityGroupEgress", None)
    return [Door("*", network.ALL_PORTS, ("cidr", tuple(c)), ALWAYS, place) for c in ("0.0.0.0/0", "::/0")]


def _read_door(rule: Json, place: Place, side: Side, guard: Guard = ALWAYS) -> Iterator[Door]:
    if not isinstance(rule, dict):
        yield Door("?", None, ("?", side.pattern(rule)), guard, place)
        return
    wanted = {k: v for k, v in rule.items() if k in _PEERS or k in ("IpProtocol", "FromPort", "ToPort")}
    for inner, plain in branches.expanded(wanted, guard):
        if isinstance(plain, Deferred):
            yield Door("?", None, ("?", side.pattern(plain)), inner, place)
            continue
        protocol = plain.get("IpProtocol", "-1")
        name = "?" if isinstance(protocol, Deferred) else str(protocol).strip().lower()
        for key in plain.keys() & _PEERS.keys():
            peer = (_PEERS[key], globs.pattern(plain[key], side.spell, wild=False))
            yield Door(_PROTOCOLS.get(name, name), _ports(plain, name), peer, inner, place)


def _ports(rule: dict[str, Json], name: str) -> tuple[int, int] | None:
    if _PROTOCOLS.get(name, name) in ("icmp", "icmpv6"):
        kind, code = network.port(rule.get("FromPort", -1)), network.port(rule.get("ToPort", -1))
        if kind is None or code is None:
            return None
        if kind < 0:
            return network.ALL_PORTS
        return (kind * 256, kind * 256 + 255) if code < 0 else (kind * 256 + code, kind * 256 + code)
    found = network.ports_of(rule)
    return network.ALL_PORTS if found == network.OTHER_PROTOCOL and name not in ("tcp", "udp", "6", "17") else found


def _through(door: Door, doors: Sequence[Door]) -> Tri:
    """Whether the earlier rules let in all that this one does."""
    able = [d for d in doors if d.guard <= door.guard and d.protocol in ("*", door.protocol)]
    if any(d[1:3] == door[1:3] and d.protocol == door.protocol for d in able) and door.ports is not None:
        return True
    if any(d.place.body == door.place.body and d.peer == door.peer for d in able):
        return True
    if _ports_within(door, [d for d in able if _peer_within(door, d) is True]) or _addresses_within(door, able):
        return True
    names = {n for d in doors for n, _ in d.guard} - {n for n, _ in door.guard}
    if names:
        name = min(names)
        if all(_through(door._replace(guard=door.guard | {(name, t)}), doors) is True for t in (True, False)):
            return True
    if door.ports is None or door.protocol == "?":
        return None
    doubtful = [d for d in doors if d.guard <= door.guard and d.protocol in ("*", "?", door.protocol)]
    return (
        None
        if any(
            (d.protocol == "?" or d.ports is None or _ports_within(door, [d]))
            and (d.peer[0] == "?" or _peer_within(door, d) is not False)
            for d in doubtful
        )
        else False
    )


def _peer_within(door: Door, wide: Door) -> Tri:
    if door.peer == wide.peer:
        return True
    if door.peer[0] != wide.peer[0]:
        return False
    if door.peer[0] == "cidr":
        inside = network.covers(globs.shown(wide.peer[1]), globs.shown(door.peer[1]))
        if inside is not None:
            return inside
    return globs.contains(wide.peer[1], door.peer[1])


def _ports_within(door: Door, doors: Iterable[Door]) -> bool:
    if door.ports is None:
        return False
    first, last = door.ports
    for low, high in sorted(d.ports for d in doors if d.ports is not None):
        if low <= first <= high:
            first = high + 1
    return first > last


def _addresses_within(door: Door, doors: Iterable[Door]) -> bool:
    if door.peer[0] != "cidr":
        return False
    texts = [globs.shown(d.peer[1]) for d in doors if d.peer[0] == "cidr" and _ports_within(door, [d])]
    return network.covered_by(globs.shown(door.peer[1]), texts)


def _too_many(fresh: Sequence[Door], before: Sequence[Door], inbound: bool, group: str) -> Widening:
    """More rules than a security group can have (a thousand) are not compared one by one."""
    found = [_opened(door, before[:1], inbound, False, group) for door in fresh]
    text = f"{len(fresh)} rules of {group} are not what they were, too many to say what they open"
    return max(found, key=lambda one: severity_rank(one.severity))._replace(message=text)


def _opened(door: Door, before: Sequence[Door], inbound: bool, certain: bool, group: str) -> Widening:
    peer = globs.shown(door.peer[1])
    opened = door.peer[0] == "cidr" and network.is_open(peer) is True
    ports = _port_text(door)
    text = f"{'everybody' if opened else peer} may now {'reach' if inbound else 'be reached from'} {group} on {ports}"
    severity = "low" if not inbound else _open_severity(door) if opened else "medium"
    earlier = [d.place.body for d in before if d.place[:2] == door.place[:2]] or [d.place.body for d in before[:_SHOWN]]
    return Widening(
        door.place.logical_id,
        "ingress" if inbound else "egress",
        severity,
        text if certain else text + " (not certain before deployment)",
        door.place.path,
        earlier[0] if len(earlier) == 1 else earlier or None,
        door.place.body,
        certain,
    )


def _open_severity(door: Door) -> str:
    if door.protocol.startswith("icmp"):
        return "low"
    if door.ports is None:
        return "high"
    first, last = door.ports
    if any(first <= p <= last for p in _ADMIN):
        return "critical"
    return "medium" if first == last and first in (80, 443) else "high"


def _port_text(door: Door) -> str:
    protocol = {"*": "every protocol", "?": "a protocol that is not known"}.get(door.protocol, door.protocol)
    if door.ports is None or door.protocol in ("*", "?") or door.protocol.startswith("icmp"):
        return protocol
    if door.ports == network.ALL_PORTS:
        return f"every port of {protocol}"
    return f"{protocol} {door.ports[0]}" + (f"-{door.ports[1]}" if door.ports[1] != door.ports[0] else "")
