"""Resources that run as another role than before."""

import pytest

from tests.support.access import OWN, allow, body, compare, only, ref, role

OTHER_ROLE = f"arn:aws:iam::{OWN}:role/other"


READER, WRITER = role(allow("s3:GetObject")), role(allow(["s3:GetObject", "s3:DeleteObject"]))


def as_role(name):
    return {"F": body("AWS::Lambda::Function", Role=name)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ref("Read", "Arn"), ref("Write", "Arn"), [("high", True)]),
        (ref("Write", "Arn"), ref("Read", "Arn"), []),
        (ref("Read", "Arn"), ref("Read", "Arn"), []),
        (ref("Read", "Arn"), OTHER_ROLE, [("medium", False)]),
        (OTHER_ROLE, ref("Read", "Arn"), [("medium", False)]),
        (OTHER_ROLE, OTHER_ROLE, []),
        ("MASTER", "REPLICA", []),
    ],
    ids=str,
)
def test_another_role_is_other_rights(before, after, expected):
    roles = {"Read": READER, "Write": WRITER}
    found = compare({**roles, **as_role(before)}, {**roles, **as_role(after)})
    assert [(w.severity, w.certain) for w in found] == expected
    assert all((w.logical_id, w.path) == ("F", "Properties.Role") for w in found)


def test_another_role_by_an_instance_profile():
    def side(name):
        profile = body("AWS::IAM::InstanceProfile", Roles=[ref(name)])
        machine = body("AWS::EC2::Instance", IamInstanceProfile=ref("Profile" + name))
        return {"Read": READER, "Write": WRITER, "Profile" + name: profile, "I": machine}

    found = only(side("Read"), side("Write"))
    assert (found.logical_id, found.path, found.severity) == ("I", "Properties.IamInstanceProfile", "high")


def test_a_role_that_comes_under_another_id_with_the_same_rights():
    def side(name):
        return {name: READER, **as_role(ref(name, "Arn"))}

    assert not compare(side("Old"), side("New"))
    assert not compare(side("Old"), side("New"), {"Old": "New"})
    assert compare(side("Old"), {"New": WRITER, **as_role(ref("New", "Arn"))})
