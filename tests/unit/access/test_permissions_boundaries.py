"""Permissions boundaries, before and after."""

from tests.support.access import OWN, allow, body, document, kinds, only, ref, role


def test_boundary_removed():
    bounded = role(allow(), PermissionsBoundary="arn:aws:iam::111122223333:policy/Boundary")
    found = only({"R": bounded}, {"R": role(allow())})
    assert (found.logical_id, found.kind, found.severity) == ("R", "boundary-removed", "high")
    assert kinds({"R": role(allow())}, {"R": bounded}) == []


def test_another_boundary():
    def bounded(*statements, boundary=None):
        return {
            "R": role(allow("*"), PermissionsBoundary=boundary or ref("B")),
            "B": body("AWS::IAM::ManagedPolicy", PolicyDocument=document(*statements)),
        }

    assert kinds(bounded(allow("s3:Get*")), bounded(allow("s3:*"))) == ["action"]
    assert kinds(bounded(allow("s3:*")), bounded(allow("s3:Get*"))) == []
    found = only(bounded(allow()), bounded(allow(), boundary=f"arn:aws:iam::{OWN}:policy/Other"))
    assert (found.kind, found.certain) == ("boundary-removed", False)
    found = only(bounded(allow()), bounded(allow(), boundary="arn:aws:iam::aws:policy/AdministratorAccess"))
    assert (found.kind, found.certain) == ("boundary-removed", True)
