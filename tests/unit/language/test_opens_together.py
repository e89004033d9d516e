"""The requirement `opens_together`: ranges of several rules, resources and prefix lists add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.language.group_rules import bind_opens_together
from cdkguard.language.subject import Subject
from cdkguard.template.scope import Scope

LOWER = [f"{first}.0.0.0/8" for first in range(20, 36)]
UPPER = [f"{first}.0.0.0/8" for first in range(36, 52)]


class Resources:
    """The resources of one template."""

    def __init__(self, resources):
        self.resources = resources

    def target(self, scope, logical_id):
        return self.resources.get(logical_id)

    def others(self, scope, types):
        return [(name, body, scope) for name, body in self.resources.items() if body["Type"] in types]

    def facts(self, scope):
        return None


def opens(logical_id, resources, counts=lambda subject: True):
    scope = Scope({"Parameters": {"P": {"Type": "String"}}, "Resources": resources})
    return bind_opens_together(counts)(Subject(resources[logical_id], scope, logical_id, Resources(resources)))


def group(*cidrs):
    rules = [{"IpProtocol": "tcp", "CidrIpv6" if ":" in cidr else "CidrIp": cidr} for cidr in cidrs]
    return {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupIngress": rules}}


def ingress(of, **peer):
    return {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": of, "IpProtocol": "tcp", **peer}}


def prefix_list(*cidrs):
    return {"Type": "AWS::EC2::PrefixList", "Properties": {"Entries": [{"Cidr": cidr} for cidr in cidrs]}}


@pytest.mark.parametrize(
    "cidrs, expected",
    [
        (["0.0.0.0/1", "128.0.0.0/1"], False),  # each is found by cidr_open
        ([f"{first}.0.0.0/8" for first in range(20, 52)], True),
        ([f"{first}.0.0.0/8" for first in range(20, 51)], False),
        (["20.0.0.0/8"] * 40, False),  # the same addresses once
        (["10.0.0.0/8", "192.168.0.0/16"], False),
        ([f"{first:x}::/13" for first in range(0x2400, 0x2800, 8)], True),
        ([f"{first:x}::/13" for first in range(0x2400, 0x27F8, 8)], False),
        (["2001:db8::/32", "2a00::/12"], False),
        (["no range"] * 40, False),
    ],
)
def test_ranges_add_up(cidrs, expected):
    assert opens("Group", {"Group": group(*cidrs)}) is expected


def test_rules_that_do_not_count_are_left_out():
    resources = {"Group": group(*LOWER, *UPPER)}
    assert opens("Group", resources, lambda subject: subject.root["CidrIp"] in LOWER) is False


def test_rules_of_their_own_add_to_the_group_that_they_name():
    def resources(name):
        return {"Group": group(*LOWER), **{f"I{at}": ingress({"Ref": name}, CidrIp=c) for at, c in enumerate(UPPER)}}

    assert opens("Group", resources("Group")) is True
    assert opens("Group", resources("Other")) is False


def test_rules_of_their_own_add_up_for_a_group_of_elsewhere():
    def resources(name):
        lower = {f"L{at}": ingress("sg-1", CidrIp=cidr) for at, cidr in enumerate(LOWER)}
        return lower | {f"U{at}": ingress(name, CidrIp=cidr) for at, cidr in enumerate(UPPER)}

    assert opens("L0", resources("sg-1")) is True
    assert opens("L0", resources("sg-2")) is False


def test_a_prefix_list_of_the_template_stands_for_its_entries():
    own = ingress("sg-1", SourcePrefixListId={"Fn::GetAtt": ["List", "PrefixListId"]})
    assert opens("Own", {"Own": own, "List": prefix_list("0.0.0.0/0")}) is True
    assert opens("Own", {"Own": own, "List": prefix_list("198.51.100.0/24")}) is False
    assert opens("Own", {"Own": ingress("sg-1", SourcePrefixListId="pl-1"), "List": prefix_list("::/0")}) is False


def test_a_group_as_the_peer_is_no_range():
    own = ingress("sg-1", SourceSecurityGroupId="sg-2")
    assert opens("Own", {"Own": own}) is False


@pytest.mark.parametrize("unknown", [{"Ref": "P"}, {"Fn::Transform": {"Name": "Macro"}}])
def test_a_prefix_list_or_entry_that_only_the_deployment_knows_may_be_open(unknown):
    resources = {"G": group(), "In": ingress("G", SourcePrefixListId=unknown)}
    assert opens("In", resources) is None
    assert opens("G", {"G": group(), "In": ingress({"Ref": "G"}, SourcePrefixListId=unknown)}) is None
    assert opens("In", resources, lambda subject: False) is False

    resources = {"L": prefix_list(unknown), "In": ingress("G", SourcePrefixListId={"Ref": "L"})}
    assert opens("In", resources) is None
    resources["L"] = {"Type": "AWS::EC2::PrefixList", "Properties": {"Entries": unknown}}
    assert opens("In", resources) is None


def test_a_prefix_list_of_somebody_else_is_not_open():
    for named in ("pl-1", {"Fn::GetAtt": ["LookUp", "PrefixLists.0.PrefixListId"]}, {"Fn::ImportValue": "list"}):
        found = {"LookUp": {"Type": "Custom::AWS"}, "In": ingress("G", SourcePrefixListId=named)}
        assert opens("In", found) is False


def test_rules_whose_ports_are_not_known_may_be_open_together():
    resources = {"G": group(*LOWER, *UPPER)}
    assert opens("G", resources, lambda subject: None) is None
    assert opens("G", {"G": group(*LOWER)}, lambda subject: None) is False


GROUPS = st.sampled_from(["sg-1", "sg-2", {"Ref": "G"}, {"Fn::GetAtt": ["G", "GroupId"]}, {"Ref": "P"}, None])
PEERS = st.sampled_from(
    [
        {"CidrIp": {"Fn::Select": [0, LOWER]}}, {"SourcePrefixListId": {"Ref": "L"}}, {"SourcePrefixListId": {"Ref": "P"}},
        {"SourceSecurityGroupId": "sg-3"}, *[{"CidrIp": cidr} for cidr in ("64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/3")],
    ]
)  # fmt: skip
PORTS = st.sampled_from([True, True, False, None])


@given(st.lists(st.tuples(GROUPS, PEERS, PORTS), min_size=1, max_size=8))
def test_the_answer_is_the_same_whether_the_group_was_judged_before(rules):
    resources = {"G": group(), "L": prefix_list(*LOWER, *UPPER)}
    for number, (of, peer, port) in enumerate(rules):
        resources[f"R{number}"] = ingress(of, **peer, Port=port)
        if of is None:
            del resources[f"R{number}"]["Properties"]["GroupId"]
    scope = Scope({"Parameters": {"P": {"Type": "String"}}, "Resources": resources})
    decide = bind_opens_together(lambda subject: subject.root["Port"])

    def ask(name, scope):
        evidence = []
        subject = Subject(resources[name], scope, name, Resources(resources), evidence=evidence)
        return decide(subject), evidence

    for name in resources:
        if name != "L":
            alone = Scope({"Parameters": {"P": {"Type": "String"}}, "Resources": resources})
            assert ask(name, scope) == ask(name, alone)


def test_each_rule_is_asked_of_a_group_once():
    resources = {f"R{first}": ingress("sg-1", CidrIp=cidr) for first, cidr in enumerate([*LOWER, *UPPER])}
    scope, asked = Scope({"Resources": resources}), []
    decide = bind_opens_together(lambda subject: asked.append(subject) or True)
    answers = [decide(Subject(body, scope, name, Resources(resources))) for name, body in resources.items()]
    assert answers == [True] * len(resources) and len(asked) == 2 * len(resources)


def test_a_rule_that_is_in_no_template_is_judged_with_the_others():
    resources = {f"R{first}": ingress("sg-1", CidrIp=cidr) for first, cidr in enumerate([*LOWER, *UPPER[:-1]])}
    scope = Scope({"Resources": resources})
    decide = bind_opens_together(lambda subject: True)
    assert decide(Subject(resources["R0"], scope, "R0", Resources(resources))) is False
    made = ingress("sg-1", CidrIp=UPPER[-1])
    assert decide(Subject(made, scope, "Custom", Resources(resources))) is True
