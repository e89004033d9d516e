"""CIDRs and port ranges: what is open, what is public, which ports a rule opens."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.aws import addresses
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.model import Rule, Stack
from cdkguard.packs.load import load_packs

any_address = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.integers(0, 2**32 - 1).map(lambda number: ipaddress.IPv6Address((0xFFFF << 32) + number)),
)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[str, str]:
    """(a CIDR, a wider CIDR that holds it)."""
    address = draw(any_address)
    length = draw(st.integers(0, address.max_prefixlen))
    wider = draw(st.integers(0, length))
    return f"{address}/{length}", f"{address}/{wider}"


@pytest.mark.parametrize(
    "cidr",
    [
        "0.0.0.0/0",
        " 0.0.0.0/0 ",
        "0.0.0.0/00",
        "10.1.2.3/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "::/0",
        "0000:0000:0000:0000:0000:0000:0000:0000/0",
        "ff:ff:ff:ff:ff:ff:ff:ff/0",
        "::/1",
        "8000::/1",
        "2000::/3",
        "::ffff:0:0/96",
        "::ffff:0.0.0.0/97",
        "::/64",
        "0.0.0.0/2",
        "52.0.0.0/6",
        "8000::/1",
        "2600::/11",
    ],
)
def test_open(cidr: str) -> None:
    assert addresses.is_open(cidr) is True
    assert addresses.is_public(cidr) is True


@pytest.mark.parametrize(
    "cidr",
    [
        "10.0.0.0/8",
        "17.0.0.0/8",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "fc00::/7",
        "ff00::/8",
        "2600::/13",
        "0.0.0.0",
        "0.0.0.0/32",
        "8.8.8.8",
        "::",
        "2001:db8::/32",
        "::ffff:10.0.0.0/104",
    ],
)
def test_not_open(cidr: str) -> None:
    assert addresses.is_open(cidr) is False


@pytest.mark.parametrize(
    "text", ["", "sg-1", "0.0.0.0/33", "256.0.0.0/0", "10.0.0/8", "::/129", ":", "0.0.0.0/0.0.0.0", "1.2.3.4/-1"]
)
def test_what_is_no_cidr_is_not_judged(text: str) -> None:
    assert addresses.prefix_of(text) is None
    assert addresses.is_open(text) is None
    assert addresses.is_public(text) is None


@pytest.mark.parametrize(
    "protocol, port, expected",
    [("udp", 22, False), ("17", 22, False), (17, 5432, False), ("udp", 11211, True), ("udp", 2049, True)]
    + [("tcp", 22, True), ("-1", 22, True), ("udp", 5000, True)],
)
def test_udp_opens_no_service_that_listens_on_tcp_alone(protocol, port, expected) -> None:
    rule = {"IpProtocol": protocol, "FromPort": port, "ToPort": port}
    assert addresses.opens_port(rule, port) is expected


def test_a_limit_widens_what_counts_as_open() -> None:
    assert addresses.is_open("20.0.0.0/8") is False
    assert addresses.is_open("20.0.0.0/8", 8) is True
    assert addresses.is_open("20.0.0.0/9", 8) is False


@pytest.mark.parametrize(
    ("cidr", "prefix"),
    [
        ("10.1.2.3", (4, 32)),
        ("010.001.0.0/16", (4, 16)),
        ("2001:db8::1", (6, 128)),
        ("::ffff:10.0.0.0/104", (4, 8)),
        ("::ffff:10.0.0.1", (4, 32)),
    ],
)
def test_prefix(cidr: str, prefix: tuple[int, int]) -> None:
    assert addresses.prefix_of(cidr) == prefix


@pytest.mark.parametrize(
    "cidr",
    ["10.0.0.0/8", "10.9.8.7", "010.0.0.0/8", "172.31.0.0/16", "192.168.1.0/24", "100.64.0.0/10", "127.0.0.1/32",
     "fc00::/7", "fd12:3456::/48", "::1", "::ffff:10.0.0.0/104"],
)  # fmt: skip
def test_private(cidr: str) -> None:
    assert addresses.is_public(cidr) is False


@pytest.mark.parametrize(
    "cidr", ["0.0.0.0/0", "8.8.8.8", "10.0.0.0/7", "172.0.0.0/8", "2001:db8::/32", "::/0", "::ffff:8.8.8.8"]
)
def test_public(cidr: str) -> None:
    assert addresses.is_public(cidr) is True


@given(ranges())
def test_widening_never_closes(pair: tuple[str, str]) -> None:
    narrow, wide = pair
    for widest in (0, 8):
        if addresses.is_open(narrow, widest):
            assert addresses.is_open(wide, widest) is True
    if addresses.is_public(narrow):
        assert addresses.is_public(wide) is True


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert addresses.is_open(text) in (True, False, None)
    assert addresses.is_public(text) in (True, False, None)


TCP_22 = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}


@pytest.mark.parametrize(
    ("rule", "ports"),
    [
        (TCP_22, (22, 22)),
        ({**TCP_22, "IpProtocol": "TCP"}, (22, 22)),
        ({**TCP_22, "IpProtocol": 6}, (22, 22)),
        ({**TCP_22, "IpProtocol": "17"}, (22, 22)),
        ({"IpProtocol": "tcp", "FromPort": "8080", "ToPort": " 8090 "}, (8080, 8090)),
        ({"IpProtocol": "tcp", "FromPort": 443.0, "ToPort": 443}, (443, 443)),
        ({"IpProtocol": "tcp", "FromPort": 21}, (21, 21)),
        ({"IpProtocol": "tcp", "ToPort": 21}, (21, 21)),
        ({"IpProtocol": "tcp", "FromPort": 23, "ToPort": 21}, (23, 21)),
        ({"IpProtocol": "tcp"}, addresses.ALL_PORTS),
        ({"IpProtocol": "tcp", "FromPort": 1, "ToPort": -1}, addresses.ALL_PORTS),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, addresses.ALL_PORTS),
        ({**TCP_22, "IpProtocol": -1}, addresses.ALL_PORTS),
        ({**TCP_22, "IpProtocol": "-1"}, addresses.ALL_PORTS),
        ({**TCP_22, "IpProtocol": "ALL"}, addresses.ALL_PORTS),
        ({}, addresses.ALL_PORTS),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, addresses.NO_PORTS),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1}, addresses.NO_PORTS),
        ({"IpProtocol": 58}, addresses.NO_PORTS),
        ({"IpProtocol": "icmpv6"}, addresses.NO_PORTS),
        ({"IpProtocol": "50"}, addresses.OTHER_PROTOCOL),
        ({**TCP_22, "IpProtocol": 47}, addresses.OTHER_PROTOCOL),
        ({"IpProtocol": "tcp", "FromPort": None, "ToPort": 22}, None),
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": object()}, None),
        ({"IpProtocol": "tcp", "FromPort": "ssh", "ToPort": 22}, None),
        ({"IpProtocol": "tcp", "FromPort": True, "ToPort": 22}, None),
        ({**TCP_22, "IpProtocol": object()}, None),
    ],
)
def test_ports(rule: dict[str, object], ports: tuple[int, int] | None) -> None:
    assert addresses.ports_of(rule) == ports


@pytest.fixture(scope="module")
def ingress_rules() -> tuple[list[Rule], dict[str, frozenset[str]]]:
    loaded = load_packs()
    return [rule for rule in loaded.rules if rule.id in OPEN_INGRESS], dict(loaded.sets)


OPEN_INGRESS = ("sg-ingress-open-world", "sg-ingress-open-web", "sg-ingress-open-sensitive-ports")
some_ports = st.one_of(st.sampled_from([0, 22, 79, 80, 443, 3306, 8080, 65535]), st.integers(0, 65535))


@given(
    protocol=st.sampled_from(["tcp", "udp", "6", 17, "-1", -1, "50", 132]),
    ends=st.tuples(some_ports, some_ports),
    single=st.booleans(),
    alone=st.booleans(),
)
def test_every_open_port_is_reported_once(
    ingress_rules: tuple[list[Rule], dict[str, frozenset[str]]],
    protocol: str | int,
    ends: tuple[int, int],
    single: bool,
    alone: bool,
) -> None:
    first, last = min(ends), min(ends) if single else max(ends)
    opening = {"CidrIp": "0.0.0.0/0", "IpProtocol": protocol, "FromPort": first, "ToPort": last}
    kind, body = ("SecurityGroupIngress", opening) if alone else ("SecurityGroup", {"SecurityGroupIngress": [opening]})
    rules, sets = ingress_rules
    stack = Stack("Net", {"Resources": {"Group": {"Type": f"AWS::EC2::{kind}", "Properties": body}}}, "net.json")
    judged = evaluate_resources([stack], rules, EngineSettings(sets=sets))
    assert len(judged.findings) == 1, [f.rule_id for f in judged.findings]


@pytest.mark.parametrize(
    ("narrow", "wides", "expected"),
    [
        ("10.0.0.0/24", ["10.0.0.0/25", "10.0.0.128/25"], True),
        ("10.0.0.0/24", ["10.0.0.0/25", "10.0.1.0/25"], False),
        ("10.0.0.0/24", ["10.0.0.0/25", "no cidr", "10.0.0.128/25"], True),
        ("10.0.0.0/24", ["no cidr", "::/0"], False),
        ("fd00::/16", ["fd00::/17", "fd00:8000::/17", "10.0.0.0/8"], True),
        ("no cidr", ["10.0.0.0/8", "11.0.0.0/8"], False),
        ("10.0.0.0/24", ["10.0.0.0/8"], True),
        ("10.0.0.0/24", [], False),
    ],
)
def test_ranges_that_together_hold_one(narrow: str, wides: list[str], expected: bool) -> None:
    assert addresses.is_covered_by(narrow, wides) is expected
