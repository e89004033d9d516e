"""Web ports that a change opens to everybody: medium elsewhere, high in prod, where it is really new."""

import pytest

from tests.support.access import body, compare, group, only, ref, tcp

OFFICE = "203.0.113.7/32"
FROM_GROUP = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": "sg-1"}
SIXES = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0"}

OPENED = [
    ("an office, then everybody", [tcp(443, OFFICE)], [tcp(443)], True),
    ("IPv6", [tcp(443, OFFICE)], [SIXES], True),
    ("a group, then everybody", [FROM_GROUP], [tcp(80)], True),
    ("nobody, then everybody", [], [tcp(443)], True),
    ("one half is too wide for a company", [tcp(443, OFFICE)], [tcp(443, "0.0.0.0/1")], True),
    ("many ranges together", [tcp(443, OFFICE)], [tcp(443, f"{n}.0.0.0/8") for n in range(20, 60)], True),
    ("the range of a company", [tcp(443, OFFICE)], [tcp(443, "17.0.0.0/8")], False),
    ("80 beside 443, to redirect", [tcp(443)], [tcp(443), tcp(80)], False),
    ("the other IP version", [tcp(443)], [tcp(443), SIXES], False),
    ("everything was open", [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}], [{**tcp(443), "CidrIp": "::/0"}], False),
]


@pytest.mark.parametrize(("before", "after", "raised"), [row[1:] for row in OPENED], ids=[row[0] for row in OPENED])
def test_everybody_gets_to_a_web_port(before, after, raised):
    found = compare({"G": group(*before)}, {"G": group(*after)})
    assert any(widening.raised for widening in found) is raised
    assert all(widening.severity == "medium" for widening in found if widening.raised)


def with_balancer(scheme, *rules):
    balancer = body("AWS::ElasticLoadBalancingV2::LoadBalancer", Scheme=scheme, SecurityGroups=[ref("G", "GroupId")])
    return {"G": group(*rules), "L": balancer}


def test_an_internal_load_balancer_is_reached_by_nobody_new():
    for scheme, raised in (("internal", False), ("internet-facing", True)):
        found = only(with_balancer(scheme, tcp(443, OFFICE)), with_balancer(scheme, tcp(443)))
        assert (found.severity, found.raised) == ("medium", raised)


def test_one_user_with_a_public_address_is_enough():
    other = {"I": body("AWS::EC2::Instance", SecurityGroupIds=[ref("G", "GroupId")])}
    before, after = ({**with_balancer("internal", rule), **other} for rule in (tcp(443, OFFICE), tcp(443)))
    assert only(before, after).raised


def test_behind_another_group_that_everybody_passes():
    def side(worn, scheme):
        balancer = body(
            "AWS::ElasticLoadBalancingV2::LoadBalancer", Scheme=scheme, SecurityGroups=[ref(worn, "GroupId")]
        )
        return {"Office": group(tcp(443, OFFICE)), "Open": group(tcp(443)), "L": balancer}

    assert only(side("Office", "internet-facing"), side("Open", "internet-facing")).raised
    assert not only(side("Office", "internal"), side("Open", "internal")).raised
