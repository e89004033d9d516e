"""What security groups and prefix lists let in and out, before and after."""

import pytest

from cdkguard.template.values import Deferred
from tests.support.access import OWN, body, compare, group, kinds, only, ref, tcp


def test_a_prefix_list_grows():
    def side(*cidrs):
        return {"P": body("AWS::EC2::PrefixList", Entries=[{"Cidr": cidr} for cidr in cidrs])}

    found = only(side("10.0.0.0/8"), side("10.0.0.0/8", "0.0.0.0/0"))
    assert (found.kind, found.severity, found.path) == ("ingress", "high", "Properties.Entries[1]")
    assert not compare(side("10.0.0.0/8", "0.0.0.0/0"), side("10.1.0.0/16"))


def test_a_group_of_another_account():
    def side(owner):
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourceSecurityGroupId": "sg-1"}
        return {"G": group({**rule, "SourceSecurityGroupOwnerId": owner})}

    assert kinds(side(OWN), side("999999999999")) == ["ingress"]
    assert not compare(
        side(OWN), {"G": group({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourceSecurityGroupId": "sg-1"})}
    )


def test_a_wide_part_of_the_internet_at_the_door_of_operators():
    for port, cidr, severity in (
        (3389, "203.0.0.0/8", "high"), (3389, "203.0.113.0/24", "medium"), (3389, "10.0.0.0/8", "medium"),
        (8080, "203.0.0.0/8", "medium"),
    ):  # fmt: skip
        assert only({"G": group()}, {"G": group(tcp(port, cidr))}).severity == severity


def test_a_narrower_address_passes():
    assert kinds({"G": group(tcp())}, {"G": group(tcp(cidr="10.0.0.0/24"))}) == []
    assert kinds({"G": group(tcp(cidr="10.0.0.0/24"))}, {"G": group(tcp())}) == ["ingress"]


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        ([], [tcp(22)], "critical"),
        ([], [tcp(3389)], "critical"),
        ([], [tcp(5432)], "critical"),
        ([], [tcp(0, last=65535)], "critical"),
        ([], [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}], "critical"),
        ([], [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0"}], "critical"),
        ([], [tcp(443)], "medium"),
        ([], [tcp(8080)], "high"),
        ([], [tcp(22, "10.0.0.0/8")], "medium"),
        ([tcp(22, "10.0.0.0/24")], [tcp(22, "10.0.0.0/16")], "medium"),
        ([tcp(443)], [tcp(443, last=444)], "high"),
        ([], [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "0.0.0.0/0"}], "low"),
        ([tcp(22)], [tcp("22", "10.1.2.3/32")], None),
        ([tcp(22, "10.0.0.0/16")], [tcp(22, "10.0.1.0/24")], None),
        ([tcp(22, "10.0.0.0/16")], [tcp(22, "10.1.0.0/24")], "medium"),
        ([tcp(80, last=85), tcp(86, last=90)], [tcp(80, last=90)], None),
        ([tcp(80, "10.0.0.0/25"), tcp(80, "10.0.0.128/25")], [tcp(80, "10.0.0.0/24")], None),
        ([{"IpProtocol": -1, "CidrIp": "0.0.0.0/0"}], [tcp(22), {**tcp(53), "IpProtocol": "17"}], None),
        ([{**tcp(22), "IpProtocol": "6"}], [tcp(22)], None),
        ([tcp(1), tcp(2)], [tcp(2), {**tcp(1), "Description": "x"}], None),
    ],
)
def test_ingress(before, after, severity):
    found = compare({"G": group(*before)}, {"G": group(*after)})
    assert [(w.kind, w.severity, w.certain) for w in found] == ([("ingress", severity, True)] if severity else [])


def ingress(rule, group_id="G"):
    return body("AWS::EC2::SecurityGroupIngress", GroupId=ref(group_id, "GroupId"), **rule)


def test_rules_move_between_the_group_and_resources_of_their_own():
    inline, apart = {"G": group(tcp(22))}, {"G": group(), "I": ingress(tcp(22))}
    assert kinds(inline, apart) == kinds(apart, inline) == []
    found = only({"G": group()}, apart)
    assert (found.logical_id, found.path) == ("I", "Properties")
    assert kinds({}, apart) == []


def test_source_groups_and_unknown_addresses():
    def from_group(name):
        return {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": ref(name, "GroupId")}

    both = {"A": group(), "B": group()}
    assert kinds({**both, "G": group(from_group("A"))}, {**both, "G": group(from_group("A"))}) == []
    assert only({**both, "G": group(from_group("A"))}, {**both, "G": group(from_group("B"))}).certain
    assert (
        kinds({"A": group(), "G": group(from_group("A"))}, {"B": group(), "G": group(from_group("B"))}, {"A": "B"})
        == []
    )
    parameter = Deferred("parameter", {"Ref": "C"}, "C")
    assert kinds({"G": group(tcp(1, parameter))}, {"G": group(tcp(1, parameter))}) == []
    assert not only({"G": group(tcp(1, "10.0.0.0/24"))}, {"G": group(tcp(1, parameter))}).certain


def test_an_undecided_branch_of_a_group():
    either = {"Fn::If": ["Prod", tcp(22, "10.0.0.0/8"), tcp(22)]}
    assert kinds({"G": group(either)}, {"G": group(either)}) == []
    assert kinds({"G": group(tcp(22))}, {"G": group(either)}) == []
    assert kinds({"G": group(tcp(22, "10.0.0.0/8"))}, {"G": group(either)}) == ["ingress"]
    assert kinds({"G": group(either)}, {"G": group(tcp(22, "10.0.0.0/9"))}) == []


def test_egress():
    closed = {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}
    world = {"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}
    shut, wide, absent = (
        {"G": group(SecurityGroupEgress=rules) if rules else group()} for rules in ([closed], [world], None)
    )
    found = only(shut, wide)
    assert (found.kind, found.severity) == ("egress", "low")
    assert kinds(wide, shut) == kinds(absent, wide) == []


def test_a_group_that_loses_its_last_way_out_gets_no_other():
    inner = tcp(443, "10.0.0.0/8")
    own = {"G": group(SecurityGroupEgress=[inner], GroupDescription="a")}
    absent = {"G": group(GroupDescription="a")}
    assert kinds(own, absent) == []
    assert kinds(own, {"G": group(GroupDescription="b")}) == ["egress"]  # a new group, with EC2's rules


def test_the_first_way_out_that_is_a_resource_takes_the_default_away():
    def way_out(cidr):
        return {"G": group(), "E": body("AWS::EC2::SecurityGroupEgress", GroupId=ref("G", "GroupId"), **tcp(443, cidr))}

    assert kinds({"G": group()}, way_out("0.0.0.0/0")) == []
    assert kinds(way_out("10.0.0.0/8"), way_out("0.0.0.0/0")) == ["egress"]
    assert kinds(way_out("10.0.0.0/8"), {"G": group()}) == []


def test_ports_of_icmp_are_kinds_and_codes():
    def icmp(kind, code=-1, **more):
        return {"IpProtocol": "icmp", "FromPort": kind, "ToPort": code, "CidrIp": "0.0.0.0/0", **more}

    assert kinds({"G": group(icmp(-1))}, {"G": group(icmp(8))}) == []
    assert kinds({"G": group(icmp(8))}, {"G": group(icmp(-1))}) == ["ingress"]
    assert kinds({"G": group(icmp(8))}, {"G": group(icmp(8, 0))}) == []
    assert kinds({"G": group(icmp(8, 0))}, {"G": group(icmp(8))}) == ["ingress"]
    assert kinds({"G": group(icmp(8, 0))}, {"G": group(icmp(3, 0))}) == ["ingress"]


def test_the_rule_that_lets_nobody_out_opens_nothing():
    nobody = {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}
    before = group(SecurityGroupEgress=[tcp(443, "10.0.0.0/16")])
    assert kinds({"G": before}, {"G": group(SecurityGroupEgress=[nobody])}) == []
    other = {**nobody, "CidrIp": "203.0.113.9/32"}
    assert kinds({"G": before}, {"G": group(SecurityGroupEgress=[other])}) == ["egress"]
