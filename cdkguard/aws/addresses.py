"""Address ranges, ports and protocols, as security-group rules and policies write them."""

from __future__ import annotations

import re
from functools import lru_cache

from cdkguard._typing import Any, Json
from cdkguard.text.regexes import lazy_pattern

_V4 = lazy_pattern(r"\s*(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:/(\d{1,2}))?\s*\Z")
_MAPPED = "::ffff:0:0/96"  # IPv4 addresses written as IPv6 ones.

# Ranges of ports, (first, last).
ALL_PORTS = (0, 65535)
NO_PORTS = (1, 0)  # An empty range.
OTHER_PROTOCOL = (0, 0)  # A protocol other than TCP, UDP and ICMP: open, but at no port of a web server or database.

# The prefix lengths up to which a range counts as the whole Internet. The largest blocks that one owner has are a /8 of
# IPv4, and a registry of the Internet has a /12 of IPv6. https://www.iana.org/assignments/ipv4-address-space/
# https://www.iana.org/assignments/ipv6-unicast-address-assignments/
_WIDEST = {4: 7, 6: 12}
# Wide ranges from which nobody comes: multicast, reserved and local ones.
# https://www.iana.org/assignments/iana-ipv6-special-registry/
_NOBODYS = ("224.0.0.0/3", "fc00::/7", "fe80::/10", "ff00::/8")
# The share of the addresses in use that several ranges together may hold before they count as the whole Internet.
_OPEN_SHARE = 1 / 8
_IN_USE = {4: 0, 6: 3}  # The prefix lengths of what is in use: all of IPv4, 2000::/3 of IPv6.

# Ranges that no address on the Internet is in. https://www.iana.org/assignments/iana-ipv4-special-registry/
_PRIVATE = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)


@lru_cache(20_000)
def prefix_of(cidr: str) -> tuple[int, int] | None:
    """(IP version, prefix length) of a CIDR; None of other text. An IPv4-mapped IPv6 range counts as IPv4."""
    if v4 := _V4.match(cidr):
        octets, length = [int(o) for o in v4.groups()[:4]], v4.group(5)
        if max(octets) > 255 or (length is not None and int(length) > 32):
            return None
        return 4, 32 if length is None else int(length)
    if ":" not in cidr:
        return None

    import ipaddress

    try:
        network = ipaddress.IPv6Network(cidr.strip(), strict=False)
    except ValueError:
        return None
    mapped = ipaddress.IPv6Network(_MAPPED)
    if network.subnet_of(mapped):
        return 4, network.prefixlen - 96
    # A range that holds all mapped addresses holds all of IPv4 and more.
    return (4, 0) if mapped.subnet_of(network) else (6, network.prefixlen)


def is_open(cidr: str, widest: int = 0) -> bool | None:
    """Whether a CIDR is (nearly) the whole Internet: prefix length <= `widest`, or too wide to have one owner.

    None if the text is no CIDR.
    """
    found = prefix_of(cidr)
    if found is None:
        return None
    if found[1] > max(widest, _WIDEST[found[0]]):
        return False
    return found[1] <= max(widest, 1) or not any(covers_range(nobodys, cidr) for nobodys in _NOBODYS)


def are_open_together(cidrs: list[str]) -> bool:
    """Whether ranges that are not open by themselves hold an eighth or more of the addresses in use together."""
    found = [(cidr, parsed) for cidr in cidrs if (parsed := prefix_of(cidr)) is not None]
    for version, in_use in _IN_USE.items():
        of_version = [cidr for cidr, parsed in found if parsed[0] == version]
        at_most = sum(2.0 ** (in_use - parsed[1]) for _cidr, parsed in found if parsed[0] == version)
        if at_most >= _OPEN_SHARE and _share_of(of_version, in_use) >= _OPEN_SHARE:
            return True
    return False


def _share_of(cidrs: list[str], in_use: int) -> float:
    """The share of the addresses in use that ranges of one version hold, each address counted once."""
    import ipaddress

    networks = ipaddress.collapse_addresses([_network_of(cidr) for cidr in cidrs if is_public(cidr)])
    return float(sum(2.0 ** (in_use - network.prefixlen) for network in networks))


def is_public(cidr: str) -> bool | None:
    """Whether a CIDR has addresses outside the private ranges; None if it is no CIDR."""
    found = prefix_of(cidr)
    if found is None:
        return None

    import ipaddress

    # `is_private` of the standard library differs between versions for ranges that begin and end in private ones.
    address = ipaddress.ip_interface(_without_padding(cidr)).ip
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    network = (
        ipaddress.ip_network((mapped or address, found[1]), strict=False)
        if mapped or found[0] == address.version
        else None
    )
    if network is None:
        return True  # An IPv6 range that holds all of IPv4.
    private = (ipaddress.ip_network(p) for p in _PRIVATE)
    return not any(p.version == network.version and network.subnet_of(p) for p in private)  # type: ignore[arg-type]


def _without_padding(cidr: str) -> str:
    """The CIDR without blanks and leading zeros, which the standard library refuses."""
    if v4 := _V4.match(cidr):
        length = v4.group(5)
        return ".".join(str(int(o)) for o in v4.groups()[:4]) + ("" if length is None else f"/{length}")
    return cidr.strip()


def ports_of(rule: dict[str, Json]) -> tuple[int, int] | None:
    """The TCP or UDP ports that a security-group rule opens, (first, last); None where that is not known.

    All of them for protocol -1, NO_PORTS for ICMP, OTHER_PROTOCOL for the rest, whose port range EC2 ignores.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
    """
    protocol = protocol_of(rule.get("IpProtocol", "-1"))
    if protocol is None:
        return None
    if protocol in ("-1", "all"):
        return ALL_PORTS
    if protocol in ("icmp", "icmpv6", "1", "58"):
        return NO_PORTS
    if protocol not in ("tcp", "udp", "6", "17"):
        return OTHER_PROTOCOL

    if "FromPort" not in rule and "ToPort" not in rule:
        return ALL_PORTS
    first, last = (
        parse_port(rule.get("FromPort", rule.get("ToPort"))),
        parse_port(rule.get("ToPort", rule.get("FromPort"))),
    )
    if first is None or last is None:
        return None
    return ALL_PORTS if -1 in (first, last) else (first, last)


# Services that listen on TCP alone: a rule for UDP opens no way to them.
# https://www.iana.org/assignments/service-names-port-numbers/
_TCP_ONLY = frozenset(
    {
        *(20, 21, 22, 23, 139, 445, 873, 1433, 1521, 2181, 2375, 2376, 2379, 2380, 2382, 2383, 2483, 2484, 3306, 5432),
        *(5439, 5601, 5900, 5901, 5984, 5985, 5986, 6379, 6443, 7199, 8020, 8182, 9042, 9092, 9142, 9160, 9200, 9300),
        *(10250, 27017, 27018, 27019),
    }
)


def opens_port(rule: dict[str, Json], port: int) -> bool | None:
    """Whether a security-group rule opens the way to the service of a port; None where its ports are not known."""
    ports = ports_of(rule)
    if ports is None:
        return None
    if not ports[0] <= port <= ports[1]:
        return False
    return port not in _TCP_ONLY or protocol_of(rule.get("IpProtocol")) not in ("udp", "17")


def protocol_of(value: Json) -> str | None:
    """A protocol as `tcp`, `6` or `-1`; None of a value that is neither text nor a whole number."""
    number = parse_port(value) if isinstance(value, int | float) else None
    if number is not None:
        return str(number)
    return value.strip().lower() if isinstance(value, str) else None


def parse_port(value: Json) -> int | None:
    """A port written as a number or a text; None of any other value."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


@lru_cache(20_000)
def _network_of(cidr: str) -> Any:
    """The network of a CIDR that `prefix_of` knows."""
    import ipaddress

    return ipaddress.ip_interface(_without_padding(cidr)).network


def covers_range(wide: str, narrow: str) -> bool | None:
    """Whether every address of one CIDR is in another; None if one of the texts is no CIDR."""
    if prefix_of(wide) is None or prefix_of(narrow) is None:
        return None
    outer, inner = _network_of(wide), _network_of(narrow)
    if outer.version != inner.version:
        return False
    return bool(inner.subnet_of(outer))


def is_covered_by(narrow: str, wides: list[str]) -> bool:
    """Whether the CIDRs `wides` together hold every address of `narrow`: two /25 cover their /24."""
    if any(covers_range(wide, narrow) for wide in wides):
        return True
    if len(wides) < 2 or prefix_of(narrow) is None:
        return False

    import ipaddress

    inner = _network_of(narrow)
    outer = [_network_of(wide) for wide in wides if prefix_of(wide) is not None]
    merged = ipaddress.collapse_addresses([network for network in outer if network.version == inner.version])
    return any(inner.subnet_of(network) for network in merged)
