"""Security groups, prefix lists, and what stands behind them: who reaches which port, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.access import branches
from cdkguard.access import patterns as globs
from cdkguard.access.patterns import ALWAYS, Guard, Hole, Pattern
from cdkguard.access.side import GROUPS, LIST, Side, Widening, each_of, properties
from cdkguard.access.statements import Place
from cdkguard.aws import addresses
from cdkguard.logic import Tri
from cdkguard.model import severity_rank
from cdkguard.template.values import Deferred


class Door(NamedTuple):
    """One rule of a security group."""

    protocol: str  # "*" for all
    ports: tuple[int, int] | None  # for ICMP: 256 * type + code; None: not known
    peer: tuple[str, Pattern]  # ("cidr", ...), ("group", ...), ("list", ...)
    guard: Guard
    place: Place


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
_WORN = ("SecurityGroups", "SecurityGroupIds", "SecurityGroupId", "GroupSet")  # how properties that hold groups end
_WIDE = {4: 12, 6: 28}  # a million addresses: what no office has
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


def of_lists(old: Side, new: Side) -> Iterator[Widening]:
    """Addresses that a prefix list lets in wherever it is named."""
    was = {old.id(i): [_cidr(one, old) for _, _, one in each_of(p.get("Entries"))] for i, _, p in old.of(LIST)}
    for logical_id, _, own in new.of(LIST):
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


def _cidr(entry: Json, side: Side) -> str:
    found = entry.get("Cidr") if isinstance(entry, dict) else entry
    return globs.shown(globs.pattern(found, side.spell, wild=False))


def of_wearers(old: Side, new: Side) -> Iterator[Widening]:
    """Who reaches a resource by a security group that it did not have before, though no group has changed."""
    doors: tuple[dict[object, list[Door]], dict[object, list[Door]]] | None = None
    for logical_id, body in old.resources.items():
        shared = old.id(logical_id)
        now = new.resources.get(shared)
        if now is None or now is body or body.get("Type") in GROUPS or now == body:
            continue
        had = {_group_key(old, one) for _path, one in _worn(properties(body), "Properties")}
        fresh = [(path, one) for path, one in _worn(properties(now), "Properties") if _group_key(new, one) not in had]
        if not had or not fresh:
            continue  # it was not behind groups at all, or is behind no other
        doors = doors or (_by_group(old, True), _by_group(new, True))
        before = [door for key in had for door in doors[0].get(key, ())]
        for path, one in fresh:
            yield from _by_another(shared, path, one, _group_key(new, one), before, doors[1], new)


def _by_another(
    wearer: str, path: str, group: Json, key: object, before: list[Door], doors: dict[object, list[Door]], new: Side
) -> Iterator[Widening]:
    if key not in doors and key not in new.ids:
        text = f"{wearer} is now behind {_group_text(key)}, whose rules are not in the template"
        yield Widening(wearer, "ingress", "medium", text, path, None, group, False)
    for door in doors.get(key, ()):
        if (verdict := _through(door, before)) is not True:
            found = _opened(door, before, True, verdict is False, f"{wearer}, by {_group_text(key)},")
            yield found._replace(logical_id=wearer, path=path, before=None, after=group)


def wears_a_group(body: Json) -> bool:
    """Whether a resource has a property that may hold a security group."""
    return body.get("Type") not in GROUPS and any(True for _ in _worn(properties(body), "Properties"))


def _worn(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    """(path, security group) of each property that holds one."""
    for name, inner in value.items():
        here = f"{path}.{name}"
        if name.endswith(_WORN):
            yield from ((f"{here}[{i}]", one) for i, _, one in each_of(inner) if not isinstance(one, dict))
        elif isinstance(inner, dict):
            yield from _worn(inner, here)
        elif isinstance(inner, list):
            for index, one in enumerate(inner):
                if isinstance(one, dict):
                    yield from _worn(one, f"{here}[{index}]")


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
    return [Door("*", addresses.ALL_PORTS, ("cidr", tuple(c)), ALWAYS, place) for c in ("0.0.0.0/0", "::/0")]


def _read_door(rule: Json, place: Place, side: Side, guard: Guard = ALWAYS) -> Iterator[Door]:
    if not isinstance(rule, dict):
        yield Door("?", None, ("?", side.pattern(rule)), guard, place)
        return
    wanted = {k: v for k, v in rule.items() if k in _PEERS or k in ("IpProtocol", "FromPort", "ToPort", _OWNER)}
    for inner, plain in branches.expanded(wanted, guard):
        if isinstance(plain, Deferred):
            yield Door("?", None, ("?", side.pattern(plain)), inner, place)
            continue
        protocol = plain.get("IpProtocol", "-1")
        name = "?" if isinstance(protocol, Deferred) else str(protocol).strip().lower()
        for key in plain.keys() & _PEERS.keys():
            peer = (_PEERS[key], globs.pattern(plain[key], side.spell, wild=False))
            owner = plain.get(_OWNER)
            if peer[0] == "group" and isinstance(owner, str) and owner != side.account:
                peer = ("group", (*peer[1], f" of {owner}"))
            yield Door(_PROTOCOLS.get(name, name), _ports(plain, name), peer, inner, place)


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
        inside = addresses.covers(globs.shown(wide.peer[1]), globs.shown(door.peer[1]))
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
    return addresses.covered_by(globs.shown(door.peer[1]), texts)


def _too_many(fresh: Sequence[Door], before: Sequence[Door], inbound: bool, group: str) -> Widening:
    """More rules than a security group can have (a thousand) are not compared one by one."""
    found = [_opened(door, before[:1], inbound, False, group) for door in fresh]
    text = f"{len(fresh)} rules of {group} are not what they were, too many to say what they open"
    return max(found, key=lambda one: severity_rank(one.severity))._replace(message=text)


def _opened(door: Door, before: Sequence[Door], inbound: bool, certain: bool, group: str) -> Widening:
    peer = globs.shown(door.peer[1])
    opened = door.peer[0] == "cidr" and addresses.is_open(peer) is True
    ports = _port_text(door)
    text = f"{'everybody' if opened else peer} may now {'reach' if inbound else 'be reached from'} {group} on {ports}"
    severity = "low" if not inbound else _open_severity(door) if opened else _near_severity(door, peer)
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


def _near_severity(door: Door, peer: str) -> str:
    """Of what is not open: a wide part of the Internet at a door of operators or data is next to it."""
    found = addresses.prefix_of(peer) if door.peer[0] == "cidr" else None
    wide = found is not None and found[1] <= (_WIDE[found[0]]) and addresses.is_public(peer) is True
    first, last = door.ports or addresses.ALL_PORTS
    return "high" if wide and any(first <= p <= last for p in _ADMIN) else "medium"


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
    if door.ports == addresses.ALL_PORTS:
        return f"every port of {protocol}"
    return f"{protocol} {door.ports[0]}" + (f"-{door.ports[1]}" if door.ports[1] != door.ports[0] else "")
