"""Addresses and ports of ingress rules."""

from __future__ import annotations

import re
from typing import Any

Json = Any
_V4 = re.compile(r"\s*(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:/(\d{1,2}))?\s*\Z")
ALL_PORTS = (0, 65535)


def prefix_of(cidr: str) -> tuple[int, int] | None:
    """(IP version, prefix length) of a CIDR; an IPv4-mapped IPv6 range counts as IPv4. None if it is no CIDR."""
    if v4 := _V4.match(cidr):
        octets, length = [int(o) for o in v4.groups()[:4]], v4.group(5)
        if max(octets) > 255 or (length is not None and int(length) > 32):
            return None
        return 4, 32 if length is None else int(length)
    if ":" not in cidr:
        return None
    import ipaddress

    try:
        network = ipaddress.ip_network(cidr.strip(), strict=False)
    except ValueError:
        return None
    mapped = ipaddress.IPv6Network("::ffff:0:0/96")
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(mapped):
        return 4, network.prefixlen - 96
    return network.version, network.prefixlen


def is_open(cidr: str, widest: int = 0) -> bool | None:
    """Whether a CIDR is (nearly) the whole Internet: prefix length <= `widest`, or one of the two /1 halves.

    A /1 counts as open on its own: nobody owns half of the address space, and the halves come in pairs.
    None if the text is no CIDR.
    """
    found = prefix_of(cidr)
    return None if found is None else found[1] <= max(widest, 1)


def is_public(cidr: str) -> bool | None:
    """Whether a CIDR has addresses outside the private ranges; None if it is no CIDR."""
    import ipaddress

    try:
        network = ipaddress.ip_network(cidr.strip(), strict=False)
    except ValueError:
        return None
    return not network.is_private


def ports_of(rule: dict[str, Json]) -> tuple[int, int] | None:
    """The ports that a security-group rule opens, (first, last); all of them for protocol -1, none for ICMP.

    (1, 0), an empty range, for protocols without ports; None where FromPort or ToPort is not known.
    """
    protocol = str(rule.get("IpProtocol", "-1")).lower()
    if protocol in ("-1", "all"):
        return ALL_PORTS
    if protocol in ("icmp", "icmpv6", "1", "58"):
        return 1, 0
    first, last = port(rule.get("FromPort")), port(rule.get("ToPort"))
    if protocol not in ("tcp", "udp", "6", "17") and first is None and last is None:
        return ALL_PORTS  # a protocol by number: port ranges do not apply, every packet passes
    if "FromPort" not in rule and "ToPort" not in rule:
        return ALL_PORTS
    if first is None and "FromPort" in rule or last is None and "ToPort" in rule:
        return None
    first = last if first is None else first
    last = first if last is None else last
    if first is None or last is None:
        return None
    return ALL_PORTS if -1 in (first, last) else (first, last)


def port(value: Json) -> int | None:
    """A port number written as a number or a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None
