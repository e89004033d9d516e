"""Resources behind another security group than before."""

import pytest

from tests.support.access import body, compare, group, ref, tcp

OPEN, OFFICE = group(tcp(5432)), group(tcp(5432, "10.0.0.0/8"))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["Office"], ["Open"], [("critical", True)]),
        (["Office"], ["Office", "Open"], [("critical", True)]),
        (["Open"], ["Office"], []),
        (["Open", "Office"], ["Office", "Open"], []),
        (["Office"], ["sg-1"], [("medium", False)]),
        (["sg-1"], ["sg-1"], []),
        ([], ["Open"], []),
    ],
    ids=str,
)
def test_behind_another_group(before, after, expected):
    def side(names):
        worn = [name if name.startswith("sg-") else ref(name, "GroupId") for name in names]
        return {"Open": OPEN, "Office": OFFICE, "Db": body("AWS::RDS::DBInstance", VPCSecurityGroups=worn, DBName="a")}

    found = compare(side(before), side(after))
    assert [(w.severity, w.certain) for w in found] == expected
    assert all(w.logical_id == "Db" and w.path.startswith("Properties.VPCSecurityGroups[") for w in found)


def test_behind_a_group_of_the_same_rules():
    def side(name):
        return {
            name: OFFICE,
            "F": body("AWS::Lambda::Function", VpcConfig={"SecurityGroupIds": [ref(name, "GroupId")]}),
        }

    assert not compare(side("A"), side("B"))
