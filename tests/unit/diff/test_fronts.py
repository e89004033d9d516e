"""The app's own names that lead to a resource, and follow it."""

import pytest

from cdkguard.diff.fronts import find_fronts
from cdkguard.model import Change
from tests.support.changes import stack

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"


def _record(target):
    alias = {"DNSName": {"Fn::GetAtt": [target, "DNSName"]}, "HostedZoneId": "Z1"}
    return {"Type": "AWS::Route53::RecordSet", "Properties": {"Name": "www.example.com", "AliasTarget": alias}}


def _change(impact, before, after, **more):
    old, new = (stack(resources) for resources in (before, after))
    return Change(impact, new, "Lb", BALANCER, old_stack=old, **more)


@pytest.mark.parametrize(
    ("impact", "before", "after", "partner", "fronts"),
    [
        ("WILL_REPLACE", "Lb", "Lb", None, ["Www"]),
        ("WILL_REPLACE", "Lb", "Other", None, []),  # the record leads elsewhere now
        ("WILL_REPLACE", "Other", "Lb", None, []),  # nobody has called it by the record yet
        ("WILL_DESTROY", "Lb", "New", "New", ["Www"]),
        ("WILL_DESTROY", "Lb", "New", None, []),  # no successor
    ],
)
def test_a_front_leads_there_before_and_after(impact, before, after, partner, fronts):
    change = _change(impact, {"Www": _record(before)}, {"Www": _record(after)}, partner=partner, partner_id=partner)
    assert find_fronts(change) == fronts


def test_a_resource_of_another_stack_is_not_followed():
    change = _change(
        "WILL_DESTROY", {"Www": _record("Lb")}, {"Www": _record("Lb")}, partner_id="Lb", partner_stack="Other"
    )
    assert find_fronts(change) == []


def test_a_group_that_reads_a_balancer_is_no_front():
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"Tag": {"Fn::GetAtt": ["Lb", "DNSName"]}}}
    assert find_fronts(_change("WILL_REPLACE", {"G": group}, {"G": group})) == []
