"""What is served in place of a resource that is replaced."""

import pytest

from cdkguard.diff.served import find_origin
from tests.support.changes import compare, find_change, fired, judged


def cluster(policy="Retain", **properties):
    return {"It": {"Type": "AWS::Neptune::DBCluster", "UpdateReplacePolicy": policy, "Properties": properties}}


@pytest.mark.parametrize(
    ("before", "after", "origin"),
    [
        (cluster(SnapshotIdentifier="a"), cluster(SnapshotIdentifier="b"), "SnapshotIdentifier"),
        (cluster(SnapshotIdentifier="a"), cluster(), None),
        (cluster(SnapshotIdentifier="a"), cluster(SnapshotIdentifier=""), None),
        (cluster(SnapshotIdentifier="a"), cluster(SnapshotIdentifier={"Ref": "AWS::NoValue"}), None),
        (cluster(KmsKeyId="a"), cluster(KmsKeyId="b"), None),
        (cluster(SnapshotIdentifier="a"), cluster(SnapshotIdentifier="a", BackupRetentionPeriod=3), None),
    ],
)
def test_what_fills_the_new_one(before, after, origin):
    assert find_origin(find_change(compare(before, after))) == origin


@pytest.mark.parametrize(
    ("policy", "snapshot", "rule"),
    [
        ("Delete", "b", "data-replaced"),
        ("Snapshot", "b", "data-replaced-restored"),
        ("Retain", "b", "data-replaced-restored"),
        ("Delete", "", "data-replaced"),
        ("Snapshot", "", "data-replaced-empty"),
        ("Retain", "", "data-replaced-empty"),
    ],
)
def test_a_replacement_is_a_finding_whatever_becomes_of_the_old_one(tmp_path, policy, snapshot, rule):
    report = judged(tmp_path, cluster(policy, SnapshotIdentifier="a"), cluster(policy, SnapshotIdentifier=snapshot))
    assert fired(report) == {rule}
    (finding,) = (f for f in report.active if f.rule_id == rule)
    assert ("the data that SnapshotIdentifier names" in finding.message) == bool(snapshot)
